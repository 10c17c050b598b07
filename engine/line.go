package engine

import (
	"cmp"
	"slices"

	"umuryango/events"
)

// step is a line event with what the line rule needs of it.
type step struct {
	event events.Event
	hash  events.Hash
	to    events.Place // whom it hands the pen to; empty: nobody
	body  any          // decoded
	// broken: the body cannot be read, or names an office off the path.
	broken bool
}

// takes reports whether the step may follow on a line: a take-over by an office
// above the one that has the pen, unless the case is kept from it; anything else
// by the office that has the pen.
func (s step) takes(l line) bool {
	if s.broken {
		return false
	}
	if s.event.Type == events.TypeTakenOver {
		return s.event.Office.Above(l.pen) && !Hides(l.restricted, s.event.Office, "")
	}
	return s.event.Office == l.pen && s.event.Type != events.TypeRaised
}

// before orders several successors of one event (DESIGN.md §4): a take-over, of
// several the highest office's; of two by one office that of the lower run,
// then of the smaller id. Nothing else orders a case: no arrival, no clock.
func (s step) before(o step) int {
	takenOver := func(s step) int {
		if s.event.Type == events.TypeTakenOver {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(takenOver(s), takenOver(o)),
		cmp.Compare(s.event.Office.Level(), o.event.Office.Level()),
		cmp.Compare(s.event.Source.Run.Number, o.event.Source.Run.Number),
		cmp.Compare(s.event.ID, o.event.ID),
		slices.Compare(s.hash[:], o.hash[:]),
	)
}

// line is the walk over a case's line events: what counts, and what stands
// beside it.
type line struct {
	steps    []step         // in effect, in order
	late     []events.Event // kept, shown, without effect
	unjoined []events.Event // the predecessor is not here
	pen      events.Place

	restricted []events.Restriction
}

// walk reads the line from its first event on.
func walk(all []step) line {
	successors := map[events.Hash][]step{}
	for _, s := range all {
		successors[s.event.Prev] = append(successors[s.event.Prev], s)
	}
	var out line
	taken := map[events.Hash]bool{}
	take := func(s step) {
		out.steps = append(out.steps, s)
		taken[s.hash] = true
		if s.to != "" {
			out.pen = s.to
		}
		switch b := s.body.(type) {
		case *events.Raised:
			out.restricted = b.Restricted
		case *events.Restricted:
			out.restricted = b.Restrictions
		}
	}
	opening := slices.DeleteFunc(slices.Clone(successors[events.Hash{}]), func(s step) bool {
		return s.event.Type != events.TypeRaised || s.broken
	})
	if len(opening) > 0 {
		take(slices.MinFunc(opening, step.before))
	}
	for len(out.steps) > 0 {
		next := slices.DeleteFunc(slices.Clone(successors[out.steps[len(out.steps)-1].hash]), func(s step) bool {
			return !s.takes(out)
		})
		if len(next) == 0 {
			break
		}
		take(slices.MinFunc(next, step.before))
	}
	out.beside(all, taken)
	return out
}

// beside sorts what does not count into late and not yet joined.
func (l *line) beside(all []step, taken map[events.Hash]bool) {
	byHash := map[events.Hash]step{}
	for _, s := range all {
		byHash[s.hash] = s
	}
	// A chain of hashes cannot close on itself, so this walk ends.
	joined := func(s step) bool {
		for !s.event.Prev.IsZero() {
			before, here := byHash[s.event.Prev]
			if !here {
				return false
			}
			s = before
		}
		return true
	}
	for _, s := range all {
		switch {
		case taken[s.hash]:
		case joined(s):
			l.late = append(l.late, s.event)
		default:
			l.unjoined = append(l.unjoined, s.event)
		}
	}
	slices.SortFunc(l.late, byNumber)
	slices.SortFunc(l.unjoined, byNumber)
}
