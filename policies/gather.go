package policies

import (
	"slices"
	"strings"
	"time"
)

// gathered is what the parts of a sitting have filled so far.
type gathered struct {
	found    []found
	wanted   []string    // paths, in any order, and perhaps twice
	rested   []string    // unknowable paths that a finding rests on
	due      []time.Time // by clock; zero where it does not run
	clocks   int         // that run
	dated    bool        // one runs to a date of the document
	places   []bool      // by the cell of the care type
	named    int         // places
	escalate *level
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
	g.found, g.wanted, g.rested = g.found[:0], g.wanted[:0], g.rested[:0]
	clear(g.due)
	clear(g.places)
	g.clocks, g.named, g.dated, g.escalate = 0, 0, false, nil
}

func (g *gathered) setClock(clock int, due time.Time) {
	switch before := &g.due[clock]; {
	case before.IsZero():
		*before = due
		g.clocks++
	case due.Before(*before):
		*before = due
	}
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
func cut(words *[]string, n int) []string {
	out := (*words)[:n:n]
	*words = (*words)[n:]
	return out
}

// deadlines by their date, then by their name: the order of the pack's clocks
// but where one runs to a date of the document.
func (s *sitting) deadlines() []Deadline {
	out := make([]Deadline, 0, s.clocks)
	for clock, due := range s.due {
		if !due.IsZero() {
			out = append(out, Deadline{s.pack.clockOrder[clock].name, due})
		}
	}
	if s.dated {
		slices.SortFunc(out, func(a, b Deadline) int {
			if c := a.Due.Compare(b.Due); c != 0 {
				return c
			}
			return strings.Compare(a.What, b.What)
		})
	}
	return out
}

func (s *sitting) findings() ([]Finding, string) {
	out := make([]Finding, len(s.found))
	order := len(outcomes)
	for i := range s.found {
		f := &s.found[i]
		out[i] = f.part.finding
		out[i].Effect, out[i].Certain = f.gives.effect, f.certain
		if len(f.part.with) > 0 {
			out[i].With = s.figures(f.part)
		}
		order = min(order, f.gives.order)
	}
	if order == len(outcomes) {
		return out, NoObjection
	}
	return out, outcomes[order]
}

// figures are those of a finding that are known.
func (s *sitting) figures(p *part) map[string]any {
	var out map[string]any
	for i := range p.with {
		n := &p.with[i]
		v, known := n.of(s)
		if !known {
			continue
		}
		if out == nil {
			out = map[string]any{}
		}
		out[n.name] = v
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
