package node

import (
	"umuryango/engine"
	"umuryango/events"
)

// moved hears of every wrap that is new on this node's disk, and wakes the link
// over which it goes on. What is asked for and passes here is answered.
func (n *Node) moved(w engine.Wrap) {
	ids := make([]string, 0, len(w.Keys))
	for _, k := range w.Keys {
		ids = append(ids, k.ID)
	}
	if w.Holder == n.ID.Place {
		if w.By != n.ID.Place {
			n.custody.came(w.Case)
		}
		return
	}
	n.asks.Answered(w.Case, w.Holder, ids)
	n.ringTo(w.Holder)
}

// asked hears of every ask: custody looks whether it can answer, and the links
// on which it goes on are woken.
func (n *Node) asked(a engine.Ask) {
	n.work.ring()
	n.ringTo(a.Case.Place)
	if n.up != nil {
		n.up.bell.ring()
	}
}

// ringTo wakes the link over which a place is reached.
func (n *Node) ringTo(place events.Place) {
	if n.up != nil && !n.ID.Place.Covers(place) {
		n.up.bell.ring()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for lower, l := range n.lowers {
		if lower.Covers(place) {
			l.bell.ring()
		}
	}
}
