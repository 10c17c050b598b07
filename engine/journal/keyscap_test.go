package journal

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
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

func (s *store) keysWithin(max int64) *Keys {
	s.t.Helper()
	k, err := openKeys(ctx, s.connect(&line{store: s}), Config{SyncAlways: true}, cell, nil, max)
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// TestNoNeighbourFillsTheStream: whatever neighbours bring, this node keeps its
// own wraps, and whatever it keeps, it destroys what was erased.
func TestNoNeighbourFillsTheStream(t *testing.T) {
	is := is.New(t)
	const max, many = 128 << 10, 100
	s := newStore(t)
	k := s.keysWithin(max)
	next := 0
	bring := func(from, holder events.Place) (taken int) {
		t.Helper()
		before := k.index.total
		for range many {
			next++
			is.NoErr(k.Arrived(ctx, from, []engine.Wrap{wrapOf(next, holder, "facts")}))
		}
		return int(k.index.total - before)
	}
	const slack = 4 << 10 // one more than the last that fits
	is.True(bring(village, sector) <= max*3/8+slack)
	is.Equal(bring(village, cell), 0) // nor for this node
	is.True(bring(district, cell) > 0)
	is.Equal(bring(sector, cell), 0) // all together have their share
	is.True(k.index.total <= max*3/4+slack)

	s.restart()
	k = s.keysWithin(max)
	is.Equal(bring(sector, cell), 0) // it is known again after a start
	info, err := k.stream.Info(ctx)
	is.NoErr(err)
	is.Equal(uint64(k.index.total), info.State.Bytes) // as the server counts

	own := 0
	for ; err == nil; own++ {
		err = k.Put(ctx, []engine.Wrap{wrapOf(1_000_000+own, cell, "facts"), wrapOf(1_000_000+own, sector, "facts")})
	}
	is.True(own > 5)
	is.True(errors.Is(err, ErrKeysFull))
	for _, c := range k.Held() {
		_, err := k.Destroy(ctx, c, "")
		is.NoErr(err)
	}
	is.NoErr(k.Put(ctx, []engine.Wrap{wrapOf(2_000_000, cell, "facts")}))
}

// TestWhatCannotBeReadIsSetAside: one damaged or foreign record keeps neither the
// node from starting nor its wrap from coming again, and outlives no erasure.
func TestWhatCannotBeReadIsSetAside(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	whole, torn, other, erased := wrapOf(1, cell, "facts"), wrapOf(2, cell, "facts"), wrapOf(3, cell, "facts"), wrapOf(4, cell, "facts")
	is.NoErr(k.Put(ctx, []engine.Wrap{whole}))
	damaged := func(w engine.Wrap) string { return fmt.Sprintf("damaged %s", strings.Repeat(w.ID(), 5)) }
	publish := func(subject, data string) {
		t.Helper()
		_, err := k.js.Publish(ctx, subject, []byte(data))
		is.NoErr(err)
	}
	publish(stored{Wrap: torn}.subject(), damaged(torn))
	m, err := stored{Wrap: other}.message()
	is.NoErr(err)
	publish(m.Subject+"x", string(m.Data)) // under another's subject
	publish(stored{Wrap: erased}.subject(), damaged(erased))
	publish("key.foreign", "{}")
	publish(subjectErasing, "no list") // and of the note of a destruction nothing is known
	s.restart()

	k = s.keys(cell, nil)
	list, err := k.Own(ctx, caseOf(1))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{whole})
	is.Equal(k.Held(), []events.Subject{caseOf(1)}) // so the rest is asked for
	is.Equal(len(k.Damage()), 4)
	is.True(strings.Contains(k.Damage()[0].Err.Error(), caseOf(2).ID)) // each is named

	is.NoErr(k.Arrived(ctx, village, []engine.Wrap{torn}))
	list, err = k.Own(ctx, caseOf(2))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{torn})
	is.Equal(s.find([]byte(damaged(torn))), nil)
	is.Equal(len(k.Damage()), 3)

	is.True(len(s.find([]byte(damaged(erased)))) > 0)
	_, err = k.Destroy(ctx, caseOf(4), erased.Keys[0].ID)
	is.NoErr(err)
	is.Equal(s.find([]byte(damaged(erased))), nil)
	is.Equal(len(k.Damage()), 2)
}
