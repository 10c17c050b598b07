package link

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// untold are the refusals that a node kept while it was locked.
func (n *node) untold() ([]Refusal, error) {
	var out []Refusal
	for _, r := range n.kept {
		if r.Untold {
			out = append(out, r)
		}
	}
	return out, nil
}

// TestALockedEnd: it keeps what it refuses, takes what follows, and tells of the
// refusal when it can sign, once.
func TestALockedEnd(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	bad, good := p.sign(1, func(d *events.Draft) { d.Office = nation }), p.sign(2, as)
	noEvent := Item{Subject: "ev", Body: []byte("{")}
	p.upper.locked = true
	for range 2 {
		_, err := p.up(p.batch(itemOf(bad), noEvent, itemOf(good)))
		is.NoErr(err)
	}
	is.True(p.upper.holds(good))
	is.Equal(len(p.upper.refusals()), 0)
	list, err := p.upper.untold()
	is.NoErr(err)
	is.Equal(len(list), 4) // twice, as a keeper that keeps by hash would not

	is.True(errors.Is(p.upper.end.Tell(ctx, p.upper.untold), engine.ErrLocked))
	is.Equal(len(p.upper.refusals()), 0)
	p.upper.locked = false
	is.NoErr(p.upper.end.Tell(ctx, func() ([]Refusal, error) { return list[:2], nil }))
	is.NoErr(p.upper.end.Tell(ctx, p.upper.untold)) // what was told before is not told again
	told := p.upper.refusals()
	is.Equal(len(told), 2)
	is.Equal(told[0], events.Refused{Node: "RW57", Run: bad.Source.Run, Number: 1, Hash: bad.Hash(), From: "RW57", Reason: "author"})
	is.Equal(told[1], events.Refused{Hash: noEvent.hash(), From: "RW57", Reason: "form"})
	is.Equal(p.upper.gaps(), nil) // the number of the first is filled
	p.sync()
	is.Equal(len(p.lower.refusals()), 2) // its author hears of it
}

// TestTakenBeforeItWasTold: true bytes came while the refusal of forged ones
// waited. Their number is not filled with a refusal.
func TestTakenBeforeItWasTold(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	e := p.sign(1, as)
	forged := itemOf(e)
	forged.Header = e.Header()
	forged.Header["ce-sig"] = p.sign(2, as).Header()["ce-sig"]
	p.upper.locked = true
	_, err := p.up(p.batch(forged))
	is.NoErr(err)
	_, err = p.up(p.batch(itemOf(e)))
	is.NoErr(err)
	is.True(p.upper.holds(e))
	p.upper.locked = false
	is.NoErr(p.upper.end.Tell(ctx, p.upper.untold))
	is.Equal(len(p.upper.kept), 1) // it is kept
	is.Equal(len(p.upper.refusals()), 0)
}

// TestWhatCannotBeReadIsNotTold: a keeper that fails fails the telling.
func TestWhatCannotBeReadIsNotTold(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	failed := errors.New("the disk fails")
	is.True(errors.Is(p.upper.end.Tell(ctx, func() ([]Refusal, error) { return nil, failed }), failed))
}
