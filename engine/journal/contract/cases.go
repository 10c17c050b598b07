package contract

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// readsBack: every record comes back byte for byte, in order and with its
// sequence, also the attributes of a newer program.
func readsBack(t *testing.T, s Store) {
	is := is.New(t)
	j := s.Open()
	is.Equal(j.Head(), uint64(0))
	reads(is, j, 1, 10, nil)

	records := Records(1, 4)
	newer := records[3].Event
	header := newer.Header()
	header["ce-newerattribute"] = []string{"a%20b"}
	var err error
	records[3].Event, err = events.Parse(newer.Subject.String(), header, newer.Body)
	is.NoErr(err)

	appended(is, j, records[:1])
	appended(is, j, records[1:3])
	appended(is, j, records[3:])
	is.Equal(j.Head(), uint64(4))
	for _, handle := range []engine.Journal{j, s.Open()} { // from memory, and from the store
		reads(is, handle, 1, 10, stored(1, records))
		last, err := handle.Read(ctx, 4, 1)
		is.NoErr(err)
		is.Equal(last[0].Event.Header(), header)
		is.Equal(last[0].Event.SignedBytes(), records[3].Event.SignedBytes())
	}
	is.Equal(records[0].Seq, uint64(0)) // the caller's own are left alone
}

// refusesWrongHead: an append after anything but the last sequence stores
// nothing, and says conflict.
func refusesWrongHead(t *testing.T, s Store) {
	is := is.New(t)
	j := s.Open()
	is.NoErr(j.Append(ctx, 0, nil)) // nothing is nothing
	appended(is, j, Records(1, 2))
	for _, head := range []uint64{0, 1, 3, 100} {
		is.True(errors.Is(j.Append(ctx, head, Records(3, 1)), engine.ErrConflict))
		is.NoErr(j.Refresh(ctx))
		is.Equal(j.Head(), uint64(2))
	}
	reads(is, s.Open(), 1, 10, stored(1, Records(1, 2)))
	appended(is, j, Records(3, 1))
	reads(is, j, 1, 10, stored(1, Records(1, 3)))
}

// batchAllOrNone: several records stand together in order, or none does.
func batchAllOrNone(t *testing.T, s Store) {
	is := is.New(t)
	j := s.Open()
	appended(is, j, Records(1, 1))
	for _, head := range []uint64{0, 2} {
		is.True(errors.Is(j.Append(ctx, head, Records(2, 5)), engine.ErrConflict))
		is.NoErr(j.Refresh(ctx))
		reads(is, s.Open(), 1, 10, stored(1, Records(1, 1)))
	}
	broken := Records(2, 5)
	broken[3].Run = events.Run{}
	is.True(j.Append(ctx, 1, broken) != nil)
	reads(is, s.Open(), 1, 10, stored(1, Records(1, 1)))

	appended(is, j, Records(2, 40))
	is.Equal(j.Head(), uint64(41))
	reads(is, j, 1, 100, stored(1, Records(1, 41)))
	reads(is, s.Open(), 1, 100, stored(1, Records(1, 41)))
}

// refusesHalfRecords: what could not be read back is not stored.
func refusesHalfRecords(t *testing.T, s Store) {
	j := s.Open()
	for name, change := range map[string]func(*engine.Record){
		"no event":          func(r *engine.Record) { r.Event = events.Event{} },
		"no run":            func(r *engine.Record) { r.Run = events.Run{} },
		"from, without run": func(r *engine.Record) { r.From = engine.Origin{Node: "RW.57"} },
		"run, without from": func(r *engine.Record) { r.From = engine.Origin{Position: engine.Position{Run: r.Run}} },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := Record(1, 0)
			change(&r)
			err := j.Append(ctx, 0, []engine.Record{r})
			is.True(err != nil)
			is.True(!errors.Is(err, engine.ErrConflict))
			is.Equal(s.Open().Head(), uint64(0))
		})
	}
}

// readLimits: at most limit, from where it was asked, and nothing beyond the
// end.
func readLimits(t *testing.T, s Store) {
	is := is.New(t)
	all := stored(1, Records(1, 10))
	j := s.Open()
	appended(is, j, Records(1, 10))
	for _, handle := range []engine.Journal{j, s.Open()} {
		reads(is, handle, 0, 3, all[:3]) // sequences begin with 1
		reads(is, handle, 1, 1, all[:1])
		reads(is, handle, 4, 3, all[3:6])
		reads(is, handle, 7, 3, all[6:9]) // reading on
		reads(is, handle, 10, 3, all[9:]) // and on to the end
		reads(is, handle, 9, 100, all[8:])
		reads(is, handle, 11, 3, nil)
		reads(is, handle, 1<<63, 3, nil)
		reads(is, handle, 1, 0, nil)
		reads(is, handle, 1, -1, nil)
	}
}

