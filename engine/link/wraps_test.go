package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

func caseOf(n int) events.Subject {
	return events.Subject{Place: village, Kind: events.KindCase, ID: fmt.Sprintf("01936f5e-7a1b-7c3d-8e4f-%012x", n)}
}

func wrapOf(n int) engine.Wrap { return wrapFor(n, nation) }

func wrapFor(n int, holder events.Place) engine.Wrap {
	return engine.Wrap{
		Case: caseOf(n), Keys: []engine.CaseKey{{ID: "AAAAAAAAAAAAAAAA", Class: engine.ClassFacts}}, Holder: holder,
		HolderKey: "BBBBBBBBBBBBBBBB", By: village, Data: fmt.Appendf(nil, "sealed %d for %s", n, holder),
	}
}

// shelf is a node's store of wraps in memory.
type shelf struct {
	self  events.Place
	own   []engine.Wrap
	way   []engine.Wrap
	full  bool
	reads int
}

var errFull = errors.New("the disk is full")

func (s *shelf) Passing(_ context.Context, beyond func(events.Place) bool, limit, _ int) ([]engine.Wrap, error) {
	s.reads++
	out := slices.DeleteFunc(slices.Clone(s.way), func(w engine.Wrap) bool { return !beyond(w.Holder) })
	return out[:min(limit, len(out))], nil
}

func (s *shelf) Arrived(_ context.Context, _ events.Place, wraps []engine.Wrap) error {
	if s.full {
		return errFull
	}
	for _, w := range wraps {
		to := &s.way
		if w.Holder == s.self {
			to = &s.own
		}
		if !slices.ContainsFunc(*to, func(o engine.Wrap) bool { return o.ID() == w.ID() }) {
			*to = append(*to, w)
		}
	}
	return nil
}

func (s *shelf) Delivered(_ context.Context, ids []string, beyond func(events.Place) bool) error {
	s.way = slices.DeleteFunc(s.way, func(w engine.Wrap) bool { return beyond(w.Holder) && slices.Contains(ids, w.ID()) })
	return nil
}

// withKeys gives both nodes of a pair a shelf and asks, and greets.
func withKeys(t *testing.T) (p *pair, upper, lower *shelf) {
	p = newPair(t)
	upper, lower = &shelf{self: nation}, &shelf{self: district}
	p.upper.end.Keys, p.upper.end.Asks = upper, NewAsks(nil)
	p.lower.end.Keys, p.lower.end.Asks = lower, NewAsks(nil)
	p.greet()
	return p, upper, lower
}

func TestWrapsGoBothWaysAndAreLetGoOnceTheyAreThere(t *testing.T) {
	is := is.New(t)
	p, upper, lower := withKeys(t)
	up, down := wrapFor(1, nation), wrapFor(2, sector)
	lower.way, upper.way = []engine.Wrap{up}, []engine.Wrap{down}
	for range 2 { // what is taken twice is there once
		_, err := p.upper.end.Take(ctx, p.offerUp())
		is.NoErr(err)
	}
	is.Equal(lower.way, []engine.Wrap{up}) // no answer yet: it is kept
	_, err := p.up(p.offerUp())
	is.NoErr(err)
	is.Equal(upper.own, []engine.Wrap{up})
	is.Equal(len(lower.way), 0)

	for range 2 {
		_, err = p.lower.end.Take(ctx, p.offerDown())
		is.NoErr(err)
	}
	is.Equal(lower.way, []engine.Wrap{down}) // to be passed on, from here
	is.Equal(len(upper.way), 0)              // the second poll said that it is there
}

func TestAWrapThatWasNotStoredIsSentAgain(t *testing.T) {
	is := is.New(t)
	p, upper, lower := withKeys(t)
	lower.way, upper.full = []engine.Wrap{wrapFor(1, nation)}, true
	_, err := p.up(p.offerUp())
	is.True(errors.Is(err, errFull))
	upper.full = false
	p.greet()
	_, err = p.up(p.offerUp())
	is.NoErr(err)
	is.Equal(len(upper.own), 1)
	is.Equal(len(lower.way), 0)
}

// An answer that leaves a wrap out ends the session of the sender, instead of
// being sent the same again at once.
func TestAnAnswerThatLeavesAWrapOutIsNoticed(t *testing.T) {
	is := is.New(t)
	b := Batch{Wraps: []engine.Wrap{wrapOf(1), wrapOf(2)}}
	is.True(Answer{}.Lacks(b))
	is.True(Answer{Took: []string{wrapOf(1).ID()}}.Lacks(b))
	is.True(!Answer{Took: []string{wrapOf(2).ID(), wrapOf(1).ID()}}.Lacks(b))
}

