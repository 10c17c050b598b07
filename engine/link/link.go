// Package link carries events between a lower node and its upper one, in both
// directions, so that whatever is cut, restarted, restored from an older copy
// or lost, nothing that any store holds is missing at the end. It holds the
// rule as step machines over messages, and checks what comes in before it is
// stored; it moves no bytes itself and never decides what an event does.
//
// The rule (engine/DESIGN.md §6; Kafka's leader epoch, KIP-101, with the
// run as epoch): a position in a stream is (run, sequence). Each side lists its
// runs with the last sequence of each. The receiver names its last position in
// each run of the sender that it knows; the sender takes the first, newest run
// first, that its own list contains, cut at the end of that run, else 0. It
// offers everything after that which is due on this link, except what came
// from this very neighbour at a position that the neighbour's list still
// contains. The receiver skips what it holds, checks the rest, commits the
// batch at once and answers its new position.
package link

import (
	"errors"

	"umuryango/engine"
	"umuryango/events"
)

const (
	// BatchRecordsMax and BatchBytesMax keep a batch under one NATS message of
	// 1 MB and one atomic batch of the journal.
	BatchRecordsMax = 256
	BatchBytesMax   = 700 << 10
	// GapsMax bounds how many gaps one greeting asks for.
	GapsMax = 64
	// GapNumbersMax bounds how many numbers of one gap are answered at once.
	GapNumbersMax = 128
)

// ErrGreet is answered to a message of a session that is not known, after
// either side began a new run: greet again.
var ErrGreet = errors.New("greet again: this session is not known")

// Greeting opens a session: what each side says first.
type Greeting struct {
	Node  events.Place      // who speaks
	Run   events.Run        // its run now
	Runs  []engine.Position // the runs in its store, in order, each with its last sequence
	Known []engine.Position // its last position in each run of the other's store
	Want  []engine.Gap      // numbers that it misses and the other may hold
}

// Session names the two runs that a message belongs to.
type Session struct {
	From, To events.Run
}

// Batch offers a stretch of the sender's stream.
type Batch struct {
	Session
	After uint64          // the stretch begins behind this sequence
	Upto  engine.Position // and ends with this one; equal to After for none
	Items []Item          // what of it is due
	Wraps []engine.Wrap   // on their way over this link, beside the stream
	Asks  []engine.Ask
}

// Item is one record on its way, not yet checked.
type Item struct {
	At      engine.Position // in the sender's stream
	Subject string
	Header  map[string][]string
	Body    []byte
}

// Told leaves what a node is told that does not hang on the sender: how it stands,
// which node is above it now, and what was refused of what it wrote. It stands at
// no position and passes over nothing, so that the node misses nothing should it
// come back.
func (b Batch) Told() Batch {
	var items []Item
	for _, i := range b.Items {
		if s, err := events.ParseSubject(i.Subject); err == nil && s.Kind == events.KindNode {
			i.At.Seq = 0
			items = append(items, i)
		}
	}
	b.Items, b.Wraps, b.Asks, b.Upto.Seq = items, nil, nil, b.After
	return b
}

// Poll asks for what follows Got in the listener's stream, and says which wraps
// of the last batch are on disk.
type Poll struct {
	Session
	Got  uint64
	Took []string
}

// resume is the sequence behind which the sender goes on. A position of zero
// is that of an enrolment sent ahead, and says nothing of what was passed.
func resume(runs, known []engine.Position) uint64 {
	for i := len(runs) - 1; i >= 0; i-- {
		for _, k := range known {
			if k.Run == runs[i].Run && k.Seq > 0 {
				return min(k.Seq, runs[i].Seq)
			}
		}
	}
	return 0
}

// sender chooses what of a stream goes to the neighbour.
type sender struct {
	own   events.Run
	peer  Greeting
	lower events.Place
	kept  map[events.Run]uint64 // the neighbour's runs and their ends
	want  []engine.Gap          // asked for and not yet answered
	fresh bool                  // nothing was sent in this session yet
	head  events.Hash           // of the last enrolment of this node that was sent ahead
	end   uint64                // of this node's stream, as it greeted
}

func newSender(lower events.Place, own, peer Greeting) *sender {
	s := &sender{own: own.Run, peer: peer, lower: lower, kept: map[events.Run]uint64{}, want: peer.Want, fresh: true}
	for _, r := range peer.Runs {
		s.kept[r.Run] = r.Seq
	}
	if n := len(own.Runs); n > 0 {
		s.end = own.Runs[n-1].Seq
	}
	return s
}

// fill makes a batch of the records that follow sequence after. Before them go
// the enrolments that the neighbour needs to check the rest, and what it asked
// for again.
func (s *sender) fill(after uint64, chain []events.Event, again, records []engine.Record) Batch {
	b := Batch{Session: Session{From: s.own, To: s.peer.Run}, After: after, Upto: engine.Position{Run: s.own, Seq: after}}
	size := 0
	for _, e := range chain {
		size += b.add(engine.Record{Event: e, Run: s.own}) // at no position: it passes over nothing
	}
	for _, r := range again {
		if r.Seq <= after { // what lies ahead comes in its order: its position would pass over the rest
			size += b.add(r)
		}
	}
	for _, r := range records {
		if len(b.Items) == BatchRecordsMax || size >= BatchBytesMax {
			break
		}
		if r.Event.Subject.Due(s.lower) && !s.echo(r.From) {
			if n := r.Event.Size(); size+n > BatchBytesMax {
				break
			}
			size += b.add(r)
		}
		b.Upto = engine.Position{Run: r.Run, Seq: r.Seq}
	}
	return b
}

// echo reports whether the neighbour still holds what came from it: within
// its present run it does, as a store only grows while its run lasts. An
// enrolment that was sent ahead came without a position: its sender may know it
// and not hold it, so it is sent back.
func (s *sender) echo(from engine.Origin) bool {
	if from.Node != s.peer.Node || from.Seq == 0 {
		return false
	}
	last, kept := s.kept[from.Run]
	return from.Run == s.peer.Run || kept && from.Seq <= last
}

func (b *Batch) add(r engine.Record) int {
	b.Items = append(b.Items, Item{
		At:      engine.Position{Run: r.Run, Seq: r.Seq},
		Subject: r.Event.Subject.String(), Header: r.Event.Header(), Body: r.Event.Body,
	})
	return r.Event.Size()
}

// receiver keeps how far the neighbour's stream has been passed.
type receiver struct {
	own  events.Run
	peer Greeting
	got  engine.Position
}

func newReceiver(own Greeting, peer Greeting) *receiver {
	return &receiver{own: own.Run, peer: peer, got: engine.Position{Run: peer.Run, Seq: resume(peer.Runs, own.Known)}}
}

func (r *receiver) pass(b Batch) {
	if b.Upto.Seq > r.got.Seq {
		r.got = b.Upto
	}
}
