package engine

import (
	"crypto/ed25519"
	"slices"
	"sync"

	"umuryango/events"
)

// Authority says who may sign for which office, folded from node events: the
// nation's first one is signed by the root key, every other is written by the
// office above. It is safe for concurrent use; what was added stays.
type Authority struct {
	root ed25519.PublicKey

	mu    sync.RWMutex
	lines map[events.Place]*hosting
}

// hosting is the line of one office's node events.
type hosting struct {
	all  map[events.Hash]events.Event // those that can be read
	line []host                       // in effect, in order
	head events.Hash                  // of the last in effect
}

// host is a node that speaks for an office, over a stretch of its numbers.
type host struct {
	Host
	after *bound // only what this node wrote after its own act counts
	until *bound // and up to here
}

// bound is a number in a node's runs.
type bound struct {
	node events.Place
	run  events.Run
	last uint64
}

// covers reports whether an event's number lies at or before b. Of runs that
// the writer of the bound did not know, those with a lower number count.
func (b bound) covers(s events.Source, number uint64) bool {
	if s.Run == b.run {
		return number <= b.last
	}
	return s.Run.Number < b.run.Number
}

// Host is a node as its enrolment describes it.
type Host struct {
	Node    events.Place
	SignKey ed25519.PublicKey
	LinkKey ed25519.PublicKey
	SealKey []byte // HPKE public key to which keys of cases are wrapped; empty: it holds none
	Address string
}

// NewAuthority begins with nothing but the nation's root key.
func NewAuthority(root ed25519.PublicKey) *Authority {
	return &Authority{root: root, lines: map[events.Place]*hosting{}}
}

// Root is the key from which all others follow.
func (a *Authority) Root() ed25519.PublicKey { return a.root }

