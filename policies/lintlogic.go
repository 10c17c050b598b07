package policies

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// logic turns the conditions of a pack into formulas over what a document may
// hold, to find conditions that no document can meet. What it cannot look into
// becomes a truth that may be anything; so it may miss an impossible condition
// and never calls a possible one impossible.
type logic struct {
	pack  *Pack
	loops int
}

// formula is a condition without "not": and, or, or a claim about one value.
type formula struct {
	any   bool       // or; else and
	parts []*formula // of and, or: none is true for and, false for or
	claim *claim
}

// claim says in what a value lies: among some words, or between two numbers.
type claim struct {
	value    string   // a path, or the text of what was not looked into
	words    []string // nil for a number
	universe []string // all words that there are
	lo, hi   int64
}

func (c *claim) numeric() bool { return c.words == nil }

var (
	always = &formula{}
	never  = &formula{any: true}
)

func both(parts ...*formula) *formula   { return &formula{parts: parts} }
func either(parts ...*formula) *formula { return &formula{any: true, parts: parts} }

func constantly(yes bool) *formula {
	if yes {
		return always
	}
	return never
}

func oneOf(value string, universe, words []string) *formula {
	if len(words) == 0 {
		return never
	}
	return &formula{claim: &claim{value: value, words: words, universe: universe}}
}

func lies(value string, lo, hi int64) *formula {
	if lo > hi {
		return never
	}
	return &formula{claim: &claim{value: value, lo: lo, hi: hi}}
}

// holds is a truth of which nothing more is known than its name.
func holds(value string) *formula { return oneOf(value, []string{"false", "true"}, []string{"true"}) }

// negated is true exactly where the formula is not.
func negated(f *formula) *formula {
	c := f.claim
	switch {
	case c == nil:
		out := &formula{any: !f.any}
		for _, p := range f.parts {
			out.parts = append(out.parts, negated(p))
		}
		return out
	case c.numeric():
		out := never
		if c.lo > math.MinInt64 {
			out = either(out, lies(c.value, math.MinInt64, c.lo-1))
		}
		if c.hi < math.MaxInt64 {
			out = either(out, lies(c.value, c.hi+1, math.MaxInt64))
		}
		return out
	}
	return oneOf(c.value, c.universe, others(c.universe, c.words))
}

func others(universe, words []string) []string {
	return slices.DeleteFunc(slices.Clone(universe), func(s string) bool { return slices.Contains(words, s) })
}

// bound is a name that a term or a loop gives: an expression, or an entry.
type bound struct {
	name  string
	node  *node
	env   *bound // of node
	path  string
	shape *shape
	outer *bound
}

func (b *bound) find(name string) *bound {
	for ; b != nil; b = b.outer {
		if b.name == name {
			return b
		}
	}
	return nil
}

// seen resolves names that stand for expressions.
func (l *logic) seen(n *node, env *bound) (*node, *bound) {
	for n.op == opName {
		b := env.find(n.text)
		if b == nil || b.node == nil {
			break
		}
		n, env = b.node, b.env
	}
	return n, env
}

// pathOf is the path of the document that an expression reads, if it reads one.
func (l *logic) pathOf(n *node, env *bound) (string, *shape, bool) {
	n, env = l.seen(n, env)
	switch n.op {
	case opName:
		if b := env.find(n.text); b != nil {
			return b.path, b.shape, true
		}
		if slot, ok := caseShape.slots[n.text]; ok {
			return n.text, caseShape.fields[slot].shape, true
		}
	case opSelect:
		path, s, ok := l.pathOf(n.args[0], env)
		if !ok || s.kind != kindRecord {
			return "", nil, false
		}
		return path + "." + n.text, s.fields[s.slots[n.text]].shape, true
	}
	return "", nil, false
}

// of is the formula of a condition.
func (l *logic) of(n *node, env *bound) *formula {
	n, env = l.seen(n, env)
	switch n.op {
	case opBool:
		return constantly(n.text == "true")
	case opUnary:
		return negated(l.of(n.args[0], env))
	case opCall:
		return l.call(n, env)
	case opMethod:
		return l.loop(n, env)
	case opBinary:
		return l.binary(n, env)
	case opChoice:
		cond := l.of(n.args[0], env)
		return either(both(cond, l.of(n.args[1], env)), both(negated(cond), l.of(n.args[2], env)))
	}
	return holds(l.text(n, env))
}

func (l *logic) call(n *node, env *bound) *formula {
	switch n.text {
	case "empty":
		return l.emptiness(n.args[0], env)
	case "filled":
		return negated(l.emptiness(n.args[0], env))
	case "certain":
		return both(holds(l.text(n, env)), l.of(n.args[0], env))
	}
	if t, ok := l.pack.term(n.text); ok {
		return l.of(t.body, l.inside(t, n, env))
	}
	return holds(l.text(n, env))
}

// inside is what the names of a term's parameters stand for.
func (l *logic) inside(t *term, n *node, env *bound) *bound {
	var inner *bound
	for i, name := range t.params {
		inner = &bound{name: name, node: n.args[i], env: env, outer: inner}
	}
	return inner
}

func (l *logic) emptiness(n *node, env *bound) *formula {
	path, s, ok := l.pathOf(n, env)
	switch {
	case !ok || s.kind == kindList:
		return lies(l.sizeOf(n, env), 0, 0)
	case s.kind == kindCode:
		return oneOf(path, l.universe(s), []string{""})
	}
	return oneOf(path, []string{"", HiddenText}, []string{""})
}

