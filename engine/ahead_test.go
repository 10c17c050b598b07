package engine_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// held is a journal whose appends stay on their way until they are let go.
type held struct {
	*memory.Journal
	log   *trace
	onWay chan struct{}
	goOn  chan fate
}

// fate is what happens around an append when it is let go.
type fate struct{ before, after func() }

func (h held) AppendWhile(ctx context.Context, head uint64, records []engine.Record, meanwhile func()) error {
	meanwhile()
	h.onWay <- struct{}{}
	f := <-h.goOn
	f.before()
	err := h.Append(ctx, head, records)
	f.after()
	h.log.add("ended")
	return err
}

// trace is what happened, in order.
type trace struct {
	mu   sync.Mutex
	list []string
}

func (l *trace) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, s)
}

// latch is a signer that can be locked.
type latch struct {
	signer
	shut *atomic.Bool
}

func (l latch) Locked() bool { return l.shut.Load() }
func (l latch) Sign(m []byte) ([]byte, error) {
	if l.shut.Load() {
		return nil, engine.ErrLocked
	}
	return l.signer.Sign(m)
}

// flights is a node whose appends are held, with two cases.
type flights struct {
	*node
	held
	writer   *engine.Writer
	shut     atomic.Bool
	one, two events.Subject
	planned  chan struct{}
}

func newFlights(t *testing.T) *flights {
	f := &flights{node: newNode(t), planned: make(chan struct{}, 100)}
	f.held = held{f.node.journal, &trace{}, make(chan struct{}), make(chan fate)}
	f.writer = engine.NewWriter(engine.Self{Node: sector, Run: run(1), Signer: latch{"sector", &f.shut}}, f.held, f.history, nil)
	f.one, f.two = child, events.Subject{Place: village, Kind: events.KindCase, ID: string(id(2))}
	return f
}

// write writes one event as a turn that reads its aggregate and its id.
// Its first plan fails with fault, if there is one.
type write struct {
	name  string
	n     int // of the id
	on    events.Subject
	fault error
	alone bool
	ctx   context.Context
}

type outcome struct {
	records []engine.Record
	err     error
	plans   int
	saw     int // events in the aggregate, when it was planned last
}

// begin lets somebody write; the channel tells what came of it.
func (f *flights) begin(w write) <-chan outcome {
	out := make(chan outcome, 1)
	var o outcome
	plan := func() (engine.Plan, error) {
		f.log.add("plan " + w.name)
		all, err := f.history.Load(w.on)
		if o.plans, o.saw = o.plans+1, len(all); o.plans == 1 && w.fault != nil {
			err = w.fault
		}
		defer func() { f.planned <- struct{}{} }()
		return engine.Plan{Drafts: []engine.Draft{{Draft: events.Draft{
			ID: id(w.n), Type: events.TypeContributed, Subject: w.on, Office: sector, Actor: "W-1", Time: noon, Recorded: noon,
			Code: "K7Q-F2MD", Edition: "test", Body: []byte(`{"kind":"sighting"}`),
		}}}}, err
	}
	reads := func(r engine.Record) bool { return r.Event.Subject == w.on || r.Event.ID == id(w.n) }
	ctx := ctx
	if w.ctx != nil {
		ctx = w.ctx
	}
	go func() {
		if w.alone {
			o.records, o.err = f.writer.Write(ctx, plan)
		} else {
			o.records, o.err = f.writer.WriteOn(ctx, reads, plan)
		}
		out <- o
	}()
	return out
}

func nothing() {}

// await returns what came of a write whose appends are let go.
func (f *flights) await(o <-chan outcome) outcome {
	for {
		select {
		case <-f.onWay:
			f.goOn <- fate{nothing, nothing}
		case got := <-o:
			return got
		}
	}
}

// stored lists the ids in the stream, after checking that this node's numbers
// have no gap.
func (f *flights) stored() (out []events.ID) {
	f.is.NoErr(f.node.journal.Refresh(ctx))
	records, err := f.node.journal.Read(ctx, 1, 100)
	f.is.NoErr(err)
	next := uint64(1)
	for _, r := range records {
		if r.Event.Source.Node == sector {
			f.is.Equal(r.Event.Number, next)
			next++
		}
		out = append(out, r.Event.ID)
	}
	return out
}

