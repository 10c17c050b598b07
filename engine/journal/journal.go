// Package journal is a node's stream behind engine.Journal: one JetStream
// stream with one message per event, appended to at an expected sequence and
// read in order. It never decides what may be written, never sends an event a
// second time, and leaves nothing out in silence: see Damage.
//
// A message's subject is the event's, its body the event's body untouched. Its
// headers are the event's ce-* headers, one per attribute, and those of this
// hop, which are not signed:
//
//	Src-Run       this node's run in which it was stored
//	Src-Node      the neighbour that it came from, where it was not written here,
//	Src-Node-Run  and its position in that neighbour's stream
//	Src-Node-Seq
//	Src-Command   digest of the command that it answers, where written here
//	Nats-*        what the server was asked to check
package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
)

const (
	// answerWithin is how long an append waits for its answer: a healthy disk
	// takes under a millisecond, a poor one some hundred.
	answerWithin = 10 * time.Second
	// settleWithin bounds the settling of a lost answer and every read, so that
	// a server that is gone does not hold its callers.
	settleWithin = 5 * time.Second
)

// Config says how the server behind the connection was started. JetStream does
// not tell its clients, so whoever started it must.
type Config struct {
	// SyncAlways: every write is on disk before it is acknowledged. Open refuses
	// a server without it, because a power cut can then take the whole stream.
	SyncAlways bool
	// AllowUnsafeSync lifts that, for tests and benchmarks on made-up data.
	AllowUnsafeSync bool
	// Damaged is told of every stretch that Open or a reader finds damaged, once,
	// by whoever reads: it must not wait. nil: nobody is told.
	Damaged func(Fault)
}

// Journal is a handle on the stream. It may be used by any number of
// goroutines; appends go one at a time.
type Journal struct {
	nc     *nats.Conn
	stream jetstream.Stream

	answerWithin, settleWithin time.Duration
	damaged                    func(Fault)

	turn    chan struct{} // holds one token: whose turn it is to append
	answers *answers      // made by the first append

	mu    sync.Mutex
	head  uint64
	moved chan struct{} // closed when head rises
	stale bool          // somebody else has written; ask before believing head
	doubt *doubt        // an append whose answer did not come
	tail  tail          // the last records, up to head
	faults

	reading sync.Mutex // guards readers
	readers []*reader
}

var _ engine.BusyJournal = (*Journal)(nil)

// Open opens the stream on the server behind nc, and makes it where there is
// none. It fails on a stream whose settings are weaker than ours, naming the
// setting. The connection stays the caller's, who closes it.
func Open(ctx context.Context, nc *nats.Conn, cfg Config) (*Journal, error) {
	if !cfg.SyncAlways && !cfg.AllowUnsafeSync {
		return nil, fmt.Errorf("stream %s: sync_interval of the server is not \"always\": a power cut could take the whole stream", Stream)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", Stream, err)
	}
	stream, err := openStream(ctx, js)
	if err != nil {
		return nil, err
	}
	j := &Journal{
		nc: nc, stream: stream, answerWithin: answerWithin, settleWithin: settleWithin,
		turn: make(chan struct{}, 1), moved: make(chan struct{}),
	}
	j.turn <- struct{}{}
	if err := j.inspect(ctx); err != nil {
		return nil, err
	}
	j.damaged = cfg.Damaged
	for _, f := range j.Damage() {
		if j.damaged != nil {
			j.damaged(f)
		}
	}
	return j, nil
}

// inspect takes over the stream's head, and notes what is missing in it.
func (j *Journal) inspect(ctx context.Context) error {
	info, err := j.stream.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return fmt.Errorf("stream %s: read its state: %w", Stream, err)
	}
	j.head, j.tail.next = info.State.LastSeq, info.State.LastSeq+1
	if j.head == 0 {
		return nil // the server counts 0 as missing in an empty stream
	}
	if first := info.State.FirstSeq; first > 1 {
		j.note(1, first-1, errMissing)
	}
	for _, seq := range info.State.Deleted {
		j.note(seq, seq, errMissing)
	}
	last, err := j.stream.GetMsg(ctx, j.head)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil // a hole, which reading notes
	}
	if err != nil {
		return fmt.Errorf("stream %s: read its last message, %d: %w", Stream, j.head, err)
	}
	if last.Header.Get(hBatch) != "" && last.Header.Get(hBatchCommit) == "" {
		j.note(j.head+1, j.head+1, errTorn)
	}
	return nil
}

// Head implements engine.Journal, from memory.
func (j *Journal) Head() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head
}

// Wait implements engine.Journal. It hears of what was appended through this
// handle, and of the rest when Refresh does.
func (j *Journal) Wait(ctx context.Context, seq uint64) error {
	for {
		j.mu.Lock()
		head, moved := j.head, j.moved
		j.mu.Unlock()
		if head > seq {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for the stream beyond %d: %w", seq, ctx.Err())
		}
	}
}

// raise makes head the stream's last sequence and wakes who waits. The records,
// if any, are the last ones before it.
func (j *Journal) raise(head uint64, records []engine.Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stale = false
	j.tail.add(head, records)
	if head <= j.head {
		return
	}
	j.head = head
	close(j.moved)
	j.moved = make(chan struct{})
}

// lastSeq asks the server for the stream's last sequence.
func (j *Journal) lastSeq(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, j.settleWithin)
	defer cancel()
	info, err := j.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the last sequence of %s: %w", Stream, err)
	}
	return info.State.LastSeq, nil
}
