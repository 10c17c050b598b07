package integration

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/node"
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
	is.NoErr(district.Rotate(n.ctx, passphrase, false))
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

// TestARecalledNodeDestroysItsKeys: it hears of no erasure any more. What it had
// made for others has gone on, and it gets its keys again when it is back.
func TestARecalledNodeDestroysItsKeys(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector, placeCell)
	district, sector, cell := n.at(placeDistrict), n.at(placeSector), n.at(placeCell)
	cell.until("enrolled", func() bool { return cell.Status().Enrolled && cell.Linked() })
	done := cell.raise(placeVillage, placeDistrict)
	c := done.Record.Event.Subject
	district.holds(done.Record.Event.ID)
	cell.wire.cut()
	x := cell.tell(c, map[string]string{"identity": `{"name":"a child"}`, "adult": `{"role":"aunt","name":"an aunt"}`})
	is.True(cell.carries() >= 2) // of the aunt's key, for the sector and for the district
	cell.wire.heal()
	for _, m := range []*member{district, sector} {
		m.reads(x)
	}
	recalled, err := sector.Recall(n.ctx, placeCell, false)
	is.NoErr(err)
	cell.holds(recalled.Event.ID)
	cell.until("without a key", func() bool { return len(cell.Keys.Has(c)) == 0 })
	cell.closed(x, "identity", engine.ErrNoKey)
	for _, m := range []*member{district, sector} {
		m.reads(x)
	}
	back, err := sector.Invite(placeCell, cell.wire.address(), true)
	is.NoErr(err)
	is.NoErr(node.Join(n.ctx, cell.ID, back, ""))
	cell.reads(x)
}

// TestAVillageThatHasHeardNobodyYet: it works, queues and reads its own, also
// across a restart; once it is linked, those who may read it ask and get the keys.
func TestAVillageThatHasHeardNobodyYet(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	village := &member{nation: n, place: placeVillage, dir: filepath.Join(n.dir, placeVillage.ID())}
	village.join(n.at(placeCell))
	n.members[placeVillage] = village
	village.wire.cut()
	village.start()
	c := village.raise(placeVillage, placeCell).Record.Event.Subject
	x := village.tell(c, aChild)
	y := village.tell(c, aReporter)
	village.reads(x)
	village.reads(y)
	is.Equal(village.carries(), 0) // it knows of nobody who may have a key
	village.restart()
	village.reads(x)
	village.wire.heal()
	for _, p := range []events.Place{placeCell, placeDistrict} {
		n.at(p).reads(x)
	}
	n.at(placeCell).reads(y) // the supervisor's
	village.until("without who reported", func() bool { return !village.Keys.HasOf(c, engine.ClassReporter) })
	village.closed(y, "reporter", engine.ErrNoKey)
	village.reads(x)
	own, err := n.at(placeNation).Keys.Own(n.ctx, c)
	is.NoErr(err)
	is.Equal(len(own), 0)
}

var aReporter = map[string]string{"reporter": `{"name":"a neighbour","relation":"neighbour"}`}

// TestAFormerSupervisorLetsGoOfWhoReported: as the case goes on one node after
// another opens who reported, and the others do not.
func TestAFormerSupervisorLetsGoOfWhoReported(t *testing.T) {
	n := newNation(t, fiveLevels...)
	village, cell, sector, district := n.at(placeVillage), n.at(placeCell), n.at(placeSector), n.at(placeDistrict)
	c := village.raise(placeVillage, placeCell).Record.Event.Subject
	x := village.tell(c, aReporter)
	only := func(supervisor *member) {
		t.Helper()
		supervisor.reads(x)
		for _, m := range []*member{village, cell, sector, district} {
			if m == supervisor {
				continue
			}
			m.holds(x.event.Event.ID)
			m.until("without who reported", func() bool {
				_, err := m.unseal(x, "reporter")
				return errors.Is(err, engine.ErrNoKey) && !m.Keys.HasOf(c, engine.ClassReporter)
			})
		}
	}
	only(cell) // the village answers for the child
	cell.did(placeCell, c, engine.Accept{})
	only(sector)
	cell.did(placeCell, c, engine.Forward{To: placeDistrict})
	done := cell.state(c)
	district.until("forwarded to", func() bool { return district.state(c).Head() == done.Head() })
	district.did(placeDistrict, c, engine.Accept{})
	only(district)
}
