package policies

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// prepared is what a pack works out once, so that asking it takes little.
type prepared struct {
	book           *codebook
	cares          []string // care types in their order
	clockOrder     []clock  // the shortest first
	emergencyClock int
	planner        *planner  // while the pack is loaded
	agendas        [][]asked // by the cell of the decision
	sittings       *sync.Pool
}

// clock is how long something may take.
type clock struct {
	name   string
	length time.Duration
}

// level is one of a country's, or the court above them.
type level struct {
	name   string
	height int
}

func (p *Pack) levelAt(depth int) *level { return &level{p.Level(depth), p.height(p.Level(depth))} }

// plans is where the pack's conditions are planned: together while it is
// loaded, and each for itself afterwards.
func (p *Pack) plans() *planner {
	if p.planner != nil {
		return p.planner
	}
	return newPlanner(0, p.levelsShared)
}

func (p *Pack) cell(list, code string) cell {
	if code == "" {
		return nothing
	}
	return p.book.cell(list, code)
}

func (p *Pack) many(list string) int { return len(p.lists[list].codes) }

// planRoom is for as many plans as a pack has on most days.
const planRoom = 512

// begin prepares what the rules are compiled with.
func (p *Pack) begin() {
	p.book, p.cares = &codebook{p.lists}, p.lists[listCare].codes
	p.planner = newPlanner(planRoom, p.levelsShared)
	p.clockOrder = nil
	for name, length := range p.clocks {
		p.clockOrder = append(p.clockOrder, clock{name, length})
	}
	if _, there := p.clocks[emergencyClock]; !there {
		p.clockOrder = append(p.clockOrder, clock{name: emergencyClock})
	}
	slices.SortFunc(p.clockOrder, func(a, b clock) int {
		return cmp.Or(cmp.Compare(a.length, b.length), cmp.Compare(a.name, b.name))
	})
	p.emergencyClock = p.clockNumber(emergencyClock)
}

// clockNumber is a clock's place in their order; -1 if there is none.
func (p *Pack) clockNumber(name string) int {
	return slices.IndexFunc(p.clockOrder, func(c clock) bool { return c.name == name })
}

// ready makes closures of everything that was planned, once it is known which
// plans stand in several places.
func (p *Pack) ready() {
	b := p.planner
	names := sorted(p.byName)
	countUses(p.emergency, p.strict)
	for _, name := range names {
		countUses(p.byName[name].plans()...)
	}
	b.run(p.emergency)
	b.run(p.strict)
	questions := map[*part]asked{}
	for _, name := range names {
		part := p.byName[name]
		part.ready(b)
		questions[part] = b.asked(part)
	}
	p.agendas = make([][]asked, p.many(listDecisions)+int(firstWord))
	for decision, parts := range p.parts {
		agenda := make([]asked, len(parts))
		for i, part := range parts {
			agenda[i] = questions[part]
		}
		p.agendas[p.cell(listDecisions, decision)] = agenda
	}
	frames, clocks, cares := b.runs, len(p.clockOrder), p.many(listCare)+int(firstWord)
	p.sittings = &sync.Pool{New: func() any {
		return &sitting{frame: frames.frame(), gathered: gathered{runs: room(clocks), places: room(cares)}}
	}}
	p.planner = nil
}

// countUses says in how many places plans stand.
func countUses(all ...*plan) {
	for _, p := range all {
		if p == nil {
			continue
		}
		if p.uses++; p.uses == 1 {
			countUses(p.a, p.b, p.c)
		}
	}
}

// plans of a part, its condition first.
func (p *part) plans() []*plan {
	out := []*plan{p.when}
	for _, t := range p.divert {
		out = append(out, t.when)
	}
	for _, d := range p.deadlines {
		out = append(out, d.when)
	}
	for _, n := range p.with {
		out = append(out, n.plan)
	}
	return slices.DeleteFunc(out, func(c *plan) bool { return c == nil })
}

func (p *part) ready(b *planner) {
	for _, c := range p.plans()[1:] {
		if c.isNumber() {
			b.count(c)
		} else {
			b.run(c)
		}
	}
	for i := range p.missing {
		p.missing[i].ready(b)
	}
	for _, d := range p.deadlines {
		if d.earliest != nil {
			d.earliest.ready(b)
		}
	}
}

func (m *each) ready(b *planner) {
	if m.at != nil {
		m.walk, m.meets = b.walk(m.list), b.clause(m.when)
	}
}

// asked splits the condition of a part into what one look settles and the
// rest.
func (b *planner) asked(p *part) asked {
	c := b.clause(p.when)
	if c.any || p.when.shared() {
		c = &clause{tests: firstOf(c), rest: []func(*frame) truth{b.run(p.when)}}
	}
	out := asked{part: p, first: test{mask: bit(isTrue)}} // the document is there
	if len(c.tests) > 0 {
		out.first, c.tests = c.tests[0], c.tests[1:]
	}
	if len(c.tests)+len(c.rest) > 0 {
		out.rest = c
	}
	return out
}

// firstOf is a look that a condition cannot do without.
func firstOf(c *clause) []test {
	if c.any || len(c.tests) == 0 {
		return nil
	}
	return c.tests[:1]
}
