// Package memory holds a node's stream, and what lies around it, in memory: for
// the simulator and for tests, with faults on demand. It keeps nothing beyond
// the process, and it is no cache: a node's stream is package journal's.
package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"umuryango/engine"
)

// ErrMade is a fault that was asked for.
var ErrMade = errors.New("a fault that was asked for")

// fault is what befalls the next append.
type fault int

const (
	faultNone fault = iota
	faultLoseAnswer
	faultLoseRequest
	faultRefuse
	faultFail
)

// Journal is a node's stream in memory, with faults on demand. It starts no
// goroutine and asks no clock: used by one goroutine it does the same each time.
type Journal struct {
	mu      sync.Mutex
	records []engine.Record // by sequence from 1; one without Seq is a hole
	head    uint64          // as callers know it: behind records after a lost answer
	doubt   bool
	next    fault
	damage  map[uint64]bool
	moved   chan struct{} // closed when head rises
}

var _ engine.Journal = (*Journal)(nil)

// NewJournal makes an empty stream.
func NewJournal() *Journal {
	return &Journal{damage: map[uint64]bool{}, moved: make(chan struct{})}
}

// Head implements engine.Journal.
func (j *Journal) Head() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head
}

// Refresh implements engine.Journal.
func (j *Journal) Refresh(context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.settle()
	return nil
}

func (j *Journal) settle() {
	j.doubt = false
	j.raise()
}

// raise makes head the last sequence, also a lower one, and wakes who waits.
func (j *Journal) raise() {
	if j.head == uint64(len(j.records)) {
		return
	}
	j.head = uint64(len(j.records))
	close(j.moved)
	j.moved = make(chan struct{})
}

// Append implements engine.Journal.
func (j *Journal) Append(ctx context.Context, head uint64, records []engine.Record) error {
	if len(records) == 0 {
		return nil
	}
	if err := check(records); err != nil {
		return fmt.Errorf("append after %d: %w", head, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("append after %d: %w", head, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.doubt {
		j.settle()
	}
	befalls := j.next
	j.next = faultNone
	switch {
	case befalls == faultLoseRequest:
		j.doubt = true
		return fmt.Errorf("append after %d: %w: %w", head, engine.ErrUnsettled, ErrMade)
	case befalls == faultFail:
		return fmt.Errorf("append after %d: nothing was stored: %w", head, ErrMade)
	case befalls == faultRefuse || head != uint64(len(j.records)):
		return fmt.Errorf("append after %d: the stream has gone on: %w", head, engine.ErrConflict)
	}
	j.store(records)
	if befalls == faultLoseAnswer {
		j.doubt = true
		return fmt.Errorf("append after %d: %w: %w", head, engine.ErrUnsettled, ErrMade)
	}
	j.raise()
	return nil
}

func (j *Journal) store(records []engine.Record) {
	for _, r := range records {
		r.Seq = uint64(len(j.records)) + 1
		j.records = append(j.records, r)
	}
}

// check refuses what a stream on disk could not give back.
func check(records []engine.Record) error {
	for _, r := range records {
		switch {
		case len(r.Event.Signature()) == 0:
			return fmt.Errorf("event %q is not signed", r.Event.ID)
		case r.Run.IsZero():
			return fmt.Errorf("event %s names no run in which it is stored", r.Event.ID)
		case (r.From.Node == "") != r.From.Run.IsZero():
			return fmt.Errorf("event %s names half of where it came from", r.Event.ID)
		}
	}
	return nil
}

// Read implements engine.Journal.
func (j *Journal) Read(ctx context.Context, from uint64, limit int) ([]engine.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read from %d: %w", from, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []engine.Record
	for seq := max(from, 1); seq <= j.head && len(out) < limit; seq++ {
		if r := j.records[seq-1]; r.Seq != 0 {
			out = append(out, r)
		} else {
			j.damage[seq] = true
		}
	}
	return out, nil
}

// Wait implements engine.Journal.
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

// LoseAnswer lets the next append be stored and its answer be lost.
func (j *Journal) LoseAnswer() { j.befall(faultLoseAnswer) }

// LoseRequest lets the next append be lost on its way, which looks the same.
func (j *Journal) LoseRequest() { j.befall(faultLoseRequest) }

// Refuse lets the next append find that somebody else was first.
func (j *Journal) Refuse() { j.befall(faultRefuse) }

// Fail lets the next append fail, with nothing stored.
func (j *Journal) Fail() { j.befall(faultFail) }

func (j *Journal) befall(f fault) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next = f
}

// Copy is the stream as it stands on disk, as a backup would take it.
func (j *Journal) Copy() *Journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := NewJournal()
	c.records = slices.Clone(j.records)
	c.head = uint64(len(c.records))
	return c
}

// Restore makes the stream what a copy holds, which stays as it is. What was
// asked to befall the next append, and what is not settled, is forgotten, as by
// a restart.
func (j *Journal) Restore(older *Journal) {
	c := older.Copy()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.records, j.doubt, j.next, j.damage = c.records, false, faultNone, c.damage
	j.raise()
}

// Truncate lets the stream end after its first n events, as a damaged file does.
func (j *Journal) Truncate(n uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.records = slices.Clone(j.records[:min(n, uint64(len(j.records)))])
	j.settle()
}

// Drop makes a hole at a sequence.
func (j *Journal) Drop(seq uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq > 0 && seq <= uint64(len(j.records)) {
		j.records[seq-1] = engine.Record{}
	}
}

// Damage returns the sequences that reading had to leave out, in order.
func (j *Journal) Damage() []uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Sorted(maps.Keys(j.damage))
}
