package policies

import "math"

// stepsMost bounds the search for a document that meets a formula; where it is
// not enough the formula counts as one that can be met.
const stepsMost = 50_000

// solver looks for a document that meets formulas. It keeps what every fact may
// still be, asserts what follows, and tries the parts of what is left open.
type solver struct {
	*formulas
	now   []span // by fact
	trail []change
	steps int
}

// span is what a fact may still be.
type span struct {
	words  wordset
	lo, hi int64
}

// change is what a fact was before it was narrowed.
type change struct {
	fact fact
	was  span
}

type state int8

const (
	fails state = iota - 1
	open
	meets
)

func newSolver(of *formulas) *solver { return &solver{formulas: of} }

// satisfiable reports whether some document meets all the formulas together.
func (s *solver) satisfiable(all ...formula) bool {
	yes := s.solve(all...)
	s.undo(0)
	return yes
}

// solve leaves the facts narrowed to what meets the formulas, whatever else
// they are; unless it gave up.
func (s *solver) solve(all ...formula) bool {
	s.steps = 0
	return s.more(all...)
}

// more adds formulas to what the facts are narrowed to already; where they
// cannot be added nothing changes.
func (s *solver) more(all ...formula) bool {
	mark := len(s.trail)
	var choices []formula
	for _, f := range all {
		if !s.assert(f, &choices) {
			s.undo(mark)
			return false
		}
	}
	if s.meet(choices) {
		return true
	}
	s.undo(mark)
	return false
}

func (s *solver) gaveUp() bool { return s.steps > stepsMost }

// widest is what a fact may be before anything is claimed of it. A size, and
// every number of a document, is none below nothing.
func (s *solver) widest(f fact) span {
	about := s.facts.all[f]
	for about.op == opOther {
		about = s.facts.all[about.a]
	}
	switch {
	case about.words != nil:
		return span{words: about.words.full()}
	case about.path, about.op == opCall && about.text == "size":
		return span{lo: 0, hi: math.MaxInt64}
	}
	return span{lo: math.MinInt64, hi: math.MaxInt64}
}

// span is what a fact may be now.
func (s *solver) span(f fact) *span {
	for int(f) >= len(s.now) {
		s.now = append(s.now, span{lo: 1})
	}
	at := &s.now[f]
	if at.lo == 1 && at.hi == 0 && at.words.none() { // not asked for yet
		*at = s.widest(f)
	}
	return at
}

func (s *solver) undo(mark int) {
	for i := len(s.trail) - 1; i >= mark; i-- {
		s.now[s.trail[i].fact] = s.trail[i].was
	}
	s.trail = s.trail[:mark]
}

func (s *solver) keep(f fact, was, is span) {
	if was != is {
		s.trail = append(s.trail, change{f, was})
		s.now[f] = is
	}
}

// assert takes what must hold: claims narrow the facts, choices are left.
func (s *solver) assert(f formula, choices *[]formula) bool {
	switch k := &s.knots[f]; k.kind {
	case knotWords:
		was := *s.span(k.claim.fact)
		is := span{words: was.words.and(k.claim.words)}
		s.keep(k.claim.fact, was, is)
		return !is.words.none()
	case knotNumber:
		was := *s.span(k.claim.fact)
		is := span{lo: max(was.lo, k.claim.lo), hi: min(was.hi, k.claim.hi)}
		if is.lo > is.hi {
			return false
		}
		s.keep(k.claim.fact, was, is)
	case knotBoth:
		for _, p := range k.parts {
			if !s.assert(p, choices) {
				return false
			}
		}
	default:
		*choices = append(*choices, f)
	}
	return true
}

// state is what the formula is of every document that the facts allow.
func (s *solver) state(f formula) state {
	switch k := &s.knots[f]; k.kind {
	case knotWords:
		at := s.span(k.claim.fact).words
		switch at.and(k.claim.words) {
		case wordset{}:
			return fails
		case at:
			return meets
		}
		return open
	case knotNumber:
		at := s.span(k.claim.fact)
		switch {
		case at.hi < k.claim.lo || at.lo > k.claim.hi:
			return fails
		case k.claim.lo <= at.lo && at.hi <= k.claim.hi:
			return meets
		}
		return open
	case knotBoth:
		return s.worst(k.parts)
	default:
		return s.best(k.parts)
	}
}

func (s *solver) worst(parts []formula) state {
	out := meets
	for _, p := range parts {
		if out = min(out, s.state(p)); out == fails {
			break
		}
	}
	return out
}

func (s *solver) best(parts []formula) state {
	out := fails
	for _, p := range parts {
		if out = max(out, s.state(p)); out == meets {
			break
		}
	}
	return out
}

// settle asserts the last open part of every choice until nothing follows any
// more. What stays open is returned, and the choice with the fewest parts.
func (s *solver) settle(choices []formula) (left []formula, least int, ok bool) {
	for again := true; again; {
		again = false
		left, least = nil, 0
		fewest := math.MaxInt
		for _, c := range choices {
			parts, last, met := s.parts(c)
			switch {
			case met:
			case parts == 0:
				return nil, 0, false
			case parts == 1:
				again = true
				if !s.assert(last, &left) {
					return nil, 0, false
				}
			default:
				if parts < fewest {
					fewest, least = parts, len(left)
				}
				left = append(left, c)
			}
		}
		choices = left
	}
	return left, least, true
}

// parts counts those of a choice that are open.
func (s *solver) parts(choice formula) (n int, last formula, met bool) {
	for _, p := range s.knots[choice].parts {
		switch s.state(p) {
		case meets:
			return 0, 0, true
		case open:
			n, last = n+1, p
		}
	}
	return n, last, false
}

func (s *solver) meet(choices []formula) bool {
	if s.steps++; s.gaveUp() {
		return true
	}
	mark := len(s.trail)
	left, least, ok := s.settle(choices)
	if !ok {
		s.undo(mark)
		return false
	}
	if len(left) == 0 {
		return true
	}
	for _, p := range s.knots[left[least]].parts {
		if s.state(p) == fails {
			continue
		}
		before := len(s.trail)
		more := append([]formula{}, left[:least]...)
		more = append(more, left[least+1:]...)
		if s.assert(p, &more) && s.meet(more) {
			return true
		}
		s.undo(before)
	}
	s.undo(mark)
	return false
}
