package integration

import (
	"fmt"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// parcel is a wrap whose sealed bytes nobody needs to open on the way.
func parcel(c events.Subject, by, holder events.Place) engine.Wrap {
	return engine.Wrap{
		Case: c, Keys: []engine.CaseKey{{ID: engine.SealKeyID([]byte("a key")), Class: engine.ClassFacts}}, Holder: holder,
		HolderKey: engine.SealKeyID([]byte(holder)), By: by, Data: fmt.Appendf(nil, "sealed by %s for %s, as nothing else is", by, holder),
	}
}

func somebody(t *testing.T) events.Subject {
	t.Helper()
	id, err := newID()
	if err != nil {
		t.Fatal(err)
	}
	return events.Subject{Place: placeVillage, Kind: events.KindCase, ID: string(id)}
}

// has reports whether a node has a wrap of its own.
func (m *member) has(w engine.Wrap) bool {
	m.nation.t.Helper()
	own, err := m.Keys.Own(m.nation.ctx, w.Case)
	m.must(err)
	for _, o := range own {
		if o.ID() == w.ID() {
			return true
		}
	}
	return false
}

// carries counts the wraps that a node keeps for others.
func (m *member) carries() int {
	m.nation.t.Helper()
	list, err := m.Keys.Passing(m.nation.ctx, func(events.Place) bool { return true }, 1000, 1<<30)
	m.must(err)
	return len(list)
}

// TestWrapsGoToTheirHoldersAndRelaysLetThemGo: up and down, over nodes in
// between, also to one that was dark; and nobody else has them.
func TestWrapsGoToTheirHoldersAndRelaysLetThemGo(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	village, district := n.at(placeVillage), n.at(placeDistrict)
	c := somebody(t)
	var up []engine.Wrap
	for _, holder := range []events.Place{placeVillage, placeCell, placeSector, placeDistrict} {
		up = append(up, parcel(c, placeVillage, holder))
	}
	n.at(placeSector).wire.cut() // the district is dark
	is.NoErr(village.Keys.Put(n.ctx, up))
	for _, w := range up[:3] {
		n.at(w.Holder).until("a holder", func() bool { return n.at(w.Holder).has(w) })
	}
	village.until("rid of what it has delivered", func() bool { return village.carries() == 0 })
	sector := n.at(placeSector)
	sector.until("keeping what the district is to get", func() bool { return sector.carries() == 1 })

	sector.restart() // what it carries is on its disk
	is.Equal(sector.carries(), 1)
	sector.wire.heal()
	district.until("a holder", func() bool { return district.has(up[3]) })
	sector.until("rid of what it has delivered", func() bool { return sector.carries() == 0 })

	down := parcel(c, placeDistrict, placeVillage)
	is.NoErr(district.Keys.Put(n.ctx, []engine.Wrap{down}))
	village.until("a holder", func() bool { return village.has(down) })
	for _, m := range n.sorted() {
		m.until("rid of what it has delivered", func() bool { return m.carries() == 0 })
		for _, w := range append(up, down) {
			is.Equal(m.has(w), m.place == w.Holder)
		}
	}
	own, err := n.at(placeNation).Keys.Own(n.ctx, c)
	is.NoErr(err)
	is.Equal(len(own), 0)
}
