package integration

import (
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// atOnce is what the office above must not wait longer for.
const atOnce = time.Second

// signed makes the record of a referral that this node could write next, ahead
// counting from 1; change may alter it before it is signed.
func (m *member) signed(ahead uint64, change func(*events.Draft, *events.Author)) engine.Record {
	m.nation.t.Helper()
	m.must(m.history.Wait(m.nation.ctx, m.Journal.Head()))
	last, _, err := m.history.Last(m.place)
	m.must(err)
	if last.Run != m.Run() {
		m.nation.t.Fatalf("%s has written nothing in this run", m.place)
	}
	r := rogue{m: m, id: m.ID, run: m.Run(), number: last.Last + ahead - 1}
	return engine.Record{Event: r.event(change), Run: m.Run()}
}

// spoil lets an event be signed wrongly.
func spoil(_ *events.Draft, a *events.Author) {
	sign := a.Sign
	a.Sign = func(m []byte) ([]byte, error) { return sign(append(m, ' ')) }
}

// store puts records into a node's own stream, as a program with a fault would.
func (m *member) store(records ...engine.Record) {
	m.nation.t.Helper()
	err := m.Journal.Append(m.nation.ctx, m.Journal.Head(), records)
	for errors.Is(err, engine.ErrConflict) { // the link was first
		m.must(m.Journal.Refresh(m.nation.ctx))
		err = m.Journal.Append(m.nation.ctx, m.Journal.Head(), records)
	}
	m.must(err)
}

// TestAWholeBatchRefused: nothing of it is taken, all of it is kept and told,
// and what comes next arrives.
func TestAWholeBatchRefused(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeCell, placeVillage)
	cell, village := n.at(placeCell), n.at(placeVillage)
	cell.holds(village.raise(placeVillage, placeCell).Record.Event.ID)
	village.wire.cut()
	var bad []engine.Record
	for ahead := range uint64(5) {
		bad = append(bad, village.signed(ahead+1, spoil))
	}
	village.store(bad...)
	village.wire.heal()
	cell.until("told of all five", func() bool { return len(cell.refusals()) == len(bad) })
	next := village.raise(placeVillage, placeCell)
	cell.holds(next.Record.Event.ID)
	n.at(placeNation).holds(next.Record.Event.ID)
	for _, r := range bad {
		_, here := cell.find(r.Event.ID)
		is.True(!here)
	}
	is.Equal(cell.gaps(), nil)
	is.Equal(n.at(placeNation).gaps(), nil)

	// Listed on both sides: where it was refused, and where it was written.
	village.until("told of all five", func() bool { return len(village.quarantine()) == len(bad) })
	for _, m := range []*member{cell, village} {
		list := m.quarantine()
		is.Equal(len(list), len(bad))
		for _, k := range list {
			is.Equal(k.By, placeCell.ID())
			is.Equal(k.Place, placeVillage.ID())
			is.Equal(k.Fault, string(engine.FaultSignature))
			is.True(len(k.Body) > 0 && len(k.Header) > 0)
			is.Equal(k.Source, bad[0].Event.Source.String())
		}
	}
	is.Equal(len(n.at(placeNation).quarantine()), 0) // it is no business of the nation's

	village.restart() // what is refused leaves no position behind, and is not refused again
	n.at(placeNation).holds(village.raise(placeVillage, placeCell).Record.Event.ID)
	is.Equal(len(cell.refusals()), len(bad))
}

// TestTheLastEventOfABatchRefused: the office above shows no gap, and the next
// event arrives within a second.
func TestTheLastEventOfABatchRefused(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell, placeVillage)
	cell, village := n.at(placeCell), n.at(placeVillage)
	cell.holds(village.raise(placeVillage, placeCell).Record.Event.ID)
	batch := []engine.Record{village.signed(1, nil), village.signed(2, nil), village.signed(3, spoil)}
	village.store(batch...)
	cell.until("told of the last one", func() bool { return len(cell.refusals()) == 1 })
	is.Equal(cell.refusals()[0].Number, batch[2].Event.Number)
	cell.holds(batch[1].Event.ID)
	is.Equal(cell.gaps(), nil)

	begun := time.Now()
	next := village.raise(placeVillage, placeCell).Record.Event.ID
	cell.holds(next)
	n.at(placeNation).holds(next)
	is.True(time.Since(begun) < atOnce)
	for _, m := range []*member{cell, n.at(placeDistrict), n.at(placeNation)} {
		is.Equal(m.gaps(), nil)
	}
}

// TestAnAnswerLostAfterTheStoreTookIt: the upper node has stored the batch and
// the lower one does not hear it; it asks, and sends nothing twice.
func TestAnAnswerLostAfterTheStoreTookIt(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeCell, placeVillage)
	cell, village := n.at(placeCell), n.at(placeVillage)
	village.until("told whom it makes keys for", func() bool {
		for _, p := range []events.Place{placeNation, placeCell} {
			if host, _ := village.Authority.OwnNode(p); len(host.SealKey) == 0 {
				return false
			}
		}
		return true
	})
	first := village.raise(placeVillage, placeCell).Record
	village.until("told that its act is elsewhere too", func() bool { return !village.KeptOnlyHere(first) })
	everywhere := func(events.Place) bool { return true }
	village.until("rid of the wraps of its case", func() bool { return !village.Keys.Waiting(everywhere) })
	for range 3 {
		village.wire.mute()
		// An act of codes alone: no wraps go before it, whose answer would be lost.
		e := village.did(placeVillage, first.Event.Subject, engine.Contribute{Kind: "note"}).Record
		cell.holds(e.Event.ID)
		is.True(village.KeptOnlyHere(e)) // it cannot know better yet
		village.wire.cut()
		village.wire.heal()
		village.until("told that its act is elsewhere too", func() bool { return !village.KeptOnlyHere(e) })
		seen := 0
		for _, r := range cell.records() {
			if r.Event.ID == e.Event.ID {
				seen++
			}
		}
		is.Equal(seen, 1)
	}
	is.Equal(cell.refusals(), nil)
	n.level()
}
