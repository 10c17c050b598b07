package keys

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"umuryango/engine"
	"umuryango/events"
)

// Sealer seals and opens with the keys that this node holds. It implements
// engine.Sealer.
type Sealer struct {
	Node   events.Place
	Opener Opener
	Store  engine.WrapStore
	// Linked reports whether the store can be no older copy, in which something
	// stands that was erased since.
	Linked func() bool
	// Erased reports whether a key of a case was destroyed on a legal ground; an
	// empty id asks for the whole case.
	Erased func(c events.Subject, id string) bool
	// Trace, where a test has set it, is told of every key that is opened or
	// made, so that the test can search for it where it must never be.
	Trace func(secret []byte)

	open ring
}

var _ engine.Sealer = (*Sealer)(nil)

// Lock wipes every key that is open.
func (s *Sealer) Lock() { s.open.lock() }

// Forget wipes the open key of this id, or those of the whole case where id is
// empty.
func (s *Sealer) Forget(c events.Subject, id string) { s.open.drop(c, id) }

// Open implements engine.Sealer.
func (s *Sealer) Open(ctx context.Context, b engine.Binding, part events.SealedPart) ([]byte, error) {
	k, err := s.key(ctx, engine.KeyOf{Case: b.Case, ID: part.Key})
	if err != nil {
		return nil, closed(b, part, err)
	}
	defer k.secret.wipe()
	if class, known := engine.ClassOf(part.Field); !known || k.Class != class {
		return nil, closed(b, part, engine.ErrTampered)
	}
	return openField(k.secret, b, part)
}

func closed(b engine.Binding, part events.SealedPart, err error) error {
	return fmt.Errorf("open %s of event %s: %w", part.Field, b.ID, err)
}

// Ready implements engine.Sealer. A wrap of another node takes the hybrid, which
// is most of what a page costs whose keys are not open yet.
func (s *Sealer) Ready(ctx context.Context, wanted []engine.KeyOf) {
	wanted = slices.DeleteFunc(slices.Clone(wanted), func(of engine.KeyOf) bool { return s.open.has(of.Case, of.ID) })
	read := s.together(ctx, wanted)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(wanted)) {
		all.Go(func() {
			for i := next.Add(1); i <= int64(len(wanted)); i = next.Add(1) {
				if k, err := s.keyIn(ctx, wanted[i-1], read); err == nil {
					k.secret.wipe()
				}
			}
		})
	}
	all.Wait()
}

// wrapReader reads this node's wraps of a case.
type wrapReader func(ctx context.Context, c events.Subject) ([]engine.Wrap, error)

// manyWraps is a store that reads the wraps of many cases for little more than
// those of one.
type manyWraps interface {
	OwnOf(ctx context.Context, cases []events.Subject) (func(c events.Subject) ([]engine.Wrap, error), error)
}

// together reads the wraps of what is wanted at once, where the store can.
func (s *Sealer) together(ctx context.Context, wanted []engine.KeyOf) wrapReader {
	store, ok := s.Store.(manyWraps)
	if !ok || len(wanted) < 2 {
		return s.Store.Own
	}
	var cases []events.Subject
	for _, of := range wanted {
		if !slices.Contains(cases, of.Case) {
			cases = append(cases, of.Case)
		}
	}
	own, err := store.OwnOf(ctx, cases)
	if err != nil {
		return s.Store.Own // which says for each what is wrong
	}
	return func(_ context.Context, c events.Subject) ([]engine.Wrap, error) { return own(c) }
}

// key is a key that may be used now.
func (s *Sealer) key(ctx context.Context, of engine.KeyOf) (opened, error) {
	return s.keyIn(ctx, of, s.Store.Own)
}

func (s *Sealer) keyIn(ctx context.Context, of engine.KeyOf, read wrapReader) (opened, error) {
	switch {
	case s.Erased(of.Case, of.ID):
		return opened{}, engine.ErrErased
	case s.Opener.Locked(): // also what is open still
		return opened{}, engine.ErrLocked
	case !s.Linked():
		return opened{}, engine.ErrNotLinked
	}
	return s.find(ctx, of.Case, of.ID, read)
}

// find opens the wraps of a case that name a key, until one holds it.
func (s *Sealer) find(ctx context.Context, c events.Subject, id string, read wrapReader) (opened, error) {
	if k, ok := s.open.get(c, id); ok {
		return k, nil
	}
	wraps, err := read(ctx, c)
	if err != nil {
		return opened{}, fmt.Errorf("read the wraps of %s: %w", c.ID, err)
	}
	for _, w := range wraps {
		if !holds(w, id) {
			continue
		}
		k, err := s.take(w, id)
		if !errors.Is(err, engine.ErrNoKey) {
			return k, err
		}
	}
	return opened{}, engine.ErrNoKey
}

// take takes a key out of a wrap; engine.ErrNoKey where the wrap does not hold
// what it names, as anybody on the way can make one up.
func (s *Sealer) take(w engine.Wrap, id string) (opened, error) {
	if k, ok := s.open.get(w.Case, id); ok && (k.own || !isOwn(w)) {
		return k, nil
	}
	in, err := unwrap(w, s.Opener)
	switch {
	case errors.Is(err, engine.ErrLocked):
		return opened{}, err
	case err != nil:
		return opened{}, fmt.Errorf("%w: %w", engine.ErrNoKey, err)
	}
	defer wipe(in.keys)
	s.keep(w.Case, in, isOwn(w))
	for _, k := range in.keys {
		if k.ID == id {
			return opened{k.clone(), in.made, isOwn(w)}, nil
		}
	}
	return opened{}, engine.ErrNoKey
}

// keep holds keys open, but for those that were locked or erased while their
// wrap was read.
func (s *Sealer) keep(c events.Subject, in contents, own bool) {
	if s.Trace != nil {
		for _, k := range in.keys {
			s.Trace(k.secret[:])
		}
	}
	s.open.put(c, in, own)
	if s.Opener.Locked() {
		s.Lock()
	}
	for _, k := range in.keys {
		if s.Erased(c, k.ID) {
			s.Forget(c, k.ID)
		}
	}
}

func holds(w engine.Wrap, id string) bool {
	return slices.ContainsFunc(w.Keys, func(k engine.CaseKey) bool { return k.ID == id })
}

// Mark implements engine.Sealer.
func (s *Sealer) Mark(digest events.Hash) (events.Hash, error) {
	own, err := s.Opener.OwnKey(engine.SealKeyID(s.Opener.SealKey()))
	if err != nil {
		return events.Hash{}, fmt.Errorf("mark a command: %w", err)
	}
	key, err := hkdf.Key(sha256.New, own, nil, "umuryango command v1", caseKeySize)
	if err != nil {
		return events.Hash{}, fmt.Errorf("mark a command: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(digest[:])
	return events.Hash(mac.Sum(nil)), nil
}
