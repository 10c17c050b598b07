package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// on carries out an act of the sector under an id on a case.
func (n *node) on(number int, c events.Subject, do any) (engine.Done, error) {
	cmd := command(sector, do)
	cmd.ID, cmd.Case, cmd.Digest = id(number), c, events.Hash{byte(number)}
	return n.service.Do(ctx, cmd)
}

// before folds a case from what stood in the stream up to a sequence.
func (n *node) before(c events.Subject, upto uint64) engine.State {
	records, err := n.journal.Read(ctx, 1, int(upto))
	n.is.NoErr(err)
	var all []events.Event
	for _, r := range records {
		if r.Seq <= upto && r.Event.Subject == c {
			all = append(all, r.Event)
		}
	}
	return engine.Fold(c, all)
}

// TestAnActLeavesTheStateOfItsEvents: whatever came between, was sent again or
// went wrong, an act is decided on all that its case got before, and the state
// that is told is the one that its events make.
func TestAnActLeavesTheStateOfItsEvents(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	r := rand.New(rand.NewPCG(1, 2))
	var cases []events.Subject
	for i := range 3 {
		cases = append(cases, n.do(i+1, sector, engine.Raise{To: sector, Source: "izu"}).State.Subject)
	}
	befalls := []func(){n.journal.Refuse, n.journal.LoseAnswer, n.journal.LoseRequest, n.journal.Fail, func() {}, func() {}, func() {}, func() {}}
	acts := []any{engine.Contribute{Kind: "sighting"}, engine.Contribute{Kind: "sighting"}, engine.Accept{}, engine.Assess{Facts: events.Facts(`{"child":{"age_months":18}}`)}}
	var told []engine.Done
	again := 0
	for step := range 600 {
		befalls[r.IntN(len(befalls))]()
		number := 10 + step - step%2*r.IntN(2) // every other one perhaps sent again
		done, err := n.on(number, cases[number%3], acts[number%len(acts)])
		var refusal *engine.Refusal
		switch {
		case err == nil:
			told = append(told, done)
		case !errors.As(err, &refusal):
			continue // what was asked for befell it
		}
		if done.Again {
			again++
		}
	}
	is.True(len(told) > 100)
	is.True(again > 20)
	for _, done := range told {
		is.NoErr(n.history.Wait(ctx, n.journal.Head()))
		record, err := n.history.Find(done.Record.Event.ID)
		is.NoErr(err)
		is.Equal(record, done.Record)
		if !done.Again {
			is.Equal(done.State, n.before(done.State.Subject, done.Record.Seq))
		}
	}
}

// waited tells up to where the history is waited for.
type waited struct {
	*memory.History
	upto []uint64
}

func (w *waited) Wait(ctx context.Context, seq uint64) error {
	w.upto = append(w.upto, seq)
	return w.History.Wait(ctx, seq)
}

// TestATurnWaitsForWhatItReads: what the last turn wrote elsewhere is not waited
// for before an act is decided but while it is stored; what it wrote in the
// case, and everything where more came since, is.
func TestATurnWaitsForWhatItReads(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	one, two := n.do(1, sector, raise).State.Subject, n.do(2, sector, raise).State.Subject
	w := &waited{History: n.history}
	n.service.Writer = engine.NewWriter(engine.Self{Node: sector, Run: run(2), Signer: signer("sector")}, n.journal, w, nil)
	first := func(act func()) uint64 {
		w.upto = nil
		act()
		return w.upto[0]
	}
	tell := func(number int, c events.Subject) func() {
		return func() {
			_, err := n.on(number, c, engine.Contribute{Kind: "sighting"})
			is.NoErr(err)
		}
	}
	is.Equal(first(tell(10, one)), uint64(2)) // the writer has just begun
	is.Equal(first(tell(11, two)), uint64(2)) // 3 is of the other case
	is.Equal(w.upto, []uint64{2, 3})          // and is indexed while 4 is stored
	is.Equal(first(tell(12, two)), uint64(4)) // 4 is of this one
	is.Equal(first(tell(13, one)), uint64(4))
	is.Equal(first(func() {
		done, err := n.on(13, one, engine.Contribute{Kind: "sighting"})
		is.NoErr(err)
		is.True(done.Again)
	}), uint64(6)) // the act itself, sent again
	n.journal.Fail()
	_, err := n.on(14, two, engine.Contribute{Kind: "sighting"})
	is.True(err != nil)
	is.NoErr(n.journal.Append(ctx, 6, []engine.Record{{Event: n.foreign(t, one), Run: run(9)}})) // somebody else's
	is.Equal(first(tell(15, two)), uint64(7))
	is.Equal(first(func() {
		_, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{}, nil })
		is.NoErr(err)
	}), uint64(8)) // a plan that may read everything
}

// foreign is an event of another node in a case.
func (n *node) foreign(t *testing.T, c events.Subject) events.Event {
	e, err := events.Sign(events.Draft{
		ID: id(800), Type: events.TypeContributed, Subject: c, Office: district, Actor: "W-1", Time: noon, Recorded: noon, Code: "K7Q-F2MD",
		Edition: "test", Body: encode(t, events.Contributed{Kind: "sighting"}),
	}, author(district, run(1), 1, "district"))
	n.is.NoErr(err)
	return e
}
