package engine

import (
	"cmp"
	"slices"
	"time"

	"umuryango/events"
)

// heldOnPath are the classes that every office on a case's path may open.
var heldOnPath = []Class{ClassIdentity, ClassNarrative, ClassFacts, ClassAdult}

// Holders lists the nodes that may hold keys of a case at an instant, and of
// which classes: those of the offices on its path up to the level that decides,
// the highest first, but for offices that the case is kept from; and who breaks
// the glass, while that lasts. Who reported is for the supervisor alone of
// whoever answers for the child: the next office up, or the deciding one.
//
// Keys belong to nodes: where one node hosts several offices, a restriction of
// one of them is for its pages to keep.
func Holders(s State, a *Authority, decides int, at time.Time) []Holder {
	return holdersOf(s, a, decides, func(o Opening) bool { return o.runs(at) })
}

func holdersOf(s State, a *Authority, decides int, counts func(Opening) bool) []Holder {
	h := holders{}
	s.entitled(decides, func(office events.Place, classes ...Class) { h.add(a, office, classes...) })
	for _, o := range s.Openings() {
		if counts(o) {
			h.addNode(a, o.Node, o.Classes)
		}
	}
	return h.list()
}

// entitled tells which offices may open what of a case without breaking the
// glass: whose nodes hold its keys, and whose pages open them.
func (s *State) entitled(decides int, to func(office events.Place, classes ...Class)) {
	offices := keepers(s.Subject, decides)
	for _, office := range offices {
		if !s.HiddenFrom(office, "") {
			to(office, heldOnPath...)
		}
	}
	if office, ok := s.supervisor(offices[0].Level()); ok {
		to(office, ClassReporter)
	}
}

// keepers are the offices on a case's path up to the level that decides, or its
// home alone where that lies above it; the highest first.
func keepers(c events.Subject, decides int) []events.Place {
	path := c.Place.Path()
	return path[min(decides, len(path)-1):]
}

// MayHold are the classes of a case of which a node may hold keys some day, as
// offices speak now: what Holders gives it while one office after the other
// answers for the child and the case is kept from none, and what it may break the
// glass for.
func MayHold(c events.Subject, a *Authority, decides int, node events.Place) []Class {
	h := holders{}
	for _, office := range keepers(c, decides) {
		for _, one := range Holders(State{Subject: c, Responsible: office}, a, decides, time.Time{}) {
			h.put(one.Node, one.Key, one.Classes)
		}
	}
	if node.Covers(c.Place) {
		h.addNode(a, node, OpenClasses(node))
	}
	return classesOf(h.list(), node)
}

// MayOpen are the classes of a case that an office may open at an instant, where
// its node holds the keys. A node may hold more: it speaks for several offices,
// and each of them opens what is its own.
func MayOpen(s State, office events.Place, decides int, at time.Time) []Class {
	var out []Class
	s.entitled(decides, func(entitled events.Place, classes ...Class) {
		if entitled == office {
			out = append(out, classes...)
		}
	})
	for _, o := range s.Openings() {
		if o.Event.Office == office && o.runs(at) {
			out = append(out, o.Classes...)
		}
	}
	return out
}

// HoldersOnce lists the nodes that may have come by keys of a case at any time:
// also those that it was kept from later, and openings that are over.
func HoldersOnce(s State, a *Authority, decides int) []Holder {
	s.Restricted = nil
	return holdersOf(s, a, decides, func(Opening) bool { return true })
}

// supervisor is the office above the one that answers for the child, or the
// deciding office where that is the one; a restricted one is passed over.
func (s *State) supervisor(decides int) (events.Place, bool) {
	path := s.Subject.Place.Path()
	has := s.Responsible
	if has == "" {
		has = s.Subject.Place
	}
	for level := min(max(has.Level()-1, decides), len(path)-1); level >= decides; level-- {
		if !s.HiddenFrom(path[level], "") {
			return path[level], true
		}
	}
	return "", false
}

// Supervisors lists the sealing keys of the other nodes that may hold who
// reported; none where this node may itself.
func Supervisors(list []Holder, self events.Place) []string {
	var out []string
	for _, h := range list {
		switch {
		case !slices.Contains(h.Classes, ClassReporter):
		case h.Node == self:
			return nil
		case len(h.Key) > 0:
			out = append(out, SealKeyID(h.Key))
		}
	}
	return out
}

type holders map[events.Place]*Holder

// add lets the node that hosts an office hold classes.
func (h holders) add(a *Authority, office events.Place, classes ...Class) {
	if host, ok := a.Host(office); ok {
		h.put(host.Node, host.SealKey, classes)
	}
}

// addNode lets a node hold what it opened, whichever office of it asked: that of
// the nation never an identity.
func (h holders) addNode(a *Authority, node events.Place, classes []Class) {
	host, ok := a.Host(node)
	if !ok || host.Node != node {
		return
	}
	for _, c := range OpenClasses(node) {
		if slices.Contains(classes, c) {
			h.put(node, host.SealKey, []Class{c})
		}
	}
}

func (h holders) put(node events.Place, key []byte, classes []Class) {
	if h[node] == nil {
		h[node] = &Holder{Node: node, Key: key}
	}
	for _, c := range classes {
		if !slices.Contains(h[node].Classes, c) {
			h[node].Classes = append(h[node].Classes, c)
		}
	}
}

func (h holders) list() []Holder {
	out := []Holder{}
	for _, one := range h {
		out = append(out, *one)
	}
	slices.SortFunc(out, func(x, y Holder) int {
		return cmp.Or(cmp.Compare(x.Node.Level(), y.Node.Level()), cmp.Compare(x.Node, y.Node))
	})
	return out
}
