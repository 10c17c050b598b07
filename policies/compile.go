package policies

// expr is a checked expression: its type, and what it becomes.
type expr struct {
	shape    *shape
	plan     *plan   // of a truth, a number, or a list of the document
	spot     *spot   // of a key of the document
	code     *string // of a string or a code that stands in the pack
	items    []item  // of a list that stands in the pack
	constant bool    // a number that stands in the pack
}

// item is an entry of a list that stands in the pack.
type item struct {
	expr
	belongs *plan // nil: it does
}

// literal is a string that has not met a code yet.
func (e expr) literal() bool { return e.shape.kind == kindString }

// scope is the names that an expression may use, the innermost first.
type scope struct {
	name  string
	expr  expr
	outer *scope
}

func (s *scope) find(name string) (expr, bool) {
	for ; s != nil; s = s.outer {
		if s.name == name {
			return s.expr, true
		}
	}
	return expr{}, false
}

const (
	// loopMost bounds how deep loops over lists nest.
	loopMost = 8
	// partsMost bounds what one expression becomes once its terms are put in.
	partsMost = 5000
)

// compiler checks the types of expressions against the case document and turns
// them into plans.
type compiler struct {
	vocabulary
	*planner
	parts  int
	loops  int
	within []string // terms that are being put in
}

// vocabulary is what a pack gives its expressions to speak of.
type vocabulary interface {
	Knows(list, code string) bool
	cell(list, code string) cell // as the document holds it
	many(list string) int        // how many codes a list has
	plans() *planner
	param(name string) (int64, bool)
	set(name string) (codeSet, bool)
	clockHours(name string) (int64, bool)
	term(name string) (*term, bool)
	parse(src string) (*node, error)
}

// codeSet is a named part of a code list.
type codeSet struct {
	list  string
	codes []string
}

// term is a named expression with parameters.
type term struct {
	params []string
	body   *node
}

// compileTruth compiles an expression that must be true or false.
func compileTruth(v vocabulary, src string) (*plan, error) {
	e, err := compileAny(v, src)
	if err != nil {
		return nil, err
	}
	if e.shape.kind != kindBool {
		return nil, pos{1, 1}.fail("it gives %s where true or false is expected", e.shape.kind)
	}
	return e.plan, nil
}

func compileAny(v vocabulary, src string) (expr, error) {
	n, err := v.parse(src)
	if err != nil {
		return expr{}, err
	}
	c := &compiler{vocabulary: v, planner: v.plans()}
	return c.compile(n, nil)
}

func (c *compiler) compile(n *node, s *scope) (expr, error) {
	if c.parts++; c.parts > partsMost {
		return expr{}, n.fail("the expression is too large once its terms are put in")
	}
	switch n.op {
	case opInt:
		return c.constant(n.n), nil
	case opBool:
		return expr{shape: isBool, plan: c.truth(n.text == "true")}, nil
	case opString:
		return expr{shape: isString, code: &n.text}, nil
	case opList:
		return c.listLiteral(n, s)
	case opName:
		return c.name(n, s)
	case opSelect:
		return c.selection(n, s)
	case opCall:
		return c.call(n, s)
	case opMethod:
		return c.loop(n, s)
	case opUnary:
		return c.unary(n, s)
	case opChoice:
		return c.choice(n, s)
	}
	return c.binary(n, s)
}

func (c *compiler) constant(n int64) expr {
	return expr{shape: isInt, plan: c.number(n), constant: true}
}

// key is what stands at a spot of the document.
func (c *compiler) key(at *spot) expr {
	e := expr{shape: at.shape, spot: at}
	switch at.shape.kind {
	case kindBool:
		e.plan = c.test(at, bit(isTrue))
	case kindInt:
		e.plan = c.plan(planKey{op: planAmount, at: at})
	case kindList:
		e.plan = c.plan(planKey{op: planList, at: at})
	}
	return e
}

