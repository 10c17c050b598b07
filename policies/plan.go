package policies

// plan is a part of a checked expression. Parts that say the same are one plan
// in the whole pack, so that what several rules ask is found out once a check.
// A plan is run (run.go), and where it gives unknown it is asked why (why.go).
type plan struct {
	planKey
	uses   int // in how many places it stands
	cost   int
	free   loopSet // loops around it whose entries it reads
	truth  func(*frame) truth
	number func(*frame) extent
}

// planKey is everything that a plan says.
type planKey struct {
	op        planOp
	loop      uint8  // that a loop or a filter opens
	n         int64  // a truth, a number, a code, a sign or a unit
	mask      uint64 // of a test: a bit for each cell that passes
	at, other *spot
	a, b, c   *plan
}

type planOp uint8

const (
	planTruth  planOp = iota + 1 // n
	planTest                     // the cell at passes mask
	planCode                     // the cell at is the code n
	planSame                     // the cells at and other are one
	planHas                      // at is known
	planKnown                    // a is known
	planSure                     // a is certain
	planNot                      // a
	planAnd                      // a b
	planOr                       // a b
	planEqual                    // truths a b
	planLess                     // numbers a b
	planEven                     // numbers a b are one
	planChoice                   // a ? b : c
	planExists                   // in list a some entry meets b
	planAll                      // in list a all entries meet b
	planIn                       // list a holds code n, or the one at
	planNumber                   // n
	planAmount                   // the number at
	planSum                      // numbers a and b, by the sign n
	planSize                     // of list a
	planCount                    // 1 where a is true, else 0
	planFirst                    // of numbers a and b that is known
	planNear                     // places at and other
	planTime                     // from at to other in units of n
	planList                     // the list at
	planFilter                   // of list a what meets b
)

// spot is a place in the document, or in the entry at which a loop stands.
type spot struct {
	spotKey
	shape *shape
	path  string // from the document, or from the entry
}

type spotKey struct {
	above *spot // the record or the list around it
	at    int32 // counted from the entry's first cell
	loop  uint8 // whose entry it is in; 0 is the document
	entry bool  // it is the entry itself
}

// loopSet is a set of loops.
type loopSet uint16

func loopBit(loop uint8) loopSet { return 1 << loop &^ 1 } // the document is no loop

// planner makes plans, each once.
type planner struct {
	plans map[planKey]*plan
	spots map[spotKey]*spot
	near  func(a, b string) int // levels that two places share
	runs  runs
	putOnce
}

// newPlanner makes room for so many plans.
func newPlanner(many int, near func(a, b string) int) *planner {
	return &planner{plans: make(map[planKey]*plan, many), spots: make(map[spotKey]*spot, many), near: near, putOnce: newPutOnce()}
}

var theDocument = &spot{shape: caseShape}

func (b *planner) spot(k spotKey, s *shape, path string) *spot {
	if there, ok := b.spots[k]; ok {
		return there
	}
	out := &spot{k, s, path}
	b.spots[k] = out
	return out
}

// field is a key of a record.
func (b *planner) field(of *spot, slot int) *spot {
	f := of.shape.fields[slot]
	return b.spot(spotKey{above: of, at: of.at + f.at, loop: of.loop}, f.shape, join(of.path, f.name))
}

// entry is where a loop over a list stands.
func (b *planner) entry(list *spot, loop uint8) *spot {
	return b.spot(spotKey{above: list, loop: loop, entry: true}, list.shape.elem, "")
}

func (b *planner) plan(k planKey) *plan {
	if there, ok := b.plans[k]; ok {
		return there
	}
	p := &plan{planKey: k, cost: 1}
	for _, s := range []*spot{k.at, k.other} {
		if s != nil {
			p.free |= loopBit(s.loop)
		}
	}
	for _, a := range []*plan{k.a, k.b, k.c} {
		if a != nil {
			p.free |= a.free
			p.cost += a.cost
		}
	}
	if k.loop > 0 {
		p.cost *= 4 // as many entries as a list has on most days
		p.free &^= loopBit(k.loop)
	}
	b.plans[k] = p
	return p
}

func (b *planner) truth(t bool) *plan   { return b.plan(planKey{op: planTruth, n: int64(truthOf(t))}) }
func (b *planner) number(n int64) *plan { return b.plan(planKey{op: planNumber, n: n}) }

func (p *plan) always(t truth) bool { return p.op == planTruth && truth(p.n) == t }

// cells up to cellMost have a bit of their own in a mask; all above share one.
const cellMost = 63

func bit(c cell) uint64 { return 1 << min(c, cellMost) }

