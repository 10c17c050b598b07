package engine

import (
	"crypto/ed25519"
	"slices"

	"umuryango/events"
)

// hosting is the line of one office's node events, and what follows from it.
type hosting struct {
	office events.Place
	all    map[events.Hash]*act // those that can be read
	order  []*act               // in effect, in order

	speaks   []stretch // who spoke for the office, oldest first
	keys     []keyed   // of the office's own node, oldest first
	own      Host      // its last enrolment
	standing Standing
	closed   *bound // up to where its own node spoke, while it does not
}

// act is one event of such a line, as far as it can be read.
type act struct {
	event events.Event
	hash  events.Hash
	host  Host   // of an enrolment
	last  *bound // what still counts of whoever spoke before
	key   ed25519.PublicKey
}

// verified checks the signature once for each key.
func (c *act) verified(key ed25519.PublicKey) bool {
	if c.key == nil && verify(c.event, key) == "" {
		c.key = key
	}
	return c.key.Equal(key)
}

// stretch is a part of a node's numbers that counts.
type stretch struct {
	node  events.Place
	after *bound // only what this node wrote after its own act counts
	until *bound // and up to here
}

// keyed is a key of a node and the numbers that it may sign.
type keyed struct {
	stretch
	id  string
	key ed25519.PublicKey
}

func (s stretch) counts(e events.Event) bool {
	if s.until != nil && !s.until.covers(e.Source, e.Number) {
		return false
	}
	return s.after == nil || !s.after.covers(e.Source, e.Number)
}

// bound is a number in a node's runs.
type bound struct {
	node events.Place
	run  events.Run
	last uint64
	runs events.RunEnds // those that count; nil: all with a lower number
}

// covers reports whether an event's number lies at or before b. Of runs that
// the writer of the bound did not know, those with a lower number count, but
// where it lists all that do.
func (b bound) covers(s events.Source, number uint64) bool {
	switch {
	case s.Run == b.run:
		return number <= b.last
	case b.runs == nil:
		return s.Run.Number < b.run.Number
	}
	return slices.ContainsFunc(b.runs, func(r events.RunEnd) bool { return r.Run == s.Run && number <= r.Last })
}

// readAct reads an event of a node's line; false for what says nothing about
// who speaks, or says it falsely.
func readAct(e events.Event) (*act, bool) {
	c := &act{event: e, hash: e.Hash()}
	var last *events.Former
	switch e.Type {
	case events.TypeEnrolled:
		var b events.Enrolled
		if e.Decode(&b) != nil || b.Office != e.Subject.Place.ID() ||
			len(b.SignKey) != ed25519.PublicKeySize || len(b.LinkKey) != ed25519.PublicKeySize {
			return nil, false
		}
		node, on := e.Subject.Place.On(b.Node)
		if !on {
			return nil, false
		}
		c.host = Host{Node: node, SignKey: b.SignKey, LinkKey: b.LinkKey, SealKey: b.SealKey, Address: b.Address}
		last = b.Former
	case events.TypeSuspended, events.TypeResumed, events.TypeRevoked:
		var b events.Stood
		office := e.Subject.Place.ID()
		if e.Decode(&b) != nil || b.Office != office || b.Node != office || e.Subject.Place.Level() == 0 {
			return nil, false
		}
		last = b.Last
	default:
		return nil, false
	}
	if last != nil {
		node, on := e.Subject.Place.On(last.Node)
		if !on {
			return nil, false
		}
		c.last = &bound{node: node, run: last.Run, last: last.Last, runs: last.Runs}
	}
	return c, true
}

// by is the act's own number: what its writer does for the office from then on
// stands behind it.
func (c *act) by() *bound {
	return &bound{node: c.event.Source.Node, run: c.event.Source.Run, last: c.event.Number}
}

// of is the end that an act names for a node; nil where it names another's.
func (c *act) of(node events.Place) *bound {
	if c.last != nil && c.last.node == node {
		return c.last
	}
	return nil
}

// begin forgets what was read; upper are those who spoke for the office above.
func (h *hosting) begin(upper []stretch) {
	h.order, h.keys, h.own, h.standing, h.closed = nil, nil, Host{}, StandingNone, nil
	h.speaks = upper
}