func TestWrapsThatDoNotBelongOnTheLinkAreLetGo(t *testing.T) {
	is := is.New(t)
	p, upper, _ := withKeys(t)
	b := p.offerUp()
	echo, foreign, none := wrapFor(1, sector), wrapFor(2, nation), wrapFor(3, nation)
	foreign.Case.Place = "RW.58"
	none.Data = nil
	b.Wraps = []engine.Wrap{echo, foreign, none}
	answer, err := p.upper.end.Take(ctx, b)
	is.NoErr(err)
	is.True(!answer.Lacks(b)) // and are not sent again
	is.Equal(len(upper.own)+len(upper.way), 0)
}

func TestWrapsComeAlsoWithABatchThatLeavesAHole(t *testing.T) {
	is := is.New(t)
	p, upper, lower := withKeys(t)
	lower.way = []engine.Wrap{wrapFor(1, nation)}
	b := p.offerUp()
	b.After += 5
	answer, err := p.upper.end.Take(ctx, b)
	is.NoErr(err)
	is.Equal(len(upper.own), 1)
	is.True(!answer.Lacks(b))
}

func TestWrapsOfAnotherSessionAreNotTaken(t *testing.T) {
	is := is.New(t)
	p, upper, lower := withKeys(t)
	lower.way = []engine.Wrap{wrapFor(1, nation)}
	b := p.offerUp()
	b.From.Number++
	_, err := p.upper.end.Take(ctx, b)
	is.True(errors.Is(err, ErrGreet))
	is.Equal(len(upper.own), 0)
}

func TestAnAskGoesOnAwayFromWhereItCame(t *testing.T) {
	is := is.New(t)
	p, _, _ := withKeys(t)
	ask := engine.Ask{Case: caseOf(1), Node: district, Keys: []string{"AAAAAAAAAAAAAAAA"}}
	p.lower.end.Asks.Add(district, ask)
	is.Equal(p.offerUp().Asks, []engine.Ask{ask})
	is.Equal(len(p.offerUp().Asks), 0) // once in a session
	p.greet()
	_, err := p.up(p.offerUp())
	is.NoErr(err)
	is.Equal(p.upper.end.Asks.Open(nation), []engine.Ask{ask})
	is.Equal(len(p.upper.end.Asks.Open(nation)), 0) // looked at once
	is.Equal(len(p.offerDown().Asks), 0)            // and does not come back

	more := ask
	more.Keys = []string{"BBBBBBBBBBBBBBBB"}
	p.lower.end.Asks.Add(district, more)
	both := ask
	both.Keys = []string{"AAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB"}
	is.Equal(p.offerUp().Asks, []engine.Ask{both})
	p.lower.end.Asks.Answered(ask.Case, district, ask.Keys)
	p.greet()
	is.Equal(p.offerUp().Asks, []engine.Ask{more})
	p.lower.end.Asks.Answered(ask.Case, district, nil)
	p.greet()
	is.Equal(len(p.offerUp().Asks), 0)
}

func TestAsksThatDoNotBelongOnTheLinkAreLetGo(t *testing.T) {
	is := is.New(t)
	p, _, _ := withKeys(t)
	b := p.offerUp()
	foreign := engine.Ask{Case: caseOf(1), Node: district}
	foreign.Case.Place = "RW.58.01"
	b.Asks = []engine.Ask{foreign, {Case: caseOf(1), Node: nation}, {Case: caseOf(1), Node: "RW.57.11"}}
	_, err := p.upper.end.Take(ctx, b)
	is.NoErr(err)
	is.Equal(len(p.upper.end.Asks.Open(nation)), 0)
}

func TestOneNeighbourCannotFillTheAsks(t *testing.T) {
	is := is.New(t)
	rung := 0
	asks := NewAsks(func(engine.Ask) { rung++ })
	for n := range asksMax + 10 {
		asks.Add(district, engine.Ask{Case: caseOf(n), Node: district})
	}
	is.Equal(rung, asksMax)
	asks.Add(nation, engine.Ask{Case: caseOf(1), Node: nation})
	is.Equal(rung, asksMax+1) // another's are taken
	is.Equal(len(asks.Open("RW.1")), asksMax+1)
	asks.Again(func(c events.Subject) bool { return c == caseOf(3) })
	is.Equal(len(asks.Open("RW.1")), 1)
	asks.Again(func(events.Subject) bool { return true })
	asks.met(district) // a new session: what it asked before counts no more
	is.Equal(asks.Open("RW.1"), []engine.Ask{{Case: caseOf(1), Node: nation}})
	asks.Add(nation, engine.Ask{Case: caseOf(1), Node: nation, Keys: slices.Repeat([]string{"x"}, 2*AskKeysMax)})
	is.True(len(asks.Open("RW.1")[0].Keys) <= AskKeysMax)
}
