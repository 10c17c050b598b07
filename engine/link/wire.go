package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"umuryango/engine"
	"umuryango/events"
)

// On the wire a message is one byte that says what it is, and its fields in
// order: numbers as unsigned varints, texts and bytes with their length before
// them, lists with their count. Bodies travel as they are.
const (
	tagGreeting byte = 'H'
	tagBatch    byte = 'B'
	tagPoll     byte = 'P'
	tagAnswer   byte = 'A'
	tagGreet    byte = 'G'
	tagFailed   byte = 'F'

	// The same with wraps and asks behind the fields.
	tagBatchKeys  byte = 'b'
	tagPollKeys   byte = 'p'
	tagAnswerKeys byte = 'a'
)

const (
	// wireTextMax bounds one short text: a run, a place, a subject, a header.
	wireTextMax = 8 << 10
	// wireBodyMax bounds one body; what is over events.SizeMax is refused one by
	// one, so it must still be readable.
	wireBodyMax = 256 << 10
	// wireListMax bounds the runs or positions of one greeting.
	wireListMax = 20_000
	// wireHeaderMax bounds the headers of one item.
	wireHeaderMax = 128
)

// Answer says how far the neighbour's stream has been passed, and which wraps of
// the batch are on disk or were let go.
type Answer struct {
	Upto uint64
	Took []string
	// Refused counts what of the batch was refused here and had not been before. It
	// is for who serves the neighbour, and does not go to it.
	Refused int
}

// Failed says that a message could not be served now; nothing was stored.
type Failed struct {
	Why string
}

// Encode writes a Greeting, Batch, Poll, Answer, Failed, or ErrGreet.
func Encode(message any) []byte {
	w := writer{}
	switch m := message.(type) {
	case Greeting:
		w.tag(tagGreeting)
		w.text(string(m.Node))
		w.run(m.Run)
		w.positions(m.Runs)
		w.positions(m.Known)
		w.number(uint64(len(m.Want)))
		for _, g := range m.Want {
			w.text(g.Source.String())
			w.number(g.From)
			w.number(g.To)
		}
	case Batch:
		keys := len(m.Wraps) > 0 || len(m.Asks) > 0
		w.either(keys, tagBatchKeys, tagBatch)
		w.session(m.Session)
		w.number(m.After)
		w.position(m.Upto)
		w.number(uint64(len(m.Items)))
		for _, i := range m.Items {
			w.item(i)
		}
		if keys {
			w.wraps(m.Wraps)
			w.asks(m.Asks)
		}
	case Poll:
		w.either(len(m.Took) > 0, tagPollKeys, tagPoll)
		w.session(m.Session)
		w.number(m.Got)
		w.took(m.Took)
	case Answer:
		w.either(len(m.Took) > 0, tagAnswerKeys, tagAnswer)
		w.number(m.Upto)
		w.took(m.Took)
	case Failed:
		w.tag(tagFailed)
		w.text(m.Why)
	default:
		w.tag(tagGreet)
	}
	return w.out
}

// Decode reads what Encode wrote: a Greeting, Batch, Poll, Answer, Failed, or
// ErrGreet as a value. It fails on anything else and never panics.
func Decode(data []byte) (any, error) {
	r := reader{in: data}
	var out any
	switch tag := r.byte(); tag {
	case tagGreeting:
		out = r.greeting()
	case tagBatch:
		out = r.batch()
	case tagBatchKeys:
		b := r.batch()
		b.Wraps, b.Asks = r.wraps(), r.asks()
		out = b
	case tagPoll:
		out = Poll{Session: r.session(), Got: r.number()}
	case tagPollKeys:
		out = Poll{Session: r.session(), Got: r.number(), Took: r.texts(WrapsMax)}
	case tagAnswer:
		out = Answer{Upto: r.number()}
	case tagAnswerKeys:
		out = Answer{Upto: r.number(), Took: r.texts(WrapsMax)}
	case tagFailed:
		out = Failed{Why: r.text()}
	case tagGreet:
		out = ErrGreet
	default:
		r.fail(fmt.Errorf("message of kind %q", tag))
	}
	if r.err == nil && len(r.in) > 0 {
		r.fail(fmt.Errorf("%d bytes too many", len(r.in)))
	}
	if r.err != nil {
		return nil, fmt.Errorf("read a link message of %d bytes: %w", len(data), r.err)
	}
	return out, nil
}

