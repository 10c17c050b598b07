package integration

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
)

// rotated waits until the next keys are enrolled at the node above.
func (m *member) rotated(before []byte) {
	m.nation.t.Helper()
	m.until("rotated", func() bool {
		own, _ := m.Authority.OwnNode(m.place)
		return !m.Status().Rotating && own.SignKey.Equal(m.ID.SignKey()) && string(own.SignKey) != string(before) && m.Status().Enrolled
	})
}

// TestRotate: a node in the middle changes its keys while it works; nothing is
// refused, the old link key opens nothing, and what the old signing key would
// sign from then on does not count.
func TestRotate(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector, placeCell)
	district, sector, cell := n.at(placeDistrict), n.at(placeSector), n.at(placeCell)
	c := cell.raise(placeVillage, placeSector)
	n.at(placeNation).holds(c.Record.Event.ID)
	before, link := sector.ID.SignKey(), sector.rogue("aaaa")
	first := sector.did(placeSector, c.State.Subject, engine.Accept{}).Record
	err := sector.Rotate(n.ctx, []byte("another passphrase"), false)
	is.True(errors.Is(err, keys.ErrPassphrase))
	is.NoErr(sector.Rotate(n.ctx, passphrase, false))
	second := sector.did(placeSector, c.State.Subject, engine.Assess{}).Record // at once
	sector.rotated(before)
	is.Equal(second.Event.Number, first.Event.Number+1)
	is.NoErr(first.Event.Verify(before))
	is.NoErr(second.Event.Verify(sector.ID.SignKey()))
	n.at(placeNation).holds(second.Event.ID)

	var b events.Enrolled
	for _, r := range district.records() {
		if r.Event.Type == events.TypeEnrolled && r.Event.Subject.Place == placeSector {
			is.NoErr(r.Event.Decode(&b))
		}
	}
	is.Equal(b.Former.Run, sector.Run())
	is.Equal(b.Former.Last, first.Event.Number) // run and number, never an instant
	_, err = nats.Connect("tls://"+district.Address(), nats.Secure(link.tls), nats.TLSHandshakeFirst(), nats.NoReconnect())
	is.True(errors.Is(err, nats.ErrAuthorization))
	_, err = os.Stat(filepath.Join(sector.dir, node.DirKeys+".old"))
	is.True(errors.Is(err, os.ErrNotExist)) // nobody needs the old keys

	sector.restart()
	cell.restart() // it meets a key that the invitation does not name
	last := cell.raise(placeVillage, placeCell).Record
	n.at(placeNation).holds(last.Event.ID)
	is.Equal(district.refusals(), nil)
	n.level()
}

// TestRotateWhileDark: it works on under its new key, also over a restart, and
// asks when it can; nothing is offered before it has been enrolled.
func TestRotateWhileDark(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	sector, cell := n.at(placeSector), n.at(placeCell)
	cell.until("linked", cell.Linked)
	before := cell.ID.SignKey()
	cell.wire.cut()
	is.NoErr(cell.Rotate(n.ctx, passphrase, false))
	is.Equal(refusal(t, cell.Rotate(n.ctx, passphrase, false)), "rotating")
	kept := cell.raise(placeVillage, placeCell).Record
	cell.restart()
	is.True(cell.Status().Rotating)
	is.True(cell.KeptOnlyHere(kept))
	more := cell.raise(placeVillage, placeCell).Record
	cell.wire.heal()
	cell.rotated(before)
	sector.holds(kept.Event.ID)
	sector.holds(more.Event.ID)
	is.Equal(sector.refusals(), nil)
	n.level()
}

// TestWhoHasNotHeardThoseBelowRotatesNothing: a node that may be an older copy does
// not say where its old key ended before it has heard those below it, unless
// somebody knows its store to be whole.
func TestWhoHasNotHeardThoseBelowRotatesNothing(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector)
	district, sector := n.at(placeDistrict), n.at(placeSector)
	district.until("all linked", func() bool { return district.Linked() && sector.Linked() })
	sector.wire.cut()
	district.restart()
	district.until("linked", district.Linked)
	before := district.ID.SignKey()
	is.Equal(refusal(t, district.Rotate(n.ctx, passphrase, false)), "not_linked")
	is.Equal(district.ID.SignKey(), before)
	is.NoErr(district.Rotate(n.ctx, passphrase, true))
	district.rotated(before)
	before = district.ID.SignKey()
	sector.wire.heal()
	district.until("willing, as it has heard the sector", func() bool { return district.Rotate(n.ctx, passphrase, false) == nil })
	district.rotated(before)
	n.level()
}

