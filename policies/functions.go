package policies

import (
	"slices"
	"time"
)

// function is one of the language's own; terms of a pack are written with them.
type function struct {
	args    int
	compile func(c *compiler, n *node, args []expr) (expr, error)
}

// functions that an expression may call.
var functions = map[string]function{
	"empty":       {1, emptiness(true)},
	"filled":      {1, emptiness(false)},
	"size":        {1, sizeOf},
	"has":         {1, hasOf},
	"certain":     {1, certainOf},
	"first_known": {2, firstKnown},
	"near":        {2, nearOf},
	"days":        {2, elapsed(24 * time.Hour)},
	"hours":       {2, elapsed(time.Hour)},
}

// emptiness: a known "" or [] is empty; what is absent is unknown.
func emptiness(empty bool) func(*compiler, *node, []expr) (expr, error) {
	return func(c *compiler, n *node, args []expr) (expr, error) {
		p, err := c.emptyOf(n, args[0])
		if err != nil {
			return expr{}, err
		}
		if !empty {
			p = c.not(p)
		}
		return expr{shape: isBool, plan: p}, nil
	}
}

func (c *compiler) emptyOf(n *node, e expr) (*plan, error) {
	switch {
	case e.shape.kind == kindList:
		return c.even(c.sizeOf(e), c.number(0)), nil
	case !e.shape.none && e.shape.kind != kindTime:
		return nil, n.fail("%s is never empty", describe(e.shape))
	}
	return c.test(e.spot, bit(nothing)), nil
}

func sizeOf(c *compiler, n *node, args []expr) (expr, error) {
	if args[0].shape.kind != kindList {
		return expr{}, n.fail("only a list has a size, not %s", args[0].shape.kind)
	}
	return expr{shape: isInt, plan: c.sizeOf(args[0])}, nil
}

func (c *compiler) sizeOf(list expr) *plan {
	if list.plan != nil {
		return c.size(list.plan)
	}
	return c.tally(list.items)
}

// hasOf tells whether a value is known; it is never unknown itself.
func hasOf(c *compiler, _ *node, args []expr) (expr, error) {
	e := args[0]
	p := c.truth(true)
	switch {
	case e.shape.kind == kindList && e.plan != nil:
		p = c.plan(planKey{op: planHas, at: e.plan.base()})
	case e.plan != nil && e.shape.kind != kindList:
		p = c.plan(planKey{op: planKnown, a: e.plan})
	case e.spot != nil:
		p = c.plan(planKey{op: planHas, at: e.spot})
	}
	return expr{shape: isBool, plan: p}, nil
}

// certainOf is true only where its condition is, and false where it is unknown.
func certainOf(c *compiler, n *node, args []expr) (expr, error) {
	if args[0].shape.kind != kindBool {
		return expr{}, n.fail("only a condition can be certain, not %s", args[0].shape.kind)
	}
	return expr{shape: isBool, plan: c.sure(args[0].plan)}, nil
}

// firstKnown is the first of two numbers that is known; if neither is, it asks
// for the first.
func firstKnown(c *compiler, n *node, args []expr) (expr, error) {
	a, b := args[0], args[1]
	if a.shape.kind != kindInt || b.shape.kind != kindInt {
		return expr{}, n.fail("first_known takes two numbers")
	}
	return expr{shape: isInt, plan: c.plan(planKey{op: planFirst, a: a.plan, b: b.plan})}, nil
}

func nearOf(c *compiler, n *node, args []expr) (expr, error) {
	if args[0].shape.kind != kindPlace || args[1].shape.kind != kindPlace {
		return expr{}, n.fail("near takes two places")
	}
	return expr{shape: isInt, plan: c.plan(planKey{op: planNear, at: args[0].spot, other: args[1].spot})}, nil
}

func elapsed(unit time.Duration) func(*compiler, *node, []expr) (expr, error) {
	return func(c *compiler, n *node, args []expr) (expr, error) {
		for _, a := range args {
			if a.shape.kind != kindDate && a.shape.kind != kindTime {
				return expr{}, n.fail("%s takes days or instants, not %s", n.text, describe(a.shape))
			}
		}
		return expr{shape: isInt, plan: c.plan(planKey{op: planTime, n: int64(unit), at: args[0].spot, other: args[1].spot})}, nil
	}
}

// loops over a list: exists, all, exists_one, filter.
var loops = []string{"exists", "all", "exists_one", "filter"}

func (c *compiler) loop(n *node, s *scope) (expr, error) {
	if !slices.Contains(loops, n.text) {
		return expr{}, n.fail("there is no %s to ask of a value", n.text)
	}
	if len(n.args) != 3 || n.args[1].op != opName {
		return expr{}, n.fail("%s takes a name for the entry and a condition", n.text)
	}
	of, err := c.compile(n.args[0], s)
	if err != nil {
		return expr{}, err
	}
	if of.shape.kind != kindList {
		return expr{}, n.fail("%s goes over a list, not over %s", n.text, of.shape.kind)
	}
	if c.loops++; c.loops > loopMost {
		return expr{}, n.fail("loops nest deeper than %d", loopMost)
	}
	defer func() { c.loops-- }()
	if of.plan == nil {
		return c.overItems(n, of, s)
	}
	loop := uint8(c.loops)
	meets, err := c.condition(n, c.key(c.entry(of.plan.base(), loop)), s)
	if err != nil {
		return expr{}, err
	}
	switch n.text {
	case "filter":
		return expr{shape: of.shape, plan: c.plan(planKey{op: planFilter, loop: loop, a: of.plan, b: meets})}, nil
	case "exists_one":
		kept := c.plan(planKey{op: planFilter, loop: loop, a: of.plan, b: meets})
		return expr{shape: isBool, plan: c.even(c.size(kept), c.number(1))}, nil
	case "all":
		return expr{shape: isBool, plan: c.plan(planKey{op: planAll, loop: loop, a: of.plan, b: meets})}, nil
	}
	return expr{shape: isBool, plan: c.plan(planKey{op: planExists, loop: loop, a: of.plan, b: meets})}, nil
}

// condition compiles what a loop asks of an entry.
func (c *compiler) condition(n *node, entry expr, s *scope) (*plan, error) {
	meets, err := c.compile(n.args[2], &scope{n.args[1].text, entry, s})
	if err != nil {
		return nil, err
	}
	if meets.shape.kind != kindBool {
		return nil, n.fail("%s is no condition", meets.shape.kind)
	}
	return meets.plan, nil
}

// overItems asks of each entry of a list that stands in the pack: there is
// nothing to go over on a document.
func (c *compiler) overItems(n *node, of expr, s *scope) (expr, error) {
	kept := expr{shape: of.shape}
	some, every := c.truth(false), c.truth(true)
	for _, i := range of.items {
		meets, err := c.condition(n, i.expr, s)
		if err != nil {
			return expr{}, err
		}
		out := meets
		if i.belongs != nil {
			out = c.or(c.not(i.belongs), meets)
			meets = c.and(i.belongs, meets)
		}
		some, every = c.or(some, meets), c.and(every, out)
		kept.items = append(kept.items, item{i.expr, meets})
	}
	switch n.text {
	case "filter":
		return kept, nil
	case "exists_one":
		return expr{shape: isBool, plan: c.even(c.tally(kept.items), c.number(1))}, nil
	case "all":
		return expr{shape: isBool, plan: every}, nil
	}
	return expr{shape: isBool, plan: some}, nil
}
