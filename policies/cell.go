package policies

import "time"

// cell holds one value of a case document as a number, so that asking for it
// is one look. What is absent is 0, and a known nothing is 1: an empty text,
// date or list, and false.
type cell int32

const (
	absent  cell = 0
	nothing cell = 1
	isTrue  cell = 2
	// firstWord is the first code of a list, and the first text or instant of
	// a document: 1 says that there is none.
	firstWord cell = 2
	// firstNumber is 0, and a list without entries.
	firstNumber cell = 1
)

// A list takes two cells: how many entries it has, and where they stand.
const (
	listCells = 2
	listStart = 1
)

func cellOf(yes bool) cell {
	if yes {
		return isTrue
	}
	return nothing
}

func (c cell) number() int64 { return int64(c - firstNumber) }

// Case is a case document that was read under a pack: every key known to the
// format, every code known to the pack. It is never changed.
type Case struct {
	book       *codebook
	cells      []cell // the root, laid out as its shape says, then the entries of its lists
	texts      []string
	instants   []time.Time
	unknowable []string
}

// At is the instant of the check: the only clock that rules read.
func (c *Case) At() time.Time { return c.instant(c.cells[caseAt]) }

// Decision is what is to be decided, a code of the pack.
func (c *Case) Decision() string { return c.book.text(listDecisions, c.cells[caseDecision]) }

// Care is the care type that is asked for; "" when it is not known.
func (c *Case) Care() string { return c.book.text(listCare, c.cells[caseCare]) }

// instant of a cell that holds one.
func (c *Case) instant(v cell) time.Time { return c.instants[v-firstWord] }

// text of a cell that holds a text, an id or a place; "" where there is none.
func (c *Case) text(v cell) string {
	if v < firstWord {
		return ""
	}
	return c.texts[v-firstWord]
}

// entries are where those of the list at a cell begin.
func (c *Case) entries(at int32, s *shape) []int32 {
	if c.cells[at] == absent {
		return nil
	}
	out := make([]int32, c.cells[at].number())
	for i := range out {
		out[i] = int32(c.cells[at+listStart]) + int32(i)*s.elem.cells()
	}
	return out
}

// Where the gate itself looks into a document.
var (
	caseAt         = cellAt("at")
	caseDecision   = cellAt("decision")
	caseCare       = cellAt("request", "care")
	casePack       = cellAt("pack")
	caseUnknowable = cellAt("unknowable")
)

func cellAt(path ...string) int32 {
	var at int32
	s := caseShape
	for _, name := range path {
		f := s.fields[s.slots[name]]
		at, s = at+f.at, f.shape
	}
	return at
}

// codebook numbers the codes of a pack's lists.
type codebook struct {
	lists map[string]*codeList
}

// cell of a code; absent when the list does not hold it.
func (b *codebook) cell(list, code string) cell {
	if l, ok := b.lists[list]; ok {
		return l.cells[code]
	}
	return absent
}

// text of a code; "" of none and of what is absent.
func (b *codebook) text(list string, v cell) string {
	if v < firstWord {
		return ""
	}
	return b.lists[list].codes[v-firstWord]
}
