package sim

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/engine/memory"
	"umuryango/events"
)

const country = "RW"

// world is the nation of one schedule, its clock and what was done in it.
type world struct {
	Config
	seams
	r   random
	now time.Time

	root     ed25519.PrivateKey
	keys     *memory.Keys
	nodes    []*node // from the nation down
	at       map[events.Place]*node
	links    []*wire
	villages []events.Place

	cases []events.Subject
	acts  map[events.ID]*act
	lost  map[events.Hash]events.Event // gone with a store that alone held them

	thieves []thief

	calm     bool // nothing befalls anybody
	taken    map[string]int
	breaches []Breach
}

func newWorld(c Config, s seams) *world {
	var villages []events.Place
	for i := range c.Villages {
		villages = append(villages, village(i))
	}
	return worldOf(c, s, places(c.Villages), villages)
}

// worldOf makes a nation of nodes at these places, from the top down.
func worldOf(c Config, s seams, places, villages []events.Place) *world {
	w := &world{
		Config: c, seams: s, r: random{c.Seed}, now: time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC),
		root: keyOf("root"), keys: memory.NewKeys(), at: map[events.Place]*node{}, villages: villages, acts: map[events.ID]*act{},
		lost: map[events.Hash]events.Event{}, taken: map[string]int{},
	}
	for _, place := range places {
		w.node(place)
	}
	return w
}

// village is the address of the i-th: two share a cell, two cells a sector, and
// all sectors one district.
func village(i int) events.Place {
	return events.Place(fmt.Sprintf("%s.1.%d.%d.%d", country, i/4+1, i/2%2+1, i%2+1))
}

// places lists where nodes stand: everywhere, but in every third village, whose
// office the cell's node hosts.
func places(villages int) []events.Place {
	var out []events.Place
	seen := map[events.Place]bool{}
	for level := range village(0).Level() + 1 {
		for i := range villages {
			p := village(i).Path()[level]
			if without := level == village(0).Level() && i%3 == 2; !seen[p] && !without {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	return out
}

func (w *world) node(place events.Place) { w.put(newNode(w, place)) }

func (w *world) put(n *node) {
	w.nodes, w.at[n.place] = append(w.nodes, n), n
	if upper, ok := n.place.Upper(); ok {
		w.links = append(w.links, &wire{world: w, upper: w.at[upper], lower: n})
	}
}

// found enrols every node from the nation's root key down, before anything goes
// wrong.
func (w *world) found() {
	for _, n := range w.nodes {
		if upper, ok := n.place.Upper(); ok {
			w.enrol(w.at[upper], n)
		} else {
			w.enrolNation(n)
		}
	}
	w.settle()
}

func (w *world) enrolNation(n *node) {
	source := events.Source{Node: n.place, Run: events.Run{Number: 1, Mark: w.r.mark()}}
	e, err := engine.RootEnrolment(w.id(actEnrolment), w.now, n.place, n.host(), source, w.root, edition)
	if err != nil {
		w.breach(0, n.place, "the world cannot begin: %v", err)
		return
	}
	if err := n.disk.Append(ctx, 0, []engine.Record{{Event: e, Run: source.Run}}); err != nil {
		w.breach(0, n.place, "the world cannot begin: %v", err)
	}
	n.begin()
}

func (w *world) enrol(upper, n *node) {
	n.begin()
	if _, err := upper.service.Enrol(ctx, engine.Enrolment{Stamped: engine.Stamped{ID: w.id(actEnrolment), Actor: "adm", At: w.now}, Office: n.place, Host: n.host()}); err != nil {
		w.breach(0, n.place, "the world cannot begin: %v", err)
	}
	w.settle()
}

// act is something that was asked for, and what is known of it.
type act struct {
	kind  actKind
	node  events.Place
	acked bool        // somebody was told that it is accepted
	aside bool        // it was tried at a node that knew that it did not speak for its office then
	hash  events.Hash // then of its event
}

type actKind int

const (
	actCommand actKind = iota
	actEnrolment
	actRefusal
	actBad    // written against the rules, or forged
	actStolen // signed with keys that a node had before
)

// id makes an id and remembers what for: every event must have come of an act.
func (w *world) id(kind actKind) events.ID {
	id := w.r.id(w.now)
	w.acts[id] = &act{kind: kind}
	return id
}

func (w *world) stamp() link.Stamp { return link.Stamp{ID: w.id(actRefusal), At: w.now} }

// everything is every event that any store holds.
func (w *world) everything() map[events.Hash]events.Event {
	out := map[events.Hash]events.Event{}
	for _, n := range w.nodes {
		for _, r := range n.records() {
			out[r.Event.Hash()] = r.Event
		}
	}
	return out
}