// TestTheNodeAboveForgetsTheNextKeys: its store is put back to before it enrolled
// them; it hears of them from the node itself, over a link key that it does not
// know.
func TestTheNodeAboveForgetsTheNextKeys(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector)
	district, sector := n.at(placeDistrict), n.at(placeSector)
	sector.until("linked", sector.Linked)
	district.stop()
	older := district.backup()
	district.start()
	district.until("linked", district.Linked) // before, it lets the sector wait
	before := sector.ID.SignKey()
	is.NoErr(sector.Rotate(n.ctx, passphrase, false))
	sector.rotated(before)
	district.stop()
	district.restore(older)
	district.start()
	district.holds(sector.raise(placeVillage, placeSector).Record.Event.ID)
	is.Equal(district.refusals(), nil)
	n.level()
}

// TestTheAnswerToARotationIsLost: the node above has enrolled the new key and
// lets the old one in no more; the node finds out by showing the new one.
func TestTheAnswerToARotationIsLost(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	sector, cell := n.at(placeSector), n.at(placeCell)
	cell.until("linked", cell.Linked)
	before := cell.ID.SignKey()
	cell.wire.cut()
	is.NoErr(cell.Rotate(n.ctx, passphrase, false))
	wish, err := cell.ID.Wish()
	is.NoErr(err)
	cell.stop()
	r := cell.rogue("aaaa")
	for _, other := range []string{"", "{}", `{"office":"RW"}`} {
		m, err := r.conn.Request("rotate."+placeCell.ID(), []byte(other), within)
		is.NoErr(err)
		is.True(len(m.Data) > len("{}")) // refused
	}
	m, err := r.conn.Request("rotate."+placeCell.ID(), wish, within)
	is.NoErr(err)
	is.Equal(string(m.Data), "{}")
	cell.wire.heal()
	cell.start()
	cell.rotated(before)
	sector.holds(cell.raise(placeVillage, placeCell).Record.Event.ID)
	is.Equal(sector.refusals(), nil)
	n.level()
}

// TestARotationOfASuspendedNodeWaits: it hears all the same how it stands, and gets
// its keys when it is resumed.
func TestARotationOfASuspendedNodeWaits(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	sector, cell := n.at(placeSector), n.at(placeCell)
	cell.until("linked", cell.Linked)
	before := cell.ID.SignKey()
	cell.wire.cut()
	is.NoErr(cell.Rotate(n.ctx, passphrase, false))
	kept := cell.raise(placeVillage, placeCell).Record
	sector.stand(placeCell, events.TypeSuspended, "inquiry")
	cell.wire.heal()
	cell.until("told", func() bool { return cell.own() == engine.StandingSuspended })
	is.True(cell.Status().Rotating)
	resumed := sector.stand(placeCell, events.TypeResumed, "")
	cell.holds(resumed.Event.ID)
	cell.restart() // it asks at once
	cell.rotated(before)
	sector.holds(kept.Event.ID)
	is.Equal(sector.refusals(), nil)
	n.level()
}

