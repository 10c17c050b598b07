package link

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

const (
	nation   = events.Place("RW")
	district = events.Place("RW.57")
	sector   = events.Place("RW.57.12")
	village  = events.Place("RW.57.12.05.03")
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
)

// pair is a nation's node and a district's, and the link between them.
type pair struct {
	t            testing.TB
	is           *is.I
	ids          int
	upper, lower *node
	met          bool
	passed       uint64 // of the lower node's stream
}

// node is one end with its store in memory.
type node struct {
	pair      *pair
	place     events.Place
	peer      events.Place
	key       ed25519.PrivateKey
	journal   *memory.Journal
	history   *memory.History
	authority *engine.Authority
	service   *engine.Service
	end       *End
	run       uint64
	kept      []Refusal
	full      bool // nothing can be kept any more
	locked    bool // it can sign nothing
}

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func run(n uint64) events.Run { return events.Run{Number: n, Mark: "t"} }

func (n *node) Key() string  { return events.KeyID(public(n.key)) }
func (n *node) Locked() bool { return n.locked }

func (n *node) Sign(message []byte) ([]byte, error) {
	if n.locked {
		return nil, engine.ErrLocked
	}
	return ed25519.Sign(n.key, message), nil
}

func (n *node) Keep(r Refusal) error {
	if n.full {
		return errors.New("the disk is full")
	}
	n.kept = append(n.kept, r)
	return nil
}

func newPair(t testing.TB) *pair {
	p := &pair{t: t, is: is.New(t)}
	p.upper = &node{pair: p, place: nation, peer: district, key: keyOf("nation"), journal: memory.NewJournal()}
	p.lower = &node{pair: p, place: district, peer: nation, key: keyOf("district"), journal: memory.NewJournal()}
	host := engine.Host{Node: nation, SignKey: public(p.upper.key), LinkKey: public(p.upper.key)}
	first, err := engine.RootEnrolment(p.id(), noon, nation, host, events.Source{Node: nation, Run: run(1)}, keyOf("root"), "test")
	p.is.NoErr(err)
	p.is.NoErr(p.upper.journal.Append(ctx, 0, []engine.Record{{Event: first, Run: run(1)}}))
	p.upper.begin()
	p.lower.begin()
	_, err = p.upper.service.Enrol(ctx, engine.Enrolment{Stamped: engine.Stamped{ID: p.id(), Actor: "adm", At: noon}, Office: district,
		Host: engine.Host{Node: district, SignKey: public(p.lower.key), LinkKey: public(p.lower.key)}})
	p.is.NoErr(err)
	p.sync()
	return p
}

func (p *pair) id() events.ID {
	p.ids++
	return events.ID(fmt.Sprintf("01a1f795-4f80-7000-8000-%012x", p.ids*0x10001))
}

// begin starts a run on what the journal holds, with a new end.
func (n *node) begin() {
	is := n.pair.is
	n.run++
	is.NoErr(n.journal.Refresh(ctx))
	n.history = memory.NewHistory(n.place, n.journal)
	is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	n.authority = engine.NewAuthority(public(keyOf("root")))
	known, err := n.history.NodeEvents()
	is.NoErr(err)
	for range known {
		for _, e := range known {
			if n.authority.Check(e) == "" {
				n.authority.Add(e)
			}
		}
	}
	var before *events.RunEnd
	if last, ok, err := n.history.Last(n.place); ok && err == nil {
		before = &last
	}
	n.service = &engine.Service{
		Writer:  engine.NewWriter(engine.Self{Node: n.place, Run: events.Run{Number: n.run, Mark: "n"}, Signer: n}, n.journal, n.history, before),
		History: n.history, Authority: n.authority, Edition: "test",
		Sealer: &memory.Sealer{Keys: memory.NewKeys(), Node: n.place}, Gate: func(time.Time) (engine.Gate, error) { return gate{}, nil }, Linked: func() bool { return true },
	}
	n.end = NewEnd(Config{
		Peer: n.peer, Lower: district, Journal: n.journal, Writer: n.service.Writer, Authority: n.authority, Store: n.history, Keeper: n,
		Stamp: func() Stamp { return Stamp{ID: n.pair.id(), At: noon} }, Edition: "test",
	})
	n.pair.met = false
}

// greet begins a session as a lower node does, once both indexes have followed.
func (p *pair) greet() {
	p.is.Helper()
	for _, n := range []*node{p.upper, p.lower} {
		p.is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	}
	own, err := p.lower.end.Greeting()
	p.is.NoErr(err)
	peer, err := p.upper.end.Greeting()
	p.is.NoErr(err)
	_, err = p.upper.end.Meet(peer, own)
	p.is.NoErr(err)
	p.passed, err = p.lower.end.Meet(own, peer)
	p.is.NoErr(err)
	p.met = true
}

