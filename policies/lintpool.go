package policies

// pool is the search for documents together with those that were found.
type pool struct {
	*logic
	every    ways // all decisions
	decides  *alphabet
	examples []*example
	apart    map[[2]formula]bool
	asked    map[int]map[formula]formula // by care: what a formula says of another request
	views    map[view]*example
	care     fact
	cares    *alphabet
}

// view is an example under another request.
type view struct {
	of   *example
	care int
}

// other is an example under another request, for this care, that is else as in
// the quiet one.
func (x *pool) other(e *example, care int) *example {
	v := x.views[view{e, care}]
	if v == nil {
		v = e.asking(x.care, int64(care), x.examples[0])
		x.views[view{e, care}] = v
	}
	return v
}

func newPool(p *Pack) *pool {
	l := newLogic(p)
	x := &pool{logic: l, apart: map[[2]formula]bool{}, views: map[view]*example{}, asked: map[int]map[formula]formula{}}
	x.decides = l.alphabet(caseShape.fields[caseShape.slots["decision"]].shape)
	x.facts.all[x.decision].words = x.decides
	x.every = ways(x.decides.full()[0])
	request := l.facts.make(factKey{op: opName, text: "request"})
	x.care = l.facts.make(factKey{op: opSelect, text: "care", a: request})
	x.cares = l.alphabet(requestShape.fields[requestShape.slots["care"]].shape)
	return x
}

// decisions are those with these names.
func (x *pool) decisions(names []string) ways {
	set, _ := x.decides.set(names)
	return ways(set[0])
}

// on is the formula that the decision is one of those.
func (x *pool) on(w ways) formula {
	return x.among(x.decision, x.decides, wordset{uint64(w)})
}

// keep makes an example of what the search has found.
func (x *pool) keep() *example {
	var like *example
	if len(x.examples) > 0 {
		like = x.examples[0]
	}
	e := x.search.example(like)
	x.examples = append(x.examples, e)
	return e
}

// quiet looks for a document that meets as few of the formulas as possible on
// any decision; it need not be the best one. It stands first, and whatever is
// free in the others is as in this.
func (x *pool) quiet(all []formula) {
	x.search.keep(x.decision, *x.search.span(x.decision), span{})
	for _, f := range all {
		x.search.solve(x.negated(f))
	}
	x.keep()
	x.search.undo(0)
}

// possible are those of the decisions on which some document meets all the
// formulas.
func (x *pool) possible(asked ways, all ...formula) ways {
	var found ways
	for _, e := range x.examples {
		if found |= e.all(asked, all); found == asked {
			return found
		}
	}
	return found | x.find(asked&^found, all)
}

// meet reports whether some document meets all the formulas on one of those
// decisions.
func (x *pool) meet(asked ways, all ...formula) bool {
	for _, e := range x.examples {
		if e.all(asked, all) != 0 {
			return true
		}
	}
	return x.search.satisfiable(append(all, x.on(asked))...)
}

func (e *example) all(asked ways, all []formula) ways {
	for _, f := range all {
		if asked == 0 {
			break
		}
		asked &= e.on(f)
	}
	return asked
}

// find searches on one decision after the other, and keeps what it finds. A
// search that gives up accuses nobody.
func (x *pool) find(asked ways, all []formula) (found ways) {
	for asked != 0 {
		ok := x.search.solve(append(all[:len(all):len(all)], x.on(asked))...)
		if !ok || x.search.gaveUp() {
			x.search.undo(0)
			if ok {
				found |= asked
			}
			return found
		}
		met := x.keep().all(asked, all)
		x.search.undo(0)
		found, asked = found|met, asked&^met
	}
	return found
}

// exclusive: of the two exactly one is true of any document.
func (x *pool) exclusive(a, b formula) bool {
	if a == b {
		return false
	}
	for _, e := range x.examples {
		if (e.on(a)^e.on(b))&x.every != x.every {
			return false
		}
	}
	key := [2]formula{min(a, b), max(a, b)}
	yes, known := x.apart[key]
	if !known {
		yes = !x.search.satisfiable(a, b) && !x.search.satisfiable(x.negated(a), x.negated(b))
		x.apart[key] = yes
	}
	return yes
}

// print is a fingerprint of where the examples meet a formula. It is a sum, so
// that those of two formulas of which always one holds add up to that of all.
func (x *pool) print(f formula) (out uint64) {
	factor := uint64(0x9e3779b97f4a7c15)
	for _, e := range x.examples {
		out += uint64(e.on(f)&x.every) * factor
		factor *= 0xbf58476d1ce4e5b9 // odd, as the first: nothing is lost
	}
	return out
}

// same: two formulas hold of the same documents on those decisions.
func (x *pool) same(asked ways, a, b formula) bool {
	return a == b || !x.meet(asked, a, x.negated(b)) && !x.meet(asked, b, x.negated(a))
}

// asking is the formula of another request, for this care: what it says of
// request and provider is said of others.
func (x *pool) asking(f formula, care int) formula {
	done := x.asked[care]
	if done == nil {
		done = map[formula]formula{}
		x.asked[care] = done
	}
	if out, there := done[f]; there {
		return out
	}
	k := x.knots[f]
	out := f
	switch k.kind {
	case knotWords:
		switch other := x.facts.other(k.claim.fact); {
		case k.claim.fact == x.care:
			out = constantly(k.claim.words.has(care))
		case other != k.claim.fact:
			out = x.among(other, x.facts.all[k.claim.fact].words, k.claim.words)
		}
	case knotNumber:
		out = x.lies(x.facts.other(k.claim.fact), k.claim.lo, k.claim.hi)
	default:
		parts := make([]formula, len(k.parts))
		for i, p := range k.parts {
			parts[i] = x.asking(p, care)
		}
		out = x.join(k.kind, parts)
	}
	done[f] = out
	return out
}
