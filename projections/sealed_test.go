package projections

import (
	"bytes"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// Every row says whom a case is kept from, from the act on that says so.
func TestRowsSayWhomACaseIsKeptFrom(t *testing.T) {
	is := is.New(t)
	s, p := show(t, is), newPen(1)
	c := raised(p, 0, village, sector).accepted(sector)
	n := s.tell(c, 0)
	s.inboxOf(is, sector, nil)
	c.act(sector, events.TypeRestricted, events.Restricted{Restrictions: []events.Restriction{{Office: cell.ID(), Reason: "family_there"}, {Office: sector.ID(), Person: "W-7", Reason: "family_there"}}})
	n = s.tell(c, n)
	want := []events.Restriction{{Office: cell.ID()}, {Office: sector.ID(), Person: "W-7"}}
	s.inboxOf(is, sector, want)
	cases, err := s.Cases(sector)
	is.NoErr(err)
	is.Equal(cases[0].Restricted, want)
	answers, err := s.Answers(village)
	is.NoErr(err)
	is.Equal(answers[0].Restricted, want)
	c.act(sector, events.TypeRestricted, events.Restricted{Restrictions: []events.Restriction{}})
	s.tell(c, n)
	s.inboxOf(is, sector, nil)
}

func (s *shown) inboxOf(is *is.I, office events.Place, want []events.Restriction) {
	is.Helper()
	inbox := s.inbox(office, 0, nil)
	is.Equal(len(inbox), 1)
	is.Equal(inbox[0].What, WhatAssess) // to restrict is no step of the work
	is.Equal(inbox[0].Restricted, want)
}

// The identity of a case stands in its row as it was sealed, part over part, and
// an opening under the place of its case until it is long over.
func TestSealedIdentityAndOpenings(t *testing.T) {
	is := is.New(t)
	s, p := show(t, is), newPen(1)
	part := func(text string) events.Sealed {
		return events.Sealed{{Field: events.FieldIdentity, Key: "AAAAAAAAAAAAAAAA", Data: []byte(text)}, {Field: events.FieldFacts, Key: "BBBBBBBBBBBBBBBB", Data: []byte("f")}}
	}
	c := &child{p: p, subject: events.Subject{Place: village}}
	c.act(village, events.TypeRaised, events.Raised{To: sector.ID(), Source: "izu", Facts: events.Facts(`{}`), Sealed: part("first")})
	c.subject = c.all[0].Subject
	c.accepted(sector).act(sector, events.TypeAssessed, events.Assessed{Facts: events.Facts(`{}`), Sealed: part("second")})
	opened := p.act(c.subject, "RW", c.prev, c.at, events.TypeOpened, events.Opened{Node: "RW", Reason: "audit", Classes: []string{"facts", "identity"}, Until: origin.Add(24 * time.Hour)})
	c.all = append(c.all, opened)
	s.tell(c, 0)
	got, err := s.Identity(c.subject)
	is.NoErr(err)
	is.Equal(len(got.Parts), 2)
	is.Equal(got.Parts[0].Binding, engine.BindingOf(c.all[0]))
	is.True(bytes.Equal(got.Parts[1].Part.Data, []byte("second")))
	none, err := s.Identity(fuzzSubject)
	is.NoErr(err)
	is.Equal(len(none.Parts), 0)
	is.Equal(len(got.ErasedBy), 0)
	s.add(p.act(c.subject, "RW.57", c.prev, c.at, events.TypeErased, events.Erased{Ground: "court_order"}))
	got, err = s.Identity(c.subject)
	is.NoErr(err)
	is.Equal(got.ErasedBy, []events.Place{"RW.57"})
	for office, n := range map[events.Place]int{"RW": 1, sector: 1, village: 1, "RW.11": 0} {
		list, err := s.Openings(office, origin)
		is.NoErr(err)
		is.Equal(len(list), n)
	}
	list, err := s.Openings(sector, origin)
	is.NoErr(err)
	is.Equal(list[0], OpeningItem{
		Case: c.subject, Code: c.all[0].Code, By: "RW", Actor: opened.Actor, Reason: "audit", Classes: []engine.Class{engine.ClassFacts},
		At: opened.Time, Until: origin.Add(24 * time.Hour),
	})
	over, err := s.Openings(sector, origin.Add(25*time.Hour))
	is.NoErr(err)
	is.Equal(len(over), 0)
}
