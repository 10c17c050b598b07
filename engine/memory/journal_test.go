package memory

import (
	"context"
	"errors"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/journal/contract"
)

var ctx = context.Background()

// store shows a Journal to the suite. All its handles are the one object.
type store struct{ *Journal }

func (s store) Open() engine.Journal             { return s.Journal }
func (s store) LoseAnswer(engine.Journal)        { s.Journal.LoseAnswer() }
func (s store) LoseRequest(engine.Journal)       { s.Journal.LoseRequest() }
func (s store) Damage(j engine.Journal) []uint64 { return s.Journal.Damage() }

// TestContract: what holds on a node holds in memory.
func TestContract(t *testing.T) {
	contract.Test(t, func(*testing.T) contract.Store { return store{NewJournal()} })
}

func filled(is *is.I, n int) *Journal {
	is.Helper()
	j := NewJournal()
	is.NoErr(j.Append(ctx, 0, contract.Records(1, n)))
	return j
}

func count(is *is.I, j *Journal) int {
	is.Helper()
	records, err := j.Read(ctx, 1, 1000)
	is.NoErr(err)
	return len(records)
}

// TestUnsettled: after a lost answer the head stays, nothing more is told, and
// Refresh or the next Append settles it.
func TestUnsettled(t *testing.T) {
	is := is.New(t)
	j := filled(is, 2)
	j.LoseAnswer()
	is.True(errors.Is(j.Append(ctx, 2, contract.Records(3, 2)), engine.ErrUnsettled))
	is.Equal(j.Head(), uint64(2))
	is.Equal(count(is, j), 2)
	is.True(errors.Is(j.Append(ctx, 2, contract.Records(5, 1)), engine.ErrConflict)) // they had been stored
	is.Equal(j.Head(), uint64(4))

	j.LoseRequest()
	is.True(errors.Is(j.Append(ctx, 4, contract.Records(5, 1)), engine.ErrUnsettled))
	is.NoErr(j.Append(ctx, 4, contract.Records(5, 1))) // it had not
	is.Equal(count(is, j), 5)
}

// TestFaults: each befalls one append and no other.
func TestFaults(t *testing.T) {
	is := is.New(t)
	j := filled(is, 2)
	j.Refuse()
	is.True(errors.Is(j.Append(ctx, 2, contract.Records(3, 1)), engine.ErrConflict))
	j.Fail()
	err := j.Append(ctx, 2, contract.Records(3, 1))
	is.True(err != nil)
	is.True(!errors.Is(err, engine.ErrConflict))
	is.True(!errors.Is(err, engine.ErrUnsettled)) // it is known that nothing was stored
	is.NoErr(j.Append(ctx, 2, contract.Records(3, 1)))
	is.Equal(count(is, j), 3)
}

// TestCopyAndRestore: a copy stands apart, and a stream restored from it goes
// on as if what came later had never been.
func TestCopyAndRestore(t *testing.T) {
	is := is.New(t)
	j := filled(is, 3)
	older := j.Copy()
	is.NoErr(j.Append(ctx, 3, contract.Records(4, 2)))
	is.Equal(count(is, older), 3)

	j.LoseAnswer()
	j.Restore(older)
	is.Equal(j.Head(), uint64(3))
	is.NoErr(j.Append(ctx, 3, contract.Records(20, 1))) // the fault is forgotten
	is.Equal(count(is, j), 4)
	is.Equal(count(is, older), 3)
}

// TestTruncate: the stream ends earlier, and goes on there.
func TestTruncate(t *testing.T) {
	is := is.New(t)
	j := filled(is, 5)
	older := j.Copy()
	j.Truncate(9)
	is.Equal(j.Head(), uint64(5))
	j.Truncate(2)
	is.Equal(j.Head(), uint64(2))
	is.NoErr(j.Append(ctx, 2, contract.Records(30, 1)))
	is.Equal(count(is, j), 3)
	is.Equal(count(is, older), 5) // which does not share what was cut off
	last, err := older.Read(ctx, 3, 1)
	is.NoErr(err)
	is.Equal(last[0].Event.ID, contract.Record(3, 0).Event.ID)
}
