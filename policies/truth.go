package policies

// truth is what a condition gives: Kleene's three values.
type truth int8

const (
	no      truth = -1
	unknown truth = 0
	yes     truth = 1
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth        { return -t }
func (t truth) and(u truth) truth { return min(t, u) }
func (t truth) or(u truth) truth  { return max(t, u) }

// extent is a number: known where lo and hi are one, between the two where only
// bounds are known, and not known at all where lo lies above hi.
type extent struct{ lo, hi int64 }

var anyNumber = extent{1, 0}

func number(n int64) extent { return extent{n, n} }

func (s extent) known() bool   { return s.lo == s.hi }
func (s extent) bounded() bool { return s.lo <= s.hi }

// less compares by bounds where that settles it.
func (s extent) less(t extent) truth {
	switch {
	case !s.bounded() || !t.bounded():
		return unknown
	case s.hi < t.lo:
		return yes
	case s.lo >= t.hi:
		return no
	}
	return unknown
}

func (s extent) equal(t extent) truth {
	switch {
	case !s.bounded() || !t.bounded():
		return unknown
	case s.hi < t.lo || t.hi < s.lo:
		return no
	case s.known() && t.known():
		return yes
	}
	return unknown
}

// spread computes with numbers of which perhaps only bounds are known.
func spread(s, t extent, do func(a, b int64) int64) extent {
	if !s.bounded() || !t.bounded() {
		return anyNumber
	}
	lo := do(s.lo, t.lo)
	hi := lo
	for _, v := range []int64{do(s.lo, t.hi), do(s.hi, t.lo), do(s.hi, t.hi)} {
		lo, hi = min(lo, v), max(hi, v)
	}
	return extent{lo, hi}
}
