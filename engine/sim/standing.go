package sim

import (
	"errors"
	"slices"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// leaf reports whether no node hangs on this one. The schedules here move such
// nodes only: the links of a world stay where they are.
func (w *world) leaf(n *node) bool {
	for _, l := range w.links {
		if l.upper == n {
			return false
		}
	}
	return n.place.Level() > 0
}

// above is the node on which another hangs.
func (w *world) above(n *node) *node {
	upper, _ := n.place.Upper()
	return w.at[upper]
}

// standing is how a node stands, as far as the one above knows.
func (w *world) standing(n *node) engine.Standing {
	if n.place.Level() == 0 {
		return engine.StandingActive
	}
	_, s := w.above(n).authority.OwnNode(n.place)
	return s
}

// speaks reports whether a node speaks for its own office; where the node above
// has lost its store and knows nothing, as it did.
func (w *world) speaks(n *node) bool {
	s := w.standing(n)
	return s == engine.StandingActive || s == engine.StandingNone
}

// sound reports whether no node above one may be an older copy: from such a node
// nobody learns what it has lost.
func (w *world) sound(n *node) bool {
	for _, place := range n.place.Path()[:n.place.Level()] {
		if w.at[place].restored {
			return false
		}
	}
	return true
}

// decides reports whether a node can decide now how others stand.
func (w *world) decides(n *node) bool { return !n.dark && !n.locked && w.sound(n) }

// stand lets the office above decide how the node of another one stands.
func (w *world) stand(n *node) {
	if !w.leaf(n) || !w.decides(w.above(n)) {
		return
	}
	if w.standing(n) == engine.StandingActive {
		pick(&w.r, []func(*node){w.suspend, w.recall, w.replace})(n)
		return
	}
	w.bringBack(n)
}

// move gives an office a node of its own that had none.
func (w *world) move() {
	hosted := slices.DeleteFunc(slices.Clone(w.villages), func(v events.Place) bool {
		upper, _ := v.Upper()
		return w.at[v] != nil || !w.decides(w.at[upper])
	})
	if len(hosted) > 0 && w.r.percent(10) {
		w.settleIn(pick(&w.r, hosted))
	}
}

func (w *world) suspend(n *node) {
	_, err := w.above(n).service.Stand(ctx, engine.Stand{Stamped: w.stamped(), Office: n.place, Do: events.TypeSuspended, Reason: "inquiry"})
	w.stood(n, tookSuspend, err)
}

func (w *world) resume(n *node) {
	_, err := w.above(n).service.Stand(ctx, engine.Stand{Stamped: w.stamped(), Office: n.place, Do: events.TypeResumed})
	w.stood(n, tookResume, err)
}

// recall lets the node above speak for an office again.
func (w *world) recall(n *node) {
	upper := w.above(n)
	_, err := upper.service.Enrol(ctx, engine.Enrolment{Stamped: w.stamped(), Office: n.place, Host: upper.host()})
	w.stood(n, tookRecall, err)
}

// enrolAgain gives an office back to its own node.
func (w *world) enrolAgain(n *node) {
	_, err := w.above(n).service.Enrol(ctx, engine.Enrolment{Stamped: w.stamped(), Office: n.place, Host: n.host()})
	w.stood(n, tookReturn, err)
}

// stood accounts for what became of such an act. A store that may be an older
// copy says nothing of what counts.
func (w *world) stood(n *node, branch string, err error) {
	upper := w.above(n)
	var refusal *engine.Refusal
	switch {
	case err == nil:
		w.took(branch)
	case errors.As(err, &refusal) && refusal.Code == "not_linked":
		w.took(tookNotStood)
	case errors.Is(err, engine.ErrUnsettled): // what the stream says counts
		upper.fell(err)
		upper.restart()
	default:
		upper.fell(err)
	}
}

// settleIn gives an office that is hosted above a node of its own.
func (w *world) settleIn(place events.Place) {
	n := newNode(w, place)
	w.enrolAgain(n)
	if !w.enrolled(n, n.keys) {
		return
	}
	w.took(tookSettle)
	w.put(n)
	w.links[len(w.links)-1].begun(w.above(n))
	n.begin()
}

// enrolled reports whether the node above knows these keys as the present ones.
func (w *world) enrolled(n *node, k keyring) bool {
	own, standing := w.above(n).authority.OwnNode(n.place)
	return standing == engine.StandingActive && own.SignKey.Equal(public(k.key))
}

// replace puts another machine in the place of one that was lost or stolen, from
// a backup or from nothing. Whoever has the old one has its keys.
func (w *world) replace(n *node) {
	if w.r.percent(50) && w.speaks(n) {
		_, err := w.above(n).service.Stand(ctx, engine.Stand{Stamped: w.stamped(), Office: n.place, Do: events.TypeRevoked, Reason: "stolen"})
		w.stood(n, tookRevoke, err)
	}
	w.newMachine(n)
}

func (w *world) newMachine(n *node) {
	next := newKeyring(n.place, n.keys.made+1)
	upper := w.above(n)
	_, err := upper.service.Enrol(ctx, engine.Enrolment{Stamped: w.stamped(), Office: n.place, Host: next.host(n.place)})
	w.stood(n, tookReplace, err)
	if !w.enrolled(n, next) {
		return
	}
	w.thieves = append(w.thieves, thief{n.place, n.keys})
	n.keys, n.dark, n.locked = next, false, false
	for _, l := range w.links {
		if l.lower == n {
			l.old = nil // its sessions were cut
		}
	}
	older := folder{disk: memory.NewJournal()}
	if len(n.copies) > 0 && w.r.percent(40) {
		older = pick(&w.r, n.copies)
	}
	n.restored, n.emptied = true, older.disk.Head() == 0
	n.restore(older)
}

// bringBack ends what keeps a node from speaking.
func (w *world) bringBack(n *node) {
	switch w.standing(n) {
	case engine.StandingSuspended:
		w.resume(n)
	case engine.StandingRecalled:
		w.enrolAgain(n)
	case engine.StandingRevoked:
		w.newMachine(n)
	}
}
