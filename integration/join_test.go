package integration

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
)

// machine makes the keys of a new machine for a place.
func (n *nation) machine(p events.Place) *keys.Identity {
	n.t.Helper()
	id, _, err := keys.Create(filepath.Join(n.t.TempDir(), node.DirKeys), p, n.root, passphrase, keys.CheapCost)
	if err != nil {
		n.t.Fatal(err)
	}
	return id
}

// enrolments counts the events that say who hosts an office.
func (m *member) enrolments(office events.Place) int {
	count := 0
	for _, r := range m.records() {
		if r.Event.Type == events.TypeEnrolled && r.Event.Subject.Place == office {
			count++
		}
	}
	return count
}

// TestAnInvitationIsGoodForOneMachine: it may ask again when the answer was
// lost; nobody else may, and not for ever.
func TestAnInvitationIsGoodForOneMachine(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	i, err := nation.Invite(placeDistrict, "", true)
	is.NoErr(err)
	is.Equal(i.Address, nation.Address())
	first := n.machine(placeDistrict)
	is.NoErr(node.Join(n.ctx, first, i, ""))
	is.NoErr(node.Join(n.ctx, first, i, "")) // its answer may have been lost
	is.Equal(nation.enrolments(placeDistrict), 1)
	is.True(errors.Is(node.Join(n.ctx, n.machine(placeDistrict), i, ""), node.ErrNotInvited))

	guessed := i
	guessed.Secret = keys.NewSecret()
	is.True(errors.Is(node.Join(n.ctx, n.machine(placeDistrict), guessed, ""), node.ErrNotInvited))
	elsewhere := i
	elsewhere.LinkKey, elsewhere.Root = first.LinkKey(), first.LinkKey()
	is.True(errors.Is(node.Join(n.ctx, n.machine(placeDistrict), elsewhere, ""), keys.ErrPin)) // somebody else answers at that address
	is.Equal(nation.enrolments(placeDistrict), 1)

	again, err := nation.Invite(placeDistrict, "", true) // the machine burnt down
	is.NoErr(err)
	is.True(errors.Is(node.Join(n.ctx, n.machine(placeDistrict), i, ""), node.ErrNotInvited)) // the old invitation ended
	is.NoErr(node.Join(n.ctx, n.machine(placeDistrict), again, ""))
	is.Equal(nation.enrolments(placeDistrict), 2)
}

// TestAnInvitationEnds: after its time it is worth nothing.
func TestAnInvitationEnds(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	i, err := nation.Invite(placeDistrict, "", true)
	is.NoErr(err)
	nation.stop()
	nation.now = func() time.Time { return time.Now().Add(node.InvitationLasts) }
	nation.start()
	i.Address = nation.Address()
	is.True(errors.Is(node.Join(n.ctx, n.machine(placeDistrict), i, ""), node.ErrNotInvited))
}

// TestWhoMayInvite: the node that speaks for the office above, and only for
// places below it that nobody else speaks for.
func TestWhoMayInvite(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	for _, c := range []struct {
		at, place events.Place
		code      string
	}{
		{placeDistrict, placeDistrict, "not_below"},
		{placeDistrict, "RW.58", "not_below"},
		{placeCell, placeDistrict, "not_below"},
		{placeNation, placeSector, "not_hosted"}, // the district does
		{placeDistrict, placeVillage, "not_hosted"},
	} {
		n.at(c.at).until("enrolled", func() bool { return n.at(c.at).Status().Enrolled })
		_, err := n.at(c.at).Invite(c.place, "", true)
		is.Equal(refusal(t, err), c.code)
	}
	_, err := n.at(placeDistrict).Invite(placeCell, "", true) // a new machine for it
	is.NoErr(err)
}

// TestTwoInvitationsAreApart: who carries one can join for no other place.
func TestTwoInvitationsAreApart(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	i, err := nation.Invite(placeDistrict, "", true)
	is.NoErr(err)
	_, err = nation.Invite("RW.58", "", true)
	is.NoErr(err)
	i.Place = "RW.58"
	short, cancel := context.WithTimeout(n.ctx, 300*time.Millisecond) // nobody answers
	defer cancel()
	is.True(node.Join(short, n.machine("RW.58"), i, "") != nil)
	is.Equal(nation.enrolments("RW.58"), 0)
}
