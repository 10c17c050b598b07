package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"umuryango/events"
)

// Self is this node: where it stands, the run that began with this start, and
// what signs for it.
type Self struct {
	Node   events.Place
	Run    events.Run
	Signer Signer
}

// Writer is the one writer of a node. Every command and every batch that comes
// over a link goes through it, planned on the state at the stream's head and
// appended directly after it, one at a time. So numbers stay contiguous, checks
// over several aggregates hold, and whoever else writes to the same stream makes
// the append fail instead of interleaving with it. While one act is on its way
// to the disk the next may be planned already: see flight.
type Writer struct {
	self    Self                   // as the run began; who signs by now is in signer
	signer  atomic.Pointer[Signer] // changes in a turn, and is asked for without one
	journal Journal
	history History
	before  *events.RunEnd // last event of the run before; nil when there is none
	turn    chan struct{}  // holds one token: whose turn it is to plan
	disk    chan struct{}  // holds one token: whose turn it is to append; taken after turn

	flight *flight // the last append that passed its turn on; of whoever has the turn

	head   uint64   // the stream's head as the last append left it; of whoever has the disk, as what follows
	number uint64   // last number given out in this run
	fresh  []Record // what the last append added
	warm   warm
}

// NewWriter begins a run. before is the last event that this node wrote in the
// run before, or nil.
func NewWriter(self Self, journal Journal, history History, before *events.RunEnd) *Writer {
	w := &Writer{
		self: self, journal: journal, history: history, before: before, head: journal.Head(),
		turn: make(chan struct{}, 1), disk: make(chan struct{}, 1),
	}
	w.signsWith(self.Signer)
	w.turn <- struct{}{}
	w.disk <- struct{}{}
	return w
}

// Plan is what one turn wants to append: records of others as they came, then
// drafts of this node, which are numbered and signed in this order.
type Plan struct {
	Records []Record
	Drafts  []Draft
	// Meanwhile, where there is one, is called with what is being appended while
	// the store is busy. It is not known then whether it will be stored, so what
	// comes of it counts only once Write has returned the records.
	Meanwhile func(records []Record)
}

// Draft is a draft with the digest of the command that it answers, zero for
// none.
type Draft struct {
	events.Draft
	Command events.Hash
}

// Write waits for its turn, calls plan when history holds everything up to the
// stream's head, and appends what it returns, all or none. It returns the
// records as they were stored. An empty plan writes nothing. ErrConflict: the
// stream was written by somebody else; nothing of the plan was stored.
func (w *Writer) Write(ctx context.Context, plan func() (Plan, error)) ([]Record, error) {
	return w.write(ctx, job{reads: everything, plan: plan, alone: true})
}

// WriteOn is Write for a plan that looks at a part of the history only: reads
// tells whether a record belongs to it. What the last turn appended is not
// waited for where the plan does not look at it, and plan may be called while
// that is still being appended. Then it may be called a second time: what it did
// before counts for nothing.
func (w *Writer) WriteOn(ctx context.Context, reads func(Record) bool, plan func() (Plan, error)) ([]Record, error) {
	return w.write(ctx, job{reads: reads, plan: plan})
}

func everything(Record) bool { return true }

// job is what somebody wants of a turn.
type job struct {
	reads func(Record) bool
	plan  func() (Plan, error)
	then  func([]Record) // where there is one, called once the records are stored, before anybody else has a turn
	alone bool           // nothing is planned while it is being appended
}

func (w *Writer) write(ctx context.Context, j job) ([]Record, error) {
	if err := take(ctx, w.turn); err != nil {
		return nil, err
	}
	pass := sync.OnceFunc(func() { w.turn <- struct{}{} })
	defer pass()
	early := w.ahead(ctx, j)
	if err := take(ctx, w.disk); err != nil {
		return nil, err
	}
	defer func() { w.disk <- struct{}{} }() // before the turn: who has the turn and not the disk knows what is on its way there
	m := w.settled(ctx, j, early)
	if m.err != nil || len(m.records) == 0 {
		return nil, m.err
	}
	if j.alone {
		return w.append(ctx, j, m)
	}
	return w.passing(ctx, j, m, pass)
}

func take(ctx context.Context, turn chan struct{}) error {
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer's turn: %w", ctx.Err())
	}
}

// made is a plan with its records, whose drafts are numbered and signed, or why
// there is none.
type made struct {
	Plan
	records       []Record
	after, number uint64 // head and last number behind which it was made
	err           error
}

// make plans, behind a head and the last number.
func (w *Writer) make(j job, after, number uint64) made {
	m := made{after: after, number: number}
	if m.Plan, m.err = j.plan(); m.err == nil {
		m.records, m.err = w.records(m.Plan, number)
	}
	return m
}

