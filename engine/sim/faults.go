package sim

import (
	"errors"
	"slices"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// fails is true in p of a hundred, and never while the world is calm.
func (w *world) fails(p int) bool { return !w.calm && w.r.percent(p) }

// plan is what the disk was told to do with the next append.
type plan int

const (
	planNone plan = iota
	planLoseAnswer
	planLoseRequest
	planRefuse
	planFail
)

// befall lets something happen to the node's next append.
func (n *node) befall(p int) {
	if !n.world.fails(p) {
		return
	}
	n.planned = planLoseAnswer + plan(n.world.r.n(4))
	switch n.planned {
	case planLoseAnswer:
		n.disk.LoseAnswer()
	case planLoseRequest:
		n.disk.LoseRequest()
	case planRefuse:
		n.disk.Refuse()
	case planFail:
		n.disk.Fail()
	}
}

// fell accounts for an error of an append: only what was planned may happen.
func (n *node) fell(err error) {
	planned := n.planned
	n.planned = planNone
	switch {
	case planned == planLoseAnswer && errors.Is(err, engine.ErrUnsettled):
		n.world.took(tookLoseAnswer)
	case planned == planLoseRequest && errors.Is(err, engine.ErrUnsettled):
		n.world.took(tookLoseRequest)
	case planned == planRefuse && errors.Is(err, engine.ErrConflict):
		n.world.took(tookRace)
	case planned == planFail:
	default:
		n.check(err)
	}
}

// cutOrJoin cuts a link, or lets the first that is cut heal.
func (w *world) cutOrJoin() {
	if at := slices.IndexFunc(w.links, func(l *wire) bool { return l.cut }); at >= 0 && w.r.percent(65) {
		w.links[at].cut = false
		w.took(tookRejoin)
		return
	}
	l := pick(&w.r, w.links)
	l.cut = true
	w.took(tookCut)
}

// darken turns a node off, or the first that is dark on again.
func (w *world) darken(n *node) {
	if at := slices.IndexFunc(w.nodes, func(n *node) bool { return n.dark }); at >= 0 && w.r.percent(70) {
		n = w.nodes[at]
	}
	n.dark = !n.dark
	if n.dark {
		w.took(tookDark)
		return
	}
	n.restart()
	n.unattended()
}

// restoreSome restores a node from an older copy, or loses its store; now and
// then its people go on at once. The nation's store is never lost whole: nobody
// above it could tell whom it may hear.
func (w *world) restoreSome(n *node) {
	older, what := folder{disk: memory.NewJournal()}, tookDestroy
	switch {
	case len(n.copies) > 0 && (w.r.percent(75) || n == w.nodes[0]):
		older, what = pick(&w.r, n.copies), tookRestore
	case n == w.nodes[0]:
		return
	}
	if w.orphans(n, older) {
		return
	}
	w.took(what)
	n.emptied = n.emptied || what == tookDestroy
	n.restored, n.dark = true, false
	n.restore(older)
	if w.r.percent(60) {
		w.act(n)
	}
}

// loseTail loses a store of which only the last act has reached the node below:
// what it wrote before and alone held is gone, and its number shows as a gap.
func (w *world) loseTail(n *node) {
	at := slices.IndexFunc(w.links, func(l *wire) bool { return l.upper == n && l.open() })
	if at < 0 || n == w.nodes[0] || n.locked {
		return
	}
	l := w.links[at]
	beside, below := w.caseOf(n, l.lower.place, false), w.caseOf(n, l.lower.place, true)
	if beside == nil || below == nil {
		return
	}
	w.do(n, n.place, *beside, engine.Contribute{Kind: "note"})
	w.do(n, n.place, *below, engine.Contribute{Kind: "note"})
	const moves = 8
	for range moves {
		l.move(false)
	}
	if w.orphans(n, folder{disk: memory.NewJournal()}) {
		return
	}
	n.restored, n.emptied = true, true
	w.took(tookDestroy)
	n.restore(folder{disk: memory.NewJournal()})
}

// caseOf finds a case that a node knows, under a place below it or beside that.
func (w *world) caseOf(n *node, place events.Place, under bool) *events.Subject {
	for _, c := range w.cases {
		if s, err := n.service.Case(c); err == nil && s.Known() && place.Covers(c.Place) == under {
			return &c
		}
	}
	return nil
}