// sync greets where it must and moves all that there is, both ways.
func (p *pair) sync() {
	p.is.Helper()
	if !p.met {
		p.greet()
	}
	for {
		before := p.upper.journal.Head() + p.lower.journal.Head()
		_, err := p.up(p.offerUp())
		p.is.NoErr(err)
		_, err = p.lower.end.Take(ctx, p.offerDown())
		p.is.NoErr(err)
		if before == p.upper.journal.Head()+p.lower.journal.Head() {
			return
		}
	}
}

func (p *pair) offerUp() Batch {
	p.is.Helper()
	session, ok := p.lower.end.Sending()
	p.is.True(ok)
	b, err := p.lower.end.Offer(ctx, session, p.passed)
	p.is.NoErr(err)
	return b
}

func (p *pair) up(b Batch) (uint64, error) {
	answer, err := p.upper.end.Take(ctx, b)
	if err == nil {
		p.passed = answer.Upto
		p.is.True(!answer.Lacks(b))
		err = p.lower.end.Took(ctx, answer.Took)
	}
	return answer.Upto, err
}

func (p *pair) offerDown() Batch {
	p.is.Helper()
	poll, ok := p.lower.end.Next()
	p.is.True(ok)
	p.is.NoErr(p.upper.end.Took(ctx, poll.Took))
	b, err := p.upper.end.Offer(ctx, poll.Session, poll.Got)
	p.is.NoErr(err)
	return b
}

// raise opens a case at a node.
func (n *node) raise() events.Event {
	n.pair.is.Helper()
	return n.do(events.Subject{Place: village}, engine.Raise{To: nation, Source: "izu"})
}

func (n *node) note(c events.Subject) events.Event {
	n.pair.is.Helper()
	return n.do(c, engine.Contribute{Kind: "sighting"})
}

func (n *node) do(c events.Subject, do any) events.Event {
	n.pair.is.Helper()
	done, err := n.service.Do(ctx, engine.Command{Act: engine.Act{ID: n.pair.id(), Office: n.place, Actor: "W-1", Time: noon, Recorded: noon}, Case: c, Do: do})
	n.pair.is.NoErr(err)
	return done.Record.Event
}

// holds reports whether a node's stream holds an event.
func (n *node) holds(e events.Event) bool {
	n.pair.is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	hash, held, err := n.history.Held(e.ID)
	n.pair.is.NoErr(err)
	return held && hash == e.Hash()
}

// gaps are the numbers that a node misses.
func (n *node) gaps() []engine.Gap {
	n.pair.is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	out, err := n.history.Gaps(nation, engine.Gap{}, 100)
	n.pair.is.NoErr(err)
	return out
}

// refusals are those that a node's stream tells of, whoever wrote them.
func (n *node) refusals() (out []events.Refused) {
	records, err := n.journal.Read(ctx, 1, 1000)
	n.pair.is.NoErr(err)
	for _, r := range records {
		var b events.Refused
		if r.Event.Type == events.TypeRefused {
			n.pair.is.NoErr(r.Event.Decode(&b))
			out = append(out, b)
		}
	}
	return out
}

// sign makes an event of the district's that did not go through its writer.
func (p *pair) sign(number uint64, change func(*events.Draft)) events.Event {
	p.is.Helper()
	d := p.draft()
	change(&d)
	e, err := events.Sign(d, events.Author{Source: events.Source{Node: district, Run: run(7)}, Number: number, Key: p.lower.Key(), Sign: p.lower.Sign})
	p.is.NoErr(err)
	return e
}

func (p *pair) draft() events.Draft {
	return events.Draft{
		ID: p.id(), Type: events.TypeContributed, Subject: events.Subject{Place: village, Kind: events.KindCase, ID: string(p.id())},
		Office: district, Actor: "W-1", Time: noon, Recorded: noon, Code: "K7Q-F2MD", Edition: "test", Body: []byte(`{"kind":"sighting"}`),
	}
}

func as(d *events.Draft) {}

func itemOf(e events.Event) Item {
	return Item{At: engine.Position{Run: run(7), Seq: 1}, Subject: e.Subject.String(), Header: e.Header(), Body: e.Body}
}

// gate objects to nothing.
type gate struct{}

func (gate) Pack() string                              { return "test" }
func (gate) Version() string                           { return "1" }
func (gate) Knows(string, string) bool                 { return true }
func (gate) From() time.Time                           { return time.Time{} }
func (gate) LevelAbove(events.Place) bool              { return false }
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
	return engine.Finding{Outcome: "no_objection"}, nil
}
