package policies

import "slices"

func (c *compiler) unary(n *node, s *scope) (expr, error) {
	arg, err := c.compile(n.args[0], s)
	if err != nil {
		return expr{}, err
	}
	switch {
	case n.text == "!" && arg.shape.kind == kindBool:
		return expr{shape: isBool, run: func(f *frame) value { return not(arg.run(f)) }}, nil
	case n.text == "-" && arg.shape.kind == kindInt:
		run := func(f *frame) value { return spread(number(0), arg.run(f), func(a, b int64) int64 { return a - b }) }
		return expr{shape: isInt, constant: arg.constant, run: run}, nil
	}
	return expr{}, n.fail("%s does not go with %s", n.text, arg.shape.kind)
}

func (c *compiler) binary(n *node, s *scope) (expr, error) {
	parts, err := c.all(n.args, s)
	if err != nil {
		return expr{}, err
	}
	a, b := parts[0], parts[1]
	switch n.text {
	case "&&", "||":
		return c.connective(n, a, b)
	case "==", "!=":
		return c.equality(n, a, b)
	case "in":
		return c.membership(n, a, b)
	}
	if a.shape.kind != kindInt || b.shape.kind != kindInt {
		return expr{}, n.fail("%s goes between numbers, not between %s and %s", n.text, a.shape.kind, b.shape.kind)
	}
	switch n.text {
	case "<", "<=", ">", ">=":
		return ordering(n.text, a.run, b.run), nil
	}
	return c.arithmetic(n, a, b)
}

func (c *compiler) connective(n *node, a, b expr) (expr, error) {
	if a.shape.kind != kindBool || b.shape.kind != kindBool {
		return expr{}, n.fail("%s goes between truths, not between %s and %s", n.text, a.shape.kind, b.shape.kind)
	}
	left, right := a.run, b.run
	if n.text == "&&" {
		return expr{shape: isBool, run: func(f *frame) value {
			v := left(f)
			if v.isFalse() {
				return v
			}
			return and(v, right(f))
		}}, nil
	}
	return expr{shape: isBool, run: func(f *frame) value {
		v := left(f)
		if v.isTrue() {
			return v
		}
		return or(v, right(f))
	}}, nil
}

func ordering(sign string, a, b closure) expr {
	var run closure
	switch sign {
	case "<":
		run = func(f *frame) value { return less(a(f), b(f)) }
	case ">":
		run = func(f *frame) value { return less(b(f), a(f)) }
	case "<=":
		run = func(f *frame) value { return not(less(b(f), a(f))) }
	default:
		run = func(f *frame) value { return not(less(a(f), b(f))) }
	}
	return expr{shape: isBool, run: run}
}

func (c *compiler) equality(n *node, a, b expr) (expr, error) {
	equal, err := c.equal(n, a, b)
	if err != nil {
		return expr{}, err
	}
	left, right := a.run, b.run
	if n.text == "!=" {
		return expr{shape: isBool, run: func(f *frame) value { return not(equal(left(f), right(f))) }}, nil
	}
	return expr{shape: isBool, run: func(f *frame) value { return equal(left(f), right(f)) }}, nil
}

// equal checks that two parts can be compared, and says how. Texts, days and
// instants cannot: a rule asks of them only what their functions tell.
func (c *compiler) equal(n *node, a, b expr) (func(a, b value) value, error) {
	if a.literal != nil {
		a, b = b, a
	}
	switch {
	case a.shape.kind == kindBool && b.shape.kind == kindBool:
		return equalTruths, nil
	case a.shape.kind == kindInt && b.shape.kind == kindInt:
		return equalNumbers, nil
	case a.literal != nil && b.literal != nil:
		return equalCodes, nil
	case a.shape.kind == kindCode && b.literal != nil:
		return equalCodes, c.isCode(n, a.shape, *b.literal)
	case a.shape.kind == kindCode && b.shape.kind == kindCode && a.shape.list == b.shape.list:
		return equalCodes, nil
	}
	return nil, n.fail("%s and %s cannot be compared", describe(a.shape), describe(b.shape))
}

