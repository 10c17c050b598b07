package policies

import (
	"math"
	"slices"
)

// logic turns the conditions of a pack into formulas over what a document may
// hold, to find conditions that no document can meet. What it cannot look into
// becomes a truth that may be anything; so it may miss an impossible condition
// and never calls a possible one impossible.
type logic struct {
	*formulas
	pack   *Pack
	search *solver
	loops  int
	codes  map[*shape]*alphabet
	lists  map[alphabetKey]*alphabet
	truths *alphabet
	texts  *alphabet
	done   map[placed]formula // of terms and loops
	terms  map[termKey]fact
}

type alphabetKey struct {
	list string
	none bool
}

// placed is a fact within so many loops.
type placed struct {
	fact  fact
	loops int
}

// termKey is a term with its operands, within so many loops.
type termKey struct {
	name  string
	args  fact
	loops int
}

func newLogic(p *Pack) *logic {
	all := newFormulas()
	return &logic{
		formulas: all, pack: p, search: newSolver(all),
		codes: map[*shape]*alphabet{}, lists: map[alphabetKey]*alphabet{},
		truths: newAlphabet([]string{"false", "true"}), texts: newAlphabet([]string{"", HiddenText}),
		done: map[placed]formula{}, terms: map[termKey]fact{},
	}
}

// oneOf claims that a fact is one of those words; where they have no room in
// its alphabet the claim is a truth of its own.
func (l *logic) oneOf(f fact, a *alphabet, words ...string) formula {
	set, ok := a.set(words)
	if !ok {
		return l.holds(l.facts.make(factKey{op: opBinary, text: "in", a: f, b: l.wordFacts(words)}))
	}
	return l.among(f, a, set)
}

// holds is a truth of which nothing more is known than its name.
func (l *logic) holds(f fact) formula { return l.oneOf(f, l.truths, "true") }

// alphabet are all words that a code may be.
func (l *logic) alphabet(s *shape) *alphabet {
	if a, there := l.codes[s]; there {
		return a
	}
	key := alphabetKey{s.list, s.none}
	a := l.lists[key]
	if a == nil {
		words := l.pack.lists[s.list].codes
		if s.none {
			words = append([]string{""}, words...)
		}
		a = newAlphabet(words)
		l.lists[key] = a
	}
	l.codes[s] = a
	return a
}

