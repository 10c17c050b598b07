package integration

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/node"
	"umuryango/events"
)

// backup copies a stopped node's folder; the keys stay where they are.
func (m *member) backup() string {
	m.nation.t.Helper()
	to := filepath.Join(m.nation.t.TempDir(), m.place.ID())
	m.must(os.CopyFS(to, os.DirFS(m.dir)))
	return to
}

// restore puts a stopped node's folder back to what a copy holds. What the node
// keeps beside its stream may be newer: somebody may have put back the stream
// alone.
func (m *member) restore(from string, newer ...string) {
	m.nation.t.Helper()
	entries, err := os.ReadDir(m.dir)
	m.must(err)
	for _, e := range entries {
		if !slices.Contains(newer, e.Name()) {
			m.must(os.RemoveAll(filepath.Join(m.dir, e.Name())))
		}
	}
	for _, name := range newer {
		m.must(os.RemoveAll(filepath.Join(from, name)))
	}
	m.must(os.CopyFS(m.dir, os.DirFS(from)))
}

// lose deletes everything that a stopped node kept, but not its keys.
func (m *member) lose() {
	m.nation.t.Helper()
	entries, err := os.ReadDir(m.dir)
	m.must(err)
	for _, e := range entries {
		if e.Name() != node.DirKeys {
			m.must(os.RemoveAll(filepath.Join(m.dir, e.Name())))
		}
	}
}

// TestAStoreRestoredFromAnOlderCopyThatWritesBeforeItLinks: what it had written
// since comes back over the link, and what it writes now goes up.
func TestAStoreRestoredFromAnOlderCopyThatWritesBeforeItLinks(t *testing.T) {
	for _, place := range []events.Place{placeVillage, placeCell, placeDistrict} {
		t.Run(place.ID(), func(t *testing.T) { restored(t, place) })
	}
	// The stream alone was put back: what says how far the upper node had passed,
	// and the index, know of more than there is.
	t.Run("its state is newer", func(t *testing.T) { restored(t, placeCell, "state.db") })
	t.Run("its state and index are newer", func(t *testing.T) { restored(t, placeVillage, "state.db", "history.db") })
}

func restored(t *testing.T, place events.Place, newer ...string) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell, placeVillage)
	m, nation := n.at(place), n.at(placeNation)
	early := m.raise(place, placeDistrict)
	nation.holds(early.Record.Event.ID)
	m.stop()
	older := m.backup()
	m.start()
	lost := m.raise(place, placeDistrict)
	nation.holds(lost.Record.Event.ID)
	below := n.at(placeVillage).raise(placeVillage, placeCell)
	nation.holds(below.Record.Event.ID)
	m.stop()
	m.restore(older, newer...)

	m.wire.cut()
	m.start()
	_, here := m.find(lost.Record.Event.ID)
	is.True(!here)
	for range 3 { // as many and more than it had written: the sequences are used again
		e := m.raise(place, placeDistrict)
		is.True(m.KeptOnlyHere(e.Record)) // also where that sequence had been passed once
		is.True(!m.Linked())
	}
	own, err := m.do(placeDistrict, early.State.Subject, engine.TakeOver{Reason: "unheard"})
	if place == placeDistrict {
		is.Equal(refusal(t, err), "not_above") // it has the pen itself
	} else {
		is.Equal(refusal(t, err), "not_hosted")
	}
	is.Equal(own.Record.Seq, uint64(0))

	m.wire.heal()
	m.holds(lost.Record.Event.ID)
	m.holds(below.Record.Event.ID)
	n.level()
	is.Equal(m.refusals(), nil)
	is.Equal(nation.refusals(), nil)
}

// TestNoTakeOverBeforeTheLink: a store that may be an older copy does not
// overrule what all others know.
func TestNoTakeOverBeforeTheLink(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeVillage)
	district := n.at(placeDistrict)
	c := n.at(placeVillage).raise(placeVillage, placeVillage)
	district.holds(c.Record.Event.ID)
	district.stop()
	district.wire.cut()
	district.start()
	_, err := district.do(placeDistrict, c.State.Subject, engine.TakeOver{Reason: "unheard"})
	is.Equal(refusal(t, err), "not_linked")
	district.wire.heal()
	district.until("linked", district.Linked)
	district.did(placeDistrict, c.State.Subject, engine.TakeOver{Reason: "unheard"})
	n.level()
}

// TestALowerStoreDeletedAndRefilled: everything that any other store holds of it
// comes back, also what it writes before that.
func TestALowerStoreDeletedAndRefilled(t *testing.T) {
	for _, place := range []events.Place{placeVillage, placeCell, placeDistrict} {
		t.Run(place.ID(), func(t *testing.T) {
			is := is.New(t)
			n := newNation(t, placeNation, placeDistrict, placeCell, placeVillage)
			m := n.at(place)
			for range 5 {
				n.at(placeNation).holds(n.at(placeVillage).raise(placeVillage, placeDistrict).Record.Event.ID)
				n.at(placeNation).holds(m.raise(place, placeDistrict).Record.Event.ID)
			}
			before := len(m.records())
			m.stop()
			m.lose()
			m.wire.cut()
			m.start()
			is.Equal(len(m.records()), 0)
			early := m.raise(place, placeDistrict)
			is.True(m.KeptOnlyHere(early.Record))
			m.wire.heal()
			n.at(placeNation).holds(early.Record.Event.ID)
			n.level()
			is.Equal(len(m.records()), before+1)
			is.Equal(n.at(placeNation).refusals(), nil)
			m.restart()
			n.at(placeNation).holds(m.raise(place, placeDistrict).Record.Event.ID)
			n.level()
		})
	}
}

// TestTheNationsStoreRestored: the top is filled again from below.
func TestTheNationsStoreRestored(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeVillage)
	nation, district := n.at(placeNation), n.at(placeDistrict)
	nation.stop()
	older := nation.backup()
	nation.start()
	var ids []events.ID
	for range 4 {
		raised := n.at(placeVillage).raise(placeVillage, placeDistrict)
		nation.holds(raised.Record.Event.ID)
		told := nation.did(placeNation, raised.State.Subject, engine.Contribute{Kind: "note"})
		ids = append(ids, raised.Record.Event.ID, told.Record.Event.ID)
	}
	for _, id := range ids {
		nation.holds(id)
		district.holds(id)
	}
	nation.stop()
	nation.restore(older)
	nation.start()
	fresh := nation.raise(placeNation, placeNation)
	for _, id := range ids {
		nation.holds(id)
	}
	is.Equal(nation.state(fresh.State.Subject).Pen, placeNation)
	n.level()
}
