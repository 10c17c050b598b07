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
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/engine/node"
	"umuryango/events"
)

// told is a sealed contribution, and what it says.
type told struct {
	event engine.Record
	plain map[string]string // by field
}

// tell adds sealed fields to a case, as an act would: keys and wraps first, then
// the event.
func (m *member) tell(c events.Subject, plain map[string]string) told {
	m.nation.t.Helper()
	fields := []string{}
	for f := range plain {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	s := m.state(c)
	seal, err := m.Sealer().Prepare(m.nation.ctx, c, engine.Holders(*s, m.Authority, 1, time.Now()), fields)
	m.must(err)
	id, err := newID()
	m.must(err)
	b := engine.Binding{Case: c, Office: m.place, ID: id, Type: events.TypeContributed}
	var parts events.Sealed
	for _, f := range fields {
		part, err := seal(b, engine.Secret{Field: f, Plain: []byte(plain[f])})
		m.must(err)
		parts = append(parts, part)
	}
	body, err := events.WithSealed([]byte(`{"kind":"note"}`), parts)
	m.must(err)
	records, err := m.Service.Writer.Write(m.nation.ctx, func() (engine.Plan, error) {
		return engine.Plan{Drafts: []engine.Draft{{Draft: events.Draft{
			ID: id, Type: b.Type, Subject: c, Office: m.place, Actor: "W-1", Time: time.Now(), Recorded: time.Now(),
			Code: s.Code, Prev: s.Head(), Edition: events.RwandaEdition, Body: body,
		}}}}, nil
	})
	m.must(err)
	return told{records[0], plain}
}

// unseal opens a field of what was told.
func (m *member) unseal(x told, field string) (string, error) {
	m.nation.t.Helper()
	parts, err := events.SealedOf(x.event.Event)
	m.must(err)
	part, there := parts.Part(field)
	if !there {
		m.nation.t.Fatalf("no field %s", field)
	}
	plain, err := m.Sealer().Open(m.nation.ctx, engine.BindingOf(x.event.Event), part)
	return string(plain), err
}

// reads waits until a node has what was told, and can read all of it.
func (m *member) reads(x told) {
	m.nation.t.Helper()
	m.holds(x.event.Event.ID)
	for field, want := range x.plain {
		m.until("reading "+field, func() bool {
			got, err := m.unseal(x, field)
			if err == nil && got != want {
				m.nation.t.Fatalf("%s reads %q", m.place, got)
			}
			return err == nil
		})
	}
}

func (m *member) closed(x told, field string, want error) {
	m.nation.t.Helper()
	if _, err := m.unseal(x, field); !errors.Is(err, want) {
		m.nation.t.Fatalf("%s opens %s: %v, where %v is expected", m.place, field, err, want)
	}
}

var (
	aChild  = map[string]string{"identity": `{"name":"Keza Marked-Name"}`, "narrative": `{"note":"what was seen at night"}`, "facts": `{"facts":{}}`}
	onPath  = []events.Place{placeVillage, placeCell, placeSector, placeDistrict}
	grounds = engine.Erase{Ground: "recorded_by_mistake"}
)

// raisedAtHome raises a case in the village, and waits until the nation has it.
func (n *nation) raisedAtHome() events.Subject {
	n.t.Helper()
	done := n.at(placeVillage).raise(placeVillage, placeDistrict)
	n.at(placeNation).holds(done.Record.Event.ID)
	return done.Record.Event.Subject
}

// TestANameIsReadUpToTheDistrict: and by nobody above it; who was dark reads it
// when the light is back.
func TestANameIsReadUpToTheDistrict(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	c := n.raisedAtHome()
	n.at(placeSector).wire.cut()
	x := n.at(placeVillage).tell(c, aChild)
	for _, p := range onPath[:3] {
		n.at(p).reads(x)
	}
	n.at(placeSector).wire.heal()
	n.at(placeDistrict).reads(x)
	nation := n.at(placeNation)
	nation.holds(x.event.Event.ID)
	for field := range aChild {
		nation.closed(x, field, engine.ErrNoKey)
	}
	own, err := nation.Keys.Own(n.ctx, c)
	is.NoErr(err)
	is.Equal(len(own), 0)
	for _, m := range n.sorted() {
		m.until("rid of what it has delivered", func() bool { return m.carries() == 0 })
	}
}

// TestAnOpeningLastsForItsHours: the nation asks for what it opened, gets no
// identity, and has nothing any more once the time is over.
func TestAnOpeningLastsForItsHours(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	nation := n.at(placeNation)
	c := n.raisedAtHome()
	x := n.at(placeVillage).tell(c, aChild)
	nation.holds(x.event.Event.ID)
	nation.stop()
	var ahead sync.Mutex
	hours := time.Duration(0)
	nation.now = func() time.Time {
		ahead.Lock()
		defer ahead.Unlock()
		return time.Now().Add(hours)
	}
	nation.start()
	body, err := events.Encode(events.Opened{Node: placeNation.ID(), Reason: "audit", Classes: []string{"narrative", "facts"}, Until: time.Now().Add(time.Hour)})
	is.NoErr(err)
	nation.write(c, events.TypeOpened, body)
	for _, field := range []string{"narrative", "facts"} {
		nation.until("reading "+field, func() bool { _, err := nation.unseal(x, field); return err == nil })
	}
	nation.closed(x, "identity", engine.ErrNoKey)
	ahead.Lock()
	hours = 2 * time.Hour
	ahead.Unlock()
	nation.write(c, events.TypeContributed, []byte(`{"kind":"note"}`)) // anything that happens
	nation.until("closed", func() bool { return len(nation.Keys.Has(c)) == 0 })
	nation.closed(x, "facts", engine.ErrNoKey)
}

// write writes an event of this node's own office.
func (m *member) write(c events.Subject, t events.Type, body []byte) engine.Record {
	m.nation.t.Helper()
	s := m.state(c)
	records, err := m.Service.Writer.Write(m.nation.ctx, func() (engine.Plan, error) {
		id, err := newID()
		return engine.Plan{Drafts: []engine.Draft{{Draft: events.Draft{
			ID: id, Type: t, Subject: c, Office: m.place, Actor: "W-1", Time: time.Now(), Recorded: time.Now(),
			Code: s.Code, Prev: s.Head(), Edition: events.RwandaEdition, Body: body,
		}}}}, err
	})
	m.must(err)
	return records[0]
}

// TestALostStoreAsksForItsKeysAgain: what a node had is given to it once more,
// by whoever holds it.
func TestALostStoreAsksForItsKeysAgain(t *testing.T) {
	n := newNation(t, fiveLevels...)
	c := n.raisedAtHome()
	x := n.at(placeVillage).tell(c, aChild)
	for _, p := range onPath {
		n.at(p).reads(x)
	}
	for _, p := range []events.Place{placeDistrict, placeCell} {
		m := n.at(p)
		m.stop()
		m.lose()
		m.start()
		m.holds(x.event.Event.ID)
		m.reads(x)
	}
}

// TestAnAskWithoutARightIsNotAnswered: a cell from which a case is kept asks for
// its keys by hand, and for another node's; of another case it gets what it may
// have.
func TestAnAskWithoutARightIsNotAnswered(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeSector)
	sector := n.at(placeSector)
	rogue := n.rogueAt(placeCell)
	sector.until("enrolling the cell", func() bool { h, ok := sector.Authority.Host(placeVillage); return ok && h.Node == placeCell })
	raise := func(r ...events.Restriction) (events.Subject, told) {
		done := sector.did(placeSector, events.Subject{Place: placeVillage}, engine.Raise{To: placeDistrict, Source: "izu", Restricted: r})
		return done.Record.Event.Subject, sector.tell(done.Record.Event.Subject, aChild)
	}
	kept, x := raise(events.Restriction{Office: placeCell.ID(), Reason: "accused_there"}, events.Restriction{Office: placeVillage.ID(), Reason: "accused_there"})
	open, y := raise()
	n.at(placeDistrict).reads(x)

	rogue.greet()
	b := rogue.batch()
	for _, of := range []told{x, y} {
		ask := engine.Ask{Case: of.event.Event.Subject, Node: placeCell}
		parts, err := events.SealedOf(of.event.Event)
		is.NoErr(err)
		for _, p := range parts {
			ask.Keys = append(ask.Keys, p.Key)
		}
		other := ask
		other.Node = placeVillage
		b.Asks = append(b.Asks, ask, other)
	}
	answer, err := rogue.ask("up", b)
	is.NoErr(err)
	is.Equal(answer, link.Answer{Upto: rogue.seq})
	var wraps []engine.Wrap
	for range 4 { // the first is of this case; then as long as anything comes
		if wraps = append(wraps, rogue.wraps()...); len(wraps) > 0 {
			break
		}
	}
	is.True(len(wraps) > 0)
	for _, w := range wraps {
		is.Equal(w.Case, open)
		is.Equal(w.Holder, placeCell)
		is.Equal(w.HolderKey, engine.SealKeyID(rogue.id.SealKey()))
	}
	is.Equal(len(sector.Keys.Sent(kept, engine.SealKeyID(rogue.id.SealKey()))), 0)
}

