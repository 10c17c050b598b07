package policies

import (
	"encoding/binary"
	"math"
	"slices"
)

// formula is a condition without "not", by its number among formulas: equal
// ones are one, and the parts of each stand before it.
type formula int32

const (
	never formula = iota
	always
)

type knotKind uint8

const (
	knotWords  knotKind = iota // a fact lies among some words
	knotNumber                 // a fact lies between two numbers
	knotBoth                   // all parts hold
	knotEither                 // one of the parts holds
)

// knot is what a formula says.
type knot struct {
	kind   knotKind
	claim  claim
	parts  []formula // of both and either, sorted
	negate formula   // -1 until it was asked for
}

// claim says in what a fact lies.
type claim struct {
	fact   fact
	words  wordset
	lo, hi int64
}

// formulas holds every formula of one look at a pack.
type formulas struct {
	facts    *facts
	decision fact
	knots    []knot
	claims   map[claim]formula
	joined   map[string]formula
	key      []byte
	room     []formula
}

func newFormulas() *formulas {
	facts := newFacts()
	return &formulas{
		facts: facts, decision: facts.make(factKey{op: opName, text: "decision"}),
		knots:  append(make([]knot, 0, 1024), knot{kind: knotEither, negate: always}, knot{kind: knotBoth, negate: never}),
		claims: make(map[claim]formula, 512), joined: make(map[string]formula, 512),
	}
}

func constantly(yes bool) formula {
	if yes {
		return always
	}
	return never
}

func (s *formulas) make(k knot) formula {
	k.negate = -1
	s.knots = append(s.knots, k)
	return formula(len(s.knots) - 1)
}

func (s *formulas) claimed(kind knotKind, c claim) formula {
	if f, there := s.claims[c]; there {
		return f
	}
	s.facts.claimed(c.fact)
	f := s.make(knot{kind: kind, claim: c})
	s.claims[c] = f
	return f
}

// among claims that a fact is one of those words.
func (s *formulas) among(f fact, a *alphabet, words wordset) formula {
	s.facts.all[f].words = a
	if a.exact() {
		words = words.and(a.full())
		if words == a.full() {
			return always
		}
	}
	if words.none() {
		return never
	}
	return s.claimed(knotWords, claim{fact: f, words: words})
}

// lies claims that a number lies between two others.
func (s *formulas) lies(f fact, lo, hi int64) formula {
	if lo > hi {
		return never
	}
	return s.claimed(knotNumber, claim{fact: f, lo: lo, hi: hi})
}

func (s *formulas) both(parts ...formula) formula   { return s.join(knotBoth, parts) }
func (s *formulas) either(parts ...formula) formula { return s.join(knotEither, parts) }

// join makes a both or an either, without what changes nothing.
func (s *formulas) join(kind knotKind, parts []formula) formula {
	idle, stop := always, never
	if kind == knotEither {
		idle, stop = never, always
	}
	list := s.room[:0]
	for _, p := range parts {
		switch {
		case p == stop:
			return stop
		case p == idle:
		case s.knots[p].kind == kind:
			list = append(list, s.knots[p].parts...)
		default:
			list = append(list, p)
		}
	}
	s.room = list
	slices.Sort(list)
	list = slices.Compact(list)
	switch len(list) {
	case 0:
		return idle
	case 1:
		return list[0]
	}
	return s.joint(kind, list)
}

func (s *formulas) joint(kind knotKind, list []formula) formula {
	s.key = append(s.key[:0], byte(kind))
	for _, p := range list {
		s.key = binary.LittleEndian.AppendUint32(s.key, uint32(p))
	}
	if f, there := s.joined[string(s.key)]; there {
		return f
	}
	f := s.make(knot{kind: kind, parts: slices.Clone(list)})
	s.joined[string(s.key)] = f
	return f
}

// negated is true exactly where the formula is not.
func (s *formulas) negated(f formula) formula {
	if s.knots[f].negate < 0 {
		n := s.opposite(f)
		s.knots[f].negate, s.knots[n].negate = n, f
	}
	return s.knots[f].negate
}

func (s *formulas) opposite(f formula) formula {
	c := s.knots[f].claim
	switch s.knots[f].kind {
	case knotWords:
		return s.among(c.fact, s.facts.all[c.fact].words, c.words.not())
	case knotNumber:
		out := never
		if c.lo > math.MinInt64 {
			out = s.either(out, s.lies(c.fact, math.MinInt64, c.lo-1))
		}
		if c.hi < math.MaxInt64 {
			out = s.either(out, s.lies(c.fact, c.hi+1, math.MaxInt64))
		}
		return out
	}
	parts := make([]formula, len(s.knots[f].parts))
	for i := range parts {
		parts[i] = s.negated(s.knots[f].parts[i])
	}
	return s.join(knotBoth+knotEither-s.knots[f].kind, parts)
}

// conjuncts are the parts that must all hold.
func (s *formulas) conjuncts(f formula) []formula {
	switch {
	case f == always:
		return nil
	case s.knots[f].kind == knotBoth:
		return s.knots[f].parts
	}
	return []formula{f}
}