// Add folds an event that Check has passed. Events of other kinds, and those
// that were added before, change nothing.
func (a *Authority) Add(e events.Event) {
	if e.Subject.Kind != events.KindNode || e.Type != events.TypeEnrolled {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.lines[e.Subject.Place]
	if h == nil {
		h = &hosting{all: map[events.Hash]events.Event{}}
		a.lines[e.Subject.Place] = h
	}
	hash := e.Hash()
	if _, here := h.all[hash]; here {
		return
	}
	if _, ok := enrolment(e); ok {
		h.all[hash] = e
		h.fold()
	}
}

// fold walks the line of one office's enrolments: only the owner, the office
// above, writes it; of several successors the lower run, then the smaller id.
func (h *hosting) fold() {
	h.line, h.head = nil, events.Hash{}
	for {
		var next []events.Event
		for _, e := range h.all {
			if e.Prev == h.head && owns(e) {
				next = append(next, e)
			}
		}
		if len(next) == 0 {
			return
		}
		e := slices.MinFunc(next, byNumber)
		node, _ := enrolment(e)
		h.line, h.head = append(h.line, node), e.Hash()
	}
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

func enrolment(e events.Event) (host, bool) {
	var b events.Enrolled
	if e.Decode(&b) != nil || b.Office != e.Subject.Place.ID() ||
		len(b.SignKey) != ed25519.PublicKeySize || len(b.LinkKey) != ed25519.PublicKeySize {
		return host{}, false
	}
	node, on := e.Subject.Place.On(b.Node)
	if !on {
		return host{}, false
	}
	h := host{Host: Host{Node: node, SignKey: b.SignKey, LinkKey: b.LinkKey, SealKey: b.SealKey, Address: b.Address}}
	if e.Source.Node == node {
		h.after = &bound{node: node, run: e.Source.Run, last: e.Number}
	}
	if b.Former != nil {
		former, on := e.Subject.Place.On(b.Former.Node)
		if !on {
			return host{}, false
		}
		h.until = &bound{node: former, run: b.Former.Run, last: b.Former.Last} // of the host before
	}
	return h, true
}

// hosts lists everybody who ever spoke for office, oldest first.
func (a *Authority) hosts(office events.Place) []host {
	var out []host
	for _, place := range office.Path() {
		h := a.lines[place]
		if h == nil {
			continue
		}
		for _, next := range h.line {
			out = closeOpen(out, next.until)
			next.until = nil
			out = append(out, next)
		}
	}
	return out
}

// closeOpen ends the stretch of the host before a new one: at the number that
// the enrolment names, else at once.
func closeOpen(hosts []host, end *bound) []host {
	if len(hosts) == 0 {
		return hosts
	}
	hosts = slices.Clone(hosts)
	last := &hosts[len(hosts)-1]
	last.until = &bound{node: last.Node}
	if end != nil && end.node == last.Node {
		last.until = end
	}
	return hosts
}

// Host is the node that speaks for an office now; false while none is enrolled
// on its path.
func (a *Authority) Host(office events.Place) (Host, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	hosts := a.hosts(office)
	if len(hosts) == 0 {
		return Host{}, false
	}
	return hosts[len(hosts)-1].Host, true
}

// Enrolment is the last event in effect that says who hosts exactly this
// office, by which the next one is written.
func (a *Authority) Enrolment(office events.Place) (head events.Hash, host Host, ok bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	h := a.lines[office]
	if h == nil || len(h.line) == 0 {
		return events.Hash{}, Host{}, false
	}
	return h.head, h.line[len(h.line)-1].Host, true
}

// Offices lists the offices that have an enrolment of their own, sorted.
func (a *Authority) Offices() []events.Place {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var out []events.Place
	for p, h := range a.lines {
		if len(h.line) > 0 {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// Fault is why an event is not authentic: a word of Refused.Reason.
type Fault string

// The reasons for which a node does not take an event (design §3: authenticity
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
	a.mu.RLock()
	hosts := a.hosts(e.Office)
	a.mu.RUnlock()
	fault := FaultAuthor
	for _, h := range slices.Backward(hosts) {
		if h.Node != e.Source.Node || !h.counts(e) || e.Key != events.KeyID(h.SignKey) {
			continue
		}
		if fault = verify(e, h.SignKey); fault == "" {
			return ""
		}
	}
	return fault
}

func (h host) counts(e events.Event) bool {
	if h.until != nil && !h.until.covers(e.Source, e.Number) {
		return false
	}
	return h.after == nil || !h.after.covers(e.Source, e.Number)
}

// isRootAct: the first event of the nation's own line is the root key's.
func (a *Authority) isRootAct(e events.Event) bool {
	return e.Type == events.TypeEnrolled && e.Prev.IsZero() && e.Subject.Place.Level() == 0 && e.Key == events.KeyID(a.root)
}

func verify(e events.Event, key ed25519.PublicKey) Fault {
	if e.Verify(key) != nil {
		return FaultSignature
	}
	return ""
}

// OwnNode is the node that an office has of its own, or, where an office above
// has taken it back since, had last; false where it never had one. A recalled
// node writes for nobody, and may still bring what it had written and hear what
// became of it.
func (a *Authority) OwnNode(office events.Place) (own Host, recalled, ok bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	h := a.lines[office]
	if h == nil {
		return Host{}, false, false
	}
	for i, host := range slices.Backward(h.line) {
		if host.Node == office {
			return host.Host, i < len(h.line)-1, true
		}
	}
	return Host{}, false, false
}

// ByLinkKey finds the node with this link key, as OwnNode does; false for a key
// that is not enrolled, or was replaced by that of another machine.
func (a *Authority) ByLinkKey(key ed25519.PublicKey) (Host, bool) {
	for _, office := range a.Offices() {
		if own, _, ok := a.OwnNode(office); ok && own.LinkKey.Equal(key) {
			return own, true
		}
	}
	return Host{}, false
}

// Chain lists the enrolments from the nation down to an office, in order: what
// a node must hold to check anything written by those above it.
func (a *Authority) Chain(office events.Place) []events.Event {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var out []events.Event
	for _, place := range office.Path() {
		h := a.lines[place]
		if h == nil {
			continue
		}
		for cur := h.head; !cur.IsZero(); cur = h.all[cur].Prev {
			out = append(out, h.all[cur])
		}
		// From the head back to the first: turn this office's part around.
		slices.Reverse(out[len(out)-len(h.line):])
	}
	return out
}