// apply takes the next act. One that makes no sense here, as the resumption of
// a node that was not suspended, stands in the line and does nothing.
func (h *hosting) apply(c *act, upper []stretch) {
	h.order = append(h.order, c)
	switch {
	case c.event.Type == events.TypeEnrolled && c.host.Node == h.office:
		h.enrolled(c)
	case c.event.Type == events.TypeEnrolled:
		h.leave(c, upper, StandingRecalled)
	case c.event.Type == events.TypeSuspended && h.standing == StandingActive:
		h.leave(c, upper, StandingSuspended)
	case c.event.Type == events.TypeResumed && h.standing == StandingSuspended:
		// What the node wrote meanwhile was not in wrong hands: it counts.
		h.speaks = append(upTo(h.speaks, c.last), stretch{node: h.office, after: h.closed})
		h.standing, h.closed = StandingActive, nil
	case c.event.Type == events.TypeRevoked && (h.standing == StandingActive || h.standing == StandingSuspended || h.standing == StandingRecalled):
		h.revoked(c, upper)
	}
}

// enrolled: the office has a node of its own from now on, or that node has
// other keys.
func (h *hosting) enrolled(c *act) {
	if n := len(h.speaks); n == 0 || h.speaks[n-1].node != h.office {
		after := (*bound)(nil)
		if c.event.Source.Node == h.office {
			after = c.by()
		}
		h.speaks = append(upTo(h.speaks, c.last), stretch{node: h.office, after: after})
	}
	open := len(h.keys) > 0 && h.standing != StandingRevoked
	if !open || !h.keys[len(h.keys)-1].key.Equal(c.host.SignKey) {
		if open {
			h.endKey(c.of(h.office))
		}
		h.keys = append(h.keys, keyed{stretch{node: h.office}, events.KeyID(c.host.SignKey), c.host.SignKey})
	}
	h.own, h.standing, h.closed = c.host, StandingActive, nil
}

// endKey ends the numbers that the last key may sign: at the end that is
// named, else where its node spoke last, else at once.
func (h *hosting) endKey(end *bound) {
	if end == nil {
		end = h.closed
	}
	if end == nil {
		end = &bound{node: h.office}
	}
	h.keys[len(h.keys)-1].until = end
}

// leave: the office's own node speaks no more. Whoever speaks for the office
// above speaks for it behind this act, also a later node of that office.
func (h *hosting) leave(c *act, upper []stretch, s Standing) {
	if h.closed == nil {
		h.closed = c.of(h.office)
	}
	after := behind(upper, c.by())
	if c.host.Node != "" && c.host.Node != c.event.Source.Node {
		after = []stretch{{node: c.host.Node}} // somebody else's node, named by an office that does not host it
	}
	h.speaks, h.standing = append(upTo(h.speaks, c.last), after...), s
}

// revoked: nothing that the node's key signs counts but what is named.
func (h *hosting) revoked(c *act, upper []stretch) {
	if h.standing == StandingActive {
		h.leave(c, upper, StandingRevoked)
	}
	h.standing = StandingRevoked
	h.endKey(c.of(h.office))
}

// upTo leaves of the stretches what lies up to a number, which one of them
// holds; of several the last, as what others wrote between them counts. Where none
// does, the last one ends at once.
func upTo(list []stretch, end *bound) []stretch {
	if len(list) == 0 {
		return nil
	}
	for i, s := range slices.Backward(list) {
		if end != nil && s.holds(end) {
			list = slices.Clone(list[:i+1])
			list[i].until = end
			return list
		}
	}
	list = slices.Clone(list)
	last := &list[len(list)-1]
	last.until = &bound{node: last.node}
	return list
}

// behind leaves of the stretches what lies behind a number, which one of them
// holds; alone it begins one.
func behind(list []stretch, begin *bound) []stretch {
	i := slices.IndexFunc(list, func(s stretch) bool { return s.holds(begin) })
	if i < 0 {
		return []stretch{{node: begin.node, after: begin}}
	}
	list = slices.Clone(list[i:])
	list[0].after = begin
	return list
}

// holds reports whether a number lies in the stretch, or before it where no
// earlier one holds it.
func (s stretch) holds(b *bound) bool {
	return s.node == b.node && (s.until == nil || b.run.IsZero() || s.until.covers(events.Source{Node: b.node, Run: b.run}, b.last))
}
