package projections

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/matryer/is"
	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// TestCrashBetweenBatchesLosesNothing: rows and cursor are of one instant, the
// last commit's, and the rest is read again.
func TestCrashBetweenBatchesLosesNothing(t *testing.T) {
	is := is.New(t)
	all := stories(2, 12)
	s := show(t, is)
	s.add(all[:20]...)
	is.NoErr(s.flush())
	s.add(all[20:]...)
	want := s.hash()
	s.crash()
	is.Equal(s.Applied(), uint64(20))
	is.True(s.hash() != want)
	is.NoErr(s.Wait(ctx, s.src.Head()))
	is.Equal(s.hash(), want)
}

// failing is a view that fails once, at the n-th case that it sees.
type failing struct {
	codesView
	n *int
}

func (f failing) Apply(b *bbolt.Bucket, before, after engine.State) error {
	if *f.n--; *f.n == 0 {
		return errors.New("a fault that was asked for")
	}
	return f.codesView.Apply(b, before, after)
}

// TestFailedBatchLeavesNothingBehind: what was half applied is gone, and the
// next try reads it again.
func TestFailedBatchLeavesNothingBehind(t *testing.T) {
	is := is.New(t)
	all := stories(5, 12)
	r := newPen(6).random
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for n := range 10 {
		s := show(t, is)
		s.add(all[:20]...)
		is.NoErr(s.flush())
		if s.add(all[20:25]...); n >= 5 {
			is.NoErr(s.flush())
		}
		committed := map[bool]uint64{false: 20, true: 25}[n >= 5]
		fails, views := n%5+1, s.views
		s.views = append(slices.Clone(views), failing{n: &fails})
		s.src.add(is, all[25:45]...)
		is.True(s.Wait(ctx, 45) != nil)
		is.Equal(s.Applied(), committed)
		s.views = views
		is.NoErr(s.Wait(ctx, 45))
		have := s.hash()
		again, err := s.Rebuild(ctx)
		is.NoErr(err)
		is.Equal(have, again)
	}
}

// leaving is a source whose reader leaves when the records are there.
type leaving struct {
	*stream
	leave func()
}

func (l leaving) Read(ctx context.Context, from uint64, limit int) ([]engine.Record, error) {
	defer l.leave()
	return l.stream.Read(ctx, from, limit)
}

// TestCallerWhoLeavesUndoesNothing: rows that somebody has seen stay, also when
// a caller leaves in the middle.
func TestCallerWhoLeavesUndoesNothing(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	all := stories(7, 6)
	s.add(all[:10]...)
	s.src.add(is, all[10:]...)
	over, cancel := context.WithCancel(ctx)
	s.Store.src = leaving{s.src, cancel}
	is.NoErr(s.Wait(over, s.src.Head())) // it had begun
	is.True(over.Err() != nil)
	s.Store.src = s.src

	head := s.src.Head()
	s.src.add(is, newPen(8).node(district, sector, events.TypeEnrolled, struct{}{}))
	is.True(errors.Is(s.Wait(over, head+1), context.Canceled))
	is.Equal(s.Applied(), head)
	is.NoErr(s.Wait(ctx, head+1))
}

// TestViewsStartOverOnAnotherStream: a stream that was restored from an older
// copy has its own rows.
func TestViewsStartOverOnAnotherStream(t *testing.T) {
	is := is.New(t)
	all := stories(3, 12)
	s := show(t, is)
	s.add(all[:25]...)
	want, older := s.hash(), s.src.Copy()
	s.add(all[25:]...)
	is.True(s.hash() != want)
	is.NoErr(s.Store.Close())
	is.NoErr(s.history.Close())
	s.src.Restore(older)
	s.open()
	is.Equal(s.Applied(), uint64(0))
	is.NoErr(s.Wait(ctx, s.src.Head()))
	is.Equal(s.hash(), want)

	s.add(all[25:]...)
	s.src.Restore(older) // and under a running store
	is.NoErr(s.Wait(ctx, s.src.Head()))
	is.Equal(s.hash(), want)
}

// TestBrokenOffFillingIsThrownAway: rows that were committed on the way to a
// whole, and the whole never came: at the next try, and at the next start.
func TestBrokenOffFillingIsThrownAway(t *testing.T) {
	is := is.New(t)
	all := stories(4, 10)
	s := show(t, is)
	empty := s.hash()
	s.every = 2
	fails, views := 3, s.views
	s.views = append(slices.Clone(views), failing{n: &fails})
	s.src.add(is, all[:30]...)
	is.True(s.Wait(ctx, 30) != nil)
	is.Equal(s.Applied(), uint64(0))
	is.True(s.hash() != empty) // some were committed

	s.views = views
	s.add(all[30:]...) // and these change them
	want := s.hash()
	again, err := s.Rebuild(ctx)
	is.NoErr(err)
	is.Equal(want, again)

	fails, s.views = 8, append(slices.Clone(views), failing{n: &fails})
	_, err = s.Rebuild(ctx)
	is.True(err != nil)
	s.crash()
	is.Equal(s.Applied(), uint64(0))
	is.Equal(s.hash(), empty)
	is.NoErr(s.Wait(ctx, s.src.Head()))
	is.Equal(s.hash(), want)
}

// TestAppliedIn: an auditor learns from the file how far it followed, as it was
// committed; of one that is open, nothing.
func TestAppliedIn(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	path := s.history.path
	s.add(stories(9, 5)...)
	want := s.Applied()
	is.NoErr(s.Store.Close())
	is.NoErr(s.history.Close())
	for _, file := range []string{path, s.path} {
		have, err := AppliedIn(file)
		is.NoErr(err)
		is.Equal(have, want)
	}
	s.open()
	have, err := AppliedIn(path)
	is.NoErr(err)
	is.Equal(have, uint64(0))
	_, err = AppliedIn(path + ".none")
	is.True(err != nil)
}
