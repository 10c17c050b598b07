package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/events"
)

// stored is a wrap as its message holds it, or the note that it was made here,
// which has no sealed bytes.
type stored struct {
	engine.Wrap
	From events.Place `json:",omitempty"` // neighbour that brought it; empty: made here
	note bool
}

const givenToken = "given"

// newNote makes the note that a wrap was made here.
func newNote(w engine.Wrap) stored {
	w.Data = nil
	return stored{Wrap: w, note: true}
}

func (s stored) subject() string {
	to := strings.ReplaceAll(string(s.Holder), ".", "-")
	if s.note {
		to = givenToken
	}
	return "key." + s.Case.ID + "." + to + "." + s.ID()
}

func (s stored) message() (*nats.Msg, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write a wrap of %s: %w", s.Case.ID, err)
	}
	return &nats.Msg{Subject: s.subject(), Header: nats.Header{}, Data: raw}, nil
}

func readStored(subject string, data []byte) (stored, error) {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return s, err
	}
	s.note = strings.Contains(subject, "."+givenToken+".")
	if s.subject() != subject {
		return s, errors.New("a wrap stands under another's subject")
	}
	return s, nil
}

// entry is what memory keeps of a message: all but the sealed bytes.
type entry struct {
	engine.Wrap
	id   string
	at   string // subject of the message
	from events.Place
	note bool
	seq  uint64
}

func (e entry) names(key string) bool {
	return slices.ContainsFunc(e.Keys, func(k engine.CaseKey) bool { return k.ID == key })
}

// keyIndex knows which wraps stand in the stream, and what was erased.
type keyIndex struct {
	self  events.Place
	cases map[events.Subject][]entry         // in the order of the stream
	way   []entry                            // of these, the wraps that go on to others
	known map[string]bool                    // subjects of messages
	from  map[events.Place]int               // how many of way a neighbour brought
	bars  map[events.Subject]map[string]bool // erased keys; "" for all
}

func newKeyIndex(self events.Place) keyIndex {
	return keyIndex{
		self: self, cases: map[events.Subject][]entry{}, known: map[string]bool{},
		from: map[events.Place]int{}, bars: map[events.Subject]map[string]bool{},
	}
}

func (x *keyIndex) passes(e entry) bool { return !e.note && e.Holder != x.self }

func (x *keyIndex) add(s stored, seq uint64) {
	e := entry{Wrap: s.Wrap, id: s.ID(), at: s.subject(), from: s.From, note: s.note, seq: seq}
	e.Data = nil
	x.cases[s.Case] = append(x.cases[s.Case], e)
	x.known[e.at] = true
	if x.passes(e) {
		x.way = append(x.way, e)
		x.from[e.from]++
	}
}

func (x *keyIndex) remove(gone entry) {
	same := func(e entry) bool { return e.seq == gone.seq }
	left := slices.DeleteFunc(x.cases[gone.Case], same)
	x.cases[gone.Case] = left
	if len(left) == 0 {
		delete(x.cases, gone.Case)
	}
	delete(x.known, gone.at)
	if x.passes(gone) {
		x.way = slices.DeleteFunc(x.way, same)
		x.from[gone.from]--
	}
}

func (x *keyIndex) has(subject string) bool { return x.known[subject] }

// of lists the entries of one case.
func (x *keyIndex) of(c events.Subject, yes func(entry) bool) []entry {
	var out []entry
	for _, e := range x.cases[c] {
		if yes(e) {
			out = append(out, e)
		}
	}
	return out
}

// passing lists the first entries on their way, in the order of the stream.
func (x *keyIndex) passing(yes func(entry) bool, limit int) []entry {
	var out []entry
	for _, e := range x.way {
		if len(out) == limit {
			break
		}
		if yes(e) {
			out = append(out, e)
		}
	}
	return out
}

// held lists the cases of which this node has wraps of its own, sorted.
func (x *keyIndex) held() []events.Subject {
	var out []events.Subject
	for c, list := range x.cases {
		if slices.ContainsFunc(list, func(e entry) bool { return !e.note && e.Holder == x.self }) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b events.Subject) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// bar keeps a case's keys, or one of them, out from now on.
func (x *keyIndex) bar(c events.Subject, key string) {
	if x.bars[c] == nil {
		x.bars[c] = map[string]bool{}
	}
	x.bars[c][key] = true
}

func (x *keyIndex) barred(w engine.Wrap) bool {
	keys := x.bars[w.Case]
	return keys[""] || slices.ContainsFunc(w.Keys, func(k engine.CaseKey) bool { return keys[k.ID] })
}