func describe(s *shape) string {
	if s.kind == kindCode {
		return "a code of " + s.list
	}
	return s.kind.String()
}

// isCode finds misspelled codes when the pack is loaded.
func (c *compiler) isCode(n *node, s *shape, literal string) error {
	if literal == "" && s.none || c.Knows(s.list, literal) {
		return nil
	}
	return n.fail("%q is not in the list %s", clip(literal), s.list)
}

func equalTruths(a, b value) value {
	if a.known && b.known {
		return truth(a.yes == b.yes)
	}
	return doubt(a, b)
}

func equalCodes(a, b value) value {
	if a.known && b.known {
		return truth(a.text == b.text)
	}
	return doubt(a, b)
}

func (c *compiler) membership(n *node, a, b expr) (expr, error) {
	if b.shape.kind != kindList {
		return expr{}, n.fail("in goes with a list, not with %s", b.shape.kind)
	}
	equal, err := c.equalElements(n, a, b)
	if err != nil {
		return expr{}, err
	}
	if b.constant && b.shape.elem.kind != kindInt {
		return among(a.run, b.run(nil)), nil
	}
	left, right := a.run, b.run
	return expr{shape: isBool, run: func(f *frame) value {
		v, list := left(f), right(f)
		if !list.known {
			return doubt(v, list)
		}
		found := truth(false)
		for i, e := range list.list {
			if found = or(found, and(list.member(i), equal(v, e))); found.isTrue() {
				return found
			}
		}
		return found
	}}, nil
}

// among is membership in codes that stand in the pack.
func among(of closure, list value) expr {
	codes := make([]string, len(list.list))
	for i, e := range list.list {
		codes[i] = e.text
	}
	return expr{shape: isBool, run: func(f *frame) value {
		v := of(f)
		if !v.known {
			return v
		}
		return truth(slices.Contains(codes, v.text))
	}}
}

// equalElements checks every entry of a list that stands in the pack.
func (c *compiler) equalElements(n *node, a, b expr) (func(a, b value) value, error) {
	if !b.constant || b.shape.elem.kind != kindString {
		return c.equal(n, a, expr{shape: b.shape.elem})
	}
	var equal func(a, b value) value
	for _, e := range b.run(nil).list {
		var err error
		if equal, err = c.equal(n, a, expr{shape: b.shape.elem, literal: &e.text}); err != nil {
			return nil, err
		}
	}
	return equal, nil
}

func (c *compiler) arithmetic(n *node, a, b expr) (expr, error) {
	var do func(a, b int64) int64
	switch n.text {
	case "+":
		do = func(a, b int64) int64 { return a + b }
	case "-":
		do = func(a, b int64) int64 { return a - b }
	case "*":
		do = func(a, b int64) int64 { return a * b }
	case "/":
		do = func(a, b int64) int64 { return a / b }
	case "%":
		do = func(a, b int64) int64 { return a % b }
	}
	if n.text == "/" || n.text == "%" {
		if !b.constant || b.run(nil).lo == 0 {
			return expr{}, n.fail("a number is divided only by one that stands in the pack and is not 0")
		}
	}
	left, right := a.run, b.run
	run := func(f *frame) value { return spread(left(f), right(f), do) }
	return expr{shape: isInt, constant: a.constant && b.constant, run: run}, nil
}

// spread computes with numbers of which perhaps only bounds are known.
func spread(a, b value, do func(a, b int64) int64) value {
	if !a.bounded() || !b.bounded() {
		return doubt(a, b)
	}
	lo := do(a.lo, b.lo)
	hi := lo
	for _, v := range []int64{do(a.lo, b.hi), do(a.hi, b.lo), do(a.hi, b.hi)} {
		lo, hi = min(lo, v), max(hi, v)
	}
	if a.known && b.known {
		return number(lo)
	}
	return between(lo, hi, doubt(a, b).missing)
}
