package integration

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
)

// rootKey carries the nation's root key away.
func (n *nation) rootKey() ed25519.PrivateKey {
	n.t.Helper()
	m, file := n.at(placeNation), filepath.Join(n.t.TempDir(), "root.key")
	m.must(os.Rename(filepath.Join(m.dir, node.DirKeys, "root.key"), file))
	key, err := keys.ReadRoot(file)
	m.must(err)
	return key
}

// replace makes the nation's node again, with these folders of others.
func (m *member) replace(root ed25519.PrivateKey, from ...string) error {
	return node.Replace(m.nation.ctx, m.config(), m.place, root, from)
}

// TestTheNationsKeysAreStolen: with the root key it gets new ones; what a thief
// signs from then on counts nowhere, what it had written goes on to count, and
// the nodes below link up by themselves.
func TestTheNationsKeysAreStolen(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict)
	nation, district := n.at(placeNation), n.at(placeDistrict)
	root := n.rootKey()
	mine := nation.did(placeNation, events.Subject{Place: placeNation}, engine.Raise{To: placeNation, Source: "izu"}).Record
	district.holds(district.raise(placeDistrict, placeNation).Record.Event.ID)
	thief, err := keys.Load(filepath.Join(nation.dir, node.DirKeys))
	is.NoErr(err)
	is.NoErr(thief.Unlock(passphrase))
	run := nation.Run()
	nation.stop()
	_, other, err := ed25519.GenerateKey(nil)
	is.NoErr(err)
	is.Equal(refusal(t, nation.replace(other)), "wrong_root")
	is.NoErr(nation.replace(root))
	nation.start()
	is.True(nation.Status().Enrolled)
	is.True(!nation.ID.SignKey().Equal(thief.SignKey()))
	nation.holds(district.did(placeDistrict, events.Subject{Place: placeDistrict}, engine.Raise{To: placeNation, Source: "izu"}).Record.Event.ID)
	district.until("told", func() bool {
		own, _ := district.Authority.OwnNode(placeNation)
		return own.SignKey.Equal(nation.ID.SignKey())
	})
	for _, m := range []*member{nation, district} {
		is.Equal(m.Authority.Check(mine.Event), engine.Fault(""))
		id, err := newID()
		is.NoErr(err)
		d := mine.Event.Draft
		d.ID = id
		for _, at := range []struct {
			run    events.Run
			number uint64
		}{{run, 1000}, {events.Run{Number: 1, Mark: "zzzz"}, 1}, {events.Run{Number: 99, Mark: "zzzz"}, 1}} {
			e, err := events.Sign(d, events.Author{Source: events.Source{Node: placeNation, Run: at.run}, Number: at.number, Key: thief.Key(), Sign: thief.Sign})
			is.NoErr(err)
			is.Equal(m.Authority.Check(e), engine.FaultAuthor)
		}
	}
	is.Equal(nation.refusals(), nil)
	n.level()
}

// TestTheNationsMachineIsGone: nothing is left but the root key and a district.
// The node is made again from the district's folder, and what it had comes back
// over the link.
func TestTheNationsMachineIsGone(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict)
	nation, district := n.at(placeNation), n.at(placeDistrict)
	root := n.rootKey()
	kept := district.did(placeDistrict, events.Subject{Place: placeDistrict}, engine.Raise{To: placeNation, Source: "izu"}).Record
	nation.holds(kept.Event.ID)
	mine := nation.did(placeNation, kept.Event.Subject, engine.Accept{}).Record
	district.holds(mine.Event.ID)
	nation.stop()
	nation.dir = t.TempDir()
	is.Equal(refusal(t, nation.replace(root)), "wrong_root") // nobody knows what was
	is.NoErr(os.RemoveAll(filepath.Join(nation.dir, node.DirKeys)))
	is.NoErr(nation.replace(root, district.dir)) // a copy is read, the district may run
	nation.start()
	nation.holds(kept.Event.ID)
	nation.holds(mine.Event.ID)
	last := nation.did(placeNation, kept.Event.Subject, engine.Assess{}).Record
	district.holds(last.Event.ID)
	is.Equal(nation.refusals(), nil)
	is.Equal(district.refusals(), nil)
	n.level()
}

// TestTheRootKeyIsNotThrownAway: where it was never carried off, it stays.
func TestTheRootKeyIsNotThrownAway(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	root, err := nation.ID.RootKey()
	is.NoErr(err)
	nation.stop()
	is.NoErr(nation.replace(root))
	nation.start()
	is.NoErr(nation.Rotate(n.ctx, passphrase, false))
	again, err := nation.ID.RootKey()
	is.NoErr(err)
	is.True(root.Equal(again))
}
