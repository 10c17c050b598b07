package engine

import (
	"context"
	"fmt"

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
	return w.write(ctx, plan, func([]Record) {})
}

// write is Write that calls then once the records are stored, before anybody
// else has a turn.
func (w *Writer) write(ctx context.Context, plan func() (Plan, error), then func([]Record)) ([]Record, error) {
	select {
	case <-w.turn:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the writer's turn: %w", ctx.Err())
	}
	defer func() { w.turn <- struct{}{} }()
	if err := w.catchUp(ctx); err != nil {
		return nil, err
	}
	head := w.head
	p, err := plan()
	if err != nil {
		return nil, err
	}
	records, err := w.records(p)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	if err := w.journal.Append(ctx, head, records); err != nil {
		return nil, fmt.Errorf("append %d events after sequence %d: %w", len(records), head, err)
	}
	w.number += uint64(len(p.Drafts))
	w.head += uint64(len(records))
	for i := range records {
		records[i].Seq = head + 1 + uint64(i)
	}
	then(records)
	return records, nil
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
		for _, r := range records {
			if r.Event.Source == (events.Source{Node: w.self.Node, Run: w.self.Run}) {
				w.number = max(w.number, r.Event.Number)
			}
			w.head = r.Seq
		}
	}
	if err := w.history.Wait(ctx, w.head); err != nil {
		return fmt.Errorf("wait until history holds sequence %d: %w", w.head, err)
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
