// Package engine turns commands into events: it folds a case from its events,
// says which office has the pen, builds the case document that the gate reads,
// and decides. It knows who may sign for which office, and it keeps the one
// writer through which everything that a node stores must pass.
//
// It reads no clock, disk, network or source of chance and starts no
// goroutine: instants and ids come in with the act, and what lies outside is
// behind the interfaces that this package declares.
package engine

import (
	"context"
	"errors"
	"fmt"

	"umuryango/events"
)

// Sentinels that callers act on.
var (
	// ErrConflict: another writer was first; nothing was written. Read and try again.
	ErrConflict = errors.New("another writer was first")
	// ErrUnsettled: it is not known whether it was stored. The same command, sent
	// again, finds out: it acts once.
	ErrUnsettled = errors.New("it is not known whether it was stored")
	// ErrFull: there is no room for more.
	ErrFull = errors.New("there is no room")
	// ErrBroken: the store does not hold what it should.
	ErrBroken = errors.New("the store is damaged")
	// ErrNotFound: there is no such case, event or pack here.
	ErrNotFound = errors.New("not found here")
	// ErrRepeated: the id was used before, with another command.
	ErrRepeated = errors.New("this id was used before, for another act")
)

// Invalid is returned for a command that cannot be read: a field that is
// missing, unknown or wrong.
type Invalid struct {
	Field   string // path of the field, as the sender wrote it
	Problem string // what is wrong with it and what was expected
}

func (e *Invalid) Error() string { return e.Field + ": " + e.Problem }

// UnknownCode is the *Invalid of a code that its list of the pack does not have.
type UnknownCode struct {
	Invalid
	List string // ListSources, …
	// Except are codes of the list that this field does not take.
	Except []string
}

func (e *UnknownCode) Unwrap() error { return &e.Invalid }

// Refusal is returned for a command that could be read and is not allowed.
type Refusal struct {
	Code   string // a word for programs: no_pen, not_hosted, …
	Detail string // a sentence for people, with the way out
	// Checked is what the gate answered, where it is the gate that objects.
	Checked *events.Checked
}

func (e *Refusal) Error() string { return e.Detail }

func refuse(code, format string, args ...any) error {
	return &Refusal{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Position is a place in a node's stream. A sequence means something only
// together with the run in which it was stored: a restored store counts again.
type Position struct {
	Run events.Run
	Seq uint64
}

// Origin is where in a neighbour's stream a record came from; the zero Origin
// is a record that was written here.
type Origin struct {
	Node events.Place
	Position
}

// Record is an event as one node's stream holds it. All but Event belongs to
// this node alone and is not signed.
type Record struct {
	Event   events.Event
	Seq     uint64      // in this stream; 0 until stored
	Run     events.Run  // this node's run in which it was stored
	From    Origin      // where it came from
	Command events.Hash // digest of the command that it answers, where written here
}

// Journal is a node's stream. Implementations pass journal's contract suite.
type Journal interface {
	// Head is the last sequence; 0 for an empty stream.
	Head() uint64
	// Refresh settles an append whose answer was lost and makes Head the
	// stream's last sequence; it asks the store only where there is a doubt.
	Refresh(ctx context.Context) error
	// Append stores records directly after head, all or none, and returns when
	// they are on disk. Seq need not be set. ErrConflict when the stream's last
	// sequence is not head. An answer that does not come is settled by reading.
	Append(ctx context.Context, head uint64, records []Record) error
	// Read returns at most limit records from sequence from on, in order; fewer
	// at the end. A missing sequence is left out: the caller sees the hole.
	Read(ctx context.Context, from uint64, limit int) ([]Record, error)
	// Wait returns when Head is above seq.
	Wait(ctx context.Context, seq uint64) error
}

// BusyJournal is a Journal that lets its caller work on while the disk is busy.
type BusyJournal interface {
	Journal
	// AppendWhile is Append, and calls meanwhile when the records are on their
	// way; it is not known then whether they will be stored. Where AppendWhile
	// returns nil, meanwhile has returned.
	AppendWhile(ctx context.Context, head uint64, records []Record, meanwhile func()) error
}

// History is what commands and the link read: an index over the journal, kept
// by a follower.
type History interface {
	// Wait returns when everything up to seq has been applied.
	Wait(ctx context.Context, seq uint64) error
	// Load returns all events of one aggregate, in the order of arrival here.
	Load(s events.Subject) ([]events.Event, error)
	// Find returns the record with this id; ErrNotFound.
	Find(id events.ID) (Record, error)
	// Last returns the last number of a node's newest run that is known here.
	Last(node events.Place) (events.RunEnd, bool, error)
	// Ends returns the last number of each of a node's runs that is known here,
	// oldest run first.
	Ends(node events.Place) (events.RunEnds, error)
}

// Signer signs for this node. It is safe for concurrent use.
type Signer interface {
	Key() string  // id of the key, events.KeyID
	Locked() bool // Sign would fail with ErrLocked
	Sign(message []byte) ([]byte, error)
}

// Gap is a stretch of numbers of one author that is not here although a later
// one is.
type Gap struct {
	Source   events.Source
	From, To uint64
}
