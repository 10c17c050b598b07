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
func parse(src string) (*node, error) { return new(parser).parse(src) }

// parser reads one expression after the other; what it has used for one it uses
// for the next.
type parser struct {
	tokens []token
	i      int
	depth  int
	room   []node // for nodes to come
}

func (p *parser) parse(src string) (*node, error) {
	tokens, err := lex(src, p.tokens[:0])
	if err != nil {
		return nil, err
	}
	p.tokens, p.i, p.depth = tokens, 0, 0
	n, err := p.choice()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, t.fail("%s is not expected here", t)
	}
	return n, nil
}

func (p *parser) node(n node, args ...*node) *node {
	if n.args == nil {
		n.args = args
	}
	if len(p.room) == 0 {
		p.room = make([]node, max(16, len(p.tokens)))
	}
	out := &p.room[0]
	p.room = p.room[1:]
	*out = n
	return out
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) take() token {
	t := p.tokens[p.i]
	if t.kind != tokenEnd {
		p.i++
	}
	return t
}

func (p *parser) sign(text string) (token, bool) {
	t := p.peek()
	if t.kind != tokenSign || t.text != text {
		return t, false
	}
	return p.take(), true
}

func (p *parser) want(text string) error {
	if t, ok := p.sign(text); !ok {
		return t.fail("%q is expected, not %s", text, t)
	}
	return nil
}

func (p *parser) deeper() error {
	p.depth++
	if p.depth > nestMost {
		return p.peek().fail("the expression nests deeper than %d", nestMost)
	}
	return nil
}

func (p *parser) back() { p.depth-- }

func (p *parser) choice() (*node, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.back()
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
	return p.node(node{pos: t.pos, op: opChoice}, cond, yes, no), nil
}

// binding is how tightly a binary operator binds, from 1 on; 0 for what is none.
func (t token) binding() int {
	switch {
	case t.kind == tokenName && t.text == "in":
		return 3
	case t.kind != tokenSign:
		return 0
	}
	switch t.text {
	case "||":
		return 1
	case "&&":
		return 2
	case "==", "!=", "<", "<=", ">", ">=":
		return 3
	case "+", "-":
		return 4
	case "*", "/", "%":
		return 5
	}
	return 0
}

// binary reads operands as long as the operators between them bind more
// tightly than the one before the first.
func (p *parser) binary(before int) (*node, error) {
	left, err := p.unary()
	if err != nil {
		return nil, err
	}
	for {
		t := p.peek()
		binds := t.binding()
		if binds <= before {
			return left, nil
		}
		p.take()
		right, err := p.binary(binds)
		if err != nil {
			return nil, err
		}
		left = p.node(node{pos: t.pos, op: opBinary, text: t.text}, left, right)
	}
}

func (p *parser) unary() (*node, error) {
	t, ok := p.sign("!")
	if !ok {
		t, ok = p.sign("-")
	}
	if !ok {
		return p.postfix()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.back()
	arg, err := p.unary()
	if err != nil {
		return nil, err
	}
	return p.node(node{pos: t.pos, op: opUnary, text: t.text}, arg), nil
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
		left = p.node(node{pos: t.pos, op: opSelect, text: t.text}, left)
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
		return p.node(node{pos: t.pos, op: opInt, n: t.n}), nil
	case t.kind == tokenString:
		return p.node(node{pos: t.pos, op: opString, text: t.text}), nil
	case t.kind == tokenName && (t.text == "true" || t.text == "false"):
		return p.node(node{pos: t.pos, op: opBool, text: t.text}), nil
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
		return p.node(node{pos: t.pos, op: opList, args: args}), err
	}
	return nil, t.fail("a value is expected, not %s", t)
}

func (p *parser) name(t token) (*node, error) {
	if _, ok := p.sign("("); !ok {
		return p.node(node{pos: t.pos, op: opName, text: t.text}), nil
	}
	args, err := p.list(")")
	return p.node(node{pos: t.pos, op: opCall, text: t.text, args: args}), err
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
