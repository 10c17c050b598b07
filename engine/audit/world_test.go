package audit

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/engine/memory"
	"umuryango/events"
)

const (
	nation   = events.Place("RW")
	district = events.Place("RW.57")
	sector   = events.Place("RW.57.12")
	home     = events.Place("RW.57.12.05.03")
)

var ctx = context.Background()

// world is three nodes with real stores, links and services, on which one
// referral went all the way: its stores are clean, and each test spoils them.
type world struct {
	is    *is.I
	ids   int
	root  ed25519.PrivateKey
	nodes map[events.Place]*node
	keys  *memory.Keys
	c     events.Subject
}

type node struct {
	key       ed25519.PrivateKey
	journal   *memory.Journal
	history   *memory.History
	authority *engine.Authority
	service   *engine.Service
}

func (n *node) Key() string                         { return events.KeyID(n.key.Public().(ed25519.PublicKey)) }
func (n *node) Locked() bool                        { return false }
func (n *node) Sign(message []byte) ([]byte, error) { return ed25519.Sign(n.key, message), nil }
func (n *node) Keep(link.Refusal) error             { return nil }

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

var noon = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func (w *world) id() events.ID {
	w.ids++
	return events.ID(fmt.Sprintf("01a1f795-4f80-7000-8000-%012x", w.ids*0x10001))
}

func newWorld(t *testing.T) *world {
	w := &world{is: is.New(t), root: keyOf("root"), keys: memory.NewKeys(), nodes: map[events.Place]*node{}}
	for _, p := range []events.Place{nation, district, sector} {
		w.nodes[p] = w.start(p)
	}
	first, err := engine.RootEnrolment(w.id(), noon, nation, w.host(nation), events.Source{Node: nation, Run: run(1)}, w.root, "test")
	w.is.NoErr(err)
	w.is.NoErr(w.nodes[nation].journal.Append(ctx, 0, []engine.Record{{Event: first, Run: run(1)}}))
	w.nodes[nation].authority.Add(first)
	for _, p := range []events.Place{district, sector} {
		upper, _ := p.Upper()
		_, err := w.nodes[upper].service.Enrol(ctx, engine.Enrolment{Stamped: engine.Stamped{ID: w.id(), Actor: "adm", At: noon}, Office: p, Host: w.host(p)})
		w.is.NoErr(err)
		w.sync()
	}
	return w
}

func run(n uint64) events.Run { return events.Run{Number: n, Mark: "t"} }

func (w *world) host(p events.Place) engine.Host {
	return engine.Host{Node: p, SignKey: keyOf(string(p)).Public().(ed25519.PublicKey), LinkKey: keyOf("link" + string(p)).Public().(ed25519.PublicKey)}
}

func (w *world) start(p events.Place) *node {
	n := &node{key: keyOf(string(p)), journal: memory.NewJournal()}
	n.history = memory.NewHistory(p, n.journal)
	n.authority = engine.NewAuthority(w.root.Public().(ed25519.PublicKey))
	n.service = &engine.Service{
		Writer:  engine.NewWriter(engine.Self{Node: p, Run: run(1), Signer: n}, n.journal, n.history, nil),
		History: n.history, Authority: n.authority, Edition: "test",
		Sealer: &memory.Sealer{Keys: w.keys, Node: p}, Gate: func(time.Time) (engine.Gate, error) { return gate{}, nil }, Linked: func() bool { return true },
	}
	return n
}

// sync lets both links carry what there is.
func (w *world) sync() {
	for range 3 {
		w.link(district, sector)
		w.link(nation, district)
	}
}

func (w *world) link(upper, lower events.Place) {
	end := func(self, peer events.Place) *link.End {
		n := w.nodes[self]
		return link.NewEnd(link.Config{
			Peer: peer, Lower: lower, Journal: n.journal, Writer: n.service.Writer, Authority: n.authority, Store: n.history,
			Keeper: n, Stamp: func() link.Stamp { return link.Stamp{ID: w.id(), At: noon} }, Edition: "test",
		})
	}
	a, b := end(upper, lower), end(lower, upper)
	ga, err := a.Greeting()
	w.is.NoErr(err)
	gb, err := b.Greeting()
	w.is.NoErr(err)
	fromA, err := a.Meet(ga, gb)
	w.is.NoErr(err)
	fromB, err := b.Meet(gb, ga)
	w.is.NoErr(err)
	w.carry(a, b, fromA)
	w.carry(b, a, fromB)
}

