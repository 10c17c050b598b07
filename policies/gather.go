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
	wanted   []string // paths, in any order, and perhaps twice
	rested   []string // unknowable paths that a finding rests on
	runs     []bool   // the clocks that start at the instant of the case
	dates    []dated  // to which clocks run instead
	places   []bool   // by the cell of the care type
	named    int      // places
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
	gives   given
	certain bool
}

// given is an effect, and where it stands in the order of outcomes.
type given struct {
	effect string
	order  int
}

func giving(effect string) given {
	order := slices.Index(outcomes, effect)
	if order < 0 {
		order = len(outcomes)
	}
	return given{effect, order}
}

var (
	givesDeadline   = giving(EffectDeadline)
	givesQuestion   = giving(NeedInformation)
	givesEscalation = giving(Escalate)
)

func (g *gathered) clear() {
	g.found, g.wanted, g.rested, g.dates = g.found[:0], g.wanted[:0], g.rested[:0], g.dates[:0]
	clear(g.runs)
	clear(g.places)
	g.figures, g.named, g.escalate = 0, 0, nil
}

func (g *gathered) namePlace(care cell) {
	if !g.places[care] {
		g.places[care] = true
		g.named++
	}
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
	words := make([]string, 0, s.named+len(missing)+len(rested)+len(p.derogations))
	for care, yes := range s.places {
		if yes {
			words = append(words, p.lists[listCare].codes[cell(care)-firstWord])
		}
	}
	words = append(append(append(words, missing...), rested...), p.derogations...)
	r := Result{
		DivertTo: cut(&words, s.named), Missing: cut(&words, len(missing)), Unknowable: cut(&words, len(rested)),
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
	n := len(s.dates)
	for _, yes := range s.runs {
		if yes {
			n++
		}
	}
	out := make([]Deadline, 0, n)
	at := s.doc.At()
	for i, yes := range s.runs {
		if c := &s.pack.clockOrder[i]; yes {
			out = append(out, Deadline{c.name, at.Add(c.length)})
		}
	}
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

// findings and the outcome that they ask for. All figures are cut out of one
// list.
func (s *sitting) findings() ([]Finding, string) {
	out := make([]Finding, len(s.found))
	figures := make([]Figure, 0, s.figures)
	order := len(outcomes)
	for i := range s.found {
		f := &s.found[i]
		out[i] = f.part.finding
		out[i].Effect, out[i].Certain = f.gives.effect, f.certain
		if len(f.part.with) > 0 {
			figures = s.show(f.part, figures)
			out[i].With = cut(&figures, len(figures))
		}
		order = min(order, f.gives.order)
	}
	if order == len(outcomes) {
		return out, NoObjection
	}
	return out, outcomes[order]
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