// TestThePlanAheadStandsOrIsMadeAnew: an act in another case is planned while
// the one before is on its way. Where that one is stored, the plan is used;
// whatever else becomes of it, the plan is made anew on what stands.
func TestThePlanAheadStandsOrIsMadeAnew(t *testing.T) {
	somebody := func(f *flights, t *testing.T) {
		f.is.NoErr(f.node.journal.Append(ctx, f.node.journal.Head(), []engine.Record{{Event: f.foreign(t, f.two), Run: run(9)}}))
	}
	fault := errors.New("refused")
	for name, c := range map[string]struct {
		befalls func(f *flights, t *testing.T) fate
		fault   error // of the plan that was made ahead
		first   error // nil: stored
		second  error
		plans   int
		saw     int
		stored  []events.ID
	}{
		"stored":                       {func(*flights, *testing.T) fate { return fate{nothing, nothing} }, nil, nil, nil, 1, 0, []events.ID{id(11), id(12)}},
		"failed":                       {func(f *flights, _ *testing.T) fate { return fate{f.node.journal.Fail, nothing} }, nil, memory.ErrMade, nil, 2, 0, []events.ID{id(12)}},
		"refused":                      {func(f *flights, _ *testing.T) fate { return fate{f.node.journal.Refuse, nothing} }, nil, engine.ErrConflict, nil, 2, 0, []events.ID{id(12)}},
		"its answer was lost":          {func(f *flights, _ *testing.T) fate { return fate{f.node.journal.LoseAnswer, nothing} }, nil, engine.ErrUnsettled, nil, 2, 0, []events.ID{id(11), id(12)}},
		"lost":                         {func(f *flights, _ *testing.T) fate { return fate{f.node.journal.LoseRequest, nothing} }, nil, engine.ErrUnsettled, nil, 2, 0, []events.ID{id(12)}},
		"somebody was first":           {func(f *flights, t *testing.T) fate { return fate{func() { somebody(f, t) }, nothing} }, nil, engine.ErrConflict, nil, 2, 1, []events.ID{id(800), id(12)}},
		"somebody came behind":         {func(f *flights, t *testing.T) fate { return fate{nothing, func() { somebody(f, t) }} }, nil, nil, nil, 2, 1, []events.ID{id(11), id(800), id(12)}},
		"the node was locked":          {func(f *flights, _ *testing.T) fate { return fate{nothing, func() { f.shut.Store(true) }} }, nil, nil, engine.ErrLocked, 2, 0, []events.ID{id(11)}},
		"stored, the plan refuses":     {func(*flights, *testing.T) fate { return fate{nothing, nothing} }, fault, nil, fault, 1, 0, []events.ID{id(11)}},
		"failed, the plan had refused": {func(f *flights, _ *testing.T) fate { return fate{f.node.journal.Fail, nothing} }, fault, memory.ErrMade, nil, 2, 0, []events.ID{id(12)}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			f := newFlights(t)
			first := f.begin(write{name: "one", n: 11, on: f.one})
			<-f.onWay
			<-f.planned
			second := f.begin(write{name: "two", n: 12, on: f.two, fault: c.fault})
			<-f.planned // the first is still on its way
			is.Equal(f.node.journal.Head(), uint64(0))
			is.Equal(len(second), 0) // and nothing is told, also no refusal
			f.goOn <- c.befalls(f, t)
			one := <-first
			is.True(errors.Is(one.err, c.first))
			two := f.await(second)
			is.True(errors.Is(two.err, c.second))
			is.Equal(two.plans, c.plans)
			is.Equal(two.saw, c.saw)
			is.Equal(f.stored(), c.stored)
			if c.second == nil {
				is.Equal(two.records[0].Seq, uint64(len(c.stored)))
			}
		})
	}
}

// TestWhatMustBeSeenIsWaitedFor: who reads what is on its way is not planned
// before it has ended, and neither is anybody beside what is no case, or beside
// a turn that is alone.
func TestWhatMustBeSeenIsWaitedFor(t *testing.T) {
	one, two := child, events.Subject{Place: village, Kind: events.KindCase, ID: string(id(2))}
	for name, c := range map[string]struct{ first, second write }{
		"the same case":     {write{n: 11, on: one}, write{n: 12, on: one}},
		"the same id":       {write{n: 11, on: one}, write{n: 11, on: two}},
		"an enrolment":      {write{n: 11, on: events.NodeSubject(cell)}, write{n: 12, on: two}},
		"alone on its way":  {write{n: 11, on: one, alone: true}, write{n: 12, on: two}},
		"alone in the turn": {write{n: 11, on: one}, write{n: 12, on: two, alone: true}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			f := newFlights(t)
			c.first.name, c.second.name = "one", "two"
			first := f.begin(c.first)
			<-f.onWay
			second := f.begin(c.second)
			for range 500 {
				runtime.Gosched() // time enough to plan, where it would
			}
			f.goOn <- fate{nothing, nothing}
			is.NoErr((<-first).err)
			is.NoErr(f.await(second).err)
			is.Equal(f.log.list, []string{"plan one", "ended", "plan two", "ended"})
			is.Equal(len(f.stored()), 2)
		})
	}
}

// TestWhoGivesUpLeavesNoNumber: who planned ahead and does not wait any longer
// writes nothing, and the next one has his place.
func TestWhoGivesUpLeavesNoNumber(t *testing.T) {
	is := is.New(t)
	f := newFlights(t)
	first := f.begin(write{name: "one", n: 11, on: f.one})
	<-f.onWay
	<-f.planned
	gone, cancel := context.WithCancel(ctx)
	second := f.begin(write{name: "two", n: 12, on: f.two, ctx: gone})
	<-f.planned
	cancel()
	is.True(errors.Is((<-second).err, context.Canceled))
	third := f.begin(write{name: "three", n: 13, on: f.two})
	<-f.planned // also ahead
	f.goOn <- fate{nothing, nothing}
	is.NoErr((<-first).err)
	got := f.await(third)
	is.NoErr(got.err)
	is.Equal(got.plans, 1)
	is.Equal(f.stored(), []events.ID{id(11), id(13)})
}

// TestNobodyIsPassedOver: of many who wait everybody is written, and who planned
// ahead is the next.
func TestNobodyIsPassedOver(t *testing.T) {
	is := is.New(t)
	f := newFlights(t)
	var outs []<-chan outcome
	var want []events.ID
	for i := range 5 {
		outs = append(outs, f.begin(write{name: "x", n: 20 + i, on: events.Subject{Place: village, Kind: events.KindCase, ID: string(id(20 + i))}}))
		want = append(want, id(20+i))
		switch i {
		case 0:
			<-f.onWay
			<-f.planned
		case 1:
			<-f.planned
		}
	}
	f.goOn <- fate{nothing, nothing}
	for _, o := range outs {
		is.NoErr(f.await(o).err)
	}
	got := f.stored()
	is.Equal(got[:2], want[:2])
	slices.Sort(got)
	is.Equal(got, want)
}
