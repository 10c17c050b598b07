package integration

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/engine/node"
	"umuryango/events"
)

// stand changes the standing of a node below.
func (m *member) stand(office events.Place, do events.Type, reason string) engine.Record {
	m.nation.t.Helper()
	r, err := m.Stand(m.nation.ctx, engine.Stand{Stamped: engine.Stamped{Actor: "W-30"}, Office: office, Do: do, Reason: reason})
	m.must(err)
	return r
}

// stood reads what such an event says.
func (m *member) stood(r engine.Record) events.Stood {
	m.nation.t.Helper()
	var b events.Stood
	m.must(r.Event.Decode(&b))
	return b
}

// own is how a node stands in its own eyes.
func (m *member) own() engine.Standing { return m.Status().Standing }

// TestSuspendedAndResumed: a suspended node hears so at once and says so, goes
// on to take down what happened, and keeps it; the office above has the pen.
// Resumed it gets what was held back and what it kept arrives.
func TestSuspendedAndResumed(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	sector, cell := n.at(placeSector), n.at(placeCell)
	c := cell.raise(placeVillage, placeCell).State.Subject
	last := cell.did(placeCell, c, engine.Contribute{Kind: "sighting"}).Record
	sector.holds(last.Event.ID)

	r := sector.stand(placeCell, events.TypeSuspended, "lost")
	said := sector.stood(r)
	is.Equal(said.Last.Node, placeCell.ID())
	is.Equal(said.Last.Run, cell.Run())
	is.Equal(said.Last.Last, last.Event.Number)
	is.Equal(said.Last.Runs, events.RunEnds{{Run: cell.Run(), Last: last.Event.Number}})
	cell.holds(r.Event.ID)
	is.Equal(cell.own(), engine.StandingSuspended)
	is.True(!cell.Status().Enrolled)

	_, err := cell.do(placeCell, c, engine.Accept{})
	is.Equal(refusal(t, err), "suspended")
	kept := cell.did(placeCell, c, engine.Contribute{Kind: "sighting"}).Record
	raised := cell.raise(placeVillage, placeCell).Record
	is.True(cell.KeptOnlyHere(kept))
	held := sector.did(placeCell, c, engine.Accept{}).Record
	sector.did(placeCell, c, engine.Forward{To: placeSector})
	_, here := sector.find(kept.Event.ID)
	is.True(!here)

	back := sector.stand(placeCell, events.TypeResumed, "")
	is.Equal(sector.stood(back).Last.Node, placeSector.ID())
	is.Equal(sector.stood(back).Last.Run, sector.Run())
	cell.holds(held.Event.ID) // what was held back meanwhile
	sector.holds(kept.Event.ID)
	sector.holds(raised.Event.ID)
	is.Equal(cell.own(), engine.StandingActive)
	_, err = sector.do(placeCell, c, engine.Accept{})
	is.Equal(refusal(t, err), "not_hosted")
	is.Equal(sector.refusals(), nil)
	n.level()
}

// TestSuspendedWhileDark: it learns so when it comes back, and nothing that it
// wrote meanwhile is taken before it is resumed.
func TestSuspendedWhileDark(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	sector, cell := n.at(placeSector), n.at(placeCell)
	cell.until("linked", cell.Linked)
	cell.wire.cut()
	c := cell.raise(placeVillage, placeCell)
	r := sector.stand(placeCell, events.TypeSuspended, "unheard")
	cell.wire.heal()
	cell.holds(r.Event.ID)
	is.True(cell.KeptOnlyHere(c.Record))
	cell.restart() // and stays so
	is.Equal(cell.own(), engine.StandingSuspended)
	_, here := sector.find(c.Record.Event.ID)
	is.True(!here)
	sector.stand(placeCell, events.TypeResumed, "")
	sector.holds(c.Record.Event.ID)
	is.Equal(sector.refusals(), nil)
	n.level()
}

// TestRevoked: its session is cut before the command returns, its keys open
// nothing, what it wrote up to the named number goes on to count, and the
// office is hosted above until it has another machine.
func TestRevoked(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector)
	sector := n.at(placeSector)
	thief := n.rogueAt(placeCell)
	thief.greet()
	known := thief.event(nil)
	thief.send(item(known))
	gone := make(chan struct{})
	thief.conn.SetClosedHandler(func(*nats.Conn) { close(gone) })

	said := sector.stood(sector.stand(placeCell, events.TypeRevoked, "stolen"))
	is.Equal(said.Last.Last, uint64(1))
	is.Equal(said.Last.Runs, events.RunEnds{{Run: thief.run, Last: 1}})
	<-gone // the session is cut
	_, err := nats.Connect("tls://"+sector.Address(), nats.Secure(thief.tls), nats.TLSHandshakeFirst(), nats.NoReconnect())
	is.True(errors.Is(err, nats.ErrAuthorization)) // and the key opens nothing
	is.Equal(sector.Authority.Check(known), engine.Fault(""))
	is.Equal(sector.Authority.Check(thief.event(nil)), engine.FaultAuthor) // number 2
	is.Equal(sector.Authority.Check(thief.event(func(_ *events.Draft, a *events.Author) {
		a.Source.Run, a.Number = events.Run{Number: 1, Mark: "aaaa"}, 1
	})), engine.FaultAuthor) // a run that never was
	is.Equal(sector.state(known.Subject).Pen, placeSector)
	sector.did(placeCell, events.Subject{Place: placeCell}, engine.Raise{To: placeSector, Source: "izu"})

	i, err := sector.Invite(placeCell, "", true)
	is.NoErr(err)
	is.True(errors.Is(node.Join(n.ctx, thief.id, i, ""), node.ErrNotInvited)) // not with the same keys
	n.dir = t.TempDir()
	n.grow(placeCell)
	cell := n.at(placeCell)
	cell.holds(known.ID)
	sector.holds(cell.raise(placeVillage, placeCell).Record.Event.ID)
	n.level()
}