// TestACrashWhileKeysChange: whatever was on disk when the power went, the node
// comes back with keys that others believe.
func TestACrashWhileKeysChange(t *testing.T) {
	for name, crash := range map[string]struct {
		left  func(is *is.I, m *member) // what the crash left
		taken bool
	}{
		"before anything was asked": {func(is *is.I, m *member) {
			_, err := m.ID.Next(passphrase, keys.CheapCost)
			is.NoErr(err)
		}, false},
		"in the middle of making them": {func(is *is.I, m *member) {
			is.NoErr(os.MkdirAll(filepath.Join(m.dir, node.DirKeys+".next"), 0o700))
		}, false},
		"before they were taken": {func(is *is.I, m *member) { m.wish(is) }, true},
		"between the two folders": {func(is *is.I, m *member) {
			m.wish(is)
			is.NoErr(os.Rename(filepath.Join(m.dir, node.DirKeys), filepath.Join(m.dir, node.DirKeys+".old")))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			n := newNation(t, placeNation, placeCell)
			cell := n.at(placeCell)
			cell.until("linked", cell.Linked)
			before := cell.ID.SignKey()
			n.at(placeNation).holds(cell.raise(placeVillage, placeCell).Record.Event.ID)
			crash.left(is, cell)
			cell.restart()
			if crash.taken {
				cell.rotated(before)
			}
			is.Equal(!cell.ID.SignKey().Equal(before), crash.taken)
			n.at(placeNation).holds(cell.raise(placeVillage, placeCell).Record.Event.ID)
			is.Equal(n.at(placeNation).refusals(), nil)
			_, err := os.Stat(filepath.Join(cell.dir, node.DirKeys+".next"))
			is.True(errors.Is(err, os.ErrNotExist))
			n.level()
		})
	}
}

// wish makes a rotation as Rotate does, up to where it takes the keys.
func (m *member) wish(is *is.I) {
	is.Helper()
	next, err := m.ID.Next(passphrase, keys.CheapCost)
	is.NoErr(err)
	ends, err := m.history.Ends(m.place)
	is.NoErr(err)
	w, err := engine.Wish(m.place, engine.Host{Node: m.place, SignKey: next.SignKey(), LinkKey: next.LinkKey(), SealKey: next.SealKey()}, ends, m.ID, next)
	is.NoErr(err)
	raw, err := json.Marshal(w)
	is.NoErr(err)
	is.NoErr(next.KeepWish(raw))
}

// TestTheNationRotates: it enrols its next keys itself; the nodes below that
// were dark meet an unknown key and believe it by its proof. A crash before the
// keys were taken is finished at the next start.
func TestTheNationRotates(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	nation, district := n.at(placeNation), n.at(placeDistrict)
	district.until("linked", district.Linked)
	district.stop()
	before := nation.ID.SignKey()
	is.NoErr(nation.Rotate(n.ctx, passphrase, false))
	nation.rotated(before)
	c := nation.did(placeNation, events.Subject{Place: placeNation}, engine.Raise{To: placeNation, Source: "izu"})
	is.NoErr(c.Record.Event.Verify(nation.ID.SignKey()))
	nation.restart()
	district.start()
	nation.holds(district.did(placeDistrict, events.Subject{Place: placeDistrict}, engine.Raise{To: placeNation, Source: "izu"}).Record.Event.ID)
	is.NoErr(nation.Rotate(n.ctx, passphrase, false)) // and again, while all are linked
	nation.holds(district.did(placeDistrict, events.Subject{Place: placeDistrict}, engine.Raise{To: placeNation, Source: "izu"}).Record.Event.ID)
	is.Equal(district.refusals(), nil)
	n.level()

	before = nation.ID.SignKey()
	next, err := nation.ID.Next(passphrase, keys.CheapCost)
	is.NoErr(err)
	gone := errors.New("the power went")
	_, err = nation.Service.RotateNation(n.ctx, engine.Stamped{ID: mustID(t), Actor: "adm", At: time.Now()},
		engine.Host{Node: placeNation, SignKey: next.SignKey(), LinkKey: next.LinkKey(), SealKey: next.SealKey()},
		func() (engine.Signer, error) { return nil, gone })
	is.True(errors.Is(err, gone))
	nation.locked = true
	nation.restart()
	is.True(nation.ID.Locked()) // the passphrase was asked for the keys before
	is.NoErr(nation.Unlock(passphrase))
	nation.rotated(before)
	nation.holds(district.did(placeDistrict, events.Subject{Place: placeDistrict}, engine.Raise{To: placeNation, Source: "izu"}).Record.Event.ID)
	n.level()
}

func mustID(t *testing.T) events.ID {
	id, err := newID()
	is.New(t).NoErr(err)
	return id
}
