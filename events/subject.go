package events

import (
	"fmt"
	"strings"
)

// Kind is what an aggregate is: a lower-case word of a closed list, which no
// place token can be confused with.
type Kind string

// The closed list of kinds.
const (
	KindCase     Kind = "case"
	KindFacility Kind = "facility"
	KindCarer    Kind = "carer"
	KindService  Kind = "service"
	KindWorker   Kind = "worker"
	KindPanel    Kind = "panel"
	KindPack     Kind = "pack"
	KindNode     Kind = "node"
	KindPlace    Kind = "place"
)

// Valid reports whether k is in the closed list.
func (k Kind) Valid() bool {
	switch k {
	case KindCase, KindFacility, KindCarer, KindService, KindWorker, KindPanel, KindPack, KindNode, KindPlace:
		return true
	}
	return false
}

const (
	// aggregateMax bounds the id of an aggregate in a subject.
	aggregateMax = 64
	// subjectMax bounds a subject in bytes: the deepest place that can be
	// written, the longest kind and id fit.
	subjectMax = 200
)

// Subject names one aggregate: where it lives, what it is and its id. One
// aggregate is one literal NATS subject.
type Subject struct {
	Place Place
	Kind  Kind
	ID    string
}

// ParseSubject reads "ev.RW.57.12.05.03.case.01936f5e-…".
func ParseSubject(s string) (Subject, error) {
	rest, ok := strings.CutPrefix(s, "ev.")
	if !ok || len(s) > subjectMax {
		return Subject{}, fmt.Errorf("subject %q: ev.<country>.<places>.<kind>.<id> is expected", clip(s))
	}
	tokens := strings.Split(rest, ".")
	if len(tokens) < 3 {
		return Subject{}, fmt.Errorf("subject %q: ev.<country>.<places>.<kind>.<id> is expected", clip(s))
	}
	n := len(tokens)
	place, err := ParsePlace(strings.Join(tokens[:n-2], "."))
	if err != nil {
		return Subject{}, fmt.Errorf("subject %q: %w", clip(s), err)
	}
	out := Subject{Place: place, Kind: Kind(tokens[n-2]), ID: tokens[n-1]}
	if !out.Kind.Valid() {
		return Subject{}, fmt.Errorf("subject %q: %q is no kind of thing that this program knows", clip(s), clip(tokens[n-2]))
	}
	if !out.validID() {
		return Subject{}, fmt.Errorf("subject %q: %q is no id of a %s", clip(s), clip(out.ID), out.Kind)
	}
	return out, nil
}

// valid reports whether ParseSubject would read what String writes.
func (s Subject) valid() bool {
	size := len("ev...") + len(s.Place) + len(s.Kind) + len(s.ID)
	return s.Place.valid() && s.Kind.Valid() && s.validID() && size <= subjectMax
}

func (s Subject) validID() bool {
	switch s.Kind {
	case KindCase:
		return ID(s.ID).Valid()
	case KindNode:
		return s.ID == s.Place.ID()
	}
	if s.ID == "" || len(s.ID) > aggregateMax {
		return false
	}
	return strings.IndexFunc(s.ID, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) < 0
}

// String is the NATS subject.
func (s Subject) String() string {
	return "ev." + string(s.Place) + "." + string(s.Kind) + "." + s.ID
}

// NodeSubject is the aggregate that says who hosts the office of a place.
func NodeSubject(office Place) Subject {
	return Subject{Place: office, Kind: KindNode, ID: office.ID()}
}

// Due reports whether events on s belong on the link of a lower node at place
// lower: its own subtree and, of the places above it, what every office needs
// (engine/DESIGN.md §3, "Who gets it").
func (s Subject) Due(lower Place) bool {
	if lower.Covers(s.Place) {
		return true
	}
	if !s.Place.Above(lower) {
		return false
	}
	return s.Kind == KindPack || s.Kind == KindNode || s.Kind == KindPlace
}
