package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"umuryango/engine"
	"umuryango/events"
)

const (
	// BatchMax is the most records of one append: the server takes 1,000, and a
	// batch of the link is what callers need.
	BatchMax = 256
	// BatchBytesMax is the most bytes of one append, as events.Event.Size counts.
	BatchBytesMax = 700 << 10
)

// Append implements engine.Journal: one record as an ordinary message, several
// as one atomic batch. On top of what the interface says it returns
// engine.ErrUnsettled when the answer was lost and could not be settled, and an error
// that wraps events.ErrTooLarge for what the store cannot take.
func (j *Journal) Append(ctx context.Context, head uint64, records []engine.Record) error {
	return j.AppendWhile(ctx, head, records, func() {})
}

// AppendWhile implements engine.BusyJournal.
func (j *Journal) AppendWhile(ctx context.Context, head uint64, records []engine.Record, meanwhile func()) error {
	if len(records) == 0 {
		meanwhile()
		return nil
	}
	messages, err := batch(head, records)
	if err != nil {
		return fmt.Errorf("append after %d: %w", head, err)
	}
	select {
	case <-j.turn:
	case <-ctx.Done():
		return fmt.Errorf("append after %d: wait for a turn: %w", head, ctx.Err())
	}
	defer func() { j.turn <- struct{}{} }()
	if err := j.settle(ctx); err != nil {
		return fmt.Errorf("append after %d: an earlier append comes first: %w", head, err)
	}
	if head < j.Head() {
		return conflict(head)
	}
	return j.append(ctx, head, records, messages, meanwhile)
}

func (j *Journal) append(ctx context.Context, head uint64, records []engine.Record, messages []*nats.Msg, meanwhile func()) error {
	sent, err := j.publish(ctx, messages, head+uint64(len(messages)), meanwhile)
	switch {
	case err == nil:
		j.stored(head, records)
		return nil
	case isConflict(err):
		j.setStale()
		return conflict(head)
	case !sent:
		return fmt.Errorf("append after %d: nothing was stored: %w", head, err)
	}
	d := &doubt{head: head, records: slices.Clone(records), cause: err}
	j.mu.Lock()
	j.doubt = d
	j.mu.Unlock()
	// The caller may be out of time; what he is told must be true all the same.
	if err := j.settle(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return d.outcome
}

// stored keeps what was appended after head in memory and moves the head.
func (j *Journal) stored(head uint64, records []engine.Record) {
	records = slices.Clone(records)
	for i := range records {
		records[i].Seq = head + 1 + uint64(i)
	}
	j.raise(head+uint64(len(records)), records)
}

func (j *Journal) setStale() {
	j.mu.Lock()
	j.stale = true
	j.mu.Unlock()
}

// batch makes the messages of an append and checks that the store can take
// them.
func batch(head uint64, records []engine.Record) ([]*nats.Msg, error) {
	if len(records) > BatchMax {
		return nil, fmt.Errorf("%d records, at most BatchMax = %d go together", len(records), BatchMax)
	}
	size, messages := 0, make([]*nats.Msg, 0, len(records))
	for i, r := range records {
		if err := checkRecord(r); err != nil {
			return nil, fmt.Errorf("record %d of %d: %w", i+1, len(records), err)
		}
		size += r.Event.Size()
		messages = append(messages, message(r))
	}
	if size > BatchBytesMax {
		return nil, fmt.Errorf("%d bytes, at most BatchBytesMax = %d go together: %w", size, BatchBytesMax, events.ErrTooLarge)
	}
	setBatch(head, messages)
	for i, m := range messages {
		if n := headerSize(m.Header); n > headerMax {
			return nil, fmt.Errorf("event %s has %d bytes of headers, the store takes %d: %w", records[i].Event.ID, n, headerMax, events.ErrTooLarge)
		}
	}
	return messages, nil
}

// setBatch adds what the server must check: the last sequence on the first
// message, and where there are several, that they are one batch.
func setBatch(head uint64, messages []*nats.Msg) {
	messages[0].Header[hExpected] = []string{strconv.FormatUint(head, 10)}
	if len(messages) == 1 {
		return
	}
	id := []string{nuid.Next()}
	for i, m := range messages {
		m.Header[hBatch], m.Header[hBatchSeq] = id, []string{strconv.Itoa(i + 1)}
	}
	messages[len(messages)-1].Header[hBatchCommit] = []string{"1"}
}

// publish sends the messages and waits for the answer to the last. When it
// fails, sent tells whether they may have been stored all the same.
func (j *Journal) publish(ctx context.Context, messages []*nats.Msg, want uint64, meanwhile func()) (sent bool, err error) {
	if j.nc.IsClosed() {
		return false, nats.ErrConnectionClosed
	}
	last := len(messages) - 1
	for _, m := range messages[:last] {
		if err := j.nc.PublishMsg(m); err != nil {
			return false, err // without its last message a batch comes to nothing
		}
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	answer, err := j.ask(ctx, messages[last], meanwhile)
	if err != nil {
		return !neverSent(err), err
	}
	seq, err := readAnswer(answer)
	if err == nil && seq != want {
		err = fmt.Errorf("stored at %d, not at %d: %w", seq, want, engine.ErrBroken)
	}
	return true, err
}

// neverSent: errors that say for certain that the stream did not get it.
func neverSent(err error) bool {
	for _, e := range []error{
		nats.ErrNoResponders, nats.ErrConnectionDraining, nats.ErrMaxPayload,
		nats.ErrBadSubject, nats.ErrHeadersNotSupported, nats.ErrReconnectBufExceeded,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// isConflict knows both codes of "wrong last sequence": the plain one, and that
// of replicated streams and batches.
func isConflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

func conflict(head uint64) error {
	return fmt.Errorf("append after %d: the stream has gone on: %w", head, engine.ErrConflict)
}
