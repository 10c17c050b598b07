package policies

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// stepsMost bounds the search for values that meet a formula; where it is not
// enough the formula counts as one that can be met.
const stepsMost = 50_000

// satisfiable reports whether some values meet all the formulas together.
func satisfiable(all ...*formula) bool {
	s := &solver{}
	return s.meet(all, nil, world{})
}

// world is what the values must lie in so far.
type world map[string]claim

// narrow adds a claim; false if nothing is left.
func (w world) narrow(c *claim) (world, bool) {
	old, there := w[c.value]
	if !there {
		old = c.widest()
	}
	switch {
	case c.numeric():
		old.lo, old.hi = max(old.lo, c.lo), min(old.hi, c.hi)
		if old.lo > old.hi {
			return nil, false
		}
	default:
		old.words = slices.DeleteFunc(slices.Clone(old.words), func(s string) bool { return !slices.Contains(c.words, s) })
		if len(old.words) == 0 {
			return nil, false
		}
	}
	out := maps.Clone(w)
	out[c.value] = old
	return out, true
}

type solver struct{ steps int }

// meet takes what must hold at once first, and choices last.
func (s *solver) meet(must, choices []*formula, w world) bool {
	if s.steps++; s.steps > stepsMost {
		return true
	}
	must = slices.Clone(must)
	for len(must) > 0 {
		f := must[len(must)-1]
		must = must[:len(must)-1]
		switch {
		case f.claim != nil:
			var ok bool
			if w, ok = w.narrow(f.claim); !ok {
				return false
			}
		case f.any:
			choices = append(slices.Clone(choices), f)
		default:
			must = append(must, f.parts...)
		}
	}
	if len(choices) == 0 {
		return true
	}
	first, rest := choices[0], choices[1:]
	for _, f := range first.parts {
		if s.meet([]*formula{f}, rest, w) {
			return true
		}
	}
	return false
}

// widest is what the value may be before anything is claimed of it.
func (c *claim) widest() claim {
	return claim{value: c.value, words: c.universe, universe: c.universe, lo: c.least(), hi: math.MaxInt64}
}

// least is the smallest number that the value may be: a size, and every number
// of a document, is none below nothing.
func (c *claim) least() int64 {
	if strings.HasPrefix(c.value, "size(") || pathProblem(c.value) == "" {
		return 0
	}
	return math.MinInt64
}
