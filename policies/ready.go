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
	clockOrder     []clock // the shortest first
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
	p.book = &codebook{p.lists}
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

// due is when a clock runs out that starts at the instant of a case.
func (p *Pack) due(clock int, c *Case) time.Time { return c.At().Add(p.clockOrder[clock].length) }

// ready makes closures of everything that was planned, once it is known which
// plans stand in several places.
func (p *Pack) ready() {
	b := p.planner
	all := []*plan{p.emergency, p.strict}
	names := sorted(p.byName)
	for _, name := range names {
		all = append(append(all, p.byName[name].when), p.byName[name].plans()...)
	}
	for _, c := range all {
		c.uses++
	}
	b.run(p.emergency)
	b.run(p.strict)
	for _, name := range names {
		p.byName[name].ready(b)
	}
	p.agendas = make([][]asked, p.many(listDecisions)+int(firstWord))
	for decision, parts := range p.parts {
		agenda := make([]asked, len(parts))
		for i, part := range parts {
			agenda[i] = b.asked(part)
		}
		p.agendas[p.cell(listDecisions, decision)] = agenda
	}
	frames, clocks, cares := b.runs, len(p.clockOrder), p.many(listCare)+int(firstWord)
	p.sittings = &sync.Pool{New: func() any {
		return &sitting{frame: frames.frame(), gathered: gathered{due: make([]time.Time, clocks), places: make([]bool, cares)}}
	}}
	p.planner = nil
}

// plans of a part, but for its condition.
func (p *part) plans() []*plan {
	var out []*plan
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
	b.run(p.when)
	for _, c := range p.plans() {
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

// asked splits the condition of a part into what one look settles and the rest.
func (b *planner) asked(p *part) asked {
	out := asked{part: p, first: test{mask: bit(isTrue)}} // the document is there
	c := b.clause(p.when)
	if c.any || p.when.shared() {
		out.rest = &clause{rest: []func(*frame) truth{p.when.truth}}
	} else {
		out.rest = c
	}
	if !c.any && len(c.tests) > 0 {
		out.first = c.tests[0]
		if !p.when.shared() {
			out.rest = &clause{tests: c.tests[1:], rest: c.rest}
		}
	}
	if len(out.rest.tests)+len(out.rest.rest) == 0 {
		out.rest = nil
	}
	return out
}
