package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// nodeHistory is what engine/node asks of a history.
type nodeHistory interface {
	engine.History
	Held(id events.ID) (events.Hash, bool, error)
	Numbered(s events.Source, number uint64) (events.Hash, bool, error)
	Refused(hash events.Hash) (bool, error)
	Runs() ([]engine.Position, error)
	Known(peer events.Place) ([]engine.Position, error)
	Gaps(under events.Place, after engine.Gap, limit int) ([]engine.Gap, error)
	Next(in engine.Gap) (engine.Record, bool, error)
	At(s events.Source, number uint64) (engine.Record, bool, error)
	NodeEvents() ([]events.Event, error)
}

var offices = []events.Place{nation, district, sector, cell, village, "RW.57.12.05.04", "RW.57.1", "RW.5"}

// mixed makes a stream as a sector's node might hold it: of several authors and
// runs, out of order, with numbers missing, named by a later run or filled by
// refusals, taken from two neighbours and written here over several starts.
func mixed(seed uint64, n int) []engine.Record {
	p := newPen(seed)
	r := p.random
	subjects := []events.Subject{}
	var made []events.Event
	for len(made) < n {
		office := offices[r.IntN(6)]
		switch k := r.IntN(20); {
		case k == 0:
			p.restart(office)
			continue
		case k == 1:
			lost := office.Path()[r.IntN(office.Level()+1)]
			about := events.Refused{Node: lost.ID(), Run: events.Run{Number: uint64(r.IntN(3) + 1), Mark: "lost"}, Number: uint64(r.IntN(9) + 1), Hash: events.Hash{byte(r.IntN(9))}, From: "RW57", Reason: "form"}
			if run := p.runs[lost]; !run.IsZero() && r.IntN(2) == 0 {
				about.Run, about.Number = run, p.numbers[events.Source{Node: lost, Run: run}]+uint64(r.IntN(4))
			}
			made = append(made, p.node(sector, office, events.TypeRefused, about))
		case k == 2:
			made = append(made, p.node(district, office, events.TypeEnrolled, events.Enrolled{Office: office.ID(), Node: office.ID()}))
		case k < 7 || len(subjects) == 0:
			e := p.act(events.Subject{Place: office}, office, events.Hash{}, 0, events.TypeRaised, events.Raised{To: "RW57", Source: "izu", Facts: events.Facts("{}")})
			subjects, made = append(subjects, e.Subject), append(made, e)
		default:
			on := subjects[r.IntN(len(subjects))]
			up := on.Place.Path()[r.IntN(on.Place.Level()+1)]
			made = append(made, p.act(on, up, events.Hash{1}, 0, events.TypeContributed, events.Contributed{Kind: "note"}))
		}
		if r.IntN(6) == 0 {
			made = made[:len(made)-1] // its number stays missing, for now
		}
	}
	for i := range made { // out of order, near and far
		j := min(len(made)-1, i+r.IntN(12))
		if r.IntN(30) == 0 {
			j = r.IntN(len(made))
		}
		made[i], made[j] = made[j], made[i]
	}
	run, above, below := 1, 1, 1
	var out []engine.Record
	for i, e := range made {
		if r.IntN(25) == 0 {
			run++
		}
		if r.IntN(25) == 0 {
			above, below = max(1, above+r.IntN(3)-1), below+1
		}
		rec := engine.Record{Event: e, Run: events.Run{Number: uint64(run), Mark: "own"}}
		switch {
		case e.Source.Node == sector:
			rec.Command = events.Hash{byte(i), 1}
		case sector.Covers(e.Source.Node):
			rec.From = engine.Origin{Node: cell, Position: engine.Position{Run: events.Run{Number: uint64(below), Mark: "cell"}, Seq: uint64(i + 1)}}
		default:
			rec.From = engine.Origin{Node: district, Position: engine.Position{Run: events.Run{Number: uint64(above), Mark: "up"}, Seq: uint64(n - i + 50)}}
		}
		out = append(out, rec)
	}
	return out
}