// TestAKeyOfAReplacedMachine: the new machine ends the session of the old one
// and its key, and the last run and number that count are named.
func TestAKeyOfAReplacedMachine(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector)
	sector := n.at(placeSector)
	old := n.rogueAt(placeCell)
	old.greet()
	known := old.event(nil)
	old.send(item(known))
	gone := make(chan struct{})
	old.conn.SetClosedHandler(func(*nats.Conn) { close(gone) })
	n.dir = t.TempDir()
	n.grow(placeCell)
	<-gone
	_, err := nats.Connect("tls://"+sector.Address(), nats.Secure(old.tls), nats.TLSHandshakeFirst(), nats.NoReconnect())
	is.True(errors.Is(err, nats.ErrAuthorization))
	is.Equal(sector.Authority.Check(known), engine.Fault(""))
	is.Equal(sector.Authority.Check(old.event(nil)), engine.FaultAuthor)
	var last events.Enrolled
	for _, r := range sector.records() {
		if r.Event.Type == events.TypeEnrolled && r.Event.Subject.Place == placeCell {
			is.NoErr(r.Event.Decode(&last))
		}
	}
	is.Equal(*last.Former, events.Former{Node: placeCell.ID(), Run: old.run, Last: 1, Runs: events.RunEnds{{Run: old.run, Last: 1}}})
	n.at(placeCell).holds(known.ID)
	n.level()
}

// TestNodesBelowLearnTheirNewUpper: a village hangs on the sector's node. Its
// cell gets a node, gives it up, gets another one, which is suspended and
// revoked: each time the village turns to the node that speaks for the cell, by
// the event alone, and nothing is lost.
func TestNodesBelowLearnTheirNewUpper(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	n.growOpen(placeSector)
	n.growOpen(placeVillage)
	sector, village := n.at(placeSector), n.at(placeVillage)
	village.until("linked", village.Linked)
	turned := func(to events.Place) {
		t.Helper()
		village.until("linked to "+string(to), func() bool { up := village.Status().Upper; return up.Peer == to && up.Up })
		n.at(to).holds(village.raise(placeVillage, placeSector).Record.Event.ID)
		back := n.at(to).did(to, events.Subject{Place: placeVillage}, engine.Raise{To: to, Source: "izu"}).Record.Event.ID
		village.holds(back)
		sector.holds(back) // what it does not know when the office moves on would not count
	}
	turned(placeSector)
	n.growOpen(placeCell)
	turned(placeCell)
	village.restart()
	turned(placeCell)
	_, err := sector.Recall(n.ctx, placeCell, false)
	is.NoErr(err)
	turned(placeSector)
	n.at(placeCell).stop()
	n.dir = t.TempDir()
	n.growOpen(placeCell)
	turned(placeCell)
	sector.stand(placeCell, events.TypeSuspended, "inquiry")
	turned(placeSector)
	sector.stand(placeCell, events.TypeResumed, "")
	turned(placeCell)
	is.Equal(sector.refusals(), nil)
	n.level()
}

// TestAStrangeKeyAbove: who shows an enrolled key of the office above is
// believed by its proof alone, although this node was dark when it was enrolled;
// who brings that proof and shows another key is not, and hears nothing.
func TestAStrangeKeyAbove(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	cell, old := n.at(placeCell), n.at(placeSector)
	cell.until("linked", cell.Linked)
	cell.stop()
	old.stop()
	kept := n.dir
	n.dir = t.TempDir()
	n.grow(placeSector) // a new machine
	n.dir = kept
	sector := n.at(placeSector)
	sector.until("enrolled", func() bool { return sector.Status().Enrolled })
	old.listens.Store(sector.Address()) // it answers where the old one did
	cell.start()
	sector.holds(cell.raise(placeVillage, placeCell).Record.Event.ID)
	n.level()

	cell.stop()
	stranger := n.machine(placeSector) // keys that nobody enrolled
	listener, err := tls.Listen("tcp", "127.0.0.1:0", stranger.ServerTLS(func() []byte { return link.Proof(sector.Authority.Chain(placeSector)) }))
	is.NoErr(err)
	heard := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		heard <- err
	}()
	old.listens.Store(listener.Addr().String())
	cell.start()
	is.True(strings.Contains((<-heard).Error(), "bad certificate")) // the cell said nothing but that
	cell.until("warned", func() bool { return strings.Contains(cell.Status().Upper.Fault, keys.ErrPin.Error()) })
	is.NoErr(listener.Close())
	old.listens.Store("")
}
