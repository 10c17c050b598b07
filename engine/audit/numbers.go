package audit

import (
	"maps"
	"slices"
	"strings"

	"umuryango/events"
)

// author is what all stores together know of one node's run.
type author struct {
	last uint64                 // the highest number that an authentic event tells of
	here map[uint64]events.Hash // zero where a refusal fills the number, or it is known to be lost
}

// numbers checks that the numbers of every author and run are contiguous over
// all stores, where a refusal fills a number, and that no number stands for two
// events. Whether each store holds what it should is for links.
func (a *auditor) numbers() {
	authors := a.authors()
	sources := slices.SortedFunc(maps.Keys(authors), func(x, y events.Source) int { return strings.Compare(x.String(), y.String()) })
	for _, source := range sources {
		if a.covered(source.Node) {
			a.contiguous(source, authors[source])
		}
	}
}

// covered: everything that a node writes goes up, so its numbers are whole only
// where its own store or one above it is at hand.
func (a *auditor) covered(node events.Place) bool {
	return slices.ContainsFunc(a.stores, func(s *store) bool { return s.Node.Covers(node) })
}

func (a *auditor) contiguous(source events.Source, w *author) {
	next := uint64(1)
	for _, n := range slices.Sorted(maps.Keys(w.here)) {
		if n > w.last {
			break // what was refused may be forged, and tells of no other number
		}
		if n > next {
			a.breach(LawNothingLost, source.Node, "numbers %d to %d of %s stand in no store", next, n-1, source)
		}
		next = n + 1
	}
	if w.last >= next {
		a.breach(LawNothingLost, source.Node, "numbers %d to %d of %s stand in no store", next, w.last, source)
	}
}

func (a *auditor) authors() map[events.Source]*author {
	out := map[events.Source]*author{}
	of := func(s events.Source) *author {
		if out[s] == nil {
			out[s] = &author{here: map[uint64]events.Hash{}}
		}
		return out[s]
	}
	for _, s := range a.stores {
		for _, e := range s.entries {
			w := of(e.Event.Source)
			if other, ok := w.here[e.Event.Number]; ok && other != e.hash {
				a.breach(LawNoTrust, s.Node, "event %s: this number stands with other content too", e.name())
			}
			w.here[e.Event.Number], w.last = e.hash, max(w.last, e.Event.Number)
			if b := e.Event.Before; b != nil {
				before := of(events.Source{Node: e.Event.Source.Node, Run: b.Run})
				before.last = max(before.last, b.Last)
			}
		}
	}
	a.fill(of)
	return out
}

// fill marks the numbers that refusals fill, told or not, and those known to be
// lost.
func (a *auditor) fill(of func(events.Source) *author) {
	fill := func(s events.Source, n uint64) {
		w := of(s)
		if _, held := w.here[n]; !held {
			w.here[n] = events.Hash{}
		}
	}
	for _, s := range a.stores {
		for _, gap := range s.Lost {
			of(gap.Source).last = max(of(gap.Source).last, gap.To)
			for n := gap.From; n <= gap.To; n++ {
				fill(gap.Source, n)
			}
		}
		for _, u := range s.Untold {
			if u.Source.Node != "" {
				fill(u.Source, u.Number)
			}
		}
		for _, e := range s.entries {
			b, ok := refusal(e.Event)
			if node, on := e.Event.Subject.Place.On(b.Node); ok && on {
				fill(events.Source{Node: node, Run: b.Run}, b.Number)
			}
		}
	}
}
