package integration

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
)

// recorder remembers secrets and wraps, to be searched for.
type recorder struct {
	mu   sync.Mutex
	list [][]byte
}

func (r *recorder) add(secret []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, bytes.Clone(secret))
}

func (r *recorder) all() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// found names the files under a folder that hold any of the secrets: raw, as
// hex, or as base64 at any alignment, of either alphabet.
func (n *nation) found(secrets [][]byte) []string {
	n.t.Helper()
	var needles [][]byte
	for _, s := range secrets {
		s = s[:min(len(s), 32)]
		needles = append(needles, s, []byte(hex.EncodeToString(s)))
		for shift := range 3 {
			whole := (len(s) - shift) / 3 * 3
			needles = append(needles, []byte(base64.StdEncoding.EncodeToString(s[shift:shift+whole])), []byte(base64.URLEncoding.EncodeToString(s[shift:shift+whole])))
		}
	}
	for {
		out, err := filesHolding(n.dir, needles)
		if errors.Is(err, fs.ErrNotExist) && n.ctx.Err() == nil {
			continue // a store put a new file in an old one's place: what was not searched might hold it
		}
		if err != nil {
			n.t.Fatal(err)
		}
		return out
	}
}

func filesHolding(dir string, needles [][]byte) (out []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err == nil && slices.ContainsFunc(needles, func(s []byte) bool { return bytes.Contains(raw, s) }) {
			out = append(out, path)
		}
		return err
	})
	return out, err
}

// TestAfterAnErasureNothingOpens: on an order of the district every node that
// held keys destroys them and says so, whoever was dark or locked when it comes
// back; no file holds a key or a wrap, and nothing that any machine holds opens
// a field of the child.
func TestAfterAnErasureNothingOpens(t *testing.T) {
	is := is.New(t)
	n := emptyNation(t)
	secrets, wraps := &recorder{}, &recorder{}
	n.trace = secrets.add
	n.grow(fiveLevels...)
	village, sector, district := n.at(placeVillage), n.at(placeSector), n.at(placeDistrict)
	c, other := n.raisedAtHome(), n.raisedAtHome()
	x, y := village.tell(c, aChild), village.tell(other, aChild)
	z := district.tell(c, map[string]string{"narrative": `{"note":"and what the district knows"}`})
	who := village.tell(c, map[string]string{"reporter": `{"name":"Who Reported"}`, "adult": `{"role":"aunt","name":"An Aunt"}`})
	for _, p := range onPath {
		n.at(p).reads(x)
		n.at(p).reads(y)
		n.at(p).reads(z)
		own, err := n.at(p).Keys.Own(n.ctx, c)
		is.NoErr(err)
		is.True(len(own) > 0)
		for _, w := range own {
			wraps.add(w.Data)
		}
		n.at(p).until("holding the keys of an adult", func() bool { _, err := n.at(p).unseal(who, "adult"); return err == nil })
		is.Equal(n.at(p).opens(x), []string{"facts", "identity", "narrative"})
	}
	is.Equal(n.at(placeCell).opens(who), []string{"adult", "reporter"}) // the supervisor of the village, which answers for the child
	is.True(len(n.found(wraps.all())) > 0)                              // the search finds what is there
	is.True(len(secrets.all()) > 0)
	is.Equal(n.found(secrets.all()), nil) // no key was ever in a file

	village.wire.cut()
	village.stop()
	village.start() // dark, and since a restart
	sector.Lock()
	village.until("waiting for a link", func() bool { _, err := village.unseal(x, "identity"); return errors.Is(err, engine.ErrNotLinked) })
	order := district.did(placeDistrict, c, grounds)
	district.until("without a key", func() bool { return len(district.Keys.Has(c)) == 0 })
	erasing, err := district.Erasing(c)
	is.NoErr(err)
	is.Equal(len(erasing), 1)
	is.Equal(erasing[0].Order.ID, order.Record.Event.ID)
	cell := n.at(placeCell)
	cell.until("without a key", func() bool { return len(cell.Keys.Has(c)) == 0 })
	sector.until("without a key, locked as it is", func() bool { return len(sector.Keys.Has(c)) == 0 })
	district.until("hearing from the cell", func() bool { return len(readable(district, c)) == 2 })
	is.Equal(readable(district, c), []events.Place{placeSector, placeVillage}) // locked; dark
	erasing, err = district.Erasing(c)
	is.NoErr(err)
	is.True(!erasing[0].Readable[1].Heard.IsZero())

	is.NoErr(sector.Unlock(passphrase))
	village.wire.heal()
	for _, m := range n.sorted() {
		m.until("told by all", func() bool { return len(readable(m, c)) == 0 })
	}
	is.Equal(n.found(wraps.all()), nil) // no file of any folder holds a wrap
	is.Equal(n.found(secrets.all()), nil)

	late := parcel(c, placeDistrict, placeVillage)
	late.Keys[0].Class = engine.ClassIdentity
	is.True(errors.Is(district.Keys.Put(n.ctx, []engine.Wrap{late}), engine.ErrErased))
	is.NoErr(cell.Keys.Arrived(n.ctx, placeSector, []engine.Wrap{late})) // as if it had been on its way
	is.Equal(cell.carries(), 0)
	is.Equal(n.found([][]byte{late.Data}), nil)

	for _, m := range n.sorted() {
		for _, of := range []told{x, z} {
			for field := range of.plain {
				m.closed(of, field, engine.ErrErased)
			}
		}
		is.True(m.place == placeNation || len(m.opens(y)) > 0) // the keys that it holds open what they may
		for _, of := range []told{x, z, who} {
			is.Equal(m.opens(of), nil) // and not because of a rule alone
		}
	}
	for _, p := range onPath {
		n.at(p).reads(y) // another child's record is as it was
	}
	for _, m := range n.sorted() {
		m.restart()
	}
	for _, p := range onPath {
		n.at(p).until("linked", n.at(p).Linked)
		n.at(p).closed(x, "identity", engine.ErrErased)
	}
	is.Equal(n.found(wraps.all()), nil)
	n.lawful()
}

