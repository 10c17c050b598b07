package projections

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// stories are cases with everything that a view must cope with: branches,
// late acts, take-overs, contributions, a newer program, missing beginnings.
func stories(seed uint64, cases int) []events.Event {
	p := newPen(seed)
	r := p.random
	var out []events.Event
	for n := range cases {
		c := raised(p, time.Duration(n)*time.Hour, village, sector)
		for range r.IntN(14) {
			if r.IntN(5) == 0 {
				c.fork(r.IntN(len(c.all)))
			}
			office := []events.Place{village, cell, sector, sector, sector, district}[r.IntN(6)]
			switch r.IntN(10) {
			case 0:
				c.forwarded(office, district)
			case 1:
				c.sentBack(office, village)
			case 2:
				c.assessed(office)
			case 3:
				c.proposed(office)
			case 4:
				c.decided(office, "acted_on")
			case 5:
				c.takenOver(district, sector)
			case 6:
				c.told(office, `{}`)
			case 7:
				if r.IntN(6) == 0 {
					c.newer(office)
				}
			default:
				c.accepted(office)
			}
		}
		if r.IntN(8) == 0 {
			c.all = c.all[1:] // its beginning is not here
		}
		out = append(out, c.all...)
	}
	out = append(out, p.node(district, sector, events.TypeRefused, events.Refused{Hash: events.Hash{1}, From: "RW57", Reason: "form"}))
	return out
}

// TestLaw3ViewsInAnyOrder: the same events give the same rows, in whatever
// order and batches they came, over crashes, and in a rebuild.
func TestLaw3ViewsInAnyOrder(t *testing.T) {
	is := is.New(t)
	all := stories(1, 30)
	want := ""
	for seed := range uint64(6) {
		s := show(t, is)
		r := newPen(seed + 100).random
		order := slices.Clone(all)
		if seed > 0 {
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		for rest := order; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(30))
			s.add(rest[:n]...)
			rest = rest[n:]
			switch r.IntN(4) {
			case 0:
				s.crash()
				is.NoErr(s.Wait(ctx, s.src.Head()))
			case 1:
				is.NoErr(s.flush())
			}
		}
		have := s.hash()
		if want == "" {
			want = have
		}
		is.Equal(have, want)
		again, err := s.Rebuild(ctx)
		is.NoErr(err)
		is.Equal(again, want)
		is.NoErr(s.Store.Close())
		is.NoErr(s.history.Close())
		onDisk, err := Hash(filepath.Join(s.dir, "views.db"))
		is.NoErr(err)
		is.Equal(onDisk, want)
		s.open()
	}
	stands := map[string]bool{}
	for _, e := range all {
		for _, item := range trailOf(is, all, e.Subject) {
			stands[item] = true
		}
	}
	is.Equal(len(stands), len(standings)) // the stories have events of every standing
}

// trailOf is how the events of a case stand, folded without a store.
func trailOf(is *is.I, all []events.Event, subject events.Subject) (out []string) {
	is.Helper()
	var some []events.Event
	for _, e := range all {
		if e.Subject == subject && subject.Kind == events.KindCase {
			some = append(some, e)
		}
	}
	for _, r := range trailRows(engine.Fold(subject, some)) {
		standing, _, err := decodeTrail(r.value)
		is.NoErr(err)
		out = append(out, standing)
	}
	return out
}

// TestHashTellsRowsApart: one more event changes it.
func TestHashTellsRowsApart(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	c := raised(newPen(1), 0, village, sector)
	seen := map[string]bool{s.hash(): true}
	for range 4 {
		c.told(village, "")
	}
	for _, e := range c.all {
		s.add(e)
		is.True(!seen[s.hash()])
		seen[s.hash()] = true
	}
}

