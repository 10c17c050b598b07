package sim

import (
	"context"
	"fmt"
	"math"
	"slices"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// decides is the level down to which keys of a case are held: the district's.
const decides = 1

// shelf is a node's store of wraps. Their sealed bytes mean nothing here: what
// is played is whether they come where they belong, and are gone where they must
// be. It implements link.Keys.
type shelf struct {
	self events.Place
	own  []engine.Wrap
	way  []engine.Wrap
	gone map[events.Subject]bool // erased, as this store knows
}

func newShelf(self events.Place) *shelf {
	return &shelf{self: self, gone: map[events.Subject]bool{}}
}

func (s *shelf) copy() *shelf {
	out := newShelf(s.self)
	out.own, out.way = slices.Clone(s.own), slices.Clone(s.way)
	return out // what was erased it learns from the stream
}

// Passing implements link.Keys.
func (s *shelf) Passing(_ context.Context, beyond func(events.Place) bool, limit, _ int) ([]engine.Wrap, error) {
	out := slices.DeleteFunc(slices.Clone(s.way), func(w engine.Wrap) bool { return !beyond(w.Holder) })
	return out[:min(limit, len(out))], nil
}

// Arrived implements link.Keys.
func (s *shelf) Arrived(_ context.Context, _ events.Place, wraps []engine.Wrap) error {
	for _, w := range wraps {
		to := &s.way
		if w.Holder == s.self {
			to = &s.own
		}
		here := slices.ContainsFunc(*to, func(o engine.Wrap) bool { return o.ID() == w.ID() })
		if !here && !s.gone[w.Case] {
			*to = append(*to, w)
		}
	}
	return nil
}

// Delivered implements link.Keys.
func (s *shelf) Delivered(_ context.Context, ids []string, beyond func(events.Place) bool) error {
	s.way = slices.DeleteFunc(s.way, func(w engine.Wrap) bool { return beyond(w.Holder) && slices.Contains(ids, w.ID()) })
	return nil
}

func (s *shelf) destroy(c events.Subject) {
	s.gone[c] = true
	of := func(w engine.Wrap) bool { return w.Case == c }
	s.own, s.way = slices.DeleteFunc(s.own, of), slices.DeleteFunc(s.way, of)
}

func (s *shelf) has(c events.Subject) bool {
	return slices.ContainsFunc(s.own, func(w engine.Wrap) bool { return w.Case == c })
}

// keyOfCase is the one key that a case has here.
func keyOfCase(c events.Subject) string { return engine.SealKeyID([]byte(c.ID)) }

// holders are the nodes that may hold a case's keys.
func (w *world) holders(c events.Subject) []*node {
	var out []*node
	for _, office := range c.Place.Path()[decides:] {
		if n := w.hostOf(office); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// wrap makes wraps of a case's key for nodes.
func (n *node) wrap(c events.Subject, to ...*node) {
	var out []engine.Wrap
	for _, holder := range to {
		n.wrapped++
		out = append(out, engine.Wrap{
			Case: c, Keys: []engine.CaseKey{{ID: keyOfCase(c), Class: engine.ClassFacts}}, Holder: holder.place,
			HolderKey: engine.SealKeyID([]byte(holder.place)), By: n.place, Data: fmt.Appendf(nil, "%s %s %d", n.place, n.run, n.wrapped),
		})
	}
	n.check(n.shelf.Arrived(ctx, n.place, out))
}

// custody does what a node does about keys: it destroys those of erased cases,
// asks for what it misses and answers what others ask.
func (n *node) custody() {
	w := n.world
	n.obey()
	if n.dark {
		return
	}
	n.check(n.history.Wait(ctx, n.journal.Head()))
	for _, c := range w.cases {
		if n.shelf.gone[c] || n.shelf.has(c) || !slices.Contains(w.holders(c), n) {
			continue
		}
		if s, err := n.service.Case(c); err == nil && s.Known() {
			n.asks.Add(n.place, engine.Ask{Case: c, Node: n.place, Keys: []string{keyOfCase(c)}})
		}
	}
	if n.locked || !n.linked {
		return
	}
	n.asks.Again(func(events.Subject) bool { return true })
	for _, a := range n.asks.Open(n.place) {
		asker := w.at[a.Node]
		if asker == nil || !n.shelf.has(a.Case) || !slices.Contains(w.holders(a.Case), asker) {
			continue
		}
		n.wrap(a.Case, asker)
		n.asks.Answered(a.Case, a.Node, nil)
		w.took(tookAnswered)
	}
}

// obey destroys what was erased, as far as this node has heard.
func (n *node) obey() {
	if n.dark {
		return
	}
	records, err := n.disk.Read(ctx, n.followed+1, math.MaxInt)
	n.check(err)
	for _, r := range records {
		n.followed = r.Seq
		if _, counts := engine.ErasureOf(r.Event, decides); !counts || n.shelf.gone[r.Event.Subject] {
			continue
		}
		if n.world.seams.kept != nil && n.world.seams.kept(n.place) {
			continue
		}
		n.shelf.destroy(r.Event.Subject)
		n.asks.Answered(r.Event.Subject, n.place, nil)
		n.world.took(tookDestroyed)
	}
}

// delivered counts what went over a link beside the stream.
func (w *world) delivered(b link.Batch) {
	if len(b.Wraps) > 0 {
		w.took(tookWraps)
	}
	if len(b.Asks) > 0 {
		w.took(tookAsks)
	}
}

// keysLaw: law 6. What was erased is nowhere; what anybody holds is held by all
// who may, and by nobody else; and nobody carries anything any more.
func (w *world) keysLaw(all map[events.Hash]events.Event) {
	erased := map[events.Subject]bool{}
	for _, e := range all {
		if _, counts := engine.ErasureOf(e, decides); counts {
			erased[e.Subject] = true
		}
	}
	for _, n := range w.nodes {
		for _, x := range append(slices.Clone(n.shelf.own), n.shelf.way...) {
			if erased[x.Case] {
				w.breach(lawKeys, n.place, "keys of case %s are here, which was erased", x.Case.ID)
			}
		}
		if len(n.shelf.way) > 0 {
			w.breach(lawKeys, n.place, "%d wraps did not go on", len(n.shelf.way))
		}
	}
	for _, c := range w.cases {
		w.keysOf(c, erased[c])
	}
}

func (w *world) keysOf(c events.Subject, erased bool) {
	may := w.holders(c)
	have, lack := 0, []*node{}
	for _, n := range w.nodes {
		n.check(n.history.Wait(ctx, n.journal.Head()))
		s, err := n.service.Case(c)
		switch holds := n.shelf.has(c); {
		case holds && !slices.Contains(may, n):
			w.breach(lawKeys, n.place, "keys of case %s are here, which is not this node's", c.ID)
		case holds:
			have++
		case slices.Contains(may, n) && err == nil && s.Known(): // its beginning may be lost, or was refused here
			lack = append(lack, n)
		}
	}
	if have == 0 || erased {
		return
	}
	for _, n := range lack {
		w.breach(lawKeys, n.place, "no key of case %s, which %d others have", c.ID, have)
	}
}

// withKeys gives a link's end the node's wraps and asks.
func (n *node) withKeys(c link.Config) link.Config {
	c.Keys, c.Asks = n.shelf, n.asks
	if n.world.seams.end != nil {
		c = n.world.seams.end(c)
	}
	return c
}
