package link

import (
	"errors"
	"math"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// TestBothWays: what is written on either side arrives on the other, once.
func TestBothWays(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	below, above := p.lower.raise(), p.upper.raise()
	p.sync()
	is.True(p.upper.holds(below))
	is.True(p.lower.holds(above))
	heads := p.upper.journal.Head() + p.lower.journal.Head()
	p.greet()
	p.sync()
	is.Equal(p.upper.journal.Head()+p.lower.journal.Head(), heads)
	is.True(p.lower.end.CaughtUp())
	is.True(p.upper.end.CaughtUp())
}

// TestSession: a message of a session that either side does not know is
// answered with greet again, and stores nothing.
func TestSession(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	e := p.lower.raise()
	old := p.offerUp()
	oldPoll, _ := p.lower.end.Next()

	p.upper.begin() // the upper node restarts
	_, err := p.up(old)
	is.True(errors.Is(err, ErrGreet))
	_, err = p.upper.end.Offer(ctx, oldPoll.Session, 0)
	is.True(errors.Is(err, ErrGreet))
	_, ok := p.upper.end.Next()
	is.True(!ok)
	_, ok = p.upper.end.Sending()
	is.True(!ok)
	is.True(!p.upper.end.CaughtUp())
	is.True(!p.upper.holds(e))

	p.greet()
	p.lower.begin() // and then the lower one
	_, err = p.upper.end.Offer(ctx, Session{From: run(99), To: run(99)}, 0)
	is.True(errors.Is(err, ErrGreet))
	p.sync()
	is.True(p.upper.holds(e))

	_, err = p.up(old) // what is late from before is not taken
	is.True(errors.Is(err, ErrGreet))
}

// TestWrongNeighbour: a greeting of another node begins no session.
func TestWrongNeighbour(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	_, err := p.upper.end.Meet(Greeting{}, Greeting{Node: "RW.11", Run: run(1)})
	is.True(err != nil)
}

// TestHoleIsNotPassed: a batch that begins behind what was passed is not taken;
// one that overlaps is, and what is held is skipped.
func TestHoleIsNotPassed(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	p.greet()
	first := p.lower.raise()
	batch := p.offerUp()
	head := p.upper.journal.Head()
	ahead := batch
	ahead.After += 3
	answer, err := p.upper.end.Take(ctx, ahead)
	is.NoErr(err)
	is.Equal(answer, Answer{Upto: batch.After})
	is.Equal(p.upper.journal.Head(), head)

	for range 3 { // delivered three times
		got, err := p.up(batch)
		is.NoErr(err)
		is.Equal(got, batch.Upto.Seq)
	}
	is.True(p.upper.holds(first))
	is.Equal(p.upper.journal.Head(), head+1)
}

// TestAppendFails: a batch that could not be stored is not passed, and arrives
// when it is sent again; so does one whose answer was lost.
func TestAppendFails(t *testing.T) {
	for name, tt := range map[string]struct {
		befall func(*memory.Journal)
		want   error
	}{
		"another writer was first": {(*memory.Journal).Refuse, engine.ErrConflict},
		"the answer is lost":       {(*memory.Journal).LoseAnswer, engine.ErrUnsettled},
		"the request is lost":      {(*memory.Journal).LoseRequest, engine.ErrUnsettled},
		"the disk is full":         {(*memory.Journal).Fail, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			p := newPair(t)
			e := p.lower.raise()
			head := p.upper.journal.Head()
			tt.befall(p.upper.journal)
			batch := p.offerUp()
			_, err := p.up(batch)
			is.True(err != nil)
			if tt.want != nil {
				is.True(errors.Is(err, tt.want))
			}
			_, err = p.up(batch)
			is.NoErr(err)
			is.True(p.upper.holds(e))
			is.Equal(p.upper.journal.Head(), head+1)
		})
	}
}

// TestRestored: a store restored from an older copy that writes before it links
// gets back what it had written since, and everything of both runs is on both
// sides.
func TestRestored(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	kept := p.lower.raise()
	p.sync()
	older := p.lower.journal.Copy()
	since := p.lower.note(kept.Subject)
	fromAbove := p.upper.note(kept.Subject)
	p.sync()
	p.lower.journal.Restore(older)
	p.lower.begin()
	is.True(!p.lower.holds(since))
	now := p.lower.note(kept.Subject)
	p.sync()
	for _, e := range []events.Event{kept, since, fromAbove, now} {
		is.True(p.lower.holds(e))
		is.True(p.upper.holds(e))
	}
	is.Equal(p.upper.gaps(), nil)
}

// TestLostStore: a store that was deleted is filled again, with the enrolments
// ahead of what they must check; what it alone held shows as a gap once a later
// number is known.
func TestLostStore(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	kept := p.lower.raise()
	p.sync()
	p.lower.journal.Restore(memory.NewJournal())
	p.lower.begin()
	p.greet()
	first := p.offerDown()
	is.Equal(first.Items[0].At.Seq, uint64(0)) // who may sign, before what was signed
	p.sync()
	is.True(p.lower.holds(kept))
	is.Equal(p.upper.journal.Head(), p.lower.journal.Head())

	p.upper.journal.Restore(memory.NewJournal()) // and the other way round
	p.upper.begin()
	p.sync()
	is.True(p.upper.holds(kept))
	is.Equal(p.upper.refusals(), nil)
}