// TestFollowShows: what the stream brings is shown without anybody asking.
func TestFollowShows(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	over, cancel := context.WithCancel(ctx)
	ended := make(chan error, 2)
	go func() { ended <- s.history.Follow(over) }()
	go func() { ended <- s.Follow(over) }()
	c := raised(newPen(5), 0, village, sector)
	waiting := make(chan error, 1)
	go func() { waiting <- s.Wait(ctx, 1) }()
	s.src.add(is, c.all...)
	is.NoErr(<-waiting)
	is.Equal(len(s.inbox(sector, 0, nil)), 1)
	cancel()
	is.NoErr(<-ended)
	is.NoErr(<-ended)
}

// TestReadYourWrites: what the stream holds is shown to whoever looks, with no
// follower and without waiting; a read of the stream that fails is told.
func TestReadYourWrites(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	c := raised(newPen(10), 0, village, sector)
	s.src.add(is, c.all...)
	found, err := s.ByCode(c.all[0].Code)
	is.NoErr(err)
	is.Equal(found, c.subject)
	for _, e := range c.accepted(sector).proposed(sector).all[1:] {
		s.src.add(is, e)
		trail, err := s.Trail(c.subject)
		is.NoErr(err)
		is.Equal(trail[len(trail)-1].Event.ID, e.ID)
	}
	is.Equal(s.inbox(sector, 0, nil)[0].What, WhatDecide)

	s.src.add(is, c.decided(sector, "ended").last())
	s.Store.src = torn{s.src}
	_, err = s.Inbox(sector, origin, nil)
	is.True(errors.Is(err, errTorn))
	s.Store.src = s.src
	is.Equal(len(s.inbox(sector, 0, nil)), 0)
}

// torn is a source that cannot be read.
type torn struct{ *stream }

var errTorn = errors.New("a fault that was asked for")

func (torn) Read(context.Context, uint64, int) ([]engine.Record, error) { return nil, errTorn }

// TestTrailShowsEverything: whatever stands of a case is in its trail, in the
// order of the line and then beside it.
func TestTrailShowsEverything(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	c := raised(newPen(6), 0, village, sector).accepted(sector)
	c.takenOver(district, sector).fork(1).assessed(sector) // late
	c.fork(2).told(village, "").newer(sector)
	gone := c.assessed(district).last()
	c.assessed(district) // its predecessor stays away
	var here []events.Event
	for _, e := range c.all {
		if e.ID != gone.ID {
			here = append(here, e)
		}
	}
	slices.Reverse(here)
	s.add(here...)
	trail, err := s.Trail(c.subject)
	is.NoErr(err)
	is.Equal(len(trail), len(here))
	var stands []string
	for _, item := range trail {
		stands = append(stands, item.Standing)
		r, err := s.history.Find(item.Event.ID)
		is.NoErr(err)
		is.Equal(item.Seq, r.Seq)
		is.Equal(item.Event, r.Event)
	}
	is.Equal(stands, []string{StandsInLine, StandsInLine, StandsInLine, StandsLate, StandsUnjoined, StandsContribution, StandsUnread})
	is.Equal([]events.ID{trail[0].Event.ID, trail[1].Event.ID, trail[2].Event.ID}, []events.ID{c.all[0].ID, c.all[1].ID, c.all[2].ID})

	s.add(gone) // both join
	trail, err = s.Trail(c.subject)
	is.NoErr(err)
	is.Equal(trail[4].Event.ID, c.last().ID)
	is.Equal(trail[4].Standing, StandsInLine)

	_, err = s.Trail(events.Subject{Place: village, Kind: events.KindCase, ID: string(gone.ID)})
	is.True(errors.Is(err, engine.ErrNotFound))
}

