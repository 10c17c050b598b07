package policies

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// told is what the reference says of a part of an expression.
type told struct {
	known   bool
	what    any   // a bool, an int64, a string, or a record as JSON gives it
	lo, hi  int64 // bounds of a number that is not known
	bounded bool
	list    []told
	belongs []told // of a filtered list, whether each entry does
	path    string // of a record or an entry
	missing []string
}

// reference walks an expression as it was parsed, over a document as JSON gives
// it, and carries the paths along. It is written to be read, shares nothing with
// the plans that it is compared with but the parser, and is slow.
type reference struct {
	pack *Pack
	doc  map[string]any
}

// bound is a name of a term or of a loop.
type boundName struct {
	name  string
	told  told
	outer *boundName
}

func newReference(p *Pack, doc []byte) (*reference, error) {
	r := &reference{pack: p}
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	return r, dec.Decode(&r.doc)
}

func sure(what any) told { return told{known: true, what: what} }

func doubtful(of ...told) told {
	var out told
	for _, s := range of {
		for _, path := range s.missing {
			if !s.known && !slices.Contains(out.missing, path) {
				out.missing = append(out.missing, path)
			}
		}
	}
	return out
}

func sayNot(s told) told {
	if s.known {
		return sure(!s.what.(bool))
	}
	return s
}

func sayAnd(a, b told) told {
	switch {
	case a.known && !a.what.(bool), b.known && !b.what.(bool):
		return sure(false)
	case a.known && b.known:
		return sure(true)
	}
	return doubtful(a, b)
}

func sayOr(a, b told) told { return sayNot(sayAnd(sayNot(a), sayNot(b))) }

func (s told) span() (lo, hi int64, ok bool) {
	if s.known {
		return s.what.(int64), s.what.(int64), true
	}
	return s.lo, s.hi, s.bounded
}

func between(lo, hi int64, missing []string) told {
	if lo == hi {
		return sure(lo)
	}
	return told{lo: lo, hi: hi, bounded: true, missing: missing}
}

func sayLess(a, b told) told {
	alo, ahi, aok := a.span()
	blo, bhi, bok := b.span()
	switch {
	case aok && bok && ahi < blo:
		return sure(true)
	case aok && bok && alo >= bhi:
		return sure(false)
	}
	return doubtful(a, b)
}

func sayEqual(a, b told) told {
	if a.known && b.known {
		return sure(a.what == b.what)
	}
	alo, ahi, aok := a.span0()
	blo, bhi, bok := b.span0()
	if aok && bok && (ahi < blo || bhi < alo) {
		return sure(false)
	}
	return doubtful(a, b)
}

// span0 is span of what may be no number.
func (s told) span0() (lo, hi int64, ok bool) {
	if _, number := s.what.(int64); s.known && !number {
		return 0, 0, false
	}
	return s.span()
}

func sayArithmetic(sign string, a, b told) told {
	alo, ahi, aok := a.span()
	blo, bhi, bok := b.span()
	if !aok || !bok {
		return doubtful(a, b)
	}
	var all []int64
	for _, x := range []int64{alo, ahi} {
		for _, y := range []int64{blo, bhi} {
			all = append(all, map[string]func() int64{
				"+": func() int64 { return x + y }, "-": func() int64 { return x - y }, "*": func() int64 { return x * y },
				"/": func() int64 { return x / y }, "%": func() int64 { return x % y },
			}[sign]())
		}
	}
	return between(slices.Min(all), slices.Max(all), doubtful(a, b).missing)
}

func (s told) member(i int) told {
	if s.belongs == nil {
		return sure(true)
	}
	return s.belongs[i]
}

func sayTally(all []told) told {
	var least, most int64
	var open told
	for _, s := range all {
		switch {
		case !s.known:
			most++
			open = doubtful(open, s)
		case s.what.(bool):
			least, most = least+1, most+1
		}
	}
	return between(least, most, open.missing)
}

func (r *reference) key(of map[string]any, path, name string) told {
	at := join(path, name)
	switch v := of[name].(type) {
	case nil:
		return told{missing: []string{at}}
	case json.Number:
		n, _ := v.Int64()
		return sure(n)
	case map[string]any:
		return told{known: true, what: v, path: at}
	case []any:
		out := told{known: true}
		for i, e := range v {
			out.list = append(out.list, told{known: true, what: e, path: at + "[" + strconv.Itoa(i) + "]"})
		}
		return out
	default:
		return sure(v)
	}
}

func sayEmpty(s told) told {
	if text, ok := s.what.(string); ok && s.known {
		return sure(text == "")
	}
	return sayEqual(saySize(s), sure(int64(0)))
}

func saySize(s told) told {
	if !s.known {
		return s
	}
	all := make([]told, len(s.list))
	for i := range all {
		all[i] = s.member(i)
	}
	return sayTally(all)
}

func sayElapsed(a, b told, unit time.Duration) told {
	if !a.known || !b.known {
		return doubtful(a, b)
	}
	from, to := instantOf(a.what.(string)), instantOf(b.what.(string))
	if from.IsZero() || to.IsZero() {
		return told{}
	}
	return sure(int64(to.Sub(from) / unit))
}

func instantOf(text string) time.Time {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, text); err == nil {
			return at
		}
	}
	return time.Time{}
}
