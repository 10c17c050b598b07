// Package projections keeps what each level sees: folds of a node's stream into
// bbolt. The history is the index that commands and the link read; the store
// holds the views, one a file.
//
// Everything here follows from the stream: any file of this package can be
// thrown away and is made again, to the same keys and values. It writes no
// event, decides nothing, and never keeps the outcome of a clock: what is late
// is said at the instant at which somebody looks.
package projections

import (
	"context"

	"umuryango/engine"
)

// Source is the stream that is followed; journal.Journal and memory.Journal
// satisfy it.
type Source interface {
	// Head is the last sequence; 0 for an empty stream.
	Head() uint64
	// Read returns at most limit records from sequence from on, in order; fewer
	// at the end. A missing sequence is left out.
	Read(ctx context.Context, from uint64, limit int) ([]engine.Record, error)
	// Wait returns when Head is above seq.
	Wait(ctx context.Context, seq uint64) error
}