// settled is what is to be appended, behind what the stream holds: the early
// plan where it still stands. The caller has the disk.
func (w *Writer) settled(ctx context.Context, j job, early *made) made {
	if err := w.catchUp(ctx); err != nil {
		return made{err: err}
	}
	if early != nil && w.stands(*early) {
		return *early
	}
	if err := w.await(ctx, w.head, w.fresh, j.reads); err != nil {
		return made{err: err}
	}
	return w.make(j, w.head, w.number)
}

// append appends what was made, and does while the store is busy what the next
// turn would have to wait for.
func (w *Writer) append(ctx context.Context, j job, m made) ([]Record, error) {
	work := func() {
		if m.Meanwhile != nil {
			m.Meanwhile(m.records)
		}
		_ = w.history.Wait(ctx, m.after) // the next turn asks again, and hears what is wrong
	}
	if err := w.store(ctx, m, work); err != nil {
		return nil, fmt.Errorf("append %d events after sequence %d: %w", len(m.records), m.after, err)
	}
	stored := slices.Clone(m.records) // whoever plans ahead looks at the others
	for i := range stored {
		w.head++
		stored[i].Seq = w.head
	}
	w.number += uint64(len(m.Drafts))
	w.fresh = stored
	w.warm.add(stored)
	if j.then != nil {
		j.then(stored)
	}
	return stored, nil
}

func (w *Writer) store(ctx context.Context, m made, work func()) error {
	if j, ok := w.journal.(BusyJournal); ok {
		return j.AppendWhile(ctx, m.after, m.records, work)
	}
	work()
	return w.journal.Append(ctx, m.after, m.records)
}

// catchUp makes the head and the last number those of the stream: an append
// whose answer was lost may have been stored, and somebody else may have
// written.
func (w *Writer) catchUp(ctx context.Context) error {
	if err := w.journal.Refresh(ctx); err != nil {
		return fmt.Errorf("read the stream's head: %w", err)
	}
	for head := w.journal.Head(); w.head < head; {
		records, err := w.journal.Read(ctx, w.head+1, catchUpMax)
		if err != nil {
			return fmt.Errorf("read from sequence %d: %w", w.head+1, err)
		}
		if len(records) == 0 {
			w.head = head // what is missing there was reported by the journal
			break
		}
		w.warm.add(records)
		for _, r := range records {
			if r.Event.Source == (events.Source{Node: w.self.Node, Run: w.self.Run}) {
				w.number = max(w.number, r.Event.Number)
			}
			w.head = r.Seq
		}
	}
	return nil
}

// await returns when history holds what the plan reads, up to a head: all, or
// all but what the turn before appended.
func (w *Writer) await(ctx context.Context, head uint64, fresh []Record, reads func(Record) bool) error {
	upto := head
	if n := len(fresh); n > 0 && fresh[n-1].Seq == head && !slices.ContainsFunc(fresh, reads) {
		upto = fresh[0].Seq - 1
	}
	if err := w.history.Wait(ctx, upto); err != nil {
		return fmt.Errorf("wait until history holds sequence %d: %w", upto, err)
	}
	return nil
}

// catchUpMax bounds one read of what others wrote.
const catchUpMax = 256

func (w *Writer) records(p Plan, number uint64) ([]Record, error) {
	out := make([]Record, 0, len(p.Records)+len(p.Drafts))
	for _, r := range p.Records {
		r.Run = w.self.Run
		out = append(out, r)
	}
	for i, d := range p.Drafts {
		e, err := w.sign(d.Draft, number+1+uint64(i))
		if err != nil {
			return nil, err
		}
		out = append(out, Record{Event: e, Run: w.self.Run, Command: d.Command})
	}
	return out, nil
}

func (w *Writer) sign(d events.Draft, number uint64) (events.Event, error) {
	signer := *w.signer.Load() // once: key and signature are of one
	a := events.Author{
		Source: events.Source{Node: w.self.Node, Run: w.self.Run},
		Number: number, Key: signer.Key(), Sign: signer.Sign,
	}
	if number == 1 {
		a.Before = w.before
	}
	return events.Sign(d, a)
}

// Self returns the node that this writer writes for, and what signs for it now.
// It needs no turn.
func (w *Writer) Self() Self {
	self := w.self
	self.Signer = *w.signer.Load()
	return self
}

// signsWith lets another signer sign what is written from now on. The caller has
// the turn, or nobody else knows the writer yet.
func (w *Writer) signsWith(s Signer) { w.signer.Store(&s) }
