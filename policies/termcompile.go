package policies

import "slices"

// termUse is a term put in with at most one operand, within so many loops:
// what it gives is the same wherever it is put in.
type termUse struct {
	name     string
	loops    int
	shape    *shape // of the operand; nil where there is none
	spot     *spot
	plan     *plan
	code     string
	constant bool
}

// putTerm is what a term gave, and how many parts it had.
type putTerm struct {
	expr
	parts int
}

// putOnce is what was put into the conditions of a pack before.
type putOnce struct {
	terms map[termUse]putTerm
	sets  map[string]expr
}

func newPutOnce() putOnce { return putOnce{map[termUse]putTerm{}, map[string]expr{}} }

// use is how a term is put in here; false where no other use is like it.
func (c *compiler) use(name string, args []expr) (termUse, bool) {
	out := termUse{name: name, loops: c.loops}
	if len(args) == 0 {
		return out, true
	}
	a := args[0]
	if a.code != nil {
		out.code = *a.code
	}
	out.shape, out.spot, out.plan, out.constant = a.shape, a.spot, a.plan, a.constant
	return out, len(args) == 1 && a.items == nil
}

// putIn compiles a term with its operands.
func (c *compiler) putIn(n *node, t *term, args []expr) (expr, error) {
	use, alike := c.use(n.text, args)
	if before, there := c.terms[use]; alike && there {
		if c.parts += before.parts; c.parts > partsMost {
			return expr{}, n.fail("the expression is too large once its terms are put in")
		}
		return before.expr, nil
	}
	if slices.Contains(c.within, n.text) {
		return expr{}, n.fail("the term %s calls itself", n.text)
	}
	parts := c.parts
	var inner *scope
	for i, name := range t.params {
		inner = &scope{name, args[i], inner}
	}
	c.within = append(c.within, n.text)
	e, err := c.compile(t.body, inner)
	c.within = c.within[:len(c.within)-1]
	if err != nil {
		return expr{}, n.fail("in the term %s: %s", n.text, err)
	}
	if alike {
		c.terms[use] = putTerm{e, c.parts - parts}
	}
	return e, nil
}

// codes are those of a set of the pack.
func (c *compiler) codes(name string, set codeSet) expr {
	out, there := c.sets[name]
	if !there {
		out = expr{shape: listOf(code(set.list)), items: make([]item, len(set.codes))}
		for i := range set.codes {
			out.items[i].expr = expr{shape: out.shape.elem, code: &set.codes[i]}
		}
		c.sets[name] = out
	}
	return out
}
