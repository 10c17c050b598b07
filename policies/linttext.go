package policies

import (
	"strconv"
	"strings"
)

// text is an expression with its terms and numbers put in: the same text is
// the same value on any document.
func (l *logic) text(n *node, env *bound) string {
	n, env = l.seen(n, env)
	if v, known := l.number(n, env); known {
		return strconv.FormatInt(v, 10)
	}
	if path, _, ok := l.pathOf(n, env); ok {
		return path
	}
	switch n.op {
	case opString:
		return strconv.Quote(n.text)
	case opBool:
		return n.text
	case opList:
		return "[" + l.texts(n.args, env) + "]"
	case opSelect:
		if words, ok := l.wordsOf(n, env); ok {
			return "[" + strings.Join(words, ", ") + "]"
		}
		return l.text(n.args[0], env) + "." + n.text
	case opCall:
		if t, ok := l.pack.term(n.text); ok {
			return l.text(t.body, l.inside(t, n, env))
		}
		return n.text + "(" + l.texts(n.args, env) + ")"
	case opMethod:
		l.loops++
		defer func() { l.loops-- }()
		return l.text(n.args[0], env) + "." + n.text + "(" + l.text(n.args[2], l.entry(n, env)) + ")"
	}
	return "(" + n.text + " " + l.texts(n.args, env) + ")"
}

func (l *logic) texts(nodes []*node, env *bound) string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = l.text(n, env)
	}
	return strings.Join(out, ", ")
}

// number is the value of an expression that is the same on every document.
func (l *logic) number(n *node, env *bound) (int64, bool) {
	n, env = l.seen(n, env)
	switch n.op {
	case opInt:
		return n.n, true
	case opSelect:
		return l.packNumber(n, env)
	case opUnary:
		if v, ok := l.number(n.args[0], env); ok && n.text == "-" {
			return -v, true
		}
	case opBinary:
		a, ok := l.number(n.args[0], env)
		b, also := l.number(n.args[1], env)
		if ok && also {
			return calculate(n.text, a, b)
		}
	}
	return 0, false
}

func (l *logic) packNumber(n *node, env *bound) (int64, bool) {
	of := n.args[0]
	switch {
	case of.op != opName || env.find(of.text) != nil:
		return 0, false
	case of.text == "params":
		return l.pack.param(n.text)
	case of.text == "clocks":
		return l.pack.clockHours(n.text)
	}
	return 0, false
}

func calculate(sign string, a, b int64) (int64, bool) {
	switch {
	case sign == "+":
		return a + b, true
	case sign == "-":
		return a - b, true
	case sign == "*":
		return a * b, true
	case sign == "/" && b != 0:
		return a / b, true
	case sign == "%" && b != 0:
		return a % b, true
	}
	return 0, false
}