// opens lists the fields of what was told that any key opens which this machine
// holds, of whatever case: whatever it is called, and whatever a rule says.
func (m *member) opens(x told) (out []string) {
	m.nation.t.Helper()
	held := &recorder{}
	all := &keys.Sealer{
		Node: m.place, Opener: m.ID, Store: m.Keys, Trace: held.add,
		Linked: func() bool { return true }, Erased: func(events.Subject, string) bool { return false },
	}
	for _, c := range m.nation.cases() {
		own, err := m.Keys.Own(m.nation.ctx, c)
		m.must(err)
		for _, w := range own {
			for _, k := range w.Keys {
				all.Ready(m.nation.ctx, []engine.KeyOf{{Case: c, ID: k.ID}})
			}
		}
	}
	parts, err := events.SealedOf(x.event.Event)
	m.must(err)
	for _, part := range parts {
		if slices.ContainsFunc(held.all(), func(key []byte) bool {
			_, err := keys.Try(key, engine.BindingOf(x.event.Event), part)
			return err == nil
		}) {
			out = append(out, part.Field)
		}
	}
	slices.Sort(out)
	return out
}

// cases lists every case that the nation has.
func (n *nation) cases() (out []events.Subject) {
	for _, r := range n.at(placeNation).records() {
		if s := r.Event.Subject; s.Kind == events.KindCase && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// readable lists where a case that was erased may still be read, as a node
// knows.
func readable(m *member, c events.Subject) []events.Place {
	m.nation.t.Helper()
	list := m.erasing(c)
	if len(list) == 0 {
		return onPath
	}
	out := []events.Place{}
	for _, r := range list[0].Readable {
		out = append(out, r.Node)
	}
	return out
}

func (m *member) erasing(c events.Subject) []node.Erasing {
	m.nation.t.Helper()
	list, err := m.Erasing(c)
	m.must(err)
	return list
}

// TestAnOlderCopyOpensNothingBeforeItHasLinkedUp: and then destroys what was
// erased since.
func TestAnOlderCopyOpensNothingBeforeItHasLinkedUp(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	sector, district := n.at(placeSector), n.at(placeDistrict)
	c, other := n.raisedAtHome(), n.raisedAtHome()
	x, y := n.at(placeVillage).tell(c, aChild), n.at(placeVillage).tell(other, aChild)
	sector.reads(x)
	sector.reads(y)
	sector.stop()
	older := sector.backup()
	sector.start()
	district.until("linked", district.Linked)
	order := district.did(placeDistrict, c, grounds)
	sector.holds(order.Record.Event.ID)
	sector.until("without a key", func() bool { return len(sector.Keys.Has(c)) == 0 })
	sector.stop()
	sector.restore(older)

	sector.wire.cut()
	sector.start()
	is.True(len(sector.Keys.Has(c)) > 0) // the copy has it
	for field := range aChild {
		sector.closed(x, field, engine.ErrNotLinked)
		sector.closed(y, field, engine.ErrNotLinked)
	}
	sector.wire.heal()
	sector.until("without a key", func() bool { return len(sector.Keys.Has(c)) == 0 })
	sector.closed(x, "identity", engine.ErrErased)
	sector.reads(y)
}

// TestAnOrderOfAnOfficeThatDoesNotDecideDestroysNothing: it is authentic, kept
// and shown, and without effect.
func TestAnOrderOfAnOfficeThatDoesNotDecideDestroysNothing(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector)
	sector, district := n.at(placeSector), n.at(placeDistrict)
	done := sector.raise(placeSector, placeDistrict)
	c := done.Record.Event.Subject
	x := sector.tell(c, aChild)
	district.reads(x)
	body, err := events.Encode(events.Erased{Ground: "recorded_by_mistake"})
	is.NoErr(err)
	order := sector.write(c, events.TypeErased, body) // by hand: the program refuses
	district.holds(order.Event.ID)
	after := sector.write(c, events.TypeContributed, []byte(`{"kind":"note"}`))
	district.holds(after.Event.ID)
	list, err := district.Erasing(c)
	is.NoErr(err)
	is.Equal(len(list), 0)
	district.reads(x)
	sector.reads(x)
	is.Equal(len(district.state(c).Contributions), 3) // it is kept and shown
	_, err = sector.do(placeSector, c, grounds)
	is.Equal(refusal(t, err), "not_deciding")
}

// TestAnErasedCaseTakesWhatHappens: in codes (law 8), and nothing personal: a
// child who comes back is a new case.
func TestAnErasedCaseTakesWhatHappens(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	district, cell := n.at(placeDistrict), n.at(placeCell)
	c := cell.raise(placeVillage, placeDistrict).Record.Event.Subject
	district.until("raised there", func() bool { _, err := district.Service.Case(c); return err == nil })
	order := district.did(placeDistrict, c, grounds)
	cell.holds(order.Record.Event.ID)
	cell.until("without a key", func() bool { return len(cell.Keys.Has(c)) == 0 })
	seen := cell.did(placeCell, c, engine.Contribute{Kind: "sighting"})
	district.holds(seen.Record.Event.ID)
	_, err := cell.do(placeCell, c, engine.Contribute{Kind: "sighting", Personal: engine.Personal{Note: "seen at the market"}})
	is.Equal(refusal(t, err), "erased")
	is.Equal(len(cell.Keys.Has(c)), 0) // and no new key was made
	district.did(placeDistrict, c, engine.Accept{})

	again := cell.did(placeCell, events.Subject{Place: placeVillage}, engine.Raise{To: placeDistrict, Source: "izu", Personal: engine.Personal{Identity: engine.Identity{Name: "the same child"}}})
	district.holds(again.Record.Event.ID)
	is.True(again.Record.Event.Subject != c)
	n.lawful()
}
