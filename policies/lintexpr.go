package policies

// pathOf is the path of the document that an expression reads, if it reads one.
func (l *logic) pathOf(n *node, env *bound) (fact, *shape, bool) {
	n, env = l.seen(n, env)
	switch n.op {
	case opName:
		if b := env.find(n.text); b != nil {
			return b.entry, b.shape, true
		}
		if slot, ok := caseShape.slots[n.text]; ok {
			return l.facts.make(factKey{op: opName, text: n.text}), caseShape.fields[slot].shape, true
		}
	case opSelect:
		path, s, ok := l.pathOf(n.args[0], env)
		if !ok || s.kind != kindRecord {
			return 0, nil, false
		}
		return l.facts.make(factKey{op: opSelect, text: n.text, a: path}), s.fields[s.slots[n.text]].shape, true
	}
	return 0, nil, false
}

// fact is an expression with its terms and numbers put in.
func (l *logic) fact(n *node, env *bound) fact {
	n, env = l.seen(n, env)
	if v, known := l.number(n, env); known {
		return l.facts.make(factKey{op: opInt, n: v})
	}
	if path, _, ok := l.pathOf(n, env); ok {
		return path
	}
	switch n.op {
	case opList:
		return l.chain(n.args, env)
	case opSelect:
		if words, ok := l.wordsOf(n, env); ok {
			return l.wordFacts(words)
		}
		return l.facts.make(factKey{op: opSelect, text: n.text, a: l.fact(n.args[0], env)})
	case opCall:
		if t, ok := l.pack.term(n.text); ok {
			return l.termFact(t, n, env)
		}
	case opMethod:
		of, entry := l.fact(n.args[0], env), l.entry(n, env)
		l.loops++
		defer func() { l.loops-- }()
		return l.facts.make(factKey{op: opMethod, text: n.text, a: of, b: l.fact(n.args[2], entry)})
	}
	return l.facts.make(factKey{op: n.op, text: n.text, a: l.chain(n.args, env)})
}

func (l *logic) chain(nodes []*node, env *bound) fact {
	var out fact
	for _, n := range nodes {
		out = l.facts.make(factKey{op: opList, a: out, b: l.fact(n, env)})
	}
	return out
}

func (l *logic) termFact(t *term, n *node, env *bound) fact {
	key := termKey{n.text, l.chain(n.args, env), l.loops}
	if f, there := l.terms[key]; there {
		return f
	}
	f := l.fact(t.body, l.inside(t, n, env))
	l.terms[key] = f
	return f
}

func (l *logic) sizeOf(n *node, env *bound) fact {
	return l.facts.make(factKey{op: opCall, text: "size", a: l.facts.make(factKey{op: opList, b: l.fact(n, env)})})
}

func (l *logic) wordFacts(words []string) fact {
	var out fact
	for _, w := range words {
		out = l.facts.make(factKey{op: opList, a: out, b: l.facts.make(factKey{op: opString, text: w})})
	}
	return out
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

// number is the value of an expression that is the same on every document.
func (l *logic) number(n *node, env *bound) (int64, bool) {
	n, env = l.seen(n, env)
	switch n.op {
	case opInt:
		return n.n, true
	case opSelect:
		return l.packNumber(n, env)
	case opUnary:
		if n.text == "-" {
			v, ok := l.number(n.args[0], env)
			return -v, ok
		}
	case opBinary:
		switch n.text {
		case "+", "-", "*", "/", "%":
			a, ok := l.number(n.args[0], env)
			b, also := l.number(n.args[1], env)
			if ok && also {
				return calculate(n.text, a, b)
			}
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