// answers is everything that a history says of these records.
func answers(is *is.I, h nodeHistory, records []engine.Record) []string {
	is.Helper()
	var out []string
	say := func(what string, err error, values ...any) {
		if err != nil && !errors.Is(err, engine.ErrNotFound) {
			is.NoErr(err)
		}
		out = append(out, what+": "+fmt.Sprintf("%+v (%t)", values, err != nil))
	}
	for _, r := range records {
		e := r.Event
		found, err := h.Find(e.ID)
		say("Find "+string(e.ID), err, found)
		hash, ok, err := h.Held(e.ID)
		say("Held", err, hash, ok)
		loaded, err := h.Load(e.Subject)
		say("Load "+e.Subject.String(), err, loaded)
		for _, n := range []uint64{e.Number - 1, e.Number, e.Number + 1} {
			hash, ok, err := h.Numbered(e.Source, n)
			say("Numbered "+e.Source.String(), err, hash, ok)
			at, ok, err := h.At(e.Source, n)
			say("At", err, at, ok)
		}
	}
	for i := range 10 {
		refused, err := h.Refused(events.Hash{byte(i)})
		say("Refused", err, refused)
	}
	for _, place := range offices {
		end, ok, err := h.Last(place)
		say("Last of "+string(place), err, end, ok)
		known, err := h.Known(place)
		say("Known of "+string(place), err, known)
		gaps, err := h.Gaps(place, engine.Gap{}, 1000)
		say("Gaps under "+string(place), err, gaps)
		for i, g := range gaps {
			some, err := h.Gaps(place, g, 2)
			say("Gaps behind one", err, some)
			g.To += uint64(i % 4)
			next, ok, err := h.Next(g)
			say("Next", err, next, ok)
		}
	}
	runs, err := h.Runs()
	say("Runs", err, runs)
	nodes, err := h.NodeEvents()
	say("NodeEvents", err, nodes)
	return out
}

func same(is *is.I, have, want []string) {
	is.Helper()
	is.Equal(len(have), len(want))
	for i := range want {
		is.Equal(have[i], want[i])
	}
}

// TestHistoryAnswersLikeTheReference: whatever came in whatever order, also
// after a crash, the history on disk says what the one in memory says.
func TestHistoryAnswersLikeTheReference(t *testing.T) {
	is := is.New(t)
	gaps, refused := 0, 0
	for seed := range uint64(12) {
		src := newStream()
		reference := memory.NewHistory(sector, src)
		path := filepath.Join(t.TempDir(), "history.db")
		h, err := OpenHistory(path, sector, src)
		is.NoErr(err)
		all := mixed(seed, 150)
		for rest := all; len(rest) > 0; {
			n := min(len(rest), 1+int(seed*7)%40)
			is.NoErr(src.Append(ctx, src.Head(), rest[:n]))
			rest = rest[n:]
			is.NoErr(reference.Wait(ctx, src.Head()))
			is.NoErr(h.Wait(ctx, src.Head()))
			switch len(rest) % 3 {
			case 0: // a crash
				is.NoErr(h.abandon())
				h, err = OpenHistory(path, sector, src)
			case 1: // an orderly stop
				is.NoErr(h.Close())
				h, err = OpenHistory(path, sector, src)
			default:
				err = h.flush()
			}
			is.NoErr(err)
			is.NoErr(h.Wait(ctx, src.Head()))
		}
		same(is, answers(is, h, all), answers(is, reference, all))
		list, err := h.Gaps(nation, engine.Gap{}, 1000)
		is.NoErr(err)
		gaps += len(list)
		if yes, err := h.Refused(events.Hash{1}); err == nil && yes {
			refused++
		}
		is.NoErr(h.Close())
	}
	is.True(gaps > 50)    // the streams above have some
	is.True(refused >= 3) // and refusals
}

