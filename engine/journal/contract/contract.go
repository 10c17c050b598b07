// Package contract is the suite that every implementation of engine.Journal
// passes, so that what holds in the simulator holds on a node. It is for tests
// only and says nothing of speed.
package contract

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// Store is one stream under test, with the means to hurt it.
type Store interface {
	// Open returns a handle on the stream, as another process would get one.
	Open() engine.Journal
	// LoseAnswer lets the next append through j be stored and its answer be lost.
	LoseAnswer(j engine.Journal)
	// LoseRequest lets the next append through j be lost on its way.
	LoseRequest(j engine.Journal)
	// Drop takes the event at seq away, behind the back of every handle.
	Drop(seq uint64)
	// Damage returns the sequences that j reported as missing.
	Damage(j engine.Journal) []uint64
}

// Test runs the suite; open makes an empty stream.
func Test(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"ReadsBackWhatWasAppended": readsBack,
		"RefusesTheWrongHead":      refusesWrongHead,
		"BatchIsAllOrNone":         batchAllOrNone,
		"RefusesHalfRecords":       refusesHalfRecords,
		"ReadLimits":               readLimits,
		"LargestEvent":             largestEvent,
		"WaitWakes":                waitWakes,
		"ReopeningKeepsAll":        reopening,
		"LostAnswerIsSettled":      lostAnswer,
		"LostRequestIsSettled":     lostRequest,
		"OfTwoHandlesOneWins":      twoHandles,
		"HoleIsLeftOutAndReported": hole,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var ctx = context.Background()

// Record makes the n-th record of a run of tests: every other one came from a
// neighbour, the others answer a command. Size is that of the event in bytes,
// as near as padding comes; 0 for a small one.
func Record(n int, size int) engine.Record {
	r := engine.Record{Event: event(n, size), Run: events.Run{Number: 3, Mark: "me"}}
	if n%2 == 0 {
		r.From = engine.Origin{Node: "RW.57.12.05", Position: engine.Position{Run: events.Run{Number: 9, Mark: "k3f9"}, Seq: uint64(n)}}
	} else {
		r.Command = events.Hash{byte(n), 1}
	}
	return r
}

// Records are the records n to n+count-1, small ones.
func Records(n, count int) []engine.Record {
	out := make([]engine.Record, count)
	for i := range out {
		out[i] = Record(n+i, 0)
	}
	return out
}

var key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func event(n, size int) events.Event {
	at := time.Date(2026, 11, 20, 6, 12, n%60, 0, time.UTC)
	id := events.ID(fmt.Sprintf("01a1f795-4f80-7e11-8000-%012x", n))
	d := events.Draft{
		ID: id, Type: events.TypeForwarded, Office: "RW.57.12.05", Actor: "W-7", Time: at, Recorded: at,
		Subject: events.Subject{Place: "RW.57.12.05.03", Kind: events.KindCase, ID: string(id)},
		Code:    events.NewCode(uint32(n)), Edition: events.RwandaEdition, Prev: events.Hash{byte(n)}, Body: []byte(`{"to":"RW5712"}`),
	}
	a := events.Author{
		Source: events.Source{Node: "RW.57.12.05", Run: events.Run{Number: 9, Mark: "k3f9"}}, Number: uint64(n) + 1,
		Key: "00112233aabbccdd", Sign: events.SignWith(key),
	}
	e := sign(d, a)
	if size > e.Size() {
		d.Body = fmt.Appendf(nil, `{"to":"RW5712","x":"%s"}`, strings.Repeat("y", size-e.Size()-len(`,"x":""`)))
		e = sign(d, a)
	}
	return e
}

func sign(d events.Draft, a events.Author) events.Event {
	e, err := events.Sign(d, a)
	if err != nil {
		panic(err) // the draft above is a constant
	}
	return e
}

// stored are the records as they must be read back when the first of them
// stands at seq.
func stored(seq uint64, records []engine.Record) []engine.Record {
	out := make([]engine.Record, len(records))
	for i, r := range records {
		r.Seq = seq + uint64(i)
		out[i] = r
	}
	return out
}

func appended(is *is.I, j engine.Journal, records []engine.Record) {
	is.Helper()
	is.NoErr(j.Append(ctx, j.Head(), records))
}

func reads(is *is.I, j engine.Journal, from uint64, limit int, want []engine.Record) {
	is.Helper()
	have, err := j.Read(ctx, from, limit)
	is.NoErr(err)
	is.Equal(len(have), len(want))
	for i := range want {
		is.Equal(have[i], want[i])
	}
}
