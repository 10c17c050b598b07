package engine

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"umuryango/events"
)

// Class says what kind of thing a key of a case opens.
type Class string

// The classes. A case has one key of each but the last: every adult has one.
const (
	ClassIdentity  Class = events.FieldIdentity
	ClassNarrative Class = events.FieldNarrative
	ClassFacts     Class = events.FieldFacts
	ClassReporter  Class = events.FieldReporter
	ClassAdult     Class = events.FieldAdult
)

// Why a sealed field does not open here.
var (
	// ErrNoKey: this node holds no key of it, or not yet.
	ErrNoKey = errors.New("not readable here yet")
	// ErrErased: its keys were destroyed on a legal ground.
	ErrErased = errors.New("erased")
	// ErrLocked: the node's own keys are under their passphrase.
	ErrLocked = errors.New("this node is locked: unlock it with umuryango node unlock")
	// ErrNotLinked: the store may be an older copy, in which something stands
	// that was erased since.
	ErrNotLinked = errors.New("this node has not linked up since its start and may be an older copy: it opens nothing before it has")
	// ErrTampered: the bytes are not what was sealed into this field of this event.
	ErrTampered = errors.New("this is not what was sealed here")
)

// Holder is a node that may open some classes of a case's sealed fields.
type Holder struct {
	Node    events.Place
	Key     []byte // its HPKE public key, as enrolled; empty: it is not known to have one
	Classes []Class
}

// Was reports whether h only was a holder: it may know keys of before.
func (h Holder) Was() bool { return len(h.Classes) == 0 }

// Binding is what a sealed field is bound to: moved anywhere else it does not
// open.
type Binding struct {
	Case   events.Subject
	Office events.Place // author office
	ID     events.ID
	Type   events.Type
}

// BindingOf is what the sealed fields of e are bound to.
func BindingOf(e events.Event) Binding {
	return Binding{Case: e.Subject, Office: e.Office, ID: e.ID, Type: e.Type}
}

// Secret is a field that is to be sealed before its event is written.
type Secret struct {
	Field string
	Plain []byte
}

// ClassOf is the class of the key that opens a field; false for no field of
// this program.
func ClassOf(field string) (Class, bool) {
	if name, n, several := strings.Cut(field, "."); several {
		i, err := strconv.Atoi(n)
		return ClassAdult, err == nil && name == events.FieldAdult && i > 1 && strconv.Itoa(i) == n
	}
	switch c := Class(field); c {
	case ClassIdentity, ClassNarrative, ClassFacts, ClassReporter, ClassAdult:
		return c, true
	}
	return "", false
}

// Sealer seals and opens what is personal in the events of a case. It is safe
// for concurrent use.
type Sealer interface {
	// Prepare makes ready to seal these fields in one event of a case, so that
	// holders can open them: it makes the keys that are lacking, and wraps what
	// this node holds for those holders that were not given it yet. When it
	// returns, the wraps are on disk: an event is written after them. It is slow,
	// what it returns is fast. ErrLocked.
	Prepare(ctx context.Context, c events.Subject, holders []Holder, fields []string) (Seal, error)
	// Ready opens keys that a page is about to need, side by side on the cores
	// that there are. What does not open is left to Open, which says why.
	Ready(ctx context.Context, wanted []KeyOf)
	// Open fails with ErrNoKey, ErrErased, ErrLocked, ErrNotLinked or ErrTampered.
	Open(ctx context.Context, b Binding, part events.SealedPart) ([]byte, error)
	// Mark keys the digest of a command, so that one that is stored confirms no
	// guess of what was sealed. ErrLocked.
	Mark(digest events.Hash) (events.Hash, error)
}

// KeyOf names a key of a case.
type KeyOf struct {
	Case events.Subject
	ID   string
}

// Seal seals one of the fields that were prepared, into one event.
type Seal func(b Binding, s Secret) (events.SealedPart, error)
