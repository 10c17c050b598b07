package engine

import (
	"crypto/ed25519"
	"slices"

	"umuryango/events"
)

// Host is the node that speaks for an office now; false while none is enrolled
// on its path.
func (a *Authority) Host(office events.Place) (Host, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	speaks := a.speakers(office)
	if len(speaks) == 0 {
		return Host{}, false
	}
	node := speaks[len(speaks)-1].node
	if h := a.lines[node]; h != nil && h.own.Node != "" {
		return h.own, true
	}
	return Host{Node: node}, true
}

// Holds reports whether an event was added before.
func (a *Authority) Holds(e events.Event) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.lines[e.Subject.Place]
	return h != nil && e.Subject.Kind == events.KindNode && h.all[e.Hash()] != nil
}

// Enrolment is the last event in effect that says who hosts exactly this
// office, by which the next one is written; host is the office's own node,
// where it had one.
func (a *Authority) Enrolment(office events.Place) (head events.Hash, host Host, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.lines[office]
	if h == nil || len(h.order) == 0 {
		return events.Hash{}, Host{}, false
	}
	return h.order[len(h.order)-1].hash, h.own, true
}

// Enrols reports whether the enrolment in effect of an office's own node names
// this key, and stands in a line that a store holds: the authority may know of
// more than was stored.
func (a *Authority) Enrols(office events.Place, key ed25519.PublicKey, line []events.Event) bool {
	head, own, ok := a.Enrolment(office)
	return ok && own.SignKey.Equal(key) && slices.ContainsFunc(line, func(e events.Event) bool { return e.Hash() == head })
}

// Offices lists the offices that have an enrolment of their own, sorted.
func (a *Authority) Offices() []events.Place {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.offices()
}

func (a *Authority) offices() []events.Place {
	var out []events.Place
	for p, h := range a.lines {
		if len(h.order) > 0 {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// OwnNode is the node that an office has of its own or had last, and how it
// stands. A recalled node writes for nobody, and may still bring what it had
// written and hear what became of it.
func (a *Authority) OwnNode(office events.Place) (Host, Standing) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if h := a.lines[office]; h != nil {
		return h.own, h.standing
	}
	return Host{}, StandingNone
}

// ByLinkKey finds the node with this link key, as OwnNode does; false for a key
// that is not enrolled, was revoked, or was replaced by another.
func (a *Authority) ByLinkKey(key ed25519.PublicKey) (Host, Standing, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, h := range a.lines {
		if h.own.LinkKey.Equal(key) && h.standing != StandingRevoked {
			return h.own, h.standing, true
		}
	}
	return Host{}, StandingNone, false
}

// Spoke reports whether a node speaks for an office, or ever did.
func (a *Authority) Spoke(node, office events.Place) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.speakers(office), func(s stretch) bool { return s.node == node })
}

// LinkKeys lists the link keys that were ever enrolled for a node; the last is
// the present one, which counts unless the node was revoked.
func (a *Authority) LinkKeys(node events.Place) []ed25519.PublicKey {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.lines[node]
	if h == nil {
		return nil
	}
	var out []ed25519.PublicKey
	for _, c := range h.order {
		if c.host.Node == node {
			out = append(out, c.host.LinkKey)
		}
	}
	return out
}

// Spent reports whether a key was ever enrolled for a node and does not count
// any more: who holds it may not enrol it again.
func (a *Authority) Spent(node events.Place, key ed25519.PublicKey) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.lines[node]
	if h == nil {
		return false
	}
	return slices.ContainsFunc(h.keys, func(k keyed) bool { return k.until != nil && k.key.Equal(key) })
}

// Line lists the events that say who speaks for exactly this office, in order.
func (a *Authority) Line(office events.Place) []events.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lineOf(office)
}

func (a *Authority) lineOf(office events.Place) []events.Event {
	h := a.lines[office]
	if h == nil {
		return nil
	}
	var out []events.Event
	for _, c := range h.order {
		out = append(out, c.event)
	}
	return out
}

// Chain lists the events that say who speaks for the offices from the nation
// down to this one, in order: what a node must hold to check anything written
// by those above it.
func (a *Authority) Chain(office events.Place) []events.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []events.Event
	for _, place := range office.Path() {
		out = append(out, a.lineOf(place)...)
	}
	return out
}
