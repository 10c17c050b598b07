package node

import (
	"context"
	"sync"
)

// bell wakes a link for what goes over it beside the stream. The zero bell is
// ready.
type bell struct {
	mu    sync.Mutex
	rings uint64
	wake  map[uint64]context.CancelFunc
	next  uint64
}

// ring wakes whoever waits.
func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings++
	for _, wake := range b.wake {
		wake()
	}
}

// mark is taken before looking at what there is, so that a ring in between is
// not missed.
func (b *bell) mark() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rings
}

// until returns a context that ends at the first ring since mark.
func (b *bell) until(ctx context.Context, mark uint64) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rings != mark {
		cancel()
		return ctx, cancel
	}
	if b.wake == nil {
		b.wake = map[uint64]context.CancelFunc{}
	}
	b.next++
	id := b.next
	b.wake[id] = cancel
	return ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.wake, id)
		cancel()
	}
}

// news waits until the stream has grown beyond seq or the bell has rung since
// mark.
func (n *Node) news(ctx context.Context, b *bell, mark, seq uint64) error {
	until, stop := b.until(ctx, mark)
	defer stop()
	err := n.Journal.Wait(until, seq)
	if until.Err() != nil && ctx.Err() == nil {
		return nil // it rang
	}
	return err
}
