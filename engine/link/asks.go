package link

import (
	"slices"
	"sync"

	"umuryango/engine"
	"umuryango/events"
)

// asksMax bounds what one neighbour can make a node remember, and what the node
// asks for itself at a time.
const asksMax = 2048

// Asks are the keys that this node misses and those that others ask for over
// it. They are in memory only: whoever misses a key says so anew in each
// session. An ask goes on away from where it came from, and every place has one
// way up, so it never comes back. It is safe for concurrent use.
type Asks struct {
	rung func(engine.Ask)

	mu    sync.Mutex
	list  []*asked // in the order of arrival
	of    map[asker]*asked
	count map[events.Place]int // by where they came from
}

// asker is what makes two asks one.
type asker struct {
	of   events.Subject
	node events.Place
}

type asked struct {
	engine.Ask
	from events.Place
	told map[events.Place]bool // neighbours that know all of it, in this session
	done bool                  // it was looked at here
}

// NewAsks makes an empty one. rung is told of every ask that is to be looked at;
// it must not call back.
func NewAsks(rung func(engine.Ask)) *Asks {
	return &Asks{rung: rung, of: map[asker]*asked{}, count: map[events.Place]int{}}
}

// Add notes an ask of a neighbour, or of this node itself. What is over the
// bounds is let go, and false: it is to be asked again.
func (a *Asks) Add(from events.Place, ask engine.Ask) bool {
	taken, news := a.add(from, ask)
	if news && a.rung != nil {
		a.rung(ask)
	}
	return taken
}

func (a *Asks) add(from events.Place, ask engine.Ask) (taken, news bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.of[asker{ask.Case, ask.Node}]
	if e == nil {
		if a.count[from] >= asksMax {
			return false, false
		}
		e = &asked{Ask: clone(ask), from: from, told: map[events.Place]bool{}}
		a.list, a.of[asker{ask.Case, ask.Node}] = append(a.list, e), e
		a.count[from]++
		return true, true
	}
	for _, k := range ask.Keys {
		if !slices.Contains(e.Keys, k) && len(e.Keys) < AskKeysMax {
			e.Keys, news = append(e.Keys, k), true
			clear(e.told)
		}
	}
	news = news || e.done
	a.count[e.from]--
	a.count[from]++
	e.from, e.done = from, false
	return true, news
}

func clone(a engine.Ask) engine.Ask {
	a.Keys = slices.Clone(a.Keys[:min(len(a.Keys), AskKeysMax)])
	return a
}

// next lists what a neighbour was not told yet in this session, and counts it as
// told. lower is the lower node of that link.
func (a *Asks) next(peer, lower events.Place) []engine.Ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []engine.Ask
	for _, e := range a.list {
		if len(out) == AsksMax {
			break
		}
		if e.from == peer || e.told[peer] || !lower.Covers(e.Case.Place) {
			continue
		}
		e.told[peer] = true
		out = append(out, clone(e.Ask))
	}
	return out
}

// met begins a session with a neighbour: what it asked and heard before counts
// no more.
func (a *Asks) met(peer events.Place) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(func(e *asked) bool { return e.from == peer })
	for _, e := range a.list {
		delete(e.told, peer)
	}
}

func (a *Asks) drop(which func(*asked) bool) {
	a.list = slices.DeleteFunc(a.list, func(e *asked) bool {
		if !which(e) {
			return false
		}
		delete(a.of, asker{e.Case, e.Node})
		a.count[e.from]--
		return true
	})
}

// Open lists what was asked by others than this node and not looked at since.
func (a *Asks) Open(self events.Place) []engine.Ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []engine.Ask
	for _, e := range a.list {
		if !e.done && e.Node != self {
			e.done = true
			out = append(out, clone(e.Ask))
		}
	}
	return out
}

// Again has what others ask looked at once more, of the cases that yes says: this
// node has a key that it had not, or can use those that it has.
func (a *Asks) Again(yes func(c events.Subject) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.list {
		e.done = e.done && !yes(e.Case)
	}
}

// Answered lets go of keys that a node has, or has no right to; without keys,
// of all that it asks of the case.
func (a *Asks) Answered(c events.Subject, node events.Place, keys []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.of[asker{c, node}]
	if e == nil {
		return
	}
	e.Keys = slices.DeleteFunc(e.Keys, func(k string) bool { return len(keys) == 0 || slices.Contains(keys, k) })
	if len(e.Keys) == 0 {
		a.drop(func(o *asked) bool { return o == e })
	}
}
