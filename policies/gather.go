package policies

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// gathered is what the parts of a sitting have filled so far.
type gathered struct {
	found    []found
	figures  int      // that the findings may show
	showing  int      // findings that may show some
	wanted   []string // paths, in any order, and perhaps twice
	rested   []string // unknowable paths that a finding rests on
	runs     marks    // the clocks that start at the instant of the case
	dates    []dated  // to which clocks run instead
	places   marks    // by the cell of the care type
	escalate *level
}

// dated is a clock that runs to a date of the document.
type dated struct {
	clock int
	due   time.Time
}

// found is a finding before it is written down.
type found struct {
	part    *part
	gives   effect
	certain bool
}

func (g *gathered) clear() {
	g.found, g.wanted, g.rested, g.dates = g.found[:0], g.wanted[:0], g.rested[:0], g.dates[:0]
	clear(g.runs)
	clear(g.places)
	g.figures, g.showing, g.escalate = 0, 0, nil
}

func (g *gathered) raise(to *level) {
	if to != nil && (g.escalate == nil || to.height > g.escalate.height) {
		g.escalate = to
	}
}

// result writes down what was gathered. All its lists of strings are cut out
// of one.
func (s *sitting) result() Result {
	p := s.pack
	missing, rested := once(s.wanted), once(s.rested)
	places := s.places.count()
	words := make([]string, 0, places+len(missing)+len(rested)+len(p.derogations))
	s.places.each(func(care int) { words = append(words, p.cares[cell(care)-firstWord]) })
	words = append(append(append(words, missing...), rested...), p.derogations...)
	r := Result{
		DivertTo: cut(&words, places), Missing: cut(&words, len(missing)), Unknowable: cut(&words, len(rested)),
		Derogations: cut(&words, len(p.derogations)), Deadlines: s.deadlines(),
		Pack: p.id, PackVersion: p.version, PackHash: p.hash,
	}
	if s.escalate != nil {
		r.EscalateTo = s.escalate.name
	}
	r.Findings, r.Outcome = s.findings()
	return r
}

func once(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// cut takes the first n, so that no appending to them reaches the next ones.
func cut[T any](all *[]T, n int) []T {
	out := (*all)[:n:n]
	*all = (*all)[n:]
	return out
}

// deadlines by their date, then by their name: the order of the pack's clocks
// but where one runs to a date of the document.
func (s *sitting) deadlines() []Deadline {
	out := make([]Deadline, 0, s.runs.count()+len(s.dates))
	at := s.doc.At()
	s.runs.each(func(i int) {
		c := &s.pack.clockOrder[i]
		out = append(out, Deadline{c.name, at.Add(c.length)})
	})
	if len(s.dates) == 0 {
		return out
	}
	for _, d := range s.dates {
		out = until(out, Deadline{s.pack.clockOrder[d.clock].name, d.due})
	}
	slices.SortFunc(out, func(a, b Deadline) int { return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.What, b.What)) })
	return out
}

// until adds a deadline; of two by one name the earlier stays.
func until(all []Deadline, d Deadline) []Deadline {
	for i := range all {
		if all[i].What == d.What {
			if d.Due.Before(all[i].Due) {
				all[i] = d
			}
			return all
		}
	}
	return append(all, d)
}

// findings and the outcome that they ask for.
func (s *sitting) findings() ([]Finding, string) {
	out := make([]Finding, len(s.found))
	first := givesNothing
	for i := range s.found {
		f := &s.found[i]
		out[i] = f.part.finding
		out[i].Effect, out[i].Certain = effects[f.gives], f.certain
		first = min(first, f.gives)
	}
	if s.figures > 0 {
		s.showIn(out)
	}
	return out, effects[first]
}

// showIn puts the figures into the findings that show some: all are cut out of
// one list, because hardly any finding has one.
func (s *sitting) showIn(out []Finding) {
	all := make([]Figure, 0, s.figures)
	lists := make([]Figures, 0, s.showing)
	for i := range s.found {
		if p := s.found[i].part; len(p.with) > 0 {
			all = s.show(p, all)
			if len(all) > 0 {
				lists = append(lists, cut(&all, len(all)))
				out[i].With = &lists[len(lists)-1]
			}
		}
	}
}

// show adds the figures of a part that are known.
func (s *sitting) show(p *part, out []Figure) []Figure {
	for i := range p.with {
		n := &p.with[i]
		if v, known := n.of(s); known {
			out = append(out, Figure{n.name, v})
		}
	}
	return out
}

func (n *named) of(s *sitting) (any, bool) {
	switch n.kind {
	case kindBool:
		t := n.plan.truth(&s.frame)
		return t == yes, t != unknown
	case kindInt:
		v := n.plan.number(&s.frame)
		return v.lo, v.known()
	}
	v := s.at(n.spot)
	return s.doc.book.text(n.list, v), v != absent
}
