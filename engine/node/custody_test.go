package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/events"
)

// failing is a history that fails so many times before it knows of nothing.
type failing struct {
	History
	times int
}

var errOnce = errors.New("the disk does not answer")

func (h *failing) Load(events.Subject) ([]events.Event, error) {
	if h.times--; h.times >= 0 {
		return nil, errOnce
	}
	return nil, nil
}

type level struct {
	engine.Gate
	decides int
}

func (l level) Decides() int { return l.decides }

// idle is a custody that does nothing by itself.
func idle(t *testing.T, h History) *custody {
	t.Helper()
	s, err := openState(filepath.Join(t.TempDir(), fileState))
	is.New(t).NoErr(err)
	t.Cleanup(func() { s.close() })
	n := &Node{
		Config: Config{Now: time.Now, Gate: func(time.Time) (engine.Gate, error) { return level{decides: 2}, nil }},
		ID:     &keys.Identity{Place: "RW"}, Authority: engine.NewAuthority(nil), state: s, history: h, asks: link.NewAsks(nil),
	}
	return &custody{n: n, wanted: map[events.Subject]bool{}, again: map[events.Subject]bool{}}
}

func caseOf(n int) events.Subject {
	return events.Subject{Place: "RW.57", Kind: events.KindCase, ID: fmt.Sprintf("01936f5e-7a1b-7c3d-8e4f-%012x", n)}
}

// What could not be looked at is looked at in the next pass: all of it, not only
// what the fault met.
func TestAFaultLeavesNoCaseUnlookedAt(t *testing.T) {
	const cases = 5
	ctx := context.Background()
	for name, test := range map[string]struct {
		asked  func(c *custody)
		broken bool // it cannot even be read what is missing
	}{
		"at the start": {asked: func(c *custody) { c.all = true }},
		"at unlocking": {asked: func(c *custody) { c.all = true }, broken: true},
		"of some": {asked: func(c *custody) {
			for n := range cases {
				c.again[caseOf(n)] = true
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := idle(t, &failing{times: 1})
			for n := range cases {
				is.NoErr(c.n.state.want(caseOf(n), []string{"key"}))
			}
			test.asked(c)
			if test.broken {
				is.NoErr(c.n.state.put(bucketWants, []byte("no case"), 0))
				is.True(c.lookAgain(ctx) != nil)
				is.NoErr(c.n.state.forget(bucketWants, []byte("no case")))
			}
			is.True(errors.Is(c.lookAgain(ctx), errOnce))
			is.NoErr(c.lookAgain(ctx))
			left, err := c.n.state.wants()
			is.NoErr(err)
			is.Equal(len(left), 0) // each was looked at, and nothing of it is missing any more
		})
	}
}

// What there was no room to ask for is asked for after a fault, too.
func TestAFaultForgetsNothingThatWasNotAskedFor(t *testing.T) {
	is := is.New(t)
	c := idle(t, &failing{})
	is.NoErr(c.n.state.want(caseOf(1), []string{"key"}))
	is.NoErr(c.n.state.put(bucketWants, []byte("no case"), 0))
	c.full, c.again[caseOf(2)] = true, true
	is.True(c.lookAgain(context.Background()) != nil)
	is.True(c.full)
	is.NoErr(c.n.state.forget(bucketWants, []byte("no case")))
	is.NoErr(c.lookAgain(context.Background()))
	is.True(!c.full)
	is.Equal(c.n.asks.Open("RW.57"), []engine.Ask{{Case: caseOf(1), Node: "RW", Keys: []string{"key"}}})
}

// A place that was not kept is kept again: after a crash it would be read from an
// older one only because the write had failed.
func TestAPlaceThatWasNotKeptIsNotTakenForKept(t *testing.T) {
	is := is.New(t)
	c := idle(t, &failing{})
	c.n.Journal, c.seq = nil, keepEvery
	is.NoErr(c.n.state.close())
	is.True(c.keepPlace() != nil)
	is.Equal(c.kept, uint64(0))
}

// The link may turn to another node while a page asks when that was heard.
func TestWhoIsAboveIsAskedForWhileItChanges(t *testing.T) {
	is := is.New(t)
	n := newNation(t)
	up := &upLink{n: n, peer: "RW.58"}
	n.up = up
	turned := make(chan struct{})
	go func() {
		defer close(turned)
		for range 1000 {
			up.turnTo("RW.59")
			up.turnTo("RW.58")
		}
	}()
	for done := false; !done; {
		select {
		case <-turned:
			done = true
		default:
		}
		_, err := n.Heard("RW.60") // another than either
		is.NoErr(err)
	}
	n.up = nil // the nation has none
}
