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
	return func(_ *compiler, n *node, args []expr) (expr, error) {
		arg := args[0]
		if arg.shape.kind == kindList {
			return expr{shape: isBool, run: func(f *frame) value {
				none := equalNumbers(size(arg.run(f)), number(0))
				if empty {
					return none
				}
				return not(none)
			}}, nil
		}
		if !arg.shape.none && arg.shape.kind != kindTime {
			return expr{}, n.fail("%s is never empty", describe(arg.shape))
		}
		return expr{shape: isBool, run: func(f *frame) value {
			v := arg.run(f)
			if !v.known {
				return v
			}
			return truth((v.text == "") == empty)
		}}, nil
	}
}

func sizeOf(_ *compiler, n *node, args []expr) (expr, error) {
	if args[0].shape.kind != kindList {
		return expr{}, n.fail("only a list has a size, not %s", args[0].shape.kind)
	}
	return expr{shape: isInt, run: func(f *frame) value { return size(args[0].run(f)) }}, nil
}

// hasOf tells whether a value is known; it is never unknown itself.
func hasOf(_ *compiler, _ *node, args []expr) (expr, error) {
	return expr{shape: isBool, run: func(f *frame) value { return truth(args[0].run(f).known) }}, nil
}

// certainOf is true only where its condition is, and false where it is unknown.
func certainOf(_ *compiler, n *node, args []expr) (expr, error) {
	if args[0].shape.kind != kindBool {
		return expr{}, n.fail("only a condition can be certain, not %s", args[0].shape.kind)
	}
	return expr{shape: isBool, run: func(f *frame) value { return truth(args[0].run(f).isTrue()) }}, nil
}

// firstKnown is the first of two numbers that is known; if neither is, it asks
// for the first.
func firstKnown(_ *compiler, n *node, args []expr) (expr, error) {
	a, b := args[0], args[1]
	if a.shape.kind != kindInt || b.shape.kind != kindInt {
		return expr{}, n.fail("first_known takes two numbers")
	}
	return expr{shape: isInt, run: func(f *frame) value {
		v := a.run(f)
		if v.bounded() {
			return v
		}
		if w := b.run(f); w.bounded() {
			return w
		}
		return v
	}}, nil
}

func nearOf(c *compiler, n *node, args []expr) (expr, error) {
	if args[0].shape.kind != kindPlace || args[1].shape.kind != kindPlace {
		return expr{}, n.fail("near takes two places")
	}
	shared := c.levelsShared
	return expr{shape: isInt, run: func(f *frame) value {
		a, b := args[0].run(f), args[1].run(f)
		if !a.known || !b.known {
			return doubt(a, b)
		}
		return number(int64(shared(a.text, b.text)))
	}}, nil
}

func elapsed(unit time.Duration) func(*compiler, *node, []expr) (expr, error) {
	return func(_ *compiler, n *node, args []expr) (expr, error) {
		for _, a := range args {
			if a.shape.kind != kindDate && a.shape.kind != kindTime {
				return expr{}, n.fail("%s takes days or instants, not %s", n.text, describe(a.shape))
			}
		}
		return expr{shape: isInt, run: func(f *frame) value {
			a, b := args[0].run(f), args[1].run(f)
			if !a.known || !b.known {
				return doubt(a, b)
			}
			if a.text == "" || b.text == "" {
				return value{} // no number: a rule that may meet one asks filled() first
			}
			return number(int64(b.at.Sub(a.at) / unit))
		}}, nil
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
	slot := c.loops
	if c.loops++; c.loops > loopMost {
		return expr{}, n.fail("loops nest deeper than %d", loopMost)
	}
	defer func() { c.loops-- }()
	entry := expr{shape: of.shape.elem, run: func(f *frame) value { return f.locals[slot] }}
	pred, err := c.compile(n.args[2], &scope{n.args[1].text, entry, s})
	if err != nil {
		return expr{}, err
	}
	if pred.shape.kind != kindBool {
		return expr{}, n.fail("%s is no condition", pred.shape.kind)
	}
	return looping(n.text, of, pred.run, slot), nil
}

func looping(name string, of expr, pred closure, slot int) expr {
	each := func(f *frame, list value, i int) value {
		f.locals[slot] = list.list[i]
		return and(list.member(i), pred(f))
	}
	over := func(do func(f *frame, list value) value) closure {
		return func(f *frame) value {
			list := of.run(f)
			if !list.known {
				return list
			}
			return do(f, list)
		}
	}
	switch name {
	case "filter":
		return expr{shape: of.shape, run: over(func(f *frame, list value) value {
			out := value{known: true, list: list.list, maybe: make([]value, len(list.list))}
			for i := range list.list {
				out.maybe[i] = each(f, list, i)
			}
			return out
		})}
	case "exists_one":
		return expr{shape: isBool, run: over(func(f *frame, list value) value {
			return equalNumbers(tally(len(list.list), func(i int) value { return each(f, list, i) }), number(1))
		})}
	case "all":
		return expr{shape: isBool, run: over(func(f *frame, list value) value {
			out := truth(true)
			for i := range list.list {
				f.locals[slot] = list.list[i]
				if out = and(out, or(not(list.member(i)), pred(f))); out.isFalse() {
					return out
				}
			}
			return out
		})}
	}
	return expr{shape: isBool, run: over(func(f *frame, list value) value {
		out := truth(false)
		for i := range list.list {
			if out = or(out, each(f, list, i)); out.isTrue() {
				return out
			}
		}
		return out
	})}
}
