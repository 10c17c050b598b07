package integration

import (
	"fmt"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

const (
	cellsOfSector   = 5
	villagesOfCells = 7 // of each
)

// sectorOffices are the cells below a sector and the villages below them.
func sectorOffices() (cells, villages []events.Place) {
	for c := 1; c <= cellsOfSector; c++ {
		cell := events.Place(fmt.Sprintf("%s.%02d", placeSector, c))
		cells = append(cells, cell)
		for v := 1; v <= villagesOfCells; v++ {
			villages = append(villages, events.Place(fmt.Sprintf("%s.%02d", cell, v)))
		}
	}
	return cells, villages
}

// TestACellMovedToItsOwnNodeAndBack: one sector node speaks for 5 cells and 35
// villages; between two steps of every case one cell gets a node of its own, and
// later gives it up. Nothing is lost, and at every moment one node speaks for
// the office.
func TestACellMovedToItsOwnNodeAndBack(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector)
	sector, district := n.at(placeSector), n.at(placeDistrict)
	cells, villages := sectorOffices()
	is.Equal(len(villages), 35)
	moved := cells[2]
	upper := func(p events.Place) events.Place { u, _ := p.Upper(); return u }

	cases := map[events.Place]events.Subject{}
	for _, v := range villages {
		cases[v] = sector.raise(v, upper(v)).State.Subject
	}
	_, err := sector.do("RW.57.13.01", events.Subject{Place: "RW.57.13.01"}, engine.Raise{To: placeDistrict, Source: "izu"})
	is.Equal(refusal(t, err), "not_hosted") // another sector's

	n.grow(moved)
	cell := n.at(moved)
	for _, v := range villages {
		at := sector
		if upper(v) == moved {
			_, err := sector.do(moved, cases[v], engine.Accept{})
			is.Equal(refusal(t, err), "not_hosted")
			at = cell
			cell.holds(events.ID(cases[v].ID))
		} else {
			_, err := cell.do(upper(v), cases[v], engine.Accept{})
			is.Equal(refusal(t, err), "not_hosted")
		}
		at.did(upper(v), cases[v], engine.Accept{})
		last := at.did(upper(v), cases[v], engine.Forward{To: placeSector})
		sector.holds(last.Record.Event.ID)
	}
	fresh := cell.raise(villages[2*villagesOfCells], moved) // a village below it went with it
	sector.holds(fresh.Record.Event.ID)

	recalled, err := sector.Recall(n.ctx, moved, false)
	is.NoErr(err)
	cell.holds(recalled.Event.ID)
	_, err = cell.do(moved, fresh.State.Subject, engine.Accept{})
	is.Equal(refusal(t, err), "not_hosted")
	sector.did(moved, fresh.State.Subject, engine.Accept{})
	for _, v := range villages {
		sector.did(placeSector, cases[v], engine.Accept{})
		last := sector.did(placeSector, cases[v], engine.Forward{To: placeDistrict})
		district.holds(last.Record.Event.ID)
		s := district.state(cases[v])
		is.Equal(len(s.Line), 5)
		is.Equal(len(s.Late), 0)
		is.Equal(s.Pen, placeDistrict)
	}
	for _, m := range []*member{sector, district, n.at(placeNation)} {
		is.Equal(m.refusals(), nil)
	}
	cell.stop()
	delete(n.members, moved)
	n.level()
}

// TestWhatAMovedCellWroteTooLate: the cell was recalled while its link was cut
// and wrote on. That act is refused by name on both sides, the sector's stands,
// and nobody was told "sent".
func TestWhatAMovedCellWroteTooLate(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	sector, cell := n.at(placeSector), n.at(placeCell)
	c := cell.raise(placeVillage, placeCell)
	sector.holds(c.Record.Event.ID)
	cell.wire.cut()
	recalled, err := sector.Recall(n.ctx, placeCell, false)
	is.NoErr(err)
	sector.did(placeCell, c.State.Subject, engine.Accept{})
	tooLate := cell.did(placeCell, c.State.Subject, engine.SendBack{Reason: "wrong_office"})
	is.True(cell.KeptOnlyHere(tooLate.Record))

	cell.wire.heal()
	cell.holds(recalled.Event.ID)
	cell.until("told that its act was refused", func() bool { return len(cell.quarantine()) == 1 })
	is.Equal(cell.quarantine()[0].Hash, tooLate.Record.Event.Hash())
	is.Equal(sector.quarantine()[0].Fault, string(engine.FaultAuthor))
	_, err = cell.do(placeCell, c.State.Subject, engine.Accept{})
	is.Equal(refusal(t, err), "not_hosted")
	is.Equal(sector.state(c.State.Subject).Responsible, placeCell)
}

// TestANewMachineForAnOffice: keys and store are gone; a second invitation
// enrols the new machine, and the old one is let in no more.
func TestANewMachineForAnOffice(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeSector, placeCell)
	sector, old := n.at(placeSector), n.at(placeCell)
	c := old.raise(placeVillage, placeCell)
	sector.holds(c.Record.Event.ID)
	old.stop()
	n.dir = t.TempDir()
	n.grow(placeCell)
	cell := n.at(placeCell)
	cell.holds(c.Record.Event.ID)
	last := cell.did(placeCell, c.State.Subject, engine.Accept{})
	sector.holds(last.Record.Event.ID)
	is.Equal(sector.refusals(), nil)
	n.level()

	old.start()
	late, err := old.do(placeCell, c.State.Subject, engine.SendBack{Reason: "wrong_office"})
	is.NoErr(err) // it cannot know
	is.True(old.KeptOnlyHere(late.Record))
	old.until("told why it has no link", func() bool { return old.Status().Upper.Fault != "" })
	is.True(old.KeptOnlyHere(late.Record))
	old.stop()
}
