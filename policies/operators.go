package policies

func (c *compiler) unary(n *node, s *scope) (expr, error) {
	arg, err := c.compile(n.args[0], s)
	if err != nil {
		return expr{}, err
	}
	switch {
	case n.text == "!" && arg.shape.kind == kindBool:
		return expr{shape: isBool, plan: c.not(arg.plan)}, nil
	case n.text == "-" && arg.shape.kind == kindInt:
		return expr{shape: isInt, plan: c.sum('-', c.number(0), arg.plan), constant: arg.constant}, nil
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
	case "<":
		return expr{shape: isBool, plan: c.less(a.plan, b.plan)}, nil
	case ">":
		return expr{shape: isBool, plan: c.less(b.plan, a.plan)}, nil
	case "<=":
		return expr{shape: isBool, plan: c.not(c.less(b.plan, a.plan))}, nil
	case ">=":
		return expr{shape: isBool, plan: c.not(c.less(a.plan, b.plan))}, nil
	}
	return c.arithmetic(n, a, b)
}

func (c *compiler) connective(n *node, a, b expr) (expr, error) {
	if a.shape.kind != kindBool || b.shape.kind != kindBool {
		return expr{}, n.fail("%s goes between truths, not between %s and %s", n.text, a.shape.kind, b.shape.kind)
	}
	if n.text == "&&" {
		return expr{shape: isBool, plan: c.and(a.plan, b.plan)}, nil
	}
	return expr{shape: isBool, plan: c.or(a.plan, b.plan)}, nil
}

func (c *compiler) equality(n *node, a, b expr) (expr, error) {
	p, err := c.same(n, a, b)
	if err != nil {
		return expr{}, err
	}
	if n.text == "!=" {
		p = c.not(p)
	}
	return expr{shape: isBool, plan: p}, nil
}

// same says when two parts are one.
func (c *compiler) same(n *node, a, b expr) (*plan, error) {
	if err := c.comparable(n, a, b); err != nil {
		return nil, err
	}
	switch {
	case a.shape.kind == kindBool:
		return c.equal(a.plan, b.plan), nil
	case a.shape.kind == kindInt:
		return c.even(a.plan, b.plan), nil
	case a.code != nil && b.code != nil:
		return c.truth(*a.code == *b.code), nil
	case a.code != nil:
		return c.is(b, *a.code), nil
	case b.code != nil:
		return c.is(a, *b.code), nil
	}
	return c.plan(planKey{op: planSame, at: a.spot, other: b.spot}), nil
}

// comparable: texts, days and instants are not, because a rule asks of them
// only what their functions tell.
func (c *compiler) comparable(n *node, a, b expr) error {
	if a.literal() {
		a, b = b, a
	}
	k := a.shape.kind
	switch {
	case (k == kindBool || k == kindInt || k == kindString) && b.shape.kind == k:
		return nil
	case k == kindCode && b.literal():
		return c.isCode(n, a.shape, *b.code)
	case k == kindCode && b.shape.kind == kindCode && a.shape.list == b.shape.list:
		return nil
	}
	return n.fail("%s and %s cannot be compared", describe(a.shape), describe(b.shape))
}

// is compares a code of the document with one that stands in the pack.
func (c *compiler) is(e expr, code string) *plan {
	return c.among(e.spot, c.cell(e.shape.list, code), c.many(e.shape.list))
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

func (c *compiler) membership(n *node, a, b expr) (expr, error) {
	if b.shape.kind != kindList {
		return expr{}, n.fail("in goes with a list, not with %s", b.shape.kind)
	}
	if b.plan == nil {
		return c.amongItems(n, a, b.items)
	}
	if err := c.comparable(n, a, expr{shape: b.shape.elem}); err != nil {
		return expr{}, err
	}
	k := planKey{op: planIn, a: b.plan, at: a.spot}
	if a.code != nil {
		k.n = int64(c.cell(b.shape.elem.list, *a.code))
	}
	return expr{shape: isBool, plan: c.plan(k)}, nil
}

// amongItems asks for each entry of a list that stands in the pack.
func (c *compiler) amongItems(n *node, a expr, items []item) (expr, error) {
	out := c.truth(false)
	for _, i := range items {
		p, err := c.same(n, a, i.expr)
		if err != nil {
			return expr{}, err
		}
		if i.belongs != nil {
			p = c.and(i.belongs, p)
		}
		out = c.or(out, p)
	}
	return expr{shape: isBool, plan: out}, nil
}

func (c *compiler) arithmetic(n *node, a, b expr) (expr, error) {
	if n.text == "/" || n.text == "%" {
		if !b.constant || b.plan.n == 0 {
			return expr{}, n.fail("a number is divided only by one that stands in the pack and is not 0")
		}
	}
	return expr{shape: isInt, plan: c.sum(n.text[0], a.plan, b.plan), constant: a.constant && b.constant}, nil
}
