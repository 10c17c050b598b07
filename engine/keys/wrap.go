package keys

import (
	"crypto/hpke"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"umuryango/engine"
	"umuryango/events"
)

// What one wrap may hold.
const (
	wrapKeysMax = 16
	wrapForMax  = 32
)

// Wrap are keys of one case, sealed to one node. All but Data can be read by
// whoever carries it; nobody but the holder can open Data, and a wrap that does
// not hold the keys that it names is worth nothing.
type Wrap struct {
	Case   events.Subject
	Holder events.Place // node
	To     string       // SealKeyID of the holder's key
	For    []string     // SealKeyID of everybody for whom these keys were wrapped when this was made, sorted
	Keys   []Name
	// Made: the holder itself made these keys, and sealed them under a secret
	// that only it has. Such a wrap never travels, and no other is trusted with
	// what this node writes: a key that came from elsewhere may be known to
	// somebody who is no holder, and is used to read and to pass on only.
	Made bool
	Data []byte
}

// key is a key of a case with its name.
type key struct {
	Name
	secret *secret
}

var errWrap = errors.New("this wrap does not hold what it names")

// newWrap seals keys to a holder's public key.
func newWrap(c events.Subject, holder events.Place, public []byte, made []string, keys []key) (Wrap, error) {
	w := Wrap{Case: c, Holder: holder, To: SealKeyID(public), For: made, Keys: names(keys)}
	to, err := wrapKEM.NewPublicKey(public)
	if err != nil {
		return Wrap{}, fmt.Errorf("wrap keys of %s for %s: its sealing key: %w", c.ID, holder, err)
	}
	plain := join(keys)
	defer clear(plain)
	if w.Data, err = hpke.Seal(to, wrapKDF, wrapAEAD, w.info(), plain); err != nil {
		return Wrap{}, fmt.Errorf("wrap keys of %s for %s: %w", c.ID, holder, err)
	}
	return w, nil
}

// newOwnWrap seals keys that this node made, to itself.
func newOwnWrap(c events.Subject, holder events.Place, o Opener, made []string, keys []key) (Wrap, error) {
	w := Wrap{Case: c, Holder: holder, To: SealKeyID(o.SealKey()), For: made, Keys: names(keys), Made: true}
	own, err := o.OwnKey(w.To)
	if err != nil {
		return Wrap{}, fmt.Errorf("keep keys of %s: %w", c.ID, err)
	}
	aead, err := newGCM(own)
	if err != nil {
		return Wrap{}, err
	}
	plain := join(keys)
	defer clear(plain)
	w.Data = sealNonce(aead, plain, w.info())
	return w, nil
}

// open takes the keys out of a wrap. It fails with engine.ErrLocked, or when
// any of them is not the one that it is named.
func (w Wrap) open(o Opener) ([]key, error) {
	plain, err := w.plain(o)
	if err != nil {
		return nil, fmt.Errorf("open a wrap of %s for %s: %w", w.Case.ID, w.Holder, err)
	}
	defer clear(plain)
	if len(plain) != len(w.Keys)*caseKeySize {
		return nil, fmt.Errorf("open a wrap of %s for %s: %w", w.Case.ID, w.Holder, errWrap)
	}
	out := make([]key, len(w.Keys))
	for i, n := range w.Keys {
		out[i] = key{n, new(secret)}
		copy(out[i].secret[:], plain[i*caseKeySize:])
		if !n.fits(w.Case, out[i].secret) {
			wipe(out[:i+1])
			return nil, fmt.Errorf("open a wrap of %s for %s: key %s: %w", w.Case.ID, w.Holder, n.ID, errWrap)
		}
	}
	return out, nil
}

func (w Wrap) plain(o Opener) ([]byte, error) {
	if !w.Made {
		return o.Unwrap(w.To, w.info(), w.Data)
	}
	own, err := o.OwnKey(w.To)
	if err != nil {
		return nil, err
	}
	aead, err := newGCM(own)
	if err != nil {
		return nil, err
	}
	return openNonce(aead, w.Data, w.info())
}

// info binds a wrap to all that it says of itself.
func (w Wrap) info() []byte {
	out := []byte("umuryango wrap v1")
	if w.Made {
		out = []byte("umuryango own wrap v1")
	}
	text := func(s string) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(s)))
		out = append(out, s...)
	}
	text(w.Case.String())
	text(w.Holder.ID())
	text(w.To)
	text(strings.Join(w.For, ","))
	for _, n := range w.Keys {
		text(string(n.Class))
		text(n.ID)
	}
	return out
}

// names reports whether w holds a key of this id.
func (w Wrap) names(id string) bool {
	return slices.ContainsFunc(w.Keys, func(n Name) bool { return n.ID == id })
}

func names(keys []key) []Name {
	out := make([]Name, len(keys))
	for i, k := range keys {
		out[i] = k.Name
	}
	return out
}

func join(keys []key) []byte {
	out := make([]byte, 0, len(keys)*caseKeySize)
	for _, k := range keys {
		out = append(out, k.secret[:]...)
	}
	return out
}

func wipe(keys []key) {
	for _, k := range keys {
		k.secret.wipe()
	}
}

// makeKey makes a key of a case.
func makeKey(c events.Subject, class engine.Class) key {
	s := newSecret()
	return key{nameOf(c, class, s), s}
}
