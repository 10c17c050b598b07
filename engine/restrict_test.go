package engine_test

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

func kept(office events.Place, person string) events.Restriction {
	return events.Restriction{Office: office.ID(), Person: person, Reason: "works_there"}
}

// raisedPast is a referral that the village keeps from its cell.
var raisedPast = act{"raise", "", village, events.Raised{
	To: sector.ID(), Source: "izu", Facts: events.Facts(`{}`), Restricted: []events.Restriction{kept(cell, ""), kept(sector, "W-7")},
}, 1}

func decideOn(t *testing.T, office events.Place, actor string, do any, before ...act) (engine.Decision, error) {
	t.Helper()
	c := command(office, do)
	c.Actor = actor
	return engine.View{Gate: gate{}, Linked: true}.Decide(fold(t, before...), c)
}

// A referral goes past an office that it is kept from, to the next one up or to
// the one that is named.
func TestARestrictedReferralGoesPast(t *testing.T) {
	is := is.New(t)
	past := []events.Restriction{kept(cell, "")}
	for to, want := range map[events.Place]events.Place{"": sector, district: district, village: village} {
		d, err := decideOn(t, village, "W-1", engine.Raise{To: to, Source: "izu", Restricted: past})
		is.NoErr(err)
		is.Equal(string(d.Draft.Body), `{"to":"`+want.ID()+`","source":"izu","facts":{},"restricted":[{"office":"RW571205","reason":"works_there"}]}`)
	}
	d, err := decideOn(t, village, "W-1", engine.Raise{Source: "izu"})
	is.NoErr(err)
	is.Equal(string(d.Draft.Body), `{"to":"RW571205","source":"izu","facts":{}}`) // the next one up
	d, err = decideOn(t, cell, "W-1", engine.Restrict{Restrictions: []events.Restriction{kept(sector, "")}}, opened, accepted)
	is.NoErr(err)
	is.Equal(d.Draft.Type, events.TypeRestricted)
	d, err = decideOn(t, cell, "W-1", engine.Forward{}, opened, accepted,
		act{"restrict", "accept", cell, events.Restricted{Restrictions: []events.Restriction{kept(sector, "")}}, 1})
	is.NoErr(err)
	is.Equal(string(d.Draft.Body), `{"to":"RW57"}`)
}

// To whom a case is restricted, it is not found; nobody else loses it.
func TestARestrictedCaseIsNotFound(t *testing.T) {
	is := is.New(t)
	s := fold(t, raisedPast)
	is.True(s.HiddenFrom(cell, "W-1"))
	is.True(s.HiddenFrom(cell, ""))
	is.True(s.HiddenFrom(sector, "W-7"))
	is.True(s.HiddenFrom(sector, "w-7")) // however it is written
	is.True(!s.HiddenFrom(sector, "W-8"))
	is.True(!s.HiddenFrom(sector, ""))
	is.True(!s.HiddenFrom(village, "W-7")) // a person is named with an office
	for _, do := range []any{engine.Contribute{Kind: "sighting"}, engine.TakeOver{Reason: "unheard"}, engine.Open{Node: cell, Reason: "audit", Hours: 1}} {
		_, err := decideOn(t, cell, "W-1", do, raisedPast)
		is.True(errors.Is(err, engine.ErrNotFound))
	}
	_, err := decideOn(t, sector, "W-7", engine.Accept{}, raisedPast)
	is.True(errors.Is(err, engine.ErrNotFound))
	_, err = decideOn(t, sector, "W-8", engine.Accept{}, raisedPast)
	is.NoErr(err)
}

// What would leave nobody to act, or cannot be meant, is refused.
func TestRestrictRefuses(t *testing.T) {
	in := func(r ...events.Restriction) engine.Restrict { return engine.Restrict{Restrictions: r} }
	many := make([]events.Restriction, 17)
	for name, tt := range map[string]struct {
		office events.Place
		do     any
		before []act
		code   string // of a refusal; "": *Invalid
	}{
		"the deciding office":    {cell, in(kept(district, "")), []act{opened, accepted}, "restricts_deciding"},
		"the nation":             {cell, in(kept(nation, "")), []act{opened, accepted}, "restricts_deciding"},
		"itself":                 {cell, in(kept(cell, "")), []act{opened, accepted}, "restricts_itself"},
		"who acts":               {cell, in(kept(cell, "W-1")), []act{opened, accepted}, "restricts_itself"},
		"without the pen":        {village, in(kept(sector, "")), []act{opened, accepted}, "no_pen"},
		"the office that acts":   {village, engine.Raise{To: cell, Source: "izu", Restricted: []events.Restriction{kept(cell, "")}}, nil, "restricted_office"},
		"a forward to it":        {sector, engine.Forward{To: sector}, []act{raisedPast, {"a", "raise", sector, events.Accepted{}, 1}}, "wrong_office"},
		"an office off the path": {cell, in(kept(foreign, "")), []act{opened, accepted}, ""},
		"a name":                 {cell, in(kept(sector, "Jean Bosco")), []act{opened, accepted}, ""},
		"an unknown reason":      {cell, in(events.Restriction{Office: sector.ID(), Reason: "because"}), []act{opened, accepted}, ""},
		"twice":                  {cell, in(kept(sector, ""), kept(sector, "")), []act{opened, accepted}, ""},
		"too many":               {cell, in(many...), []act{opened, accepted}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := decideOn(t, tt.office, "W-1", tt.do, tt.before...)
			var refusal *engine.Refusal
			var invalid *engine.Invalid
			switch {
			case tt.code == "":
				is.True(errors.As(err, &invalid))
			default:
				is.True(errors.As(err, &refusal))
				is.Equal(refusal.Code, tt.code)
			}
		})
	}
}

// An office that the case is kept from takes nothing over, also where it writes
// the event itself; one above it does.
func TestARestrictedOfficeTakesNothingOver(t *testing.T) {
	is := is.New(t)
	before := act{"raise", "", village, events.Raised{To: village.ID(), Source: "izu", Facts: events.Facts(`{}`), Restricted: []events.Restriction{kept(cell, "")}}, 1}
	s := fold(t, before, act{"over", "raise", cell, events.TakenOver{From: village.ID(), Reason: "unheard"}, 1})
	is.Equal(s.Pen, village)
	is.Equal(len(s.Late), 1) // kept and shown
	s = fold(t, before, act{"over", "raise", sector, events.TakenOver{From: village.ID(), Reason: "unheard"}, 1})
	is.Equal(s.Pen, sector)
	s = fold(t, before, act{"lift", "raise", village, events.Restricted{Restrictions: []events.Restriction{}}, 1},
		act{"over", "lift", cell, events.TakenOver{From: village.ID(), Reason: "unheard"}, 1})
	is.Equal(s.Pen, cell)
	is.Equal(len(s.Restricted), 0)
}

// A case is not sent back to an office that it is kept from by now.
func TestNothingIsSentBackToARestrictedOffice(t *testing.T) {
	is := is.New(t)
	_, err := decideOn(t, sector, "W-8", engine.SendBack{Reason: "other_office"}, opened, accepted, act{"on", "accept", cell, to(sector), 1},
		act{"restrict", "on", sector, events.Restricted{Restrictions: []events.Restriction{kept(cell, "")}}, 1})
	var refusal *engine.Refusal
	is.True(errors.As(err, &refusal))
	is.Equal(refusal.Code, "restricted_office")
}
