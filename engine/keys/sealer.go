package keys

import (
	"context"
	"errors"
	"fmt"

	"umuryango/engine"
	"umuryango/events"
)

// Store keeps a node's wraps, and hands on those of others.
type Store interface {
	// Put stores wraps, all or none; they are on disk when it returns. Those for
	// this node stay, others are on their way to their holders.
	Put(ctx context.Context, wraps []Wrap) error
	// Own returns the wraps of one case that are for this node, oldest first.
	Own(c events.Subject) ([]Wrap, error)
	// Given reports whether a wrap of this key for the sealing key to was put
	// here, delivered or not.
	Given(c events.Subject, id, to string) (bool, error)
}

// Sealer seals and opens with the keys that this node holds. It implements
// engine.Sealer.
type Sealer struct {
	Node   events.Place
	Opener Opener
	Store  Store
	// Linked reports whether the store can be no older copy, in which something
	// stands that was erased since.
	Linked func() bool
	// Erased reports whether a key of a case was destroyed on a legal ground.
	Erased func(c events.Subject, id string) bool

	open ring
}

var _ engine.Sealer = (*Sealer)(nil)

// Lock wipes every key that is open.
func (s *Sealer) Lock() { s.open.lock() }

// Forget wipes the open key of this id, or of the whole case where id is empty.
func (s *Sealer) Forget(c events.Subject, id string) { s.open.drop(c, id) }

// Open implements engine.Sealer.
func (s *Sealer) Open(b engine.Binding, part events.SealedPart) ([]byte, error) {
	class, known := engine.ClassOf(part.Field)
	switch {
	case s.Erased(b.Case, part.Key):
		return nil, s.closed(b, part, engine.ErrErased)
	case s.Opener.Locked(): // also what is open still
		return nil, s.closed(b, part, engine.ErrLocked)
	case !s.Linked():
		return nil, s.closed(b, part, engine.ErrNotLinked)
	}
	k, err := s.find(b.Case, part.Key)
	if err != nil {
		return nil, s.closed(b, part, err)
	}
	defer k.secret.wipe()
	if !known || k.Class != class {
		return nil, s.closed(b, part, engine.ErrTampered)
	}
	return openField(k.secret, b, part)
}

func (s *Sealer) closed(b engine.Binding, part events.SealedPart, err error) error {
	return fmt.Errorf("open %s of event %s: %w", part.Field, b.ID, err)
}

// find opens the wraps of a case that name a key, until one holds it. One that
// does not is passed over: anybody on the way can make one up.
func (s *Sealer) find(c events.Subject, id string) (key, error) {
	if k, ok := s.open.get(c, id); ok {
		return k, nil
	}
	wraps, err := s.Store.Own(c)
	if err != nil {
		return key{}, fmt.Errorf("read the wraps of %s: %w", c.ID, err)
	}
	for _, w := range wraps {
		if w.Case != c || !w.names(id) {
			continue
		}
		err := s.take(w)
		if errors.Is(err, engine.ErrLocked) {
			return key{}, err
		}
		if k, ok := s.open.get(c, id); ok {
			return k, nil
		}
	}
	return key{}, engine.ErrNoKey
}

// take opens a wrap into the ring.
func (s *Sealer) take(w Wrap) error {
	keys, err := w.open(s.Opener)
	if err != nil {
		return err
	}
	defer wipe(keys)
	s.open.put(w.Case, keys)
	return nil
}

// mine takes a key out of a wrap that this node made. The ring is not asked: it
// is the wrap itself that proves who made it, and for whom.
func (s *Sealer) mine(w Wrap, n Name) (key, error) {
	keys, err := w.open(s.Opener)
	switch {
	case errors.Is(err, engine.ErrLocked):
		return key{}, err
	case err != nil || !w.Made:
		return key{}, engine.ErrNoKey
	}
	for _, k := range keys {
		if k.Name == n {
			return k, nil
		}
	}
	return key{}, engine.ErrNoKey
}
