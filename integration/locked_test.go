package integration

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
)

// restartLocked is a start after a power cut, with nobody there who knows the
// passphrase.
func (m *member) restartLocked() {
	m.nation.t.Helper()
	m.locked = true
	m.restart()
}

// TestALockedNodeRelays: what is raised below a locked sector and decided above
// it goes through in both directions; the sector itself can do nothing until
// somebody unlocks it.
func TestALockedNodeRelays(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	n.level()
	sector, cell, district := n.at(placeSector), n.at(placeCell), n.at(placeDistrict)
	before := sector.raise(placeSector, placeSector)
	sector.restartLocked()
	is.True(sector.Status().Locked)

	raised := n.at(placeVillage).raise(placeVillage, placeCell)
	cell.holds(raised.Record.Event.ID)
	cell.did(placeCell, raised.Record.Event.Subject, engine.Accept{})
	sent := cell.did(placeCell, raised.Record.Event.Subject, engine.Forward{To: placeDistrict})
	district.holds(sent.Record.Event.ID)
	taken := district.did(placeDistrict, raised.Record.Event.Subject, engine.Accept{})
	n.at(placeVillage).holds(taken.Record.Event.ID) // and back down
	n.at(placeNation).holds(taken.Record.Event.ID)

	head := sector.Journal.Head()
	_, err := sector.do(placeSector, before.Record.Event.Subject, engine.Accept{})
	is.Equal(refusal(t, err), "locked")
	_, err = sector.do(placeSector, events.Subject{Place: placeSector}, engine.Raise{To: placeSector, Source: "izu"})
	is.Equal(refusal(t, err), "locked")
	is.Equal(sector.Journal.Head(), head) // nothing was written

	is.True(errors.Is(sector.Unlock([]byte("another passphrase")), keys.ErrPassphrase))
	is.True(sector.Status().Locked)
	is.NoErr(sector.Unlock(passphrase))
	is.True(!sector.Status().Locked)
	done := sector.did(placeSector, before.Record.Event.Subject, engine.Accept{})
	district.holds(done.Record.Event.ID)
	n.level()
}

// TestALockedNodeDoesNothingAgain: a locked node cannot tell whether a command is
// the one that it carried out before, and says that it is locked; unlocked, it
// answers, and nothing is done twice.
func TestALockedNodeDoesNothingAgain(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	id, err := newID()
	is.NoErr(err)
	raise := command(id, placeNation, events.Subject{Place: placeNation}, engine.Raise{To: placeNation, Source: "izu"})
	_, err = nation.Service.Do(n.ctx, raise)
	is.NoErr(err)
	nation.Lock()
	_, err = nation.Service.Do(n.ctx, raise)
	var refusal *engine.Refusal
	is.True(errors.As(err, &refusal))
	is.Equal(refusal.Code, "locked")
	is.NoErr(nation.Unlock(passphrase))
	done, err := nation.Service.Do(n.ctx, raise)
	is.NoErr(err)
	is.True(done.Again)
}

// TestALockedNodeEnrolsNobody: an invitation is answered with what to do, and
// is good once the node is unlocked.
func TestALockedNodeEnrolsNobody(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	i, err := nation.Invite(placeDistrict, "", true)
	is.NoErr(err)
	nation.Lock()
	machine := n.machine(placeDistrict)
	err = node.Join(n.ctx, machine, i, "")
	is.True(errors.Is(err, node.ErrNotInvited))
	is.True(err != nil && strings.Contains(err.Error(), "umuryango node unlock"))
	is.Equal(nation.enrolments(placeDistrict), 0)
	is.NoErr(nation.Unlock(passphrase))
	is.NoErr(node.Join(n.ctx, machine, i, ""))
	host, _ := nation.Authority.Host(placeDistrict)
	is.Equal(host.SealKey, machine.SealKey()) // to which keys of cases are wrapped
}

// TestWhatALockedNodeRefuses: its bytes are kept at once and what follows goes
// on its way; the event that tells of it is written when the node is unlocked,
// once, also when it was started again in between.
func TestWhatALockedNodeRefuses(t *testing.T) {
	for name, again := range map[string]func(*member){
		"unlocked":                     func(m *member) { m.must(m.Unlock(passphrase)) },
		"started again, then unlocked": func(m *member) { m.restart(); m.must(m.Unlock(passphrase)) },
		"started again with its passphrase": func(m *member) {
			m.locked = false
			m.restart()
		},
		"locked again before it was told": func(m *member) {
			m.must(m.Unlock(passphrase))
			m.Lock()
			m.must(m.Unlock(passphrase))
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			n := newNation(t, placeNation, placeDistrict, placeSector)
			sector, district := n.at(placeSector), n.at(placeDistrict)
			r := n.rogueAt(placeCell)
			sector.restartLocked()
			r.dial()
			r.greet()
			bad, good := forged(r), r.event(nil)
			r.send(item(bad), item(good))
			r.send(item(bad)) // a cell that does not hear of it may well repeat it
			district.holds(good.ID)

			is.Equal(len(sector.refusals()), 0) // it cannot sign
			kept := sector.quarantine()
			is.Equal(len(kept), 1)
			is.Equal(kept[0].Hash, bad.Hash())
			is.Equal(string(kept[0].Body), string(bad.Body))

			sector.stop()
			found, err := node.Inspect(n.ctx, sector.dir)
			is.NoErr(err)
			is.Equal(found.Damage, nil)
			is.Equal(len(found.Untold), 1) // an auditor sees why it is not there
			is.Equal(found.Untold[0].Hash, bad.Hash())
			sector.start()
			again(sector)
			district.until("told", func() bool { return len(district.refusalsBy(placeSector)) == 1 })
			told := district.refusalsBy(placeSector)[0]
			is.Equal(told.Reason, string(engine.FaultSignature))
			is.Equal(told.Number, bad.Number)
			is.Equal(told.Hash, bad.Hash())
			is.Equal(told.From, placeCell.ID())
			is.Equal(len(sector.quarantine()), 1)
			is.Equal(sector.gaps(), nil) // its number is filled
			sector.restart()
			is.NoErr(sector.Unlock(passphrase))
			done := sector.raise(placeSector, placeSector)
			district.holds(done.Record.Event.ID)
			is.Equal(len(sector.refusals()), 1) // and it is told once
		})
	}
}
