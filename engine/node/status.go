package node

import (
	"slices"
	"strings"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// Status is how a node and its links stand at an instant.
type Status struct {
	Place    events.Place
	Run      events.Run
	Head     uint64
	Enrolled bool
	Linked   bool
	Locked   bool            // it relays, signs nothing and opens nothing
	Standing engine.Standing // as far as this node has heard
	Rotating bool            // its next keys are still to be enrolled
	Upper    *LinkStatus     // nil for the nation's
	Lowers   []LinkStatus    // by place
	Damaged  uint64          // records of the stream, and wraps, that cannot be read
	Damage   string          // the first of them and why; empty: none is known
}

// LinkStatus is one link as this end knows it.
type LinkStatus struct {
	Peer   events.Place
	Up     bool      // a session is open
	Since  time.Time // when it began
	Heard  time.Time // when the other node was last heard; zero: never
	Passed uint64    // how far the other node has passed this node's stream
	Fault  string    // why the last session ended

	Standing engine.Standing // of a lower node
}

// heardWithin is how long after its last word a lower node counts as linked: a
// little more than one poll.
const heardWithin = pollFor + answerWithin

// Status tells how the node stands.
func (n *Node) Status() Status {
	host, ok := n.Authority.Host(n.ID.Place)
	s := Status{
		Place: n.ID.Place, Run: n.run, Head: n.Journal.Head(), Linked: n.Linked(), Locked: n.ID.Locked(), Rotating: n.rotating(),
		Enrolled: ok && host.Node == n.ID.Place && host.SignKey.Equal(n.ID.SignKey()),
	}
	_, s.Standing = n.Authority.OwnNode(n.ID.Place)
	if n.up != nil {
		up := n.up.status()
		s.Upper = &up
	}
	s.Damaged, s.Damage = n.damage()
	n.mu.Lock()
	defer n.mu.Unlock()
	for place, l := range n.lowers {
		got, heard := l.status()
		_, standing := n.Authority.OwnNode(place)
		s.Lowers = append(s.Lowers, LinkStatus{Peer: place, Up: n.Now().Sub(heard) < heardWithin, Heard: heard, Passed: got, Standing: standing})
	}
	slices.SortFunc(s.Lowers, func(a, b LinkStatus) int { return strings.Compare(string(a.Peer), string(b.Peer)) })
	return s
}

func (l *upLink) status() LinkStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	return LinkStatus{Peer: l.peer, Up: !l.since.IsZero(), Since: l.since, Heard: l.heard, Passed: l.acked, Fault: l.fault}
}

// KeptOnlyHere reports whether no second node is known to hold a record (law
// 1): it did not come from a neighbour, and none has passed it.
func (n *Node) KeptOnlyHere(r engine.Record) bool {
	if r.From.Node != "" {
		return false
	}
	if n.up != nil && n.up.status().Passed >= r.Seq {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for place, l := range n.lowers {
		if got, _ := l.status(); got >= r.Seq && r.Event.Subject.Due(place) {
			return false
		}
	}
	return true
}
