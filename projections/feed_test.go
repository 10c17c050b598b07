package projections

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

var (
	ctx    = context.Background()
	key    = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	origin = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
)

const (
	nation   = events.Place("RW")
	district = events.Place("RW.57")
	sector   = events.Place("RW.57.12")
	cell     = events.Place("RW.57.12.05")
	village  = events.Place("RW.57.12.05.03")
)

// pen signs events for tests: each office's node has one run after another.
type pen struct {
	random  *rand.Rand
	runs    map[events.Place]events.Run
	numbers map[events.Source]uint64
	before  map[events.Place]*events.RunEnd
	made    int
}

func newPen(seed uint64) *pen {
	return &pen{
		random: rand.New(rand.NewPCG(seed, 1)), runs: map[events.Place]events.Run{},
		numbers: map[events.Source]uint64{}, before: map[events.Place]*events.RunEnd{},
	}
}

func (p *pen) id() events.ID {
	p.made++
	made := fmt.Sprintf("%08x", p.made)
	return events.ID(fmt.Sprintf("01a1%s-%s-7e11-8%03x-%012x", made[:4], made[4:], p.random.Uint64()&0xfff, p.random.Uint64()&(1<<48-1)))
}

// restart begins the next run of a node.
func (p *pen) restart(node events.Place) {
	run := p.runs[node]
	if !run.IsZero() {
		p.before[node] = &events.RunEnd{Run: run, Last: p.numbers[events.Source{Node: node, Run: run}]}
	}
	p.runs[node] = events.Run{Number: run.Number + 1, Mark: fmt.Sprintf("m%d", p.random.IntN(1000))}
}

// sign makes the next event of a node.
func (p *pen) sign(node events.Place, d events.Draft) events.Event {
	if p.runs[node].IsZero() {
		p.restart(node)
	}
	s := events.Source{Node: node, Run: p.runs[node]}
	p.numbers[s]++
	a := events.Author{
		Source: s, Number: p.numbers[s], Key: "00112233aabbccdd",
		Sign: events.SignWith(key),
	}
	if a.Number == 1 {
		a.Before = p.before[node]
	}
	e, err := events.Sign(d, a)
	if err != nil {
		panic(err) // the drafts of this package's tests are constants
	}
	return e
}

// act is one event on a case, at an instant after origin.
func (p *pen) act(on events.Subject, office events.Place, prev events.Hash, after time.Duration, t events.Type, body any) events.Event {
	raw, err := events.Encode(body)
	if err != nil {
		panic(err)
	}
	id := p.id()
	if on.ID == "" {
		on.Kind, on.ID = events.KindCase, string(id)
	}
	return p.sign(office, events.Draft{
		ID: id, Type: t, Subject: on, Office: office, Actor: "W-7", Prev: prev,
		Time: origin.Add(after), Recorded: origin.Add(after), Code: events.CodeOf(events.ID(on.ID)),
		Edition: events.RwandaEdition, Body: raw,
	})
}

func (p *pen) node(office, about events.Place, t events.Type, body any) events.Event {
	raw, err := events.Encode(body)
	if err != nil {
		panic(err)
	}
	return p.sign(office, events.Draft{
		ID: p.id(), Type: t, Subject: events.NodeSubject(about), Office: office, Actor: "node",
		Time: origin, Recorded: origin, Code: about.ID(), Edition: events.RwandaEdition, Body: raw,
	})
}

// stream is a stream in memory to which tests append.
type stream struct {
	*memory.Journal
	run events.Run
}

func newStream() *stream {
	return &stream{Journal: memory.NewJournal(), run: events.Run{Number: 1, Mark: "own"}}
}

func (s *stream) add(is *is.I, all ...events.Event) {
	is.Helper()
	records := make([]engine.Record, len(all))
	for i, e := range all {
		records[i] = engine.Record{Event: e, Run: s.run}
	}
	is.NoErr(s.Append(ctx, s.Head(), records))
}

func openHistory(t *testing.T, src Source) *History {
	t.Helper()
	h, err := OpenHistory(filepath.Join(t.TempDir(), "history.db"), sector, src)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}
