package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"umuryango/events"
)

// CaseKey names one key of a case. The id is a commitment to the secret, so
// that a wrap cannot slip another key in under it.
type CaseKey struct {
	ID    string
	Class Class
}

// Wrap holds keys of one case, sealed to one node. Anybody may carry it; only
// its holder opens it.
type Wrap struct {
	Case      events.Subject
	Keys      []CaseKey
	Holder    events.Place // the node that opens it
	HolderKey string       // SealKeyID of the public key to which it is sealed
	By        events.Place // the node that sealed it
	Data      []byte
}

const (
	// WrapKeysMax bounds the keys of one wrap, WrapDataMax its sealed bytes: the
	// encapsulated key of the post-quantum hybrid and as many secrets.
	WrapKeysMax = 16
	WrapDataMax = 4 << 10
	keyIDBytes  = 12
)

// SealKeyID names a node's public sealing key: base64url of the first 12 bytes
// of its SHA-256.
func SealKeyID(public []byte) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:keyIDBytes])
}

// ValidKeyID reports whether id has the form of a key's id, of a case or of a
// node.
func ValidKeyID(id string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	return err == nil && len(raw) == keyIDBytes
}

// ID names the wrap by all that it is: the same bytes are one wrap, however
// often they come. Another wrap of the same keys for the same holder is another:
// one of the two may be made up.
func (w Wrap) ID() string {
	h := sha256.New()
	fmt.Fprintf(h, "umuryango wrap v1\n%s\n%s\n%s\n%s\n", w.Case, w.Holder, w.HolderKey, w.By)
	for _, k := range w.Keys {
		fmt.Fprintf(h, "%s %s\n", k.ID, k.Class)
	}
	h.Write(w.Data)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:keyIDBytes])
}

// Check refuses what is no wrap. A key that can go before the others of its case
// travels alone.
func (w Wrap) Check() error {
	switch {
	case w.Case.Kind != events.KindCase:
		return errors.New("a wrap belongs to a case")
	case !w.Holder.Covers(w.Case.Place):
		return fmt.Errorf("a wrap for %s, which is not on the path of its case", w.Holder)
	case w.By == "" || !ValidKeyID(w.HolderKey):
		return errors.New("a wrap names who sealed it and to which key")
	case len(w.Keys) == 0 || len(w.Keys) > WrapKeysMax:
		return fmt.Errorf("a wrap of %d keys, 1 to %d are taken", len(w.Keys), WrapKeysMax)
	case len(w.Data) == 0 || len(w.Data) > WrapDataMax:
		return fmt.Errorf("a wrap of %d bytes, 1 to %d are taken", len(w.Data), WrapDataMax)
	}
	for i, k := range w.Keys {
		switch {
		case !ValidKeyID(k.ID):
			return errors.New("a wrap names a key whose id has not the form of one")
		case !k.Class.valid():
			return fmt.Errorf("a wrap of a key of class %q", k.Class)
		case k.Class.Alone() && len(w.Keys) > 1:
			return fmt.Errorf("a key of class %q can go before the others of its case and travels alone", k.Class)
		case slices.ContainsFunc(w.Keys[:i], func(o CaseKey) bool { return o.ID == k.ID }):
			return errors.New("a wrap names a key twice")
		}
	}
	return nil
}

// Alone reports whether keys of a class have wraps of their own: one adult can be
// erased alone, and who reported has another supervisor as the case goes on.
func (c Class) Alone() bool { return c == ClassAdult || c == ClassReporter }

func (c Class) valid() bool {
	switch c {
	case ClassIdentity, ClassNarrative, ClassFacts, ClassReporter, ClassAdult:
		return true
	}
	return false
}

// Given says that a key was wrapped here for a node's sealing key.
type Given struct {
	Key       string // id of the case's key
	HolderKey string
}

// WrapStore keeps wraps outside the journal, so that they can be destroyed: the
// node's own, and those on their way to others.
type WrapStore interface {
	// Put stores wraps of one case and returns when they are on disk. One of this
	// node's own stands there only when all of others do, so that what fails
	// half-way leaves no key that its holders were not given. A wrap whose ID
	// stands here already changes nothing. It notes that each was given, and sends
	// those of others on their way. ErrErased where the case's keys, or one of
	// these, were erased; nothing is stored then.
	Put(ctx context.Context, wraps []Wrap) error
	// Own returns the wraps of a case for this node, oldest first.
	Own(ctx context.Context, c events.Subject) ([]Wrap, error)
	// Given lists which keys of a case were wrapped here and for which sealing
	// keys, also after the wraps were delivered.
	Given(ctx context.Context, c events.Subject) ([]Given, error)
}

// Ask asks whoever holds keys of a case to wrap them for a node, which must be
// entitled to them. It says who asks and proves nothing: the answer is sealed
// to the key under which that node is enrolled.
type Ask struct {
	Case events.Subject
	Node events.Place
	Keys []string // ids that it misses
}
