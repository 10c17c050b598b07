package policies

import (
	"slices"
	"time"
)

// frame is what a plan runs on: one document, the entries at which the loops
// stand, and what has been found out of it so far.
type frame struct {
	doc     *Case
	cells   []cell
	entries [loopsInAll]int32 // where each loop's entry begins; 0 is the document
	truths  []truth           // of plans that stand in several places
	numbers []remembered
}

// A frame remembers a truth by this much higher: 0 stands where it has not
// been asked yet, so that a frame is cleared at once.
const (
	notAsked truth = 0
	higher   truth = 2
)

type remembered struct {
	asked bool
	extent
}

// loopsInAll are the document and the loops: more than loopMost, so that four
// bits always name one of them.
const loopsInAll = 16

func (f *frame) at(s *spot) cell { return f.cells[f.entries[s.loop%loopsInAll]+s.at] }

// runs counts what the frames of a pack remember.
type runs struct{ truths, numbers int }

// frame takes whole lines of memory for what is written while it runs: two
// cores that run two frames do not wait for each other.
func (r runs) frame() frame {
	return frame{truths: make([]truth, r.truths, lines(r.truths)), numbers: make([]remembered, r.numbers, lines(r.numbers))}
}

// lines is n or more, so that so many of anything fill whole lines.
func lines(n int) int {
	const line = 64
	return (n/line + 1) * line
}

// open makes a frame ready for a document.
func (f *frame) open(c *Case) {
	f.doc, f.cells = c, c.cells
	clear(f.truths)
	clear(f.numbers)
}

// shared reports whether a frame remembers what a plan gave: what stands in
// several places, takes more than a look and hangs on no loop around it.
func (p *plan) shared() bool { return p.uses > 1 && p.cost > 2 && p.free == 0 }

// run makes the closure of a condition.
func (b *planner) run(p *plan) func(*frame) truth {
	if p.truth != nil {
		return p.truth
	}
	p.truth = b.closure(p)
	if p.shared() {
		p.truth = remember(b.runs.truths, p.truth)
		b.runs.truths++
	}
	return p.truth
}

func remember(i int, run func(*frame) truth) func(*frame) truth {
	return func(f *frame) truth {
		if t := f.truths[i]; t != notAsked {
			return t - higher
		}
		t := run(f)
		f.truths[i] = t + higher
		return t
	}
}

func (b *planner) closure(p *plan) func(*frame) truth {
	switch p.op {
	case planTruth:
		t := truth(p.n)
		return func(*frame) truth { return t }
	case planTest:
		t := testOf(p)
		return func(f *frame) truth { return t.of(f) }
	case planAnd, planOr:
		c := b.clause(p)
		return func(f *frame) truth { return c.of(f) }
	case planNot:
		a := b.run(p.a)
		return func(f *frame) truth { return a(f).not() }
	case planChoice:
		return b.choiceOf(p)
	case planKnown, planSure, planHas, planCode, planSame:
		return b.looking(p)
	case planExists, planAll, planIn:
		return b.looping(p)
	}
	return b.comparing(p)
}

// looking is what asks for one or two cells, or whether something is known.
func (b *planner) looking(p *plan) func(*frame) truth {
	at, other, code := p.at, p.other, cell(p.n)
	switch p.op {
	case planHas:
		return func(f *frame) truth { return truthOf(f.at(at) != absent) }
	case planCode:
		return func(f *frame) truth {
			c := f.at(at)
			if c == absent {
				return unknown
			}
			return truthOf(c == code)
		}
	case planSame:
		return func(f *frame) truth {
			x, y := f.at(at), f.at(other)
			if x == absent || y == absent {
				return unknown
			}
			return truthOf(x == y)
		}
	case planSure:
		a := b.run(p.a)
		return func(f *frame) truth { return truthOf(a(f) == yes) }
	}
	if p.a.isNumber() {
		a := b.count(p.a)
		return func(f *frame) truth { return truthOf(a(f).known()) }
	}
	a := b.run(p.a)
	return func(f *frame) truth { return truthOf(a(f) != unknown) }
}

func (b *planner) comparing(p *plan) func(*frame) truth {
	if p.op == planEqual {
		x, y := b.run(p.a), b.run(p.b)
		return func(f *frame) truth { return x(f) * y(f) } // unknown is 0, and like signs give yes
	}
	x, y := b.count(p.a), b.count(p.b)
	if p.op == planLess {
		return func(f *frame) truth { return x(f).less(y(f)) }
	}
	return func(f *frame) truth { return x(f).equal(y(f)) }
}

func (b *planner) choiceOf(p *plan) func(*frame) truth {
	cond, x, y := b.run(p.a), b.run(p.b), b.run(p.c)
	return func(f *frame) truth {
		switch cond(f) {
		case yes:
			return x(f)
		case no:
			return y(f)
		}
		if t := x(f); t == y(f) {
			return t // it does not hang on the condition
		}
		return unknown
	}
}

// test asks one cell.
type test struct {
	mask uint64
	at   int32
	loop uint8
}