func (l *logic) sizeOf(n *node, env *bound) string { return "size(" + l.text(n, env) + ")" }

// universe are all words that a code may be.
func (l *logic) universe(s *shape) []string {
	codes := l.pack.lists[s.list].codes
	if s.none {
		return append([]string{""}, codes...)
	}
	return codes
}

// loop looks into the condition on an entry: where no entry can meet it, none
// exists. Otherwise it is a truth of its own, which a list without entries
// settles.
func (l *logic) loop(n *node, env *bound) *formula {
	l.loops++
	inner := l.of(n.args[2], l.entry(n, env))
	l.loops--
	whole, none := holds(l.text(n, env)), lies(l.sizeOf(n.args[0], env), 0, 0)
	switch {
	case n.text == "all" && !satisfiable(negated(inner)):
		return always
	case n.text == "all":
		return either(whole, none)
	case !satisfiable(inner):
		return never
	}
	return both(whole, lies(l.sizeOf(n.args[0], env), 1, math.MaxInt64))
}

// entry is what the name in a loop stands for.
func (l *logic) entry(n *node, env *bound) *bound {
	path := l.text(n.args[0], env) + "[" + strconv.Itoa(l.loops) + "]"
	return &bound{name: n.args[1].text, path: path, shape: l.elementOf(n.args[0], env), outer: env}
}

func (l *logic) elementOf(n *node, env *bound) *shape {
	n, env = l.seen(n, env)
	if n.op == opMethod { // a filtered list
		return l.elementOf(n.args[0], env)
	}
	if _, s, ok := l.pathOf(n, env); ok && s.kind == kindList {
		return s.elem
	}
	return &shape{kind: kindString}
}

func (l *logic) binary(n *node, env *bound) *formula {
	a, b := n.args[0], n.args[1]
	switch n.text {
	case "&&":
		return both(l.of(a, env), l.of(b, env))
	case "||":
		return either(l.of(a, env), l.of(b, env))
	case "in":
		return l.membership(n, env)
	case "==":
		return l.equality(n, env)
	case "!=":
		return negated(l.equality(n, env))
	}
	return l.ordering(n.text, n, env)
}

// membership is of a code in a list that stands in the pack.
func (l *logic) membership(n *node, env *bound) *formula {
	words, known := l.wordsOf(n.args[1], env)
	left, leftEnv := l.seen(n.args[0], env)
	switch {
	case !known:
	case left.op == opString:
		return constantly(slices.Contains(words, left.text))
	default:
		if path, s, ok := l.pathOf(left, leftEnv); ok && s.kind == kindCode {
			return oneOf(path, l.universe(s), words)
		}
	}
	return holds(l.text(n, env))
}

// wordsOf are the codes of a list that stands in the pack.
func (l *logic) wordsOf(n *node, env *bound) ([]string, bool) {
	n, env = l.seen(n, env)
	switch {
	case n.op == opSelect && n.args[0].op == opName && n.args[0].text == "sets" && env.find("sets") == nil:
		s, ok := l.pack.set(n.text)
		return s.codes, ok
	case n.op == opList:
		var out []string
		for _, e := range n.args {
			if e.op != opString {
				return nil, false
			}
			out = append(out, e.text)
		}
		return out, true
	}
	return nil, false
}

func (l *logic) equality(n *node, env *bound) *formula {
	a, aEnv := l.seen(n.args[0], env)
	b, bEnv := l.seen(n.args[1], env)
	if a.op == opString || a.op == opBool {
		a, aEnv, b, bEnv = b, bEnv, a, aEnv
	}
	path, s, ok := l.pathOf(a, aEnv)
	switch {
	case a.op == opString && b.op == opString:
		return constantly(a.text == b.text)
	case b.op == opString && ok && s.kind == kindCode:
		return oneOf(path, l.universe(s), []string{b.text})
	case b.op == opBool && b.text == "true":
		return l.of(a, aEnv)
	case b.op == opBool:
		return negated(l.of(a, aEnv))
	}
	if v, known := l.number(b, bEnv); known {
		return l.within(a, aEnv, v, v)
	}
	pair := []string{l.text(a, aEnv), l.text(b, bEnv)}
	slices.Sort(pair)
	return holds(strings.Join(pair, " == "))
}

// turned is the sign between two numbers that change places.
var turned = map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<="}

func (l *logic) ordering(sign string, n *node, env *bound) *formula {
	a := n.args[0]
	v, known := l.number(n.args[1], env)
	if !known {
		if v, known = l.number(a, env); !known {
			return holds(l.text(n, env))
		}
		a, sign = n.args[1], turned[sign]
	}
	switch sign {
	case "<":
		return l.within(a, env, math.MinInt64, v-1)
	case "<=":
		return l.within(a, env, math.MinInt64, v)
	case ">":
		return l.within(a, env, v+1, math.MaxInt64)
	}
	return l.within(a, env, v, math.MaxInt64)
}

// within says that a number lies between two others.
func (l *logic) within(n *node, env *bound, lo, hi int64) *formula {
	if v, known := l.number(n, env); known {
		return constantly(lo <= v && v <= hi)
	}
	return lies(l.text(n, env), lo, hi)
}