// TestByCode: a case is found as its code was spoken; one that two cases have
// is asked for again.
func TestByCode(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	p := newPen(7)
	c := raised(p, 0, village, sector)
	s.add(c.all...)
	code := c.all[0].Code
	found, err := s.ByCode(" " + string(code[0]|0x20) + code[1:3] + code[4:])
	is.NoErr(err)
	is.Equal(found, c.subject)
	_, err = s.ByCode(events.NewCode(1))
	is.True(errors.Is(err, engine.ErrNotFound))
	var invalid *engine.Invalid
	_, err = s.ByCode("K7Q")
	is.True(errors.As(err, &invalid))

	twin := "01a1f795-4f81-7e11-8" + c.all[0].ID[20:] // the code is made of the last eight digits
	raw, err := events.Encode(events.Raised{To: "RW5712", Source: "izu", Facts: events.Facts(`{}`)})
	is.NoErr(err)
	s.add(p.sign(village, events.Draft{
		ID: twin, Type: events.TypeRaised, Subject: events.Subject{Place: village, Kind: events.KindCase, ID: string(twin)}, Office: village,
		Actor: "W-7", Time: origin, Recorded: origin, Code: events.CodeOf(twin), Edition: events.RwandaEdition, Body: raw,
	}))
	_, err = s.ByCode(code)
	is.True(errors.As(err, &invalid))
}

// TestCases: an office sees the cases of its places, and what they wait for.
func TestCases(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	p := newPen(8)
	open := raised(p, 0, village, sector).accepted(sector)
	done := raised(p, 5*time.Hour, village, sector).accepted(sector).proposed(sector).decided(sector, "acted_on").told(village, "")
	odd := raised(p, 9*time.Hour, village, sector).accepted(sector)
	s.add(append(append(open.all, done.all...), odd.all[1:]...)...)
	for office, n := range map[events.Place]int{nation: 3, district: 3, sector: 3, cell: 3, village: 3, "RW.57.12.05.0": 0, "RW.57.1": 0, "RW.5": 0} {
		list, err := s.Cases(office)
		is.NoErr(err)
		is.Equal(len(list), n)
	}
	list, err := s.Cases(district)
	is.NoErr(err)
	is.Equal(list[0], CaseItem{
		Case: open.subject, Code: open.all[0].Code, Source: "izu", Referrer: village, Pen: sector, Responsible: sector, From: village,
		What: WhatAssess, Opened: origin, Last: origin.Add(time.Hour), Events: 2,
	})
	is.Equal(list[1], CaseItem{
		Case: done.subject, Code: done.all[0].Code, Source: "izu", Referrer: village, Pen: sector, Responsible: sector, From: village,
		What: WhatContribution, Opened: origin.Add(5 * time.Hour), Last: origin.Add(9 * time.Hour), Care: "kinship_formal", Answered: true, Events: 5,
	})
	is.Equal(list[2], CaseItem{
		Case: odd.subject, Code: odd.all[0].Code, Opened: origin.Add(10 * time.Hour), Last: origin.Add(10 * time.Hour), Events: 1, Unjoined: 1,
	})
}

// TestStrangeCodeDoesNotStopTheViews: what an author may sign is shown, even
// where no key could hold it.
func TestStrangeCodeDoesNotStopTheViews(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	p := newPen(9)
	id := p.id()
	subject := events.Subject{Place: village, Kind: events.KindCase, ID: string(id)}
	raw, err := events.Encode(events.Raised{To: "RW5712", Source: "izu", Facts: events.Facts(`{}`)})
	is.NoErr(err)
	long := fmt.Sprintf("%040000d", 7)
	s.add(p.sign(village, events.Draft{
		ID: id, Type: events.TypeRaised, Subject: subject, Office: village, Actor: "W-7",
		Time: origin, Recorded: origin, Code: long, Edition: events.RwandaEdition, Body: raw,
	}))
	items := s.inbox(sector, 0, nil)
	is.Equal(len(items), 1)
	is.Equal(items[0].Code, long)
}

// TestHashOfNoFile: a file that is not there has no hash, and is not made.
func TestHashOfNoFile(t *testing.T) {
	is := is.New(t)
	path := filepath.Join(t.TempDir(), "views.db")
	_, err := Hash(path)
	is.True(err != nil)
	_, err = os.Stat(path)
	is.True(errors.Is(err, os.ErrNotExist))
}