// TestGapsAreLimited: so many are told, whole, and round about from any of them.
func TestGapsAreLimited(t *testing.T) {
	is := is.New(t)
	src := newStream()
	h := openHistory(t, src)
	is.NoErr(src.Append(ctx, 0, mixed(3, 150)))
	is.NoErr(h.Wait(ctx, src.Head()))
	all, err := h.Gaps(nation, engine.Gap{}, 1000)
	is.NoErr(err)
	is.True(len(all) > 3)
	for limit := range len(all) + 1 {
		some, err := h.Gaps(nation, engine.Gap{}, limit)
		is.NoErr(err)
		is.True(slices.Equal(some, all[:limit]))
	}
	for i, after := range all {
		some, err := h.Gaps(nation, after, len(all)+1)
		is.NoErr(err)
		is.True(slices.Equal(some, slices.Concat(all[i+1:], all[:i+1])))
	}
}

// TestSpans: what is missing is what was not seen, in any order of seeing.
func TestSpans(t *testing.T) {
	is := is.New(t)
	p := newPen(4)
	const top = 60
	is.Equal(with(with(with(nil, 1, 3), 4, 5), 7, 6), []span{{1, 5}})
	for range 200 {
		spans := with(with(nil, 1, 7), 8, top)
		missing := map[uint64]bool{}
		for n := uint64(1); n <= top; n++ {
			missing[n] = true
		}
		for range p.random.IntN(90) {
			n := uint64(p.random.IntN(top+5)) + 1
			delete(missing, n)
			spans = without(spans, n)
		}
		back, err := decodeSpans(encodeSpans(spans))
		is.NoErr(err)
		is.True(slices.Equal(back, spans))
		for n := uint64(1); n <= top; n++ {
			_, in := slices.BinarySearchFunc(spans, n, func(s span, n uint64) int {
				switch {
				case s.to < n:
					return -1
				case s.from > n:
					return 1
				}
				return 0
			})
			is.Equal(in, missing[n])
		}
		is.True(slices.IsSortedFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.to+1) })) // none touch
	}
}

// TestHistoryStartsOverOnAnotherStream: shorter, or as long with other records,
// or of another node. What only grew is followed on.
func TestHistoryStartsOverOnAnotherStream(t *testing.T) {
	all := mixed(1, 120)
	other := slices.Clone(all[60:100])
	for i := range other {
		other[i].Run = events.Run{Number: 99, Mark: "other"}
	}
	for name, c := range map[string]struct {
		self   events.Place
		change func(is *is.I, src *stream, older *memory.Journal)
		goesOn bool
	}{
		"shorter": {self: sector, change: func(_ *is.I, src *stream, older *memory.Journal) { src.Restore(older) }},
		"grown again, in another run": {self: sector, change: func(is *is.I, src *stream, older *memory.Journal) {
			src.Restore(older)
			is.NoErr(src.Append(ctx, 60, other))
		}},
		"grown again, in the same run": {self: sector, change: func(is *is.I, src *stream, older *memory.Journal) {
			src.Restore(older)
			for i := range other {
				back := all[60+len(other)-1-i]
				back.Run = all[99].Run
				is.NoErr(src.Append(ctx, src.Head(), []engine.Record{back}))
			}
		}},
		"its last record lost": {self: sector, change: func(_ *is.I, src *stream, _ *memory.Journal) { src.Drop(100) }},
		"another node":         {self: cell, change: func(*is.I, *stream, *memory.Journal) {}},
		"the same, longer": {self: sector, goesOn: true, change: func(is *is.I, src *stream, _ *memory.Journal) {
			is.NoErr(src.Append(ctx, 100, all[100:]))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			src := newStream()
			is.NoErr(src.Append(ctx, 0, all[:60]))
			older := src.Copy()
			is.NoErr(src.Append(ctx, 60, all[60:100]))
			path := filepath.Join(t.TempDir(), "history.db")
			h, err := OpenHistory(path, sector, src)
			is.NoErr(err)
			is.NoErr(h.Wait(ctx, 100))
			is.NoErr(h.Close())

			c.change(is, src, older)
			h, err = OpenHistory(path, c.self, src)
			is.NoErr(err)
			is.Equal(h.Applied() > 0, c.goesOn)
			is.NoErr(h.Wait(ctx, src.Head()))
			reference := memory.NewHistory(c.self, src)
			is.NoErr(reference.Wait(ctx, src.Head()))
			same(is, answers(is, h, all), answers(is, reference, all))
			is.NoErr(h.Close())
		})
	}
}

