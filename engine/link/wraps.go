package link

import (
	"context"
	"fmt"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

const (
	// WrapsMax and WrapsBytesMax bound the wraps of one batch, beside its events.
	WrapsMax      = 64
	WrapsBytesMax = 128 << 10
	// AsksMax bounds the asks of one batch, AskKeysMax the keys of one ask.
	AsksMax    = 32
	AskKeysMax = 64
)

// Keys is where an end finds the wraps that go to its neighbour, and brings
// those that come from it. A relay keeps a wrap until the neighbour says that
// it is on that side's disk.
type Keys interface {
	// Passing lists wraps on their way to nodes that beyond says yes to: at most
	// limit, and about as many bytes.
	Passing(ctx context.Context, beyond func(holder events.Place) bool, limit, bytes int) ([]engine.Wrap, error)
	// Arrived returns when what the neighbour brought is on disk, or was let go.
	Arrived(ctx context.Context, from events.Place, wraps []engine.Wrap) error
	// Delivered destroys the wraps that the neighbour has, of those that beyond
	// says go to it.
	Delivered(ctx context.Context, ids []string, beyond func(holder events.Place) bool) error
}

// Beyond reports whether a holder is reached over this link.
func (e *End) Beyond(holder events.Place) bool {
	if e.Peer == e.Lower {
		return e.Lower.Covers(holder)
	}
	return !e.Lower.Covers(holder)
}

// carry adds what goes to the neighbour beside the stream.
func (e *End) carry(ctx context.Context, b *Batch) (err error) {
	if e.Asks != nil {
		b.Asks = e.Asks.next(e.Peer, e.Lower)
	}
	if e.Keys == nil {
		return nil
	}
	if b.Wraps, err = e.Keys.Passing(ctx, e.Beyond, WrapsMax, WrapsBytesMax); err != nil {
		return fmt.Errorf("find the wraps for %s: %w", e.Peer, err)
	}
	return nil
}

// arrived takes what came beside the stream, and returns the ids of the wraps
// that the neighbour needs to keep no longer. What does not belong on this link
// is let go.
func (e *End) arrived(ctx context.Context, b Batch) (took []string, err error) {
	var due []engine.Wrap
	for _, w := range b.Wraps {
		took = append(took, w.ID())
		if e.due(w.Case) && !e.Beyond(w.Holder) && w.Check() == nil {
			due = append(due, w)
		}
	}
	if e.Keys != nil && len(due) > 0 {
		if err := e.Keys.Arrived(ctx, e.Peer, due); err != nil {
			return nil, fmt.Errorf("keep %d wraps from %s: %w", len(due), e.Peer, err)
		}
	}
	for _, a := range b.Asks {
		if e.Asks != nil && e.due(a.Case) && e.Beyond(a.Node) && a.Node.Covers(a.Case.Place) {
			e.Asks.Add(e.Peer, a)
		}
	}
	return took, nil
}

func (e *End) due(c events.Subject) bool { return c.Kind == events.KindCase && e.Lower.Covers(c.Place) }

// Took notes which wraps the neighbour has.
func (e *End) Took(ctx context.Context, ids []string) error {
	if e.Keys == nil || len(ids) == 0 {
		return nil
	}
	if err := e.Keys.Delivered(ctx, ids, e.Beyond); err != nil {
		return fmt.Errorf("let go of %d wraps that %s has: %w", len(ids), e.Peer, err)
	}
	return nil
}

// Lacks reports whether an answer leaves out a wrap of the batch: the neighbour
// did not take it.
func (a Answer) Lacks(b Batch) bool {
	return slices.ContainsFunc(b.Wraps, func(w engine.Wrap) bool { return !slices.Contains(a.Took, w.ID()) })
}

// Empty reports whether a batch brings nothing.
func (b Batch) Empty() bool { return len(b.Items) == 0 && len(b.Wraps) == 0 && len(b.Asks) == 0 }
