package engine

import (
	"slices"

	"umuryango/events"
)

// Exposure is what a machine could open of a case, were its passphrase known to
// who has it.
type Exposure struct {
	Case    events.Subject
	Code    string
	Classes []Class
	Erasing bool // an erasure was ordered which this node has not acknowledged
}

// Exposed says what a node could open of a case: every class that it was ever
// entitled to and of which something was sealed. Keys that were given once may
// still lie there, whatever was restricted, handed on or closed since; what was
// erased and acknowledged does not.
func Exposed(s State, a *Authority, decides int, node events.Place) Exposure {
	out := Exposure{Case: s.Subject, Code: s.Code}
	gone := s.Erasures(decides)
	for _, e := range gone {
		here := slices.ContainsFunc(e.Here, func(h Acknowledged) bool { return h.Node == node })
		if e.Key == "" && here {
			return out
		}
		out.Erasing = out.Erasing || e.Key == "" && !here
	}
	ever := everHeld(s, a, decides, node)
	for _, c := range []Class{ClassIdentity, ClassNarrative, ClassFacts, ClassReporter, ClassAdult} {
		if !slices.Contains(ever, c) {
			continue
		}
		if slices.ContainsFunc(s.SealedParts(c), func(p Sealed) bool { return !gone.acknowledged(p.Part.Key, node) }) {
			out.Classes = append(out.Classes, c)
		}
	}
	return out
}

// acknowledged reports whether a node said that it destroyed a key.
func (list Erasures) acknowledged(key string, node events.Place) bool {
	return slices.ContainsFunc(list, func(e Erasure) bool {
		return (e.Key == "" || e.Key == key) && slices.ContainsFunc(e.Here, func(h Acknowledged) bool { return h.Node == node })
	})
}

// everHeld are the classes that a node was entitled to at any step of the line,
// and those that it sealed itself, for whichever office it spoke then: but who
// reported, which it cannot read a moment later.
func everHeld(s State, a *Authority, decides int, node events.Place) []Class {
	var out []Class
	for _, e := range s.all() {
		if e.Source.Node != node {
			continue
		}
		parts, err := events.SealedOf(e)
		if err != nil {
			continue
		}
		for _, p := range parts {
			if c, known := ClassOf(p.Field); known && c != ClassReporter {
				out = append(out, c)
			}
		}
	}
	for i := range s.Line {
		step := Fold(s.Subject, append(slices.Clone(s.Line[:i+1]), s.Contributions...))
		at := s.Line[i].Recorded
		for _, o := range step.Openings() {
			if o.Node == node {
				at = o.Event.Recorded // while it lasted
				out = append(out, classesOf(Holders(step, a, decides, at), node)...)
			}
		}
		out = append(out, classesOf(Holders(step, a, decides, at), node)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func classesOf(holders []Holder, node events.Place) []Class {
	for _, h := range holders {
		if h.Node == node {
			return h.Classes
		}
	}
	return nil
}
