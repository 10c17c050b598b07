package journal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/events"
)

// stored is what one message holds: a wrap, or the note of which keys were
// wrapped here and for whom, which has no sealed bytes.
type stored struct {
	engine.Wrap
	From  events.Place   `json:",omitempty"` // neighbour that brought the wrap; empty: made here
	Given []engine.Given `json:"-"`
	After uint64         `json:"-"` // of a note: the wrap with which a key came back that was given before
}

// note is the form of a note.
type note struct {
	Case  events.Subject
	Given []engine.Given
	After uint64 `json:",omitempty"`
}

const givenToken = "given"

// newNote notes who is given what by wraps of one case.
func newNote(c events.Subject, wraps []engine.Wrap) stored {
	s := stored{Wrap: engine.Wrap{Case: c}}
	for _, w := range wraps {
		for _, k := range w.Keys {
			s.Given = append(s.Given, engine.Given{Key: k.ID, HolderKey: w.HolderKey})
		}
	}
	return s
}

func (s stored) note() bool { return len(s.Given) > 0 }

// id names a wrap by what it is, and a note by what it says.
func (s stored) id() string {
	if !s.note() {
		return s.Wrap.ID()
	}
	h := sha256.New()
	if s.After > 0 {
		fmt.Fprintf(h, "after %d\n", s.After)
	}
	for _, g := range s.Given {
		fmt.Fprintf(h, "%s %s\n", g.Key, g.HolderKey)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// caseSubjects begins the subject of every message of a case.
func caseSubjects(c events.Subject) string { return "key." + c.ID + "." }

func (s stored) subject() string {
	to := strings.ReplaceAll(string(s.Holder), ".", "-")
	if s.note() {
		to = givenToken
	}
	return caseSubjects(s.Case) + to + "." + s.id()
}

func (s stored) message() (*nats.Msg, error) {
	var form any = s
	if s.note() {
		form = note{s.Case, s.Given, s.After}
	}
	raw, err := json.Marshal(form)
	if err != nil {
		return nil, fmt.Errorf("write a wrap of %s: %w", s.Case.ID, err)
	}
	return &nats.Msg{Subject: s.subject(), Data: raw}, nil
}

func readStored(subject string, data []byte) (stored, error) {
	var s stored
	if strings.Contains(subject, "."+givenToken+".") {
		var n note
		if err := json.Unmarshal(data, &n); err != nil {
			return s, err
		}
		s = stored{Wrap: engine.Wrap{Case: n.Case}, Given: n.Given, After: n.After}
	} else if err := json.Unmarshal(data, &s); err != nil {
		return s, err
	}
	if s.subject() != subject {
		return s, errors.New("a wrap stands under another's subject")
	}
	return s, nil
}

// entry is what memory keeps of a message: all but the sealed bytes.
type entry struct {
	stored
	wrap  string // id; empty for a note
	at    string // subject of the message
	seq   uint64
	size  int64 // of the message in the stream
	fault error // why it cannot be read; then nothing of stored is known
}

// unpack reads the wrap in a message of this entry.
func (e entry) unpack(data []byte) (engine.Wrap, error) {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return engine.Wrap{}, fmt.Errorf("read wrap %s of %s: %w: %w", e.wrap, StreamKeys, engine.ErrBroken, err)
	}
	return s.Wrap, nil
}

func (e entry) names(key string) bool {
	return slices.ContainsFunc(e.Keys, func(k engine.CaseKey) bool { return k.ID == key }) ||
		slices.ContainsFunc(e.Given, func(g engine.Given) bool { return g.Key == key })
}

// of reports whether a wrap holds a key of a class.
func (e entry) of(class engine.Class) bool {
	return slices.ContainsFunc(e.Keys, func(n engine.CaseKey) bool { return n.Class == class })
}

// keyIndex knows which wraps stand in the stream, and what was erased.
type keyIndex struct {
	self  events.Place
	cases map[events.Subject][]entry // in the order of the stream
	way   []entry                    // of these, the wraps that go on to others
	known map[string]bool            // subjects of messages
	from  map[events.Place]int       // how many of way a neighbour brought
	// brought counts this node's own wraps by the neighbour that brought them.
	brought map[events.Place]int
	weight  map[events.Place]int64             // bytes of what a neighbour brought
	total   int64                              // bytes of all messages
	aside   []entry                            // what cannot be read, in the order of the stream
	bars    map[events.Subject]map[string]bool // erased keys; "" for all
}

func newKeyIndex(self events.Place) keyIndex {
	return keyIndex{
		self: self, cases: map[events.Subject][]entry{}, known: map[string]bool{},
		from: map[events.Place]int{}, brought: map[events.Place]int{}, weight: map[events.Place]int64{},
		bars: map[events.Subject]map[string]bool{},
	}
}

func (x *keyIndex) passes(e entry) bool { return !e.note() && e.Holder != x.self }

func (x *keyIndex) own(e entry) bool { return !e.note() && e.Holder == x.self }

func (x *keyIndex) add(s stored, seq uint64, size int64) {
	e := entry{stored: s, at: s.subject(), seq: seq, size: size}
	if !s.note() {
		e.wrap = s.id()
	}
	e.Data = nil
	x.cases[s.Case] = append(x.cases[s.Case], e)
	x.known[e.at] = true
	x.weigh(e, 1)
	if x.passes(e) {
		x.way = append(x.way, e)
	}
}

// setAside notes a message that cannot be read as what its subject says.
func (x *keyIndex) setAside(subject string, seq uint64, size int64, fault error) {
	e := entry{at: subject, seq: seq, size: size, fault: fault}
	x.aside = append(x.aside, e)
	x.weigh(e, 1)
}

// weigh counts a message in, or, with a sign of -1, out.
func (x *keyIndex) weigh(e entry, sign int) {
	x.total += int64(sign) * e.size
	switch {
	case e.fault != nil:
		return
	case x.passes(e):
		x.from[e.From] += sign
	case x.own(e):
		x.brought[e.From] += sign
	}
	x.weight[e.From] += int64(sign) * e.size
}

func (x *keyIndex) remove(gone entry) {
	same := func(e entry) bool { return e.seq == gone.seq }
	x.weigh(gone, -1)
	if gone.fault != nil {
		x.aside = slices.DeleteFunc(x.aside, same)
		return
	}
	left := slices.DeleteFunc(x.cases[gone.Case], same)
	x.cases[gone.Case] = left
	if len(left) == 0 {
		delete(x.cases, gone.Case)
	}
	delete(x.known, gone.at)
	if x.passes(gone) {
		x.way = slices.DeleteFunc(x.way, same)
	}
}

// unreadable lists what was set aside and yes says of its subject.
func (x *keyIndex) unreadable(yes func(subject string) bool) []entry {
	var out []entry
	for _, e := range x.aside {
		if yes(e.at) {
			out = append(out, e)
		}
	}
	return out
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

// unnoted leaves of a note what no other says since this node has the key;
// nothing where that is all.
func (x *keyIndex) unnoted(n stored) []stored {
	n.Given = slices.DeleteFunc(n.Given, func(g engine.Given) bool {
		came := x.came(n.Case, g.Key)
		if x.givenSince(n.Case, g, came) {
			return true
		}
		n.After = max(n.After, came)
		return false
	})
	if len(n.Given) == 0 {
		return nil
	}
	return []stored{n}
}

// came is the message with which a neighbour last brought a key; 0 for none.
func (x *keyIndex) came(c events.Subject, key string) (seq uint64) {
	for _, e := range x.cases[c] {
		if x.own(e) && e.From != "" && e.names(key) {
			seq = e.seq
		}
	}
	return seq
}

// givenSince reports whether a note behind a message says that a key was given.
func (x *keyIndex) givenSince(c events.Subject, g engine.Given, seq uint64) bool {
	return slices.ContainsFunc(x.cases[c], func(e entry) bool { return e.seq > seq && slices.Contains(e.Given, g) })
}

// passedOn reports whether every key of a wrap was given on after it came.
func (x *keyIndex) passedOn(e entry, holderKeys []string) bool {
	return !slices.ContainsFunc(e.Keys, func(n engine.CaseKey) bool {
		return !slices.ContainsFunc(holderKeys, func(to string) bool {
			return x.givenSince(e.Case, engine.Given{Key: n.ID, HolderKey: to}, e.seq)
		})
	})
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
		if slices.ContainsFunc(list, x.own) {
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