// all compiles several parts in the same scope.
func (c *compiler) all(nodes []*node, s *scope) ([]expr, error) {
	out := make([]expr, len(nodes))
	for i, n := range nodes {
		var err error
		if out[i], err = c.compile(n, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listLiteral is a list of codes or numbers that stand in the pack.
func (c *compiler) listLiteral(n *node, s *scope) (expr, error) {
	parts, err := c.all(n.args, s)
	if err != nil {
		return expr{}, err
	}
	if len(parts) == 0 {
		return expr{}, n.fail("an empty list says nothing")
	}
	out := expr{shape: listOf(parts[0].shape)}
	for i, e := range parts {
		if e.shape.kind != out.shape.elem.kind || !e.constant && !e.literal() {
			return expr{}, n.args[i].fail("a list holds codes or numbers that stand in the pack, all of one kind")
		}
		out.items = append(out.items, item{expr: e})
	}
	return out, nil
}

func (c *compiler) name(n *node, s *scope) (expr, error) {
	if e, ok := s.find(n.text); ok {
		return e, nil
	}
	slot, ok := caseShape.slots[n.text]
	if !ok {
		return expr{}, n.fail("%q is neither a key of the case document nor a name from around here", n.text)
	}
	return c.key(c.field(theDocument, slot)), nil
}

func (c *compiler) selection(n *node, s *scope) (expr, error) {
	if e, ok, err := c.packValue(n, s); ok || err != nil {
		return e, err
	}
	of, err := c.compile(n.args[0], s)
	if err != nil {
		return expr{}, err
	}
	if of.shape.kind != kindRecord {
		return expr{}, n.fail("%s has no key %q", of.shape.kind, n.text)
	}
	slot, ok := of.shape.slots[n.text]
	if !ok {
		return expr{}, n.fail("the case document has no key %q here", n.text)
	}
	return c.key(c.field(of.spot, slot)), nil
}

// packValue reads params.x, clocks.x and sets.x: what the country pack says.
func (c *compiler) packValue(n *node, s *scope) (expr, bool, error) {
	of := n.args[0]
	if of.op != opName {
		return expr{}, false, nil
	}
	if _, shadowed := s.find(of.text); shadowed {
		return expr{}, false, nil
	}
	switch of.text {
	case "params":
		if v, ok := c.param(n.text); ok {
			return c.constant(v), true, nil
		}
	case "clocks":
		if v, ok := c.clockHours(n.text); ok {
			return c.constant(v), true, nil
		}
	case "sets":
		if set, ok := c.set(n.text); ok {
			return c.codes(n.text, set), true, nil
		}
	default:
		return expr{}, false, nil
	}
	return expr{}, false, n.fail("the pack has no %s in its %s", n.text, of.text)
}

// call is a function of the language or a term of the pack.
func (c *compiler) call(n *node, s *scope) (expr, error) {
	args, err := c.all(n.args, s)
	if err != nil {
		return expr{}, err
	}
	if f, ok := functions[n.text]; ok {
		if f.args >= 0 && len(args) != f.args {
			return expr{}, n.fail("%s takes %d, not %d", n.text, f.args, len(args))
		}
		return f.compile(c, n, args)
	}
	t, ok := c.term(n.text)
	if !ok {
		return expr{}, n.fail("there is no function or term %q", n.text)
	}
	if len(args) != len(t.params) {
		return expr{}, n.fail("%s takes %d, not %d", n.text, len(t.params), len(args))
	}
	return c.putIn(n, t, args)
}

func (c *compiler) choice(n *node, s *scope) (expr, error) {
	parts, err := c.all(n.args, s)
	if err != nil {
		return expr{}, err
	}
	cond, x, y := parts[0], parts[1], parts[2]
	if cond.shape.kind != kindBool {
		return expr{}, n.fail("%s is no condition", cond.shape.kind)
	}
	if x.shape.kind != y.shape.kind || x.shape.kind != kindBool && x.shape.kind != kindInt {
		return expr{}, n.fail("both sides of a choice are truths, or both are numbers")
	}
	return expr{shape: x.shape, plan: c.choose(cond.plan, x.plan, y.plan)}, nil
}
