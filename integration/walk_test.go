package integration

import (
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// TestAReferralGoesAllTheWayAndItsAnswerComesBack: five nodes, five levels.
func TestAReferralGoesAllTheWayAndItsAnswerComesBack(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	village := n.at(placeVillage)
	raised := village.raise(placeVillage, placeCell)
	c := raised.State.Subject

	last := raised.Record.Event.ID
	step := func(at events.Place, do any) {
		t.Helper()
		n.at(at).holds(last)
		last = n.at(at).did(at, c, do).Record.Event.ID
	}
	step(placeCell, engine.Accept{})
	step(placeCell, engine.Forward{To: placeSector})
	step(placeSector, engine.Accept{})
	step(placeSector, engine.Assess{Facts: events.Facts(`{"assessment":{"done":true}}`)})
	step(placeSector, engine.Propose{Facts: events.Facts(`{"request":{"care":"kinship"}}`)})
	step(placeSector, engine.Forward{To: placeDistrict})
	step(placeDistrict, engine.Accept{})
	step(placeDistrict, engine.Decide{Care: "kinship", Reason: "best_interests", Answer: "acted_on", Panel: []events.Member{{ID: "P-1", Discipline: "social_work", Present: true, Vote: "approve"}}})
	village.holds(last)
	answers := village.state(c).Answers
	is.Equal(answers[len(answers)-1].Code, "acted_on")
	n.level()
	for _, m := range n.sorted() {
		is.Equal(m.state(c).Head(), village.state(c).Head())
	}
}

// TestACutLinkDelaysAndLosesNothing: both sides work on; what is kept only here
// is shown as such until the link is back.
func TestACutLinkDelaysAndLosesNothing(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	village, district := n.at(placeVillage), n.at(placeDistrict)
	first := village.raise(placeVillage, placeDistrict)
	district.holds(first.Record.Event.ID)

	sector := n.at(placeSector)
	sector.wire.cut()
	second := village.raise(placeVillage, placeDistrict)
	own := sector.raise(placeSector, placeDistrict)
	sector.holds(second.Record.Event.ID)
	is.True(sector.KeptOnlyHere(own.Record)) // no second node can have it
	village.until("told that its act is elsewhere too", func() bool { return !village.KeptOnlyHere(second.Record) })
	accepted := district.did(placeDistrict, first.State.Subject, engine.Accept{})
	_, here := district.find(second.Record.Event.ID)
	is.True(!here)

	sector.wire.heal()
	district.holds(second.Record.Event.ID)
	village.holds(accepted.Record.Event.ID)
	n.level()
	sector.until("told that its act is elsewhere too", func() bool { return !sector.KeptOnlyHere(own.Record) })
}
