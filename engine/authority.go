package engine

import (
	"crypto/ed25519"
	"slices"
	"sync"

	"umuryango/events"
)

// Authority says who may sign for which office, folded from node events: the
// nation's first one is signed by the root key, every other is written by the
// office above. What it says follows from the set of these events and from
// nothing else, in whatever order they were added. It is safe for concurrent
// use; what was added stays.
type Authority struct {
	root ed25519.PublicKey

	mu    sync.Mutex
	lines map[events.Place]*hosting
	below map[events.Place][]events.Place // the places right below that have a line, or stand above one
}

// Host is a node as its enrolment describes it.
type Host struct {
	Node    events.Place
	SignKey ed25519.PublicKey
	LinkKey ed25519.PublicKey
	SealKey []byte // HPKE public key to which keys of cases are wrapped; empty: it holds none
	Address string
}

// Standing is how an office's own node stands.
type Standing string

// The standings of an office's own node.
const (
	StandingNone      Standing = ""          // it never had one
	StandingActive    Standing = "active"    // it speaks for its office
	StandingRecalled  Standing = "recalled"  // the office is hosted above again; the node may bring what it wrote
	StandingSuspended Standing = "suspended" // until it is resumed nothing more of it is taken
	StandingRevoked   Standing = "revoked"   // stolen, or in wrong hands: its keys count no more
)

// NewAuthority begins with nothing but the nation's root key.
func NewAuthority(root ed25519.PublicKey) *Authority {
	return &Authority{root: root, lines: map[events.Place]*hosting{}, below: map[events.Place][]events.Place{}}
}

// Root is the key from which all others follow.
func (a *Authority) Root() ed25519.PublicKey { return a.root }

// Add folds an event that Check has passed. Events of other kinds, and those
// that were added before, change nothing.
func (a *Authority) Add(e events.Event) {
	if e.Subject.Kind != events.KindNode {
		return
	}
	c, ok := readAct(e)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.line(e.Subject.Place)
	if _, here := h.all[c.hash]; here {
		return
	}
	h.all[c.hash] = c
	a.fold(e.Subject.Place)
}

// Hear adds an event that is authentic and was not added before: whoever tells
// it, what follows from the root key is true. What is known costs no check.
func (a *Authority) Hear(e events.Event) {
	if !a.Holds(e) && a.Check(e) == "" {
		a.Add(e)
	}
}

// line finds or makes the line of an office's node events.
func (a *Authority) line(office events.Place) *hosting {
	if h := a.lines[office]; h != nil {
		return h
	}
	h := &hosting{office: office, all: map[events.Hash]*act{}}
	a.lines[office] = h
	for p, upper := office, events.Place(""); ; p = upper {
		above, ok := p.Upper()
		if upper = above; !ok || slices.Contains(a.below[upper], p) {
			return h
		}
		a.below[upper] = append(a.below[upper], p)
	}
}

// fold reads the line of an office anew, and those of the offices below, as
// who might write them follows from it.
func (a *Authority) fold(office events.Place) {
	if h := a.lines[office]; h != nil {
		a.read(h)
	}
	for _, p := range a.below[office] {
		a.fold(p)
	}
}

// read walks one line: only the owner, the office above, writes it; of several
// successors the root key's counts, then that of the lower run, then of the
// smaller id. What its author could not sign is passed over.
func (a *Authority) read(h *hosting) {
	var upper []stretch
	if above, ok := h.office.Upper(); ok {
		upper = a.speakers(above)
	}
	h.begin(upper)
	for head := (events.Hash{}); ; {
		var next []*act
		for _, c := range h.all {
			if c.event.Prev == head && owns(c.event) && a.signed(c) {
				next = append(next, c)
			}
		}
		if len(next) == 0 {
			return
		}
		c := slices.MinFunc(next, a.first)
		h.apply(c, upper)
		head = c.hash
	}
}

// first orders successors of one event. What the root key signed goes before
// everything: it is how a nation gets rid of a key that was stolen from it.
func (a *Authority) first(x, y *act) int {
	switch rx, ry := a.isRootAct(x.event), a.isRootAct(y.event); {
	case rx && !ry:
		return -1
	case ry && !rx:
		return 1
	}
	return byNumber(x.event, y.event)
}

// owns: the office above writes; the nation's own line is the nation's, its
// first event the root key's.
func owns(e events.Event) bool {
	upper, ok := e.Subject.Place.Upper()
	if !ok {
		return e.Office == e.Subject.Place
	}
	return e.Office == upper
}

// signed is Check of an act of a line, under the lines above it and as much of
// its own as has been read.
func (a *Authority) signed(c *act) bool {
	if a.isRootAct(c.event) {
		return c.verified(a.root)
	}
	return slices.ContainsFunc(a.keys(c.event), c.verified)
}

// speakers lists everybody who ever spoke for an office, oldest first.
func (a *Authority) speakers(office events.Place) []stretch {
	for p, ok := office, true; ok; p, ok = p.Upper() {
		if h := a.lines[p]; h != nil && len(h.order) > 0 {
			return h.speaks
		}
	}
	return nil
}

// keys lists the keys with which the author of e might sign it: those of its
// node at that number, if that node spoke for the office at that number.
func (a *Authority) keys(e events.Event) []ed25519.PublicKey {
	if !slices.ContainsFunc(a.speakers(e.Office), func(s stretch) bool { return s.node == e.Source.Node && s.counts(e) }) {
		return nil
	}
	h := a.lines[e.Source.Node]
	if h == nil {
		return nil
	}
	var out []ed25519.PublicKey
	for _, k := range slices.Backward(h.keys) {
		if k.id == e.Key && k.counts(e) {
			out = append(out, k.key)
		}
	}
	return out
}

// Fault is why an event is not authentic: a word of Refused.Reason.
type Fault string

// The reasons for which a node does not take an event (DESIGN.md §3: authenticity
// only; what an event does is for the fold).
const (
	FaultForm      Fault = "form"      // it cannot be read
	FaultSize      Fault = "size"      // over events.SizeMax
	FaultSubject   Fault = "subject"   // not of this link's places
	FaultAuthor    Fault = "author"    // that node does not speak for that office at that number
	FaultSignature Fault = "signature" // the signature does not fit
	FaultClone     Fault = "clone"     // its number or id stands with other content
)

// Check decides whether an event is authentic: its author office lies on its
// subject's path, and the signing node spoke for that office at that number.
// Every node that holds the same enrolments decides alike. "" is authentic.
func (a *Authority) Check(e events.Event) Fault {
	if e.Office == "" || !e.Source.Node.Covers(e.Office) {
		return FaultAuthor
	}
	if a.isRootAct(e) {
		return verify(e, a.root)
	}
	a.mu.Lock()
	keys := a.keys(e)
	a.mu.Unlock()
	fault := FaultAuthor
	for _, key := range keys {
		if fault = verify(e, key); fault == "" {
			return ""
		}
	}
	return fault
}

// isRootAct: the first event of the nation's own line is the root key's, and
// so is whatever replaces the nation's keys when they are lost.
func (a *Authority) isRootAct(e events.Event) bool {
	return e.Type == events.TypeEnrolled && e.Subject.Kind == events.KindNode && e.Subject.Place.Level() == 0 && e.Key == events.KeyID(a.root)
}

func verify(e events.Event, key ed25519.PublicKey) Fault {
	if e.Verify(key) != nil {
		return FaultSignature
	}
	return ""
}
