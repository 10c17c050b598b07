package policies

// walk goes over the entries of a list, or over those of them that a filter
// keeps.
type walk struct {
	list    *spot
	width   int32
	filters []filter
}

// filter keeps the entries that meet a condition; it has a loop of its own.
type filter struct {
	loop uint8
	keep *clause
}

func (b *planner) walk(p *plan) walk {
	if p.op == planList {
		return walk{list: p.at, width: p.at.shape.elem.cells()}
	}
	w := b.walk(p.a)
	w.filters = append(w.filters, filter{p.loop, b.clause(p.b)})
	return w
}

// entries are how many there are and where the first one begins; not known
// where the list is absent.
func (w *walk) entries(f *frame) (n, start int32, known bool) {
	at := f.entries[w.list.loop] + w.list.at
	c := f.cells[at]
	if c == absent {
		return 0, 0, false
	}
	return int32(c - firstNumber), int32(f.cells[at+listStart]), true
}

// keeps tells whether an entry belongs to the list.
func (w *walk) keeps(f *frame, entry int32) truth {
	out := yes
	for i := range w.filters {
		k := &w.filters[i]
		before := f.entries[k.loop]
		f.entries[k.loop] = entry
		out = out.and(k.keep.of(f))
		f.entries[k.loop] = before
		if out == no {
			break
		}
	}
	return out
}

func (b *planner) looping(p *plan) func(*frame) truth {
	w := b.walk(p.a)
	switch p.op {
	case planIn:
		return among(w, p.at, cell(p.n))
	case planAll:
		return all(w, p.loop, b.clause(p.b))
	}
	return exists(w, p.loop, b.clause(p.b))
}

// Loops leave the entry of their number as they found it: a condition that a
// term was given may stand inside another loop of that number.

func exists(w walk, loop uint8, meets *clause) func(*frame) truth {
	return func(f *frame) truth {
		n, entry, known := w.entries(f)
		if !known {
			return unknown
		}
		before, out := f.entries[loop], no
		for ; n > 0 && out != yes; n-- {
			f.entries[loop] = entry
			t := meets.of(f)
			if t > out && len(w.filters) > 0 {
				t = t.and(w.keeps(f, entry))
			}
			out = out.or(t)
			entry += w.width
		}
		f.entries[loop] = before
		return out
	}
}

func all(w walk, loop uint8, meets *clause) func(*frame) truth {
	return func(f *frame) truth {
		n, entry, known := w.entries(f)
		if !known {
			return unknown
		}
		before, out := f.entries[loop], yes
		for ; n > 0 && out != no; n-- {
			f.entries[loop] = entry
			t := meets.of(f)
			if t < out && len(w.filters) > 0 {
				t = t.or(w.keeps(f, entry).not())
			}
			out = out.and(t)
			entry += w.width
		}
		f.entries[loop] = before
		return out
	}
}

// among looks for a code, or for that of a cell, in a list of codes.
func among(w walk, at *spot, code cell) func(*frame) truth {
	return func(f *frame) truth {
		n, entry, known := w.entries(f)
		if !known {
			return unknown
		}
		want, out := code, no
		if at != nil {
			want = f.at(at)
		}
		for ; n > 0 && out != yes; n-- {
			t := unknown
			if there := f.cells[entry]; there != absent && want != absent {
				t = truthOf(there == want)
			}
			if t > out && len(w.filters) > 0 {
				t = t.and(w.keeps(f, entry))
			}
			out = out.or(t)
			entry += w.width
		}
		return out
	}
}

func (b *planner) sizeOf(p *plan) func(*frame) extent {
	w := b.walk(p.a)
	return func(f *frame) extent {
		n, entry, known := w.entries(f)
		switch {
		case !known:
			return anyNumber
		case len(w.filters) == 0:
			return number(int64(n))
		}
		var s extent
		for ; n > 0; n-- {
			switch w.keeps(f, entry) {
			case yes:
				s.lo++
				s.hi++
			case unknown:
				s.hi++
			}
			entry += w.width
		}
		return s
	}
}
