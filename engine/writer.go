package engine

import (
	"context"
	"fmt"
	"slices"

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
// over a link goes through it, one at a time, planned on the state at the
// stream's head and appended directly after it. So numbers stay contiguous,
// checks over several aggregates hold, and whoever else writes to the same
// stream makes the append fail instead of interleaving with it.
type Writer struct {
	self    Self
	journal Journal
	history History
	turn    chan struct{} // holds one token: whose turn it is

	head   uint64         // the stream's head as the last turn left it
	number uint64         // last number given out in this run
	before *events.RunEnd // last event of the run before; nil when there is none

	fresh []Record // what the last turn appended
	warm  warm
}

// NewWriter begins a run. before is the last event that this node wrote in the
// run before, or nil.
func NewWriter(self Self, journal Journal, history History, before *events.RunEnd) *Writer {
	w := &Writer{self: self, journal: journal, history: history, before: before, head: journal.Head(), turn: make(chan struct{}, 1)}
	w.turn <- struct{}{}
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
	return w.write(ctx, everything, plan, func([]Record) {})
}

// WriteOn is Write for a plan that looks at a part of the history only: reads
// tells whether a record belongs to it. What the last turn appended is not
// waited for where the plan does not look at it.
func (w *Writer) WriteOn(ctx context.Context, reads func(Record) bool, plan func() (Plan, error)) ([]Record, error) {
	return w.write(ctx, reads, plan, func([]Record) {})
}

func everything(Record) bool { return true }

// write is WriteOn that calls then once the records are stored, before anybody
// else has a turn.
func (w *Writer) write(ctx context.Context, reads func(Record) bool, plan func() (Plan, error), then func([]Record)) ([]Record, error) {
	select {
	case <-w.turn:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the writer's turn: %w", ctx.Err())
	}
	defer func() { w.turn <- struct{}{} }()
	if err := w.catchUp(ctx); err != nil {
		return nil, err
	}
	if err := w.await(ctx, reads); err != nil {
		return nil, err
	}
	p, err := plan()
	if err != nil {
		return nil, err
	}
	records, err := w.records(p)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	if err := w.append(ctx, records, p.Meanwhile); err != nil {
		return nil, fmt.Errorf("append %d events after sequence %d: %w", len(records), w.head, err)
	}
	w.number += uint64(len(p.Drafts))
	for i := range records {
		w.head++
		records[i].Seq = w.head
	}
	w.fresh = records
	w.warm.add(records)
	then(records)
	return records, nil
}

// append appends the records, and does while the store is busy what the next
// turn would have to wait for.
func (w *Writer) append(ctx context.Context, records []Record, meanwhile func([]Record)) error {
	work := func() {
		if meanwhile != nil {
			meanwhile(records)
		}
		_ = w.history.Wait(ctx, w.head) // the next turn asks again, and hears what is wrong
	}
	if j, ok := w.journal.(BusyJournal); ok {
		return j.AppendWhile(ctx, w.head, records, work)
	}
	work()
	return w.journal.Append(ctx, w.head, records)
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

// await returns when history holds what the plan reads: all, or all but what the
// last turn appended.
func (w *Writer) await(ctx context.Context, reads func(Record) bool) error {
	upto := w.head
	if n := len(w.fresh); n > 0 && w.fresh[n-1].Seq == w.head && !slices.ContainsFunc(w.fresh, reads) {
		upto = w.fresh[0].Seq - 1
	}
	if err := w.history.Wait(ctx, upto); err != nil {
		return fmt.Errorf("wait until history holds sequence %d: %w", upto, err)
	}
	return nil
}

// catchUpMax bounds one read of what others wrote.
const catchUpMax = 256

func (w *Writer) records(p Plan) ([]Record, error) {
	out := make([]Record, 0, len(p.Records)+len(p.Drafts))
	for _, r := range p.Records {
		r.Run = w.self.Run
		out = append(out, r)
	}
	for i, d := range p.Drafts {
		e, err := w.sign(d.Draft, w.number+1+uint64(i))
		if err != nil {
			return nil, err
		}
		out = append(out, Record{Event: e, Run: w.self.Run, Command: d.Command})
	}
	return out, nil
}

func (w *Writer) sign(d events.Draft, number uint64) (events.Event, error) {
	a := events.Author{
		Source: events.Source{Node: w.self.Node, Run: w.self.Run},
		Number: number, Key: w.self.Signer.Key(), Sign: w.self.Signer.Sign,
	}
	if number == 1 {
		a.Before = w.before
	}
	return events.Sign(d, a)
}

// Self returns the node that this writer writes for.
func (w *Writer) Self() Self { return w.self }
