package integration

import (
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// TestKeysFollowWhoSpeaksForAnOffice: a node that joins late, changes its keys
// or takes the place of a lost machine reads what was told before and what is
// told since, and asks until it can.
func TestKeysFollowWhoSpeaksForAnOffice(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector, placeVillage)
	village, district, sector := n.at(placeVillage), n.at(placeDistrict), n.at(placeSector)
	c := n.raisedAtHome()
	x := village.tell(c, aChild)
	district.reads(x)

	before := district.ID.SignKey()
	sealed := district.ID.SealKey()
	is.NoErr(district.Rotate(n.ctx, passphrase))
	district.rotated(before)
	is.True(string(sealed) != string(district.ID.SealKey()))
	district.reads(x)
	sector.until("told of the next keys", func() bool {
		h, ok := sector.Authority.Host(placeDistrict)
		return ok && string(h.SealKey) == string(district.ID.SealKey())
	})
	y := sector.tell(c, map[string]string{"narrative": "since the district changed its keys"})
	district.reads(y)
	district.restart()
	district.until("linked", district.Linked)
	district.reads(x)
	district.reads(y)

	sector.stop()
	kept := n.dir
	n.dir = t.TempDir()
	n.grow(placeSector) // a new machine, with nothing but its invitation
	n.dir = kept
	old := sector
	sector = n.at(placeSector)
	sector.until("enrolled", func() bool { return sector.Status().Enrolled })
	old.listens.Store(sector.Address())
	sector.reads(x)
	sector.reads(y)

	n.growOpen(placeCell) // late
	cell := n.at(placeCell)
	cell.reads(x)
	cell.reads(y)
	z := cell.tell(c, aChild)
	for _, m := range []*member{district, sector, village} {
		m.reads(z)
	}
	own, err := n.at(placeNation).Keys.Own(n.ctx, c)
	is.NoErr(err)
	is.Equal(len(own), 0)
}

// TestOneAdultIsErasedAlone: everywhere, and the child's own record stays as it
// is.
func TestOneAdultIsErasedAlone(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	district, cell := n.at(placeDistrict), n.at(placeCell)
	done := cell.raise(placeVillage, placeDistrict)
	c := done.Record.Event.Subject
	x := cell.tell(c, map[string]string{"identity": `{"name":"a child"}`, "adult": `{"role":"mother","name":"a mother"}`, "adult.2": `{"role":"aunt","name":"an aunt"}`})
	district.reads(x)
	parts, err := events.SealedOf(x.event.Event)
	is.NoErr(err)
	mother, _ := parts.Part("adult")
	district.did(placeDistrict, c, engine.Erase{Ground: "recorded_by_mistake", Key: mother.Key})
	for _, m := range []*member{cell, district} {
		m.until("told by all", func() bool { list := m.erasing(c); return len(list) == 1 && len(list[0].Readable) == 0 })
		m.closed(x, "adult", engine.ErrErased)
		for _, field := range []string{"identity", "adult.2"} {
			got, err := m.unseal(x, field)
			is.NoErr(err)
			is.Equal(got, x.plain[field])
		}
	}
	_, err = district.do(placeDistrict, c, engine.Erase{Ground: "recorded_by_mistake", Key: mother.Key})
	is.Equal(refusal(t, err), "already_erased")
}

// TestWhoIsKeptOutLaterLosesItsKeys: and gets none of what is told since; the
// others do.
func TestWhoIsKeptOutLaterLosesItsKeys(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector, placeCell)
	district, sector, cell := n.at(placeDistrict), n.at(placeSector), n.at(placeCell)
	c := cell.raise(placeVillage, placeDistrict).Record.Event.Subject
	x := cell.tell(c, aChild)
	for _, m := range []*member{district, sector} {
		m.reads(x)
	}
	district.did(placeDistrict, c, engine.Accept{})
	district.did(placeDistrict, c, engine.Restrict{Restrictions: []events.Restriction{{Office: placeSector.ID(), Reason: "family_there"}}})
	sector.until("without a key", func() bool { return len(sector.Keys.Has(c)) == 0 })
	y := district.tell(c, aChild)
	cell.reads(y)
	sector.holds(y.event.Event.ID) // it carries the sealed bytes
	for _, of := range []told{x, y} {
		sector.closed(of, "identity", engine.ErrNoKey)
	}
	cell.reads(x)
	is.Equal(len(sector.Keys.Has(c)), 0)
}