// TestHistoryStartsOverWhileRunning: a stream that got shorter under a running
// history is followed anew.
func TestHistoryStartsOverWhileRunning(t *testing.T) {
	is := is.New(t)
	all := mixed(2, 80)
	src := newStream()
	is.NoErr(src.Append(ctx, 0, all[:30]))
	older := src.Copy()
	is.NoErr(src.Append(ctx, 30, all[30:]))
	h := openHistory(t, src)
	is.NoErr(h.Wait(ctx, 80))
	src.Restore(older)
	is.NoErr(h.Wait(ctx, 30))
	reference := memory.NewHistory(sector, src)
	is.NoErr(reference.Wait(ctx, 30))
	same(is, answers(is, h, all), answers(is, reference, all))
}

// TestHistoryIsMadeAnew: a file that bbolt cannot read is set aside.
func TestHistoryIsMadeAnew(t *testing.T) {
	is := is.New(t)
	src := newStream()
	all := mixed(5, 20)
	is.NoErr(src.Append(ctx, 0, all))
	path := filepath.Join(t.TempDir(), "history.db")
	garbage := slices.Repeat([]byte("not a database. "), 4096)
	is.NoErr(os.WriteFile(path, garbage, 0o600))
	h, err := OpenHistory(path, sector, src)
	is.NoErr(err)
	is.NoErr(h.Wait(ctx, src.Head()))
	_, err = h.Find(all[3].Event.ID)
	is.NoErr(err)
	is.NoErr(h.Close())
	aside, err := os.ReadFile(path + ".damaged")
	is.NoErr(err)
	is.Equal(len(aside), len(garbage))
}

// TestFollow: records are applied without anybody asking, committed within the
// interval, and whoever waits hears of them; its end is no error.
func TestFollow(t *testing.T) {
	is := is.New(t)
	src := newStream()
	h := openHistory(t, src)
	over, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- h.Follow(over) }()
	waiting := make(chan error, 1)
	go func() { waiting <- h.Wait(ctx, 20) }()
	all := mixed(6, 20)
	is.NoErr(src.Append(ctx, 0, all[:10]))
	is.NoErr(h.Wait(ctx, 10))
	is.NoErr(src.Append(ctx, 10, all[10:]))
	is.NoErr(<-waiting)
	committed := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.dirty
	}
	deadline, stop := context.WithTimeout(ctx, 10*commitEvery)
	defer stop()
	for tick := time.NewTicker(commitEvery / 20); committed() > 0; {
		select {
		case <-tick.C:
		case <-deadline.Done():
			t.Fatal("nothing was committed")
		}
	}
	cancel()
	is.NoErr(<-ended)
	is.Equal(h.Applied(), uint64(20))
}

// TestWaitEndsWithItsContext: nobody waits for ever for what the stream does
// not hold.
func TestWaitEndsWithItsContext(t *testing.T) {
	is := is.New(t)
	src := newStream()
	h := openHistory(t, src)
	is.NoErr(src.Append(ctx, 0, mixed(7, 3)))
	over, cancel := context.WithCancel(ctx)
	cancel()
	is.True(errors.Is(h.Wait(over, 4), context.Canceled))
	is.NoErr(h.Close())
	is.True(errors.Is(h.Wait(ctx, 3), errClosed))
	_, err := h.Find(events.ID("01a1f795-4f80-7e11-8000-000000000001"))
	is.True(errors.Is(err, errClosed))
}