// TestGapIsAskedFor: a number that is missing while a later one is here is asked
// for by name, and holds nothing back.
func TestGapIsAskedFor(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	a := p.lower.raise()
	b := p.lower.note(a.Subject)
	p.greet()
	batch := p.offerUp()
	batch.Items = batch.Items[1:] // somebody lost the first on the way
	_, err := p.up(batch)
	is.NoErr(err)
	is.True(!p.upper.holds(a))
	is.True(p.upper.holds(b))
	is.Equal(p.upper.gaps(), []engine.Gap{{Source: a.Source, From: a.Number, To: a.Number}})
	p.greet()
	p.sync()
	is.True(p.upper.holds(a))
	is.Equal(p.upper.gaps(), nil)
}

// TestGapsThatNobodyFillsHideNoOther: of more than one greeting asks for, each has
// its turn.
func TestGapsThatNobodyFillsHideNoOther(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	const many = GapsMax*2 + 5
	var records []engine.Record
	for n := range uint64(many) {
		e, err := events.Sign(p.draft(), events.Author{
			Source: events.Source{Node: district, Run: run(100 + n)}, Number: 2, Key: p.lower.Key(), Sign: p.lower.Sign,
		})
		is.NoErr(err)
		records = append(records, engine.Record{Event: e, Run: run(1)})
	}
	is.NoErr(p.upper.journal.Refresh(ctx))
	is.NoErr(p.upper.journal.Append(ctx, p.upper.journal.Head(), records))
	p.upper.begin()
	asked := map[engine.Gap]bool{}
	for range 3 {
		own, err := p.upper.end.Greeting()
		is.NoErr(err)
		is.Equal(len(own.Want), GapsMax)
		for _, g := range own.Want {
			asked[g] = true
		}
	}
	is.Equal(len(asked), many)
}

// TestALongGapIsSearched: what is held of it is found wherever it lies.
func TestALongGapIsSearched(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	a := p.lower.raise()
	is.NoErr(p.lower.history.Wait(ctx, p.lower.journal.Head()))
	none := engine.Gap{Source: events.Source{Node: district, Run: run(77)}, From: 1, To: 1 << 60}
	for _, g := range []engine.Gap{
		{Source: a.Source, From: a.Number, To: a.Number},
		{Source: a.Source, From: a.Number, To: math.MaxUint64},
		{Source: a.Source, From: 0, To: math.MaxUint64},
	} {
		found, err := p.lower.end.fetch([]engine.Gap{none, g})
		is.NoErr(err)
		is.Equal(found[len(found)-1].Event.ID, a.ID)
	}
	e, err := events.Sign(p.draft(), events.Author{Source: none.Source, Number: 1 << 50, Key: p.lower.Key(), Sign: p.lower.Sign})
	is.NoErr(err)
	is.NoErr(p.lower.journal.Append(ctx, p.lower.journal.Head(), []engine.Record{{Event: e, Run: run(1)}}))
	is.NoErr(p.lower.history.Wait(ctx, p.lower.journal.Head()))
	found, err := p.lower.end.fetch([]engine.Gap{none})
	is.NoErr(err)
	is.Equal(len(found), 1)
}

// TestCaughtUp: an end has caught up when it has passed what the neighbour held
// when the session began.
func TestCaughtUp(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	p.upper.raise()
	p.greet()
	is.True(!p.lower.end.CaughtUp())
	p.sync()
	is.True(p.lower.end.CaughtUp())
}

// TestCloses: where nothing that was held when the session began is for the
// neighbour any more, a batch with nothing in it says so, once.
func TestCloses(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	p.lower.raise()
	p.sync()
	p.upper.raise()
	p.sync() // and what the lower one holds behind its own came from above
	p.lower.begin()
	p.upper.begin()
	p.greet()
	is.True(!p.upper.end.CaughtUp())
	batch := p.offerUp()
	is.True(batch.Empty())
	is.True(p.lower.end.Closes(batch.After, batch.Upto.Seq))
	upto, err := p.up(batch)
	is.NoErr(err)
	is.True(p.upper.end.CaughtUp())
	is.True(!p.lower.end.Closes(upto, batch.Upto.Seq))
}

// TestTold: what a node is told that does not hang on the sender is about nodes
// alone, and passes over nothing.
func TestTold(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	e := p.upper.raise()
	p.greet()
	poll, _ := p.lower.end.Next()
	b, err := p.upper.end.Offer(ctx, poll.Session, poll.Got)
	is.NoErr(err)
	told := b.Told()
	is.True(len(told.Items) > 0 && len(told.Items) < len(b.Items))
	for _, i := range told.Items {
		is.Equal(i.Header["ce-type"], []string{string(events.TypeEnrolled)})
		is.Equal(i.At.Seq, uint64(0))
	}
	_, err = p.lower.end.Take(ctx, told)
	is.NoErr(err)
	is.True(!p.lower.holds(e))
	p.sync()
	is.True(p.lower.holds(e))
}