func (b *planner) test(at *spot, mask uint64) *plan {
	return b.plan(planKey{op: planTest, at: at, mask: mask &^ bit(absent)})
}

// among passes the cell of a code; its list is as long as most.
func (b *planner) among(at *spot, code cell, most int) *plan {
	if firstWord+cell(most) <= cellMost {
		return b.test(at, bit(code))
	}
	return b.plan(planKey{op: planCode, at: at, n: int64(code)})
}

func (b *planner) not(a *plan) *plan {
	switch a.op {
	case planTruth:
		return b.truth(truth(a.n) == no)
	case planTest:
		return b.test(a.at, ^a.mask)
	case planNot:
		return a.a
	}
	return b.plan(planKey{op: planNot, a: a})
}

func (b *planner) and(x, y *plan) *plan {
	switch {
	case x.always(no) || y.always(yes) || x == y:
		return x
	case y.always(no) || x.always(yes):
		return y
	case x.op == planTest && y.op == planTest && x.at == y.at:
		return b.test(x.at, x.mask&y.mask)
	}
	return b.plan(planKey{op: planAnd, a: x, b: y})
}

func (b *planner) or(x, y *plan) *plan {
	switch {
	case x.always(yes) || y.always(no) || x == y:
		return x
	case y.always(yes) || x.always(no):
		return y
	case x.op == planTest && y.op == planTest && x.at == y.at:
		return b.test(x.at, x.mask|y.mask)
	}
	return b.plan(planKey{op: planOr, a: x, b: y})
}

// equal compares truths.
func (b *planner) equal(x, y *plan) *plan {
	switch {
	case x.op == planTruth:
		x, y = y, x
		fallthrough
	case y.op == planTruth:
		if y.always(no) {
			return b.not(x)
		}
		return x
	}
	return b.plan(planKey{op: planEqual, a: x, b: y})
}

func (b *planner) choose(cond, x, y *plan) *plan {
	switch {
	case cond.always(yes):
		return x
	case cond.always(no):
		return y
	}
	return b.plan(planKey{op: planChoice, a: cond, b: x, c: y})
}

func (b *planner) sure(a *plan) *plan {
	if a.op == planTruth {
		return a
	}
	return b.plan(planKey{op: planSure, a: a})
}

// small is a number that a mask can tell apart from every other.
func (p *plan) small() (cell, bool) {
	if p.op != planNumber || p.n < 0 || p.n >= int64(cellMost-firstNumber) {
		return absent, false
	}
	return firstNumber + cell(p.n), true
}

func (b *planner) less(x, y *plan) *plan {
	if x.op == planNumber && y.op == planNumber {
		return b.truth(x.n < y.n)
	}
	if most, ok := y.small(); ok && x.op == planAmount {
		return b.test(x.at, bit(most)-1)
	}
	if least, ok := x.small(); ok && y.op == planAmount {
		return b.test(y.at, ^(bit(least+1) - 1))
	}
	return b.plan(planKey{op: planLess, a: x, b: y})
}

func (b *planner) even(x, y *plan) *plan {
	if x.op == planNumber {
		x, y = y, x
	}
	if x.op == planNumber {
		return b.truth(x.n == y.n)
	}
	if n, ok := y.small(); ok && x.op == planAmount {
		return b.test(x.at, bit(n))
	}
	if y.op == planNumber && y.n == 0 && x.op == planSize && x.a.op == planList {
		return b.test(x.a.at, bit(nothing))
	}
	return b.plan(planKey{op: planEven, a: x, b: y})
}

// sum computes with numbers of the pack at once.
func (b *planner) sum(sign byte, x, y *plan) *plan {
	if x.op == planNumber && y.op == planNumber {
		return b.number(arithmetic(sign)(x.n, y.n))
	}
	return b.plan(planKey{op: planSum, n: int64(sign), a: x, b: y})
}

// size of a list is a test of one cell where only emptiness is asked: see even.
func (b *planner) size(list *plan) *plan { return b.plan(planKey{op: planSize, a: list}) }

// tally counts entries of a list that stands in the pack.
func (b *planner) tally(all []item) *plan {
	out := b.number(0)
	for _, i := range all {
		one := b.number(1)
		if i.belongs != nil {
			one = b.plan(planKey{op: planCount, a: i.belongs})
		}
		out = b.sum('+', out, one)
	}
	return out
}

func arithmetic(sign byte) func(a, b int64) int64 {
	switch sign {
	case '+':
		return func(a, b int64) int64 { return a + b }
	case '-':
		return func(a, b int64) int64 { return a - b }
	case '*':
		return func(a, b int64) int64 { return a * b }
	case '/':
		return func(a, b int64) int64 { return a / b }
	}
	return func(a, b int64) int64 { return a % b }
}
