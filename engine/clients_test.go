package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// busy is a journal in which appends take a while and something befalls some of
// them: they fail, are lost, or somebody else writes before or behind them.
type busy struct {
	*memory.Journal
	foreign func() engine.Record
	random  *rand.Rand // of whoever appends, one at a time
	onWay   *atomic.Bool
}

func (b busy) AppendWhile(ctx context.Context, head uint64, records []engine.Record, meanwhile func()) error {
	b.onWay.Store(true)
	defer b.onWay.Store(false)
	meanwhile()
	for range b.random.IntN(40) {
		runtime.Gosched()
	}
	behind := false
	switch b.random.IntN(16) {
	case 0:
		b.Fail()
	case 1:
		b.Refuse()
	case 2:
		b.LoseAnswer()
	case 3:
		b.LoseRequest()
	case 4:
		if err := b.somebody(ctx); err != nil {
			return err
		}
	case 5:
		behind = true
	}
	err := b.Append(ctx, head, records)
	if behind && err == nil {
		err = b.somebody(ctx)
	}
	return err
}

func (b busy) somebody(ctx context.Context) error {
	return b.Append(ctx, b.Head(), []engine.Record{b.foreign()})
}

// early counts signatures that were made while something was on its way.
type early struct {
	signer
	onWay *atomic.Bool
	n     *atomic.Int64
}

func (e early) Sign(m []byte) ([]byte, error) {
	if e.onWay.Load() {
		e.n.Add(1)
	}
	return e.signer.Sign(m)
}

// crowd is several clients who act on the same few cases at once.
type crowd struct {
	*node
	cases []events.Subject
	early atomic.Int64

	mu     sync.Mutex
	told   []engine.Done
	unsure map[events.ID]bool // not told: it may be stored, or not
	never  map[events.ID]bool // told that it is not
}

func newCrowd(t *testing.T, seed uint64) *crowd {
	c := &crowd{node: newNode(t), unsure: map[events.ID]bool{}, never: map[events.ID]bool{}}
	for i := range 4 {
		c.cases = append(c.cases, c.do(i+1, sector, raise).State.Subject)
	}
	random, number, onWay := rand.New(rand.NewPCG(seed, 0)), 0, &atomic.Bool{}
	foreign := func() engine.Record {
		number++
		e, err := events.Sign(events.Draft{
			ID: id(100_000 + number), Type: events.TypeContributed, Subject: c.cases[random.IntN(len(c.cases))], Office: district, Actor: "W-1",
			Time: noon, Recorded: noon, Code: "K7Q-F2MD", Edition: "test", Body: encode(t, events.Contributed{Kind: "sighting"}),
		}, author(district, run(1), uint64(number), "district"))
		c.is.NoErr(err)
		return engine.Record{Event: e, Run: run(9)}
	}
	c.service.Writer = engine.NewWriter(engine.Self{Node: sector, Run: run(2), Signer: early{"sector", onWay, &c.early}},
		busy{c.journal, foreign, random, onWay}, c.history, nil)
	return c
}

// client acts so often, each time on a case that others act on too, and now and
// then sends an act again.
func (c *crowd) client(n int, random *rand.Rand, acts int) {
	do := []any{engine.Contribute{Kind: "sighting"}, engine.Accept{}, engine.Assess{Facts: events.Facts(`{"child":{"age_months":18}}`)}}
	for i := range acts {
		number, on, what := 1000*(n+1)+i, c.cases[random.IntN(len(c.cases))], do[random.IntN(len(do))]
		for again := true; again; again = random.IntN(4) == 0 {
			done, err := c.on(number, on, what)
			c.heard(id(number), done, err)
		}
	}
}

func (c *crowd) heard(id events.ID, done engine.Done, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.told = append(c.told, done)
		delete(c.unsure, id)
		delete(c.never, id)
	case errors.Is(err, engine.ErrUnsettled):
		c.unsure[id] = true
		delete(c.never, id)
	case !c.unsure[id]:
		c.never[id] = true
	}
}

// TestManyClientsAtOnce: whatever befalls their appends, and however far ahead
// they were planned: what was acknowledged stands once, what was refused does
// not stand, the numbers have no gap, no line has a branch, and everybody was
// told the state that the events up to his own make.
func TestManyClientsAtOnce(t *testing.T) {
	var ahead int64
	for seed := range uint64(12) {
		c := newCrowd(t, seed)
		var clients sync.WaitGroup
		for n := range 5 {
			clients.Go(func() { c.client(n, rand.New(rand.NewPCG(seed, uint64(n+1))), 40) })
		}
		clients.Wait()
		c.check()
		ahead += c.early.Load()
	}
	is.New(t).True(ahead > 100) // acts that were signed while another was on its way
}

func (c *crowd) check() {
	is := c.is
	is.NoErr(c.journal.Refresh(ctx))
	records, err := c.journal.Read(ctx, 1, 10_000)
	is.NoErr(err)
	is.NoErr(c.history.Wait(ctx, c.journal.Head()))
	at, next := map[events.ID]engine.Record{}, uint64(1)
	all := map[events.Subject][]events.Event{}
	states := map[events.ID]engine.State{} // of the case, with the event
	for _, r := range records {
		e := r.Event
		_, twice := at[e.ID]
		is.True(!twice)
		if e.Source == (events.Source{Node: sector, Run: run(2)}) {
			is.Equal(e.Number, next)
			next++
		}
		at[e.ID] = r
		all[e.Subject] = append(all[e.Subject], e)
		states[e.ID] = engine.Fold(e.Subject, all[e.Subject])
	}
	for _, done := range c.told {
		is.Equal(at[done.Record.Event.ID], done.Record)
		if !done.Again {
			is.Equal(done.State, states[done.Record.Event.ID])
		}
	}
	for id := range c.never {
		_, stored := at[id]
		is.True(!stored)
	}
	for _, on := range c.cases {
		s := engine.Fold(on, all[on])
		is.Equal(len(s.Late)+len(s.Unjoined), 0)
		got, err := c.service.Case(on)
		is.NoErr(err)
		is.Equal(got, s)
	}
	if len(c.told) < 50 || next < 50 {
		is.Fail() // nearly nothing was written
	}
}
