package integration

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"umuryango/engine"
	"umuryango/engine/journal"
	"umuryango/engine/keys"
	"umuryango/events"
)

// told300 is what somebody tells in 300 bytes.
var told300 = strings.Repeat("she was found at the market, ", 10) + "hungry now"

// BenchmarkSealedAppend compares, turn by turn under SyncAlways, the writer that
// seals 300 bytes, numbers and signs with a durable append of the very same
// events, made before, by a node like it: the same journal, and the same followers
// of it at work. Goal: at most a quarter more. Beside them stand a bare publish
// of the same message to a server that nobody follows, the writer with bytes
// that it need not seal anew, the whole act that comes to it (look up, fold,
// decide, seal, …), the same act with nothing to seal, and raising, which also
// puts the wraps of a new case on disk before its event.
func BenchmarkSealedAppend(b *testing.B) {
	n, other := emptyNation(b), emptyNation(b)
	n.grow(placeNation)
	other.grow(placeNation)
	m := n.at(placeNation)
	like := shadow{member: other.at(placeNation), of: m, upto: m.Journal.Head()}
	_, js := bareServer(b, b.TempDir(), true)
	const cases, turns, each = 400, 40, 25
	var open []events.Subject
	for range cases {
		open = append(open, m.raise(placeNation, placeNation).Record.Event.Subject)
	}
	acts := 0
	tell := func(p engine.Personal) events.Event {
		acts++
		return m.did(placeNation, open[acts%cases], engine.Contribute{Kind: "note", Personal: p}).Record.Event
	}
	note := engine.Personal{Note: told300}
	same := tell(note)
	write, writeClear := m.sealedWriter(same, open, true), m.sealedWriter(same, open, false)
	times := map[string][]time.Duration{}
	take := func(name string, n int, f func()) { times[name] = timed(times[name], n, f) }
	b.ResetTimer()
	for range b.N {
		for range turns {
			like.follow(func(f func()) { f() })
			m.settled()
			like.settled()
			take("append", each, write)
			like.follow(func(f func()) { take("durable", 1, f) })
			take("floor", each, func() { m.must(bare(n.ctx, js, same)) })
			take("unsealed", each, writeClear)
			take("act", each, func() { tell(note) })
			take("plain-act", each, func() { tell(engine.Personal{}) })
			take("raise", each/5, func() { m.raise(placeNation, placeNation) })
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, list := range times {
		slices.Sort(list)
		b.ReportMetric(micros(list, 50), "µs-"+name+"-p50")
	}
	b.ReportMetric(micros(times["append"], 50)/micros(times["durable"], 50), "append/durable")
	b.ReportMetric(micros(times["append"], 50)/micros(times["floor"], 50), "append/floor")
	b.ReportMetric(micros(times["append"], 50)/micros(times["unsealed"], 50), "append/unsealed")
	b.ReportMetric(micros(times["act"], 50)/micros(times["plain-act"], 50), "act/plain-act")
	b.ReportMetric(float64(same.Size())/float64(clearSize(b, same)), "sealed-B/clear-B")
}

// shadow is a node that appends what another one has written.
type shadow struct {
	*member
	of   *member
	upto uint64 // of the other's stream
}

// settled waits until this node's history holds all that its stream does.
func (m *member) settled() { m.must(m.history.Wait(m.nation.ctx, m.Journal.Head())) }

// follow appends what the other node wrote since, each by itself.
func (s *shadow) follow(each func(func())) {
	for s.upto < s.of.Journal.Head() {
		records, err := s.of.Journal.Read(s.nation.ctx, s.upto+1, journal.BatchMax)
		s.must(err)
		for _, r := range records {
			s.upto = r.Seq
			r.Seq = 0
			each(func() { s.store(r) })
		}
	}
}

// sealedWriter writes events like one in cases whose keys are ready, in turn,
// sealed anew each time or as it was.
func (m *member) sealedWriter(like events.Event, cases []events.Subject, anew bool) func() {
	var seals []engine.Seal
	for _, c := range cases {
		state, err := m.Service.Case(c)
		m.must(err)
		seal, err := m.Service.Sealer.Prepare(m.nation.ctx, c, engine.Holders(state, m.Authority, 1, time.Now()), []string{events.FieldNarrative})
		m.must(err)
		seals = append(seals, seal)
	}
	next := 0
	text, err := events.Encode(engine.Narrative{engine.NoteKey: told300})
	m.must(err)
	none := func(engine.Record) bool { return false }
	return func() {
		draft, at := like.Draft, next%len(cases)
		draft.Subject, next = cases[at], next+1
		draft.ID, err = newID()
		m.must(err)
		_, err = m.Service.Writer.WriteOn(m.nation.ctx, none, func() (engine.Plan, error) {
			if !anew {
				return engine.Plan{Drafts: []engine.Draft{{Draft: draft}}}, nil
			}
			b := engine.Binding{Case: draft.Subject, Office: draft.Office, ID: draft.ID, Type: draft.Type}
			part, err := seals[at](b, engine.Secret{Field: events.FieldNarrative, Plain: text})
			if err != nil {
				return engine.Plan{}, err
			}
			draft.Body, err = events.WithSealed([]byte(`{"kind":"note"}`), events.Sealed{part})
			return engine.Plan{Drafts: []engine.Draft{{Draft: draft}}}, err
		})
		m.must(err)
	}
}

// clearSize is what an event that tells told300 would measure with it in clear.
func clearSize(tb testing.TB, e events.Event) int {
	sealed, err := events.SealedOf(e)
	must(tb, err)
	part, err := events.Encode(sealed)
	must(tb, err)
	text, err := events.Encode(told300)
	must(tb, err)
	return e.Size() - len(`,"sealed":`) - len(part) + len(`,"note":`) + len(text)
}

// pageRows are the names that a page shows.
const pageRows = 50

// BenchmarkOpenPage opens 50 identities as one page does, from KEYS streams on
// disk: cold, each with a wrap that another node made, which takes the hybrid
// once per case; own, with what this node made itself; warm, with keys that
// were opened since the node was unlocked. Goal: 5 ms. The floor opens 50 texts
// of the same length with one key that is set up already.
func BenchmarkOpenPage(b *testing.B) {
	village, district := shelved(b, placeVillage), shelved(b, placeDistrict)
	classes := []engine.Class{engine.ClassIdentity, engine.ClassNarrative, engine.ClassFacts}
	holders := []engine.Holder{{Node: placeVillage, Classes: classes}, {Node: placeDistrict, Key: district.Opener.SealKey(), Classes: classes}}
	identity, err := events.Encode(engine.Identity{Name: "Uwimana Keza", BirthDate: "2024-05-02", Address: "behind the mill of Kivumu", Contact: "0788 000 000"})
	must(b, err)
	var bindings []engine.Binding
	var wanted []engine.KeyOf
	var parts []events.SealedPart
	for i := range pageRows {
		id := fmt.Sprintf("01989b6a-0000-7000-8000-%012d", i)
		at := engine.Binding{Case: events.Subject{Place: placeVillage, Kind: events.KindCase, ID: id}, Office: placeVillage, ID: events.ID(id), Type: events.TypeRaised}
		seal, err := village.Prepare(b.Context(), at.Case, holders, []string{events.FieldIdentity})
		must(b, err)
		part, err := seal(at, engine.Secret{Field: events.FieldIdentity, Plain: identity})
		must(b, err)
		bindings, parts = append(bindings, at), append(parts, part)
		wanted = append(wanted, engine.KeyOf{Case: at.Case, ID: part.Key})
	}
	all, err := village.Store.(*journal.Keys).Passing(b.Context(), func(events.Place) bool { return true }, pageRows, 1<<20)
	must(b, err)
	must(b, district.Store.(*journal.Keys).Arrived(b.Context(), placeVillage, all))
	page := func(s *keys.Sealer) func() {
		return func() {
			s.Ready(b.Context(), wanted)
			for i, p := range parts {
				_, err := s.Open(b.Context(), bindings[i], p)
				must(b, err)
			}
		}
	}
	floor := floorPage(b, identity)
	times := map[string][]time.Duration{}
	take := func(name string, f func()) { times[name] = timed(times[name], 1, f) }
	for b.Loop() {
		const turns = 40
		for range turns {
			village.Lock()
			district.Lock()
			take("cold", page(district))
			take("own", page(village))
			take("warm", page(district))
			take("floor", floor)
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, list := range times {
		slices.Sort(list)
		b.ReportMetric(micros(list, 50), "µs-"+name+"-p50")
	}
	b.ReportMetric(micros(times["cold"], 50)/micros(times["floor"], 50), "cold/floor")
	b.ReportMetric(micros(times["warm"], 50)/micros(times["floor"], 50), "warm/floor")
}

// shelved is a node's sealer over a KEYS stream of its own.
func shelved(b *testing.B, place events.Place) *keys.Sealer {
	k, err := keys.NewSealingKey()
	must(b, err)
	_, js := bareServer(b, b.TempDir(), true)
	shelf, err := journal.OpenKeys(b.Context(), js.Conn(), journal.Config{SyncAlways: true}, place, func(engine.Wrap) {})
	must(b, err)
	return &keys.Sealer{
		Node: place, Opener: k, Store: shelf,
		Linked: func() bool { return true }, Erased: func(events.Subject, string) bool { return false },
	}
}

// floorPage opens as many texts with nothing around it.
func floorPage(b *testing.B, text []byte) func() {
	block, err := aes.NewCipher(make([]byte, 32))
	must(b, err)
	aead, err := cipher.NewGCM(block)
	must(b, err)
	nonce := make([]byte, aead.NonceSize())
	sealed := aead.Seal(nil, nonce, text, nil)
	return func() {
		for range pageRows {
			_, err := aead.Open(nil, nonce, sealed, nil)
			must(b, err)
		}
	}
}

func must(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