func testOf(p *plan) test { return test{p.mask, p.at.at, p.at.loop} }

func (t *test) of(f *frame) truth {
	return t.passes(f.cells[f.entries[t.loop%loopsInAll]+t.at])
}

func (t *test) passes(c cell) truth {
	if c == absent {
		return unknown
	}
	return truth(t.mask>>min(uint32(c), cellMost)&1)<<1 - 1
}

// clause is several conditions together: what one look settles comes first.
type clause struct {
	any   bool // one that holds is enough
	tests []test
	rest  []func(*frame) truth
}

// clause of any condition: of one that is neither "and" nor "or" it holds just
// that.
func (b *planner) clause(p *plan) *clause {
	c := &clause{any: p.op == planOr}
	var rest []*plan
	b.gather(p, p.op, c, &rest)
	slices.SortStableFunc(rest, func(x, y *plan) int { return x.cost - y.cost })
	for _, r := range rest {
		c.rest = append(c.rest, b.run(r))
	}
	return c
}

func (b *planner) gather(p *plan, op planOp, c *clause, rest *[]*plan) {
	if op != planAnd && op != planOr || p.op != op {
		if p.op == planTest {
			c.tests = append(c.tests, testOf(p))
			return
		}
		*rest = append(*rest, p)
		return
	}
	for _, part := range []*plan{p.a, p.b} {
		if part.op == op && part.shared() {
			*rest = append(*rest, part)
			continue
		}
		b.gather(part, op, c, rest)
	}
}

func (c *clause) of(f *frame) truth {
	if c.any {
		return c.some(f)
	}
	out := yes
	for i := range c.tests {
		switch c.tests[i].of(f) {
		case no:
			return no
		case unknown:
			out = unknown
		}
	}
	for _, run := range c.rest {
		switch run(f) {
		case no:
			return no
		case unknown:
			out = unknown
		}
	}
	return out
}

func (c *clause) some(f *frame) truth {
	out := no
	for i := range c.tests {
		switch c.tests[i].of(f) {
		case yes:
			return yes
		case unknown:
			out = unknown
		}
	}
	for _, run := range c.rest {
		switch run(f) {
		case yes:
			return yes
		case unknown:
			out = unknown
		}
	}
	return out
}

func (p *plan) isNumber() bool {
	return p.op >= planNumber && p.op <= planTime || p.op == planChoice && p.b.isNumber()
}

// count makes the closure of a number.
func (b *planner) count(p *plan) func(*frame) extent {
	if p.number != nil {
		return p.number
	}
	p.number = b.counting(p)
	if p.shared() {
		i, run := b.runs.numbers, p.number
		b.runs.numbers++
		p.number = func(f *frame) extent {
			if r := &f.numbers[i]; !r.asked {
				r.asked, r.extent = true, run(f)
			}
			return f.numbers[i].extent
		}
	}
	return p.number
}

func (b *planner) counting(p *plan) func(*frame) extent {
	at := p.at
	switch p.op {
	case planNumber:
		n := number(p.n)
		return func(*frame) extent { return n }
	case planAmount:
		return func(f *frame) extent {
			c := f.at(at)
			if c == absent {
				return anyNumber
			}
			return number(c.number())
		}
	case planSize:
		return b.sizeOf(p)
	case planCount:
		a := b.run(p.a)
		return func(f *frame) extent {
			switch a(f) {
			case yes:
				return number(1)
			case no:
				return number(0)
			}
			return extent{0, 1}
		}
	case planTime:
		return elapsedOf(p)
	}
	return b.combining(p)
}

func (b *planner) combining(p *plan) func(*frame) extent {
	switch p.op {
	case planSum:
		x, y, do := b.count(p.a), b.count(p.b), arithmetic(byte(p.n))
		return func(f *frame) extent { return spread(x(f), y(f), do) }
	case planFirst:
		x, y := b.count(p.a), b.count(p.b)
		return func(f *frame) extent {
			if s := x(f); s.bounded() {
				return s
			}
			return y(f)
		}
	case planNear:
		at, other, near := p.at, p.other, b.near
		return func(f *frame) extent {
			x, y := f.at(at), f.at(other)
			if x == absent || y == absent {
				return anyNumber
			}
			return number(int64(near(f.doc.text(x), f.doc.text(y))))
		}
	}
	cond, x, y := b.run(p.a), b.count(p.b), b.count(p.c)
	return func(f *frame) extent {
		switch cond(f) {
		case yes:
			return x(f)
		case no:
			return y(f)
		}
		if s, t := x(f), y(f); s.known() && s == t {
			return s
		}
		return anyNumber
	}
}

// elapsedOf gives no number where a time is known to be none: a rule that may
// meet one asks filled first.
func elapsedOf(p *plan) func(*frame) extent {
	at, other, unit := p.at, p.other, time.Duration(p.n)
	return func(f *frame) extent {
		x, y := f.at(at), f.at(other)
		if x < firstWord || y < firstWord {
			return anyNumber
		}
		return number(int64(f.doc.instant(y).Sub(f.doc.instant(x)) / unit))
	}
}