// largestEvent: an event of events.SizeMax bytes is stored like any other,
// alone and in a batch.
func largestEvent(t *testing.T, s Store) {
	is := is.New(t)
	records := []engine.Record{Record(1, events.SizeMax), Record(2, events.SizeMax), Record(4, events.SizeMax)}
	for _, r := range records {
		is.Equal(r.Event.Size(), events.SizeMax)
	}
	j := s.Open()
	appended(is, j, records[:1])
	appended(is, j, records[1:])
	reads(is, s.Open(), 1, 10, stored(1, records))
}

// waitWakes: whoever waits hears of an append, and not before it.
func waitWakes(t *testing.T, s Store) {
	is := is.New(t)
	j := s.Open()
	over, cancel := context.WithCancel(ctx)
	cancel()
	is.True(errors.Is(j.Wait(over, 0), context.Canceled)) // there is nothing yet

	const waiters = 5
	heard := make(chan error, waiters)
	for range waiters {
		go func() { heard <- j.Wait(ctx, 1) }()
	}
	appended(is, j, Records(1, 1))
	is.True(errors.Is(j.Wait(over, 1), context.Canceled)) // 1 is not above 1
	is.NoErr(j.Wait(over, 0))
	is.Equal(len(heard), 0)
	appended(is, j, Records(2, 1))
	for range waiters {
		is.NoErr(<-heard)
	}
}

// reopening: a new handle finds what the old one appended, and goes on there.
func reopening(t *testing.T, s Store) {
	is := is.New(t)
	for n := range 3 {
		j := s.Open()
		is.Equal(j.Head(), uint64(n*4))
		appended(is, j, Records(n*4+1, 4))
	}
	reads(is, s.Open(), 1, 100, stored(1, Records(1, 12)))
}

// lostAnswer: what was stored stays, once, and is found by reading; the
// journal goes on behind it.
func lostAnswer(t *testing.T, s Store) {
	is := is.New(t)
	j, n := s.Open(), 1
	for _, count := range []int{1, 5} {
		s.LoseAnswer(j)
		head := j.Head()
		err := j.Append(ctx, head, Records(n, count)) // nil where it was settled at once
		is.True(!errors.Is(err, engine.ErrConflict))
		is.NoErr(j.Refresh(ctx))
		is.Equal(j.Head(), head+uint64(count))
		n += count
		reads(is, j, 1, 100, stored(1, Records(1, n-1)))
		appended(is, j, Records(n, 1))
		n++
	}
	reads(is, s.Open(), 1, 100, stored(1, Records(1, n-1)))
}

// lostRequest: what never came was not stored, the caller hears that it
// failed, and may append the same again.
func lostRequest(t *testing.T, s Store) {
	is := is.New(t)
	j := s.Open()
	appended(is, j, Records(1, 2))
	for _, count := range []int{1, 5} {
		s.LoseRequest(j)
		head := j.Head()
		err := j.Append(ctx, head, Records(50, count))
		is.True(err != nil)
		is.True(!errors.Is(err, engine.ErrConflict))
		is.NoErr(j.Refresh(ctx))
		is.Equal(j.Head(), head)
		appended(is, j, Records(int(head)+1, count))
	}
	reads(is, s.Open(), 1, 100, stored(1, Records(1, 8)))
}

// twoHandles: of two appends after one head exactly one is stored, and nothing
// stands between its records.
func twoHandles(t *testing.T, s Store) {
	is := is.New(t)
	handles := []engine.Journal{s.Open(), s.Open()}
	const rounds = 20
	for round := range rounds {
		count := 1 + round%2*3
		head := handles[0].Head()
		batches := [][]engine.Record{Records(1000+round*20, count), Records(5000+round*20, count)}
		results := make([]error, len(handles))
		var both sync.WaitGroup
		for i, j := range handles {
			both.Go(func() { results[i] = j.Append(ctx, head, batches[i]) })
		}
		both.Wait()
		winner := 0
		if results[0] != nil {
			winner = 1
		}
		is.NoErr(results[winner])
		is.True(errors.Is(results[1-winner], engine.ErrConflict))
		for _, j := range handles {
			is.NoErr(j.Refresh(ctx))
			is.Equal(j.Head(), head+uint64(count))
			reads(is, j, head+1, 10, stored(head+1, batches[winner]))
		}
	}
}

// hole: an event that is gone is left out, and reported.
func hole(t *testing.T, s Store) {
	is := is.New(t)
	all := stored(1, Records(1, 12))
	appended(is, s.Open(), Records(1, 12))
	for _, seq := range []uint64{1, 5, 6, 12} {
		s.Drop(seq)
	}
	j := s.Open()
	is.Equal(j.Head(), uint64(12)) // a hole at the end is a hole too
	reads(is, j, 1, 3, all[1:4])
	reads(is, j, 5, 2, all[6:8])
	reads(is, j, 9, 100, all[8:11])
	is.Equal(s.Damage(j), []uint64{1, 5, 6, 12})
	appended(is, j, Records(13, 1))
	reads(is, j, 11, 100, []engine.Record{all[10], stored(13, Records(13, 1))[0]})
}
