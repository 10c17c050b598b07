package policies

import "slices"

// fact is something that a document says, or that is calculated from it, by
// its number: the same expression is the same fact on any document.
type fact int32

// factKey is what makes a fact: an operation on other facts. Several operands
// are chained by opList.
type factKey struct {
	op   op
	text string
	n    int64
	a, b fact
}

// opEntry is an entry of the list a, in a loop that n others stand around;
// opOther is a fact of another request than the one that is checked.
const (
	opEntry op = iota + 100
	opOther
)

// facts are all facts that the conditions of a pack speak of.
type facts struct {
	all   []factAbout
	ids   map[factKey]fact
	slots int32
}

// claimed gives a fact a place in every example; 0 is nobody's.
func (s *facts) claimed(f fact) {
	if s.all[f].slot == 0 {
		s.slots++
		s.all[f].slot = s.slots
	}
}

type factAbout struct {
	factKey
	path    bool      // a key of the document
	request bool      // of the request, or of the place that is asked for
	words   *alphabet // nil of a number
	slot    int32     // where examples keep it, if anything is claimed of it
}

func newFacts() *facts {
	return &facts{all: make([]factAbout, 1, 512), ids: make(map[factKey]fact, 512)} // 0 is none
}

func (s *facts) make(k factKey) fact {
	if f, there := s.ids[k]; there {
		return f
	}
	about := factAbout{factKey: k, request: s.all[k.a].request || s.all[k.b].request}
	switch k.op {
	case opName:
		_, about.path = caseShape.slots[k.text]
		about.request = k.text == "request" || k.text == "provider"
	case opSelect, opEntry:
		about.path = s.all[k.a].path
	case opOther:
		about.path, about.request = s.all[k.a].path, false
	}
	f := fact(len(s.all))
	s.all, s.ids[k] = append(s.all, about), f
	return f
}

// other is the same fact of another request: what is said of the request and of
// its place is said of others, everything else stays.
func (s *facts) other(f fact) fact {
	if !s.all[f].request {
		return f
	}
	o := s.make(factKey{op: opOther, a: f})
	s.all[o].words = s.all[f].words
	return o
}

// wordset is a set of words by their bits in an alphabet.
type wordset [2]uint64

const wordsMost = 127 // the last bit is for all words that no condition speaks of

func (w wordset) and(o wordset) wordset { return wordset{w[0] & o[0], w[1] & o[1]} }
func (w wordset) not() wordset          { return wordset{^w[0], ^w[1]} }
func (w wordset) none() bool            { return w == wordset{} }
func (w wordset) has(bit int) bool      { return w[bit>>6]>>(bit&63)&1 == 1 }
func (w *wordset) add(bit int)          { w[bit>>6] |= 1 << (bit & 63) }

// first is the lowest bit of a set that has one.
func (w wordset) first() int {
	for bit := range wordsMost {
		if w.has(bit) {
			return bit
		}
	}
	return wordsMost
}

// alphabet is the words that a fact may be. A long one gives bits only to the
// words that conditions speak of: the others are alike.
type alphabet struct {
	words []string
	bits  map[string]int
}

func newAlphabet(all []string) *alphabet {
	a := &alphabet{words: all, bits: make(map[string]int, len(all))}
	if len(all) <= wordsMost {
		for i, w := range all {
			a.bits[w] = i
		}
	}
	return a
}

func (a *alphabet) exact() bool { return len(a.words) <= wordsMost }

// set is the bits of words; false where an alphabet has no bits left.
func (a *alphabet) set(words []string) (out wordset, ok bool) {
	for _, w := range words {
		bit, there := a.bits[w]
		if !there {
			if a.exact() || !slices.Contains(a.words, w) {
				continue // no word of it
			}
			if bit = len(a.bits); bit == wordsMost {
				return wordset{}, false
			}
			a.bits[w] = bit
		}
		out.add(bit)
	}
	return out, true
}

// full is every word. A long alphabet has more words than bits, so that all of
// its bits stand for some.
func (a *alphabet) full() wordset {
	switch n := len(a.words); {
	case !a.exact():
		return wordset{}.not()
	case n >= 64:
		return wordset{^uint64(0), 1<<(n-64) - 1}
	default:
		return wordset{1<<n - 1, 0}
	}
}
