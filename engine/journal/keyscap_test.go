package journal

import (
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
)

// TestEndlessInventedCasesFillNothing: each wrap names a case of its own, so no
// bound of one case stops it; what others bring is taken, and what is destroyed
// makes room again.
func TestEndlessInventedCasesFillNothing(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	k.index.brought[village] = BroughtMax - 1 // as if so many stood here
	bring := func(n int) { is.NoErr(k.Arrived(ctx, village, []engine.Wrap{wrapOf(n, cell, "facts")})) }
	for n := range 3 {
		bring(n)
	}
	is.Equal(len(k.Held()), 1) // one more, and then no more
	is.NoErr(k.Arrived(ctx, district, []engine.Wrap{wrapOf(7, cell, "facts")}))
	is.Equal(len(k.Held()), 2) // another neighbour is not kept out
	is.NoErr(k.Drop(ctx, caseOf(0)))
	bring(1)
	is.Equal(len(k.Held()), 2)
}
