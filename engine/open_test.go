package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

func openedBy(office, node events.Place, until time.Time, classes ...string) act {
	return act{"open", "raise", office, events.Opened{Node: node.ID(), Reason: "audit", Classes: classes, Until: until}, 1}
}

// The nation opens what it audits by, with a reason and for hours, and never an
// identity.
func TestTheNationOpensFactsAndNarrative(t *testing.T) {
	is := is.New(t)
	d, err := decideOn(t, nation, "NAT-1", engine.Open{Node: nation, Reason: "audit", Hours: 24}, opened)
	is.NoErr(err)
	is.Equal(d.Draft.Type, events.TypeOpened)
	is.Equal(string(d.Draft.Body), `{"node":"RW","reason":"audit","classes":["narrative","facts"],"until":"2026-11-23T10:00:00Z"}`)
	is.Equal(engine.OpenClasses(nation), []engine.Class{engine.ClassNarrative, engine.ClassFacts})
	is.Equal(engine.OpenClasses(district), []engine.Class{engine.ClassIdentity, engine.ClassNarrative, engine.ClassFacts})
}

// An opening needs an office that holds nothing, a reason, and an end within the
// pack's bound.
func TestOpenRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		office events.Place
		do     engine.Open
		want   func(error) bool
	}{
		"a holder":           {district, engine.Open{Node: district, Reason: "audit", Hours: 1}, refusedAs("already_holder")},
		"an unknown reason":  {nation, engine.Open{Node: nation, Reason: "curious", Hours: 1}, isInvalid},
		"no hours":           {nation, engine.Open{Node: nation, Reason: "audit"}, isInvalid},
		"too many hours":     {nation, engine.Open{Node: nation, Reason: "audit", Hours: 49}, isInvalid},
		"a node of a branch": {nation, engine.Open{Node: district, Reason: "audit", Hours: 1}, isInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decideOn(t, tt.office, "W-1", tt.do, opened)
			is.New(t).True(tt.want(err))
		})
	}
	_, err := decideOn(t, nation, "W-1", engine.Open{Node: nation, Reason: "audit", Hours: 1})
	is.New(t).True(errors.Is(err, engine.ErrNotFound))
}

func refusedAs(code string) func(error) bool {
	return func(err error) bool {
		var refusal *engine.Refusal
		return errors.As(err, &refusal) && refusal.Code == code
	}
}

func isInvalid(err error) bool {
	var invalid *engine.Invalid
	return errors.As(err, &invalid)
}

// An opening counts for what its office may, whatever a program wrote into it.
func TestOpeningsCountForWhatTheyMay(t *testing.T) {
	is := is.New(t)
	of := func(a ...act) []engine.Opening {
		s := fold(t, append([]act{opened}, a...)...)
		return s.Openings()
	}
	got := of(openedBy(nation, nation, noon.Add(time.Hour), "identity", "narrative", "facts", "reporter"))
	is.Equal(len(got), 1)
	is.Equal(got[0].Node, nation)
	is.Equal(got[0].Classes, []engine.Class{engine.ClassNarrative, engine.ClassFacts})
	is.Equal(got[0].Until, noon.Add(time.Hour))
	is.True(of(openedBy(nation, nation, noon.Add(1e6*time.Hour), "facts"))[0].Until.Before(noon.Add(8 * 24 * time.Hour)))
	is.Equal(len(of(openedBy(nation, district, noon.Add(time.Hour), "facts"))), 0) // that node does not speak for the nation
	is.Equal(len(of(openedBy(nation, foreign, noon.Add(time.Hour), "facts"))), 0)
}
