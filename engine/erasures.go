package engine

import (
	"slices"
	"time"

	"umuryango/events"
)

// Erasure is an order to destroy keys, as it counts.
type Erasure struct {
	Order events.Event
	events.Erased
	Here []Acknowledged // who destroyed what it held, oldest first
}

// Acknowledged is one node that says it destroyed what it held.
type Acknowledged struct {
	Node  events.Place
	At    time.Time
	Event events.ID
}

// Erasures are the orders of a case that count.
type Erasures []Erasure

// Erasures lists the orders of a case that count, in the order of its
// contributions: those of the office that decides, or of one above it. Others
// are kept and shown among the contributions, and destroy nothing.
func (s *State) Erasures(decides int) Erasures {
	var out Erasures
	for _, e := range s.Contributions {
		if b, counts := ErasureOf(e, decides); counts {
			out = append(out, Erasure{Order: e, Erased: b})
		}
	}
	for _, e := range s.Contributions {
		var b events.ErasedHere
		if e.Type == events.TypeErasedHere && e.Decode(&b) == nil {
			out.acknowledge(e, b)
		}
	}
	return out
}

// ErasureOf reads an order to destroy keys; false for what is none that counts.
// Nothing that comes later changes that.
func ErasureOf(e events.Event, decides int) (events.Erased, bool) {
	var b events.Erased
	counts := e.Type == events.TypeErased && e.Office != "" && e.Office.Level() <= decides && e.Office.Covers(e.Subject.Place)
	if !counts || e.Decode(&b) != nil {
		return events.Erased{}, false
	}
	return b, true
}

// acknowledge notes an acknowledgement that its own node signed, once.
func (list Erasures) acknowledge(e events.Event, b events.ErasedHere) {
	for i := range list {
		x := &list[i]
		if x.Order.ID != b.Erased || e.Source.Node.ID() != b.Node {
			continue
		}
		if !slices.ContainsFunc(x.Here, func(a Acknowledged) bool { return a.Node == e.Source.Node }) {
			x.Here = append(x.Here, Acknowledged{Node: e.Source.Node, At: e.Recorded, Event: e.ID})
		}
	}
}

// Of reports whether a key was erased; an empty one asks for the whole case.
func (list Erasures) Of(key string) bool {
	return slices.ContainsFunc(list, func(e Erasure) bool { return e.Key == "" || key != "" && e.Key == key })
}

// Missing lists the nodes that held keys of the case and have not said that they
// destroyed them, the highest first: there it may still be readable.
func (e Erasure) Missing(holders []Holder) []events.Place {
	var out []events.Place
	for _, h := range holders {
		if !slices.ContainsFunc(e.Here, func(a Acknowledged) bool { return a.Node == h.Node }) {
			out = append(out, h.Node)
		}
	}
	return out
}
