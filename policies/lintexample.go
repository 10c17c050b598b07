package policies

// decisionsMost bounds the decisions of a pack: lint looks at an example under
// all of them at once.
const decisionsMost = 64

// ways is a set of decisions, by their place in the pack's list.
type ways uint64

const anyWay = ^ways(0)

// example is a document that a search has found, without its decision. Most
// questions whether conditions can meet are answered by one found before.
type example struct {
	of     *formulas
	values []int64 // by the slot of a fact: a number, or the bit of a word; 0 is always one
	meets  []ways  // by formula: on which decisions it holds
	known  []bool
}

// example makes a document of what a search has left the facts; whatever is
// free stays as it is in another one.
func (s *solver) example(like *example) *example {
	e := &example{of: s.formulas, values: make([]int64, s.facts.slots+1)}
	if like != nil {
		copy(e.values, like.values)
	}
	for _, c := range s.trail {
		at := &e.values[s.facts.all[c.fact].slot]
		*at = s.now[c.fact].value(*at)
	}
	return e
}

// value is one within the span: the wanted one if it can be.
func (s *span) value(want int64) int64 {
	switch {
	case s.words.none():
		return min(max(want, s.lo), s.hi)
	case s.words.has(int(want)):
		return want
	}
	return int64(s.words.first())
}

func (e *example) value(f fact) int64 {
	if slot := e.of.facts.all[f].slot; int(slot) < len(e.values) {
		return e.values[slot]
	}
	return 0
}

// on is on which decisions the document meets a formula.
func (e *example) on(f formula) ways {
	if int(f) < len(e.known) && e.known[f] {
		return e.meets[f]
	}
	return e.learn(f)
}

func (e *example) learn(f formula) ways {
	if int(f) >= len(e.known) {
		more := len(e.of.knots) - len(e.known)
		e.known, e.meets = append(e.known, make([]bool, more)...), append(e.meets, make([]ways, more)...)
	}
	w := e.look(f)
	e.known[f], e.meets[f] = true, w
	return w
}

func (e *example) look(f formula) ways {
	k := &e.of.knots[f]
	if n := k.negate; n >= 0 && int(n) < len(e.known) && e.known[n] {
		return ^e.meets[n]
	}
	switch k.kind {
	case knotWords:
		if k.claim.fact == e.of.decision {
			return ways(k.claim.words[0])
		}
		return wherever(k.claim.words.has(int(e.value(k.claim.fact))))
	case knotNumber:
		v := e.value(k.claim.fact)
		return wherever(k.claim.lo <= v && v <= k.claim.hi)
	case knotBoth:
		out := anyWay
		for _, p := range k.parts {
			out &= e.on(p)
		}
		return out
	}
	var out ways
	for _, p := range k.parts {
		out |= e.on(p)
	}
	return out
}

func wherever(yes bool) ways {
	if yes {
		return anyWay
	}
	return 0
}

// asking is the document with another request: for this care, and in
// everything else that is asked for like another document.
func (e *example) asking(care fact, code int64, like *example) *example {
	out := &example{of: e.of, values: make([]int64, len(e.values))}
	copy(out.values, e.values)
	for f, about := range e.of.facts.all {
		if about.request && int(about.slot) < len(out.values) {
			out.values[about.slot] = like.value(fact(f))
		}
	}
	if slot := e.of.facts.all[care].slot; int(slot) < len(out.values) {
		out.values[slot] = code
	}
	return out
}