// wraps polls once and returns the wraps that come.
func (r *rogue) wraps() []engine.Wrap {
	r.m.nation.t.Helper()
	answer, err := r.ask("dn", link.Poll{Session: link.Session{From: r.run, To: r.peer.Run}, Got: r.got})
	r.m.must(err)
	b, ok := answer.(link.Batch)
	if !ok {
		r.m.nation.t.Fatalf("a poll was answered with %T %v", answer, answer)
	}
	r.got = b.Upto.Seq
	return b.Wraps
}

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
func (n *nation) found(secrets [][]byte) (out []string) {
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
	err := filepath.WalkDir(n.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(needles, func(s []byte) bool { return bytes.Contains(raw, s) }) {
			out = append(out, path)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.t.Fatal(err)
	}
	return out
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
	}
	is.True(len(n.found(wraps.all())) > 0) // the search finds what is there
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
				// and not because of a rule alone: there is no key for it
				bare := &keys.Sealer{Node: m.place, Opener: m.ID, Store: m.Keys, Linked: func() bool { return true }, Erased: func(events.Subject, string) bool { return false }}
				parts, err := events.SealedOf(of.event.Event)
				is.NoErr(err)
				part, _ := parts.Part(field)
				for _, s := range append(n.cases(), c) { // every key of every case
					b := engine.BindingOf(of.event.Event)
					b.Case = s
					_, err = bare.Open(n.ctx, b, part)
					is.True(err != nil)
				}
			}
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

// readableByHolders waits until every holder can open all that is sealed in the cases
// that the nation knows, and nobody carries a wrap any more: no kill has come
// between a key and those who may have it.
func (n *nation) readableByHolders() (opened int) {
	n.t.Helper()
	for _, m := range n.sorted() {
		for _, r := range m.records() {
			e := r.Event
			if e.Subject.Kind != events.KindCase {
				continue
			}
			parts, err := events.SealedOf(e)
			m.must(err)
			for _, h := range engine.Holders(*m.state(e.Subject), m.Authority, 1, time.Now()) {
				if h.Node != m.place {
					continue
				}
				for _, p := range parts {
					if class, known := engine.ClassOf(p.Field); !known || !slices.Contains(h.Classes, class) {
						continue
					}
					m.until("reading "+p.Field+" of "+string(e.ID), func() bool {
						_, err := m.Sealer().Open(n.ctx, engine.BindingOf(e), p)
						return err == nil
					})
					opened++
				}
			}
		}
	}
	for _, m := range n.sorted() {
		m.until("rid of what it has delivered", func() bool { return m.carries() == 0 })
	}
	return opened
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
