package policies

// node is a part of a parsed expression.
type node struct {
	pos
	op   op
	text string // name, literal, operator, field, function
	n    int64
	args []*node
}

type op uint8

const (
	opInt op = iota + 1
	opString
	opBool
	opList
	opName   // text
	opSelect // args[0].text
	opCall   // text(args…)
	opMethod // args[0].text(args[1]…)
	opUnary  // text args[0]
	opBinary // args[0] text args[1]
	opChoice // args[0] ? args[1] : args[2]
)

// nestMost bounds how deep an expression nests.
const nestMost = 64

// parse reads an expression of the subset of CEL that DESIGN.md lists.
func parse(src string) (*node, error) {
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	n, err := p.choice()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, t.fail("%s is not expected here", t)
	}
	return n, nil
}

type parser struct {
	tokens []token
	i      int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) take() token {
	t := p.tokens[p.i]
	if t.kind != tokenEnd {
		p.i++
	}
	return t
}

func (p *parser) sign(texts ...string) (token, bool) {
	t := p.peek()
	if t.kind != tokenSign {
		return t, false
	}
	for _, s := range texts {
		if t.text == s {
			return p.take(), true
		}
	}
	return t, false
}

func (p *parser) want(text string) error {
	if t, ok := p.sign(text); !ok {
		return t.fail("%q is expected, not %s", text, t)
	}
	return nil
}

func (p *parser) deeper() (func(), error) {
	p.depth++
	if p.depth > nestMost {
		return nil, p.peek().fail("the expression nests deeper than %d", nestMost)
	}
	return func() { p.depth-- }, nil
}

func (p *parser) choice() (*node, error) {
	back, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer back()
	cond, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	t, ok := p.sign("?")
	if !ok {
		return cond, nil
	}
	yes, err := p.choice()
	if err != nil {
		return nil, err
	}
	if err := p.want(":"); err != nil {
		return nil, err
	}
	no, err := p.choice()
	if err != nil {
		return nil, err
	}
	return &node{pos: t.pos, op: opChoice, args: []*node{cond, yes, no}}, nil
}

// levels of binary operators, the loosest first.
var levels = [][]string{{"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">=", "in"}, {"+", "-"}, {"*", "/", "%"}}

func (p *parser) binary(level int) (*node, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	for {
		t, ok := p.sign(levels[level]...)
		if !ok && level == 2 && t.kind == tokenName && t.text == "in" {
			t, ok = p.take(), true
		}
		if !ok {
			return left, nil
		}
		right, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		left = &node{pos: t.pos, op: opBinary, text: t.text, args: []*node{left, right}}
	}
}

func (p *parser) unary() (*node, error) {
	t, ok := p.sign("!", "-")
	if !ok {
		return p.postfix()
	}
	back, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer back()
	arg, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &node{pos: t.pos, op: opUnary, text: t.text, args: []*node{arg}}, nil
}

func (p *parser) postfix() (*node, error) {
	left, err := p.primary()
	if err != nil {
		return nil, err
	}
	for {
		if _, ok := p.sign("."); !ok {
			return left, nil
		}
		t := p.take()
		if t.kind != tokenName {
			return nil, t.fail("a name is expected after the dot, not %s", t)
		}
		left = &node{pos: t.pos, op: opSelect, text: t.text, args: []*node{left}}
		if _, ok := p.sign("("); ok {
			args, err := p.list(")")
			if err != nil {
				return nil, err
			}
			left.op, left.args = opMethod, append(left.args, args...)
		}
	}
}

func (p *parser) primary() (*node, error) {
	t := p.take()
	switch {
	case t.kind == tokenInt:
		return &node{pos: t.pos, op: opInt, n: t.n}, nil
	case t.kind == tokenString:
		return &node{pos: t.pos, op: opString, text: t.text}, nil
	case t.kind == tokenName && (t.text == "true" || t.text == "false"):
		return &node{pos: t.pos, op: opBool, text: t.text}, nil
	case t.kind == tokenName && t.text != "in":
		return p.name(t)
	case t.kind == tokenSign && t.text == "(":
		n, err := p.choice()
		if err != nil {
			return nil, err
		}
		return n, p.want(")")
	case t.kind == tokenSign && t.text == "[":
		args, err := p.list("]")
		return &node{pos: t.pos, op: opList, args: args}, err
	}
	return nil, t.fail("a value is expected, not %s", t)
}

func (p *parser) name(t token) (*node, error) {
	if _, ok := p.sign("("); !ok {
		return &node{pos: t.pos, op: opName, text: t.text}, nil
	}
	args, err := p.list(")")
	return &node{pos: t.pos, op: opCall, text: t.text, args: args}, err
}

func (p *parser) list(end string) ([]*node, error) {
	var out []*node
	if _, ok := p.sign(end); ok {
		return out, nil
	}
	for {
		n, err := p.choice()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if _, ok := p.sign(","); !ok {
			return out, p.want(end)
		}
	}
}
