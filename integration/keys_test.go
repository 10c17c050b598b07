package integration

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/link"
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

	district := n.at(placeDistrict) // answers late
	host, _ := district.Authority.Host(placeNation)
	late := engine.Holder{Node: placeNation, Key: host.SealKey, Classes: []engine.Class{engine.ClassFacts}}
	parts, err := events.SealedOf(x.event.Event)
	is.NoErr(err)
	facts, _ := parts.Part("facts")
	answers := district.Sealer().(interface {
		Answer(context.Context, events.Subject, engine.Holder, []string) ([]string, error)
	})
	given, err := answers.Answer(n.ctx, c, late, []string{facts.Key})
	is.NoErr(err)
	is.Equal(given, []string{facts.Key})
	district.until("rid of it", func() bool { return district.carries() == 0 })
	nation.until("closed again", func() bool { return len(nation.Keys.Has(c)) == 0 })
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