// bound is a name that a term or a loop gives: an expression, or an entry.
type bound struct {
	name  string
	node  *node
	env   *bound // of node
	entry fact
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

// of is the formula of a condition.
func (l *logic) of(n *node, env *bound) formula {
	n, env = l.seen(n, env)
	switch n.op {
	case opBool:
		return constantly(n.text == "true")
	case opUnary:
		return l.negated(l.of(n.args[0], env))
	case opCall:
		return l.call(n, env)
	case opMethod:
		return l.once(n, env, l.loop)
	case opBinary:
		return l.binary(n, env)
	case opChoice:
		cond := l.of(n.args[0], env)
		return l.either(l.both(cond, l.of(n.args[1], env)), l.both(l.negated(cond), l.of(n.args[2], env)))
	}
	return l.holds(l.fact(n, env))
}

// once makes the formula of a term or a loop once: the same fact within as many
// loops is the same formula.
func (l *logic) once(n *node, env *bound, make func(*node, *bound) formula) formula {
	key := placed{l.fact(n, env), l.loops}
	if f, there := l.done[key]; there {
		return f
	}
	f := make(n, env)
	l.done[key] = f
	return f
}

func (l *logic) call(n *node, env *bound) formula {
	switch n.text {
	case "empty":
		return l.emptiness(n.args[0], env)
	case "filled":
		return l.negated(l.emptiness(n.args[0], env))
	case "certain":
		return l.both(l.holds(l.fact(n, env)), l.of(n.args[0], env))
	}
	if t, ok := l.pack.term(n.text); ok {
		return l.once(n, env, func(n *node, env *bound) formula { return l.of(t.body, l.inside(t, n, env)) })
	}
	return l.holds(l.fact(n, env))
}

// inside is what the names of a term's parameters stand for.
func (l *logic) inside(t *term, n *node, env *bound) *bound {
	var inner *bound
	for i, name := range t.params {
		inner = &bound{name: name, node: n.args[i], env: env, outer: inner}
	}
	return inner
}

func (l *logic) emptiness(n *node, env *bound) formula {
	path, s, ok := l.pathOf(n, env)
	switch {
	case !ok || s.kind == kindList:
		return l.lies(l.sizeOf(n, env), 0, 0)
	case s.kind == kindCode:
		return l.oneOf(path, l.alphabet(s), "")
	}
	return l.oneOf(path, l.texts, "")
}

// loop looks into the condition on an entry: where no entry can meet it, none
// exists. Otherwise it is a truth of its own, which a list without entries
// settles.
func (l *logic) loop(n *node, env *bound) formula {
	whole, size := l.holds(l.fact(n, env)), l.sizeOf(n.args[0], env)
	entry := l.entry(n, env)
	l.loops++
	inner := l.of(n.args[2], entry)
	l.loops--
	switch {
	case n.text == "all" && !l.search.satisfiable(l.negated(inner)):
		return always
	case n.text == "all":
		return l.either(whole, l.lies(size, 0, 0))
	case !l.search.satisfiable(inner):
		return never
	}
	return l.both(whole, l.lies(size, 1, math.MaxInt64))
}

// entry is what the name in a loop stands for.
func (l *logic) entry(n *node, env *bound) *bound {
	entry := l.facts.make(factKey{op: opEntry, a: l.fact(n.args[0], env), n: int64(l.loops)})
	return &bound{name: n.args[1].text, entry: entry, shape: l.elementOf(n.args[0], env), outer: env}
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

func (l *logic) binary(n *node, env *bound) formula {
	a, b := n.args[0], n.args[1]
	switch n.text {
	case "&&":
		return l.both(l.of(a, env), l.of(b, env))
	case "||":
		return l.either(l.of(a, env), l.of(b, env))
	case "in":
		return l.membership(n, env)
	case "==":
		return l.equality(n, env)
	case "!=":
		return l.negated(l.equality(n, env))
	}
	return l.ordering(n.text, n, env)
}

// membership is of a code in a list that stands in the pack.
func (l *logic) membership(n *node, env *bound) formula {
	words, known := l.wordsOf(n.args[1], env)
	left, leftEnv := l.seen(n.args[0], env)
	switch {
	case !known:
	case left.op == opString:
		return constantly(slices.Contains(words, left.text))
	default:
		if path, s, ok := l.pathOf(left, leftEnv); ok && s.kind == kindCode {
			return l.oneOf(path, l.alphabet(s), words...)
		}
	}
	return l.holds(l.fact(n, env))
}

func (l *logic) equality(n *node, env *bound) formula {
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
		return l.oneOf(path, l.alphabet(s), b.text)
	case b.op == opBool && b.text == "true":
		return l.of(a, aEnv)
	case b.op == opBool:
		return l.negated(l.of(a, aEnv))
	}
	if v, known := l.number(b, bEnv); known {
		return l.within(a, aEnv, v, v)
	}
	one, two := l.fact(a, aEnv), l.fact(b, bEnv)
	return l.holds(l.facts.make(factKey{op: opBinary, text: "==", a: min(one, two), b: max(one, two)}))
}

// turned is the sign between two numbers that change places.
var turned = map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<="}

func (l *logic) ordering(sign string, n *node, env *bound) formula {
	a := n.args[0]
	v, known := l.number(n.args[1], env)
	if !known {
		if v, known = l.number(a, env); !known {
			return l.holds(l.fact(n, env))
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
func (l *logic) within(n *node, env *bound, lo, hi int64) formula {
	if v, known := l.number(n, env); known {
		return constantly(lo <= v && v <= hi)
	}
	return l.lies(l.fact(n, env), lo, hi)
}
