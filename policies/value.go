package policies

import (
	"slices"
	"time"
)

// value is one value of the document or of an expression: known, or unknown
// with the paths whose absence made it so.
type value struct {
	known   bool
	yes     bool      // a truth
	lo, hi  int64     // a number; lo < hi where only bounds are known
	ranged  bool      // unknown, but between lo and hi
	text    string    // codes, ids, places, texts and literals; "" of a date or an instant is none
	at      time.Time // a date or an instant
	object  *object
	list    []value
	maybe   []value  // of a filtered list: whether each entry belongs to it; nil when all do
	missing []string // of what is unknown
}

// object is a record of the document: a slot for each key of its shape.
type object struct {
	shape *shape
	path  string
	slots []value // the zero value is an absent key
}

func (o *object) pathOf(slot int) string { return join(o.path, o.shape.fields[slot].name) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// field reads a key; an absent one is unknown under its own path.
func (o *object) field(slot int) value {
	v := o.slots[slot]
	if !v.known {
		return unknown(o.pathOf(slot))
	}
	return v
}

func truth(b bool) value      { return value{known: true, yes: b} }
func number(n int64) value    { return value{known: true, lo: n, hi: n} }
func words(s string) value    { return value{known: true, text: s} }
func (v value) isTrue() bool  { return v.known && v.yes }
func (v value) isFalse() bool { return v.known && !v.yes }

func unknown(paths ...string) value { return value{missing: paths} }

// doubt is unknown because of every operand that is.
func doubt(vs ...value) value {
	var out value
	for _, v := range vs {
		if v.known {
			continue
		}
		if out.missing == nil {
			out.missing = v.missing
			continue
		}
		out.missing = union(out.missing, v.missing)
	}
	return out
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// between is a number of which only bounds are known.
func between(lo, hi int64, missing []string) value {
	if lo == hi {
		return number(lo)
	}
	return value{ranged: true, lo: lo, hi: hi, missing: missing}
}

func and(a, b value) value {
	switch {
	case a.isFalse() || b.isFalse():
		return truth(false)
	case a.known && b.known:
		return truth(true)
	}
	return doubt(a, b)
}

func or(a, b value) value { return not(and(not(a), not(b))) }

func not(a value) value {
	if a.known {
		return truth(!a.yes)
	}
	return a
}

// member reports whether entry i belongs to a list.
func (v value) member(i int) value {
	if v.maybe == nil {
		return truth(true)
	}
	return v.maybe[i]
}

// size counts the entries that belong to a list: bounds where some only may.
func size(v value) value {
	if !v.known {
		return v
	}
	return tally(len(v.list), v.member)
}

// tally counts the true ones of n truths.
func tally(n int, at func(i int) value) value {
	var sure, most int64
	var open value
	for i := range n {
		m := at(i)
		switch {
		case m.isTrue():
			sure++
			most++
		case !m.known:
			most++
			open = doubt(open, m)
		}
	}
	return between(sure, most, open.missing)
}

// less compares numbers, by their bounds where that settles it.
func less(a, b value) value {
	switch {
	case !a.bounded() || !b.bounded():
		return doubt(a, b)
	case a.hi < b.lo:
		return truth(true)
	case a.lo >= b.hi:
		return truth(false)
	}
	return doubt(a, b)
}

func (v value) bounded() bool { return v.known || v.ranged }

func equalNumbers(a, b value) value {
	switch {
	case !a.bounded() || !b.bounded():
		return doubt(a, b)
	case a.hi < b.lo || b.hi < a.lo:
		return truth(false)
	case a.known && b.known:
		return truth(a.lo == b.lo)
	}
	return doubt(a, b)
}