func (w *world) carry(from, to *link.End, after uint64) {
	s, _ := from.Sending()
	batch, err := from.Offer(ctx, s, after)
	w.is.NoErr(err)
	_, err = to.Take(ctx, batch)
	w.is.NoErr(err)
}

func (w *world) do(office events.Place, do any) engine.Done {
	w.is.Helper()
	c := w.c
	if _, raise := do.(engine.Raise); raise {
		c = events.Subject{Place: home}
	}
	done, err := w.nodes[office].service.Do(ctx, engine.Command{
		Act: engine.Act{ID: w.id(), Office: office, Actor: "W-1", Time: noon, Recorded: noon}, Case: c, Do: do,
	})
	w.is.NoErr(err)
	w.c = done.State.Subject
	return done
}

// walk is one referral, all the way.
func (w *world) walk() *world {
	w.do(sector, engine.Raise{To: district, Source: "izu"})
	w.do(sector, engine.Contribute{Kind: "note"})
	w.sync()
	w.do(district, engine.Accept{})
	w.do(district, engine.Assess{})
	w.do(district, engine.Propose{Facts: events.Facts(`{"request":{"care":"kinship_informal"}}`)})
	w.do(district, engine.Decide{Care: "kinship_informal", Panel: []events.Member{{ID: "W-2", Present: true, Vote: "approve"}}, Reason: "kin", Answer: "acted_on"})
	w.sync()
	return w
}

// stores are all records of the three nodes, each a copy.
func (w *world) stores() []Store {
	var out []Store
	for _, p := range []events.Place{nation, district, sector} {
		records, err := w.nodes[p].journal.Read(ctx, 1, 1000)
		w.is.NoErr(err)
		out = append(out, Store{Node: p, Records: slices.Clone(records)})
	}
	return out
}

func (w *world) check(stores []Store) []Breach {
	return w.report(stores).Breaches
}

func (w *world) report(stores []Store) Report {
	return Check(w.root.Public().(ed25519.PublicKey), stores, Again{recheck, w.keys.Opener()})
}

func recheck(packHash string, doc []byte) ([]byte, bool, error) {
	if packHash != packOfTests {
		return nil, false, nil
	}
	f, err := gate{}.Check(doc)
	return f.Result, true, err
}

// gate objects to nothing.
type gate struct{}

const packOfTests = "sha256:test"

func (gate) Pack() string                              { return "test" }
func (gate) Version() string                           { return "1" }
func (gate) Knows(string, string) bool                 { return true }
func (gate) From() time.Time                           { return time.Time{} }
func (gate) LevelAbove(o events.Place) bool            { return o.Level() < 1 }
func (gate) Erasure(string) (engine.ErasureRule, bool) { return engine.ErasureRule{}, false }
func (gate) Decides() int                              { return 1 }
func (gate) Clock(string) (time.Duration, bool)        { return 0, false }

// Split finds no free text in the documents of this pack.
func (gate) Split(f events.Facts) (events.Facts, engine.Narrative, error) {
	return f, engine.Narrative{}, nil
}

func (gate) Read(doc []byte) ([]byte, error) {
	var v map[string]any
	if err := json.Unmarshal(doc, &v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func (gate) Check(doc []byte) (engine.Finding, error) {
	var v struct {
		Request struct {
			Care string `json:"care"`
		} `json:"request"`
	}
	if err := json.Unmarshal(doc, &v); err != nil {
		return engine.Finding{}, err
	}
	result := events.Facts(fmt.Sprintf(`{"outcome":"no_objection","care":%q,"size":%d}`, v.Request.Care, len(doc)))
	return engine.Finding{Checked: events.Checked{Case: doc, Result: result, Outcome: "no_objection", PackHash: packOfTests}, Care: v.Request.Care, Outcome: "no_objection"}, nil
}