type writer struct{ out []byte }

func (w *writer) tag(b byte)      { w.out = append(w.out, b) }
func (w *writer) number(n uint64) { w.out = binary.AppendUvarint(w.out, n) }
func (w *writer) text(s string)   { w.number(uint64(len(s))); w.out = append(w.out, s...) }
func (w *writer) bytes(b []byte)  { w.number(uint64(len(b))); w.out = append(w.out, b...) }

func (w *writer) run(r events.Run) {
	w.number(r.Number)
	w.text(r.Mark)
}

func (w *writer) position(p engine.Position) {
	w.run(p.Run)
	w.number(p.Seq)
}

func (w *writer) positions(list []engine.Position) {
	w.number(uint64(len(list)))
	for _, p := range list {
		w.position(p)
	}
}

func (w *writer) session(s Session) {
	w.run(s.From)
	w.run(s.To)
}

func (w *writer) item(i Item) {
	w.position(i.At)
	w.text(i.Subject)
	names := make([]string, 0, len(i.Header))
	count := 0
	for name, values := range i.Header {
		names = append(names, name)
		count += len(values)
	}
	sort.Strings(names)
	w.number(uint64(count))
	for _, name := range names {
		for _, value := range i.Header[name] {
			w.text(name)
			w.text(value)
		}
	}
	w.bytes(i.Body)
}

// reader takes fields in order and keeps the first fault.
type reader struct {
	in  []byte
	err error
}

var errShort = errors.New("it ends too early")

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.in = nil
}

func (r *reader) byte() byte {
	if len(r.in) == 0 {
		r.fail(errShort)
		return 0
	}
	b := r.in[0]
	r.in = r.in[1:]
	return b
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.in)
	if size <= 0 {
		r.fail(errShort)
		return 0
	}
	r.in = r.in[size:]
	return n
}

func (r *reader) count(most int) int {
	n := r.number()
	if n > uint64(most) || n > uint64(len(r.in)) { // every element takes a byte or more
		r.fail(fmt.Errorf("a list of %d, at most %d are taken", n, most))
		return 0
	}
	return int(n)
}

func (r *reader) take(most int) []byte {
	n := r.number()
	if n > uint64(most) || n > uint64(len(r.in)) {
		r.fail(errShort)
		return nil
	}
	out := r.in[:n:n]
	r.in = r.in[n:]
	return out
}

func (r *reader) text() string { return string(r.take(wireTextMax)) }

func (r *reader) run() events.Run { return events.Run{Number: r.number(), Mark: r.text()} }

func (r *reader) position() engine.Position {
	return engine.Position{Run: r.run(), Seq: r.number()}
}

func (r *reader) positions() []engine.Position {
	var out []engine.Position
	for n := r.count(wireListMax); n > 0 && r.err == nil; n-- {
		out = append(out, r.position())
	}
	return out
}

func (r *reader) session() Session { return Session{From: r.run(), To: r.run()} }

func (r *reader) greeting() Greeting {
	g := Greeting{}
	place, err := events.ParsePlace(r.text())
	if err != nil {
		r.fail(err)
	}
	g.Node, g.Run, g.Runs, g.Known = place, r.run(), r.positions(), r.positions()
	for n := r.count(GapsMax); n > 0 && r.err == nil; n-- {
		source, err := events.ParseSource(r.text())
		if err != nil {
			r.fail(err)
		}
		g.Want = append(g.Want, engine.Gap{Source: source, From: r.number(), To: r.number()})
	}
	return g
}

func (r *reader) batch() Batch {
	b := Batch{Session: r.session(), After: r.number(), Upto: r.position()}
	for n := r.count(BatchRecordsMax + BatchRecordsMax/2); n > 0 && r.err == nil; n-- {
		b.Items = append(b.Items, r.item())
	}
	return b
}

func (r *reader) item() Item {
	i := Item{At: r.position(), Subject: r.text(), Header: map[string][]string{}}
	for n := r.count(wireHeaderMax); n > 0 && r.err == nil; n-- {
		name, value := r.text(), r.text()
		i.Header[name] = append(i.Header[name], value)
	}
	i.Body = r.take(wireBodyMax)
	return i
}
