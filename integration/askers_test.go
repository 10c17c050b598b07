package integration

import (
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// asks makes an ask for every key of what was told.
func asks(t *testing.T, x told, node events.Place) engine.Ask {
	t.Helper()
	parts, err := events.SealedOf(x.event.Event)
	is.New(t).NoErr(err)
	ask := engine.Ask{Case: x.event.Event.Subject, Node: node}
	for _, p := range parts {
		ask.Keys = append(ask.Keys, p.Key)
	}
	return ask
}

// wrapsBefore polls until an event has come, and returns the wraps that came with
// it and before.
func (r *rogue) wrapsBefore(id events.ID) (out []engine.Wrap) {
	r.m.nation.t.Helper()
	for {
		answer, err := r.ask("dn", link.Poll{Session: link.Session{From: r.run, To: r.peer.Run}, Got: r.got})
		r.m.must(err)
		b, ok := answer.(link.Batch)
		if !ok {
			r.m.nation.t.Fatalf("a poll was answered with %T %v", answer, answer)
		}
		r.got, out = b.Upto.Seq, append(out, b.Wraps...)
		for _, i := range b.Items {
			e, err := events.Parse(i.Subject, i.Header, i.Body)
			r.m.must(err)
			if e.ID == id {
				return out
			}
		}
	}
}

// TestNoKeysForASiblingNorInTheNationsName: a village asks for the keys of a
// child of its sibling, by its own name, the sibling's, the cell's and the
// nation's; nothing comes.
func TestNoKeysForASiblingNorInTheNationsName(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	cell := n.at(placeCell)
	r := n.rogueAt(placeVillage)
	done := cell.raise(placeSibling, placeCell)
	x := cell.tell(done.Record.Event.Subject, aChild)
	n.at(placeDistrict).reads(x)
	r.greet()
	b := r.batch()
	for _, node := range []events.Place{placeVillage, placeSibling, placeCell, placeNation} {
		b.Asks = append(b.Asks, asks(t, x, node))
	}
	answer, err := r.ask("up", b)
	is.NoErr(err)
	is.Equal(answer, link.Answer{Upto: r.seq})
	note := cell.did(placeCell, events.Subject{Place: placeVillage}, engine.Raise{To: placeCell, Source: "izu"})
	is.Equal(len(r.wrapsBefore(note.Record.Event.ID)), 0)
	is.Equal(len(cell.Keys.Sent(x.event.Event.Subject, engine.SealKeyID(r.id.SealKey()))), 0)
	is.Equal(len(cell.Keys.Sent(x.event.Event.Subject, engine.SealKeyID(n.at(placeNation).ID.SealKey()))), 0)
}

// TestNoKeysForASuspendedNode: with valid credentials it asks for what it might
// have had, and is told only how it stands.
func TestNoKeysForASuspendedNode(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	cell := n.at(placeCell)
	r := n.rogueAt(placeVillage)
	r.greet()
	stood := cell.stand(placeVillage, events.TypeSuspended, "inquiry")
	done := cell.raise(placeVillage, placeCell)
	x := cell.tell(done.Record.Event.Subject, aChild)
	n.at(placeDistrict).reads(x)
	b := r.batch()
	b.Asks = append(b.Asks, asks(t, x, placeVillage))
	answer, err := r.ask("up", b)
	is.NoErr(err)
	is.Equal(answer, link.Failed{Why: "suspended"})
	is.Equal(len(r.wrapsBefore(stood.Event.ID)), 0)
	is.Equal(len(cell.Keys.Sent(x.event.Event.Subject, engine.SealKeyID(r.id.SealKey()))), 0)
}

// TestWhoseTailIsWithheldIsNotHeardFrom: the district passes nothing more of the
// sector on. The nation shows the district as up, and the sector as heard from
// when its last event came, until the next one does.
func TestWhoseTailIsWithheldIsNotHeardFrom(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector)
	nation, sector := n.at(placeNation), n.at(placeSector)
	seen := sector.raise(placeVillage, placeSector)
	nation.holds(seen.Record.Event.ID)
	before, err := nation.Heard(placeSector)
	is.NoErr(err)
	is.True(!before.IsZero())
	sector.wire.cut() // as if the district withheld it: to the nation it is the same
	tail := sector.raise(placeVillage, placeSector)
	more := n.at(placeDistrict).raise(placeDistrict, placeDistrict)
	nation.holds(more.Record.Event.ID)
	after, err := nation.Heard(placeSector)
	is.NoErr(err)
	is.True(after.Equal(before)) // the district is heard from, the sector is not
	sector.wire.heal()
	nation.holds(tail.Record.Event.ID)
	nation.until("hearing of the sector again", func() bool {
		heard, err := nation.Heard(placeSector)
		return err == nil && heard.After(before)
	})
}
