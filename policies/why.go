package policies

import (
	"slices"
	"strconv"
)

// Why a condition is unknown is asked only where it is: running one carries no
// paths along. They are those of every unknown part that it hangs on, in the
// order in which the parts stand.

// doubts are paths, each once.
type doubts []string

func (d *doubts) add(path string) {
	if !slices.Contains(*d, path) {
		*d = append(*d, path)
	}
}

// why adds the paths for which a plan is unknown; none where it is known.
func (d *doubts) why(f *frame, p *plan) {
	if p.known(f) {
		return
	}
	switch p.op {
	case planTest, planCode, planSame, planAmount, planNear, planTime:
		d.absent(f, p.at)
		d.absent(f, p.other)
	case planExists, planAll, planIn, planSize:
		d.inList(f, p)
	case planFirst:
		if !p.a.number(f).bounded() && p.b.number(f).bounded() {
			d.why(f, p.b)
			return
		}
		d.why(f, p.a)
	case planChoice:
		d.inChoice(f, p)
	default:
		for _, part := range []*plan{p.a, p.b} {
			if part != nil {
				d.why(f, part)
			}
		}
	}
}

// known reports whether a plan gives a truth or a number.
func (p *plan) known(f *frame) bool {
	if p.isNumber() {
		return p.number(f).known()
	}
	return p.is(f) != unknown
}

// is runs any plan: those that a clause has taken in have no closure.
func (p *plan) is(f *frame) truth {
	switch {
	case p.truth != nil:
		return p.truth(f)
	case p.op == planAnd:
		return p.a.is(f).and(p.b.is(f))
	case p.op == planOr:
		return p.a.is(f).or(p.b.is(f))
	}
	t := testOf(p)
	return t.of(f)
}

func (d *doubts) inChoice(f *frame, p *plan) {
	switch p.a.is(f) {
	case yes:
		d.why(f, p.b)
	case no:
		d.why(f, p.c)
	default:
		d.why(f, p.a)
		d.why(f, p.b)
		d.why(f, p.c)
	}
}

// inList asks of each entry whether it belongs to the list, and then what is
// asked of it.
func (d *doubts) inList(f *frame, p *plan) {
	list := p.a.base()
	w := walk{list: list, width: list.shape.elem.cells()}
	n, entry, known := w.entries(f)
	if !known {
		d.absent(f, p.at)
		d.absent(f, list)
		return
	}
	before := f.entries
	for i := range n {
		if p.loop > 0 {
			f.entries[p.loop] = entry
		}
		if belongs := p.a.keeps(f, entry); belongs != no && !p.settled(f, entry, belongs) {
			d.belongs(f, p.a, entry)
			d.ofEntry(f, p, entry, int(i))
		}
		entry += w.width
	}
	f.entries = before
}

// settled reports that an entry that is in the list, or may be, leaves no doubt.
func (p *plan) settled(f *frame, entry int32, belongs truth) bool {
	switch p.op {
	case planExists:
		return p.b.is(f) == no
	case planAll:
		return p.b.is(f) == yes
	case planIn:
		want := cell(p.n)
		if p.at != nil {
			want = f.at(p.at)
		}
		there := f.cells[entry]
		return want != absent && there != absent && want != there
	}
	return belongs == yes
}

func (d *doubts) ofEntry(f *frame, p *plan, entry int32, i int) {
	switch {
	case p.b != nil:
		d.why(f, p.b)
	case p.op == planIn:
		d.absent(f, p.at)
		if f.cells[entry] == absent {
			d.add(f.pathOfEntry(p.a.base(), i))
		}
	}
}

// base is the list of the document that filters were put on.
func (p *plan) base() *spot {
	for p.op == planFilter {
		p = p.a
	}
	return p.at
}

// keeps tells whether an entry belongs to a list.
func (p *plan) keeps(f *frame, entry int32) truth {
	if p.op == planList {
		return yes
	}
	before := f.entries[p.loop]
	f.entries[p.loop] = entry
	out := p.b.is(f)
	f.entries[p.loop] = before
	return out.and(p.a.keeps(f, entry))
}

func (d *doubts) belongs(f *frame, p *plan, entry int32) {
	if p.op == planList {
		return
	}
	d.belongs(f, p.a, entry)
	before := f.entries[p.loop]
	f.entries[p.loop] = entry
	d.why(f, p.b)
	f.entries[p.loop] = before
}

func (d *doubts) absent(f *frame, at *spot) {
	if at != nil && f.at(at) == absent {
		d.add(f.firstAbsent(at))
	}
}

// firstAbsent is the path of what is absent: of the outermost record that is.
func (f *frame) firstAbsent(at *spot) string {
	for !at.entry && at.above != theDocument && f.at(at.above) == absent {
		at = at.above
	}
	return f.path(at)
}

// path of a spot, with the number of the entry that its loop stands at.
func (f *frame) path(at *spot) string {
	if at.loop == 0 {
		return at.path
	}
	entry := at
	for !entry.entry {
		entry = entry.above
	}
	list := entry.above
	start := int32(f.cells[f.entries[list.loop]+list.at+listStart])
	i := int((f.entries[at.loop] - start) / entry.shape.cells())
	if at.entry {
		return f.pathOfEntry(list, i)
	}
	return f.pathOfEntry(list, i) + "." + at.path
}

func (f *frame) pathOfEntry(list *spot, i int) string {
	return f.path(list) + "[" + strconv.Itoa(i) + "]"
}
