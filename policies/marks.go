package policies

import "math/bits"

// marks is a set of small numbers: clocks, or the cells of codes.
type marks []uint64

const markBits = 64

// room is for the numbers below n; it takes whole lines of memory, as a frame
// does.
func room(n int) marks {
	words := (n + markBits - 1) / markBits
	return make(marks, words, lines(words))
}

func (m marks) set(i int) { m[i/markBits] |= 1 << (i % markBits) }

func (m marks) count() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// each visits what is in the set, the smallest first.
func (m marks) each(visit func(i int)) {
	for at, w := range m {
		for ; w != 0; w &= w - 1 {
			visit(at*markBits + bits.TrailingZeros64(w))
		}
	}
}
