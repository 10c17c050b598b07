package keys

import (
	"bytes"
	"crypto/hpke"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

var errWrap = errors.New("this wrap does not hold what it names")

// contents are what a wrap holds: keys, and the sealing keys of everybody for
// whom they were wrapped when they were made, with marks of those who were
// holders before and were not any more (holder.past). A node trusts that list only of
// keys that it made itself; of others it says who need not be given them again.
//
// Written: the number of those ids as one byte, the ids as their bytes, sorted,
// and the secrets in the order of the wrap's names.
type contents struct {
	made []string // engine.SealKeyID
	keys []key
}

// madeMax bounds the list: a case has as many holders as its path has levels,
// and few others.
const madeMax = 32

func (c contents) encode() []byte {
	out := make([]byte, 0, 1+len(c.made)*idBytes+len(c.keys)*caseKeySize)
	out = append(out, byte(len(c.made)))
	for _, id := range c.made {
		out, _ = base64.RawURLEncoding.AppendDecode(out, []byte(id)) // it is an engine.SealKeyID
	}
	for _, k := range c.keys {
		out = append(out, k.secret[:]...)
	}
	return out
}

// decodeContents reads what encode wrote; every key must be the one that it is
// named.
func decodeContents(c events.Subject, names []engine.CaseKey, plain []byte) (contents, error) {
	var out contents
	if len(plain) == 0 || plain[0] > madeMax || len(plain) != 1+int(plain[0])*idBytes+len(names)*caseKeySize {
		return out, errWrap
	}
	made, secrets := plain[1:1+int(plain[0])*idBytes], plain[1+int(plain[0])*idBytes:]
	for id := range slices.Chunk(made, idBytes) {
		out.made = append(out.made, base64.RawURLEncoding.EncodeToString(id))
	}
	for i, n := range names {
		k := key{n, new(secret)}
		copy(k.secret[:], secrets[i*caseKeySize:])
		out.keys = append(out.keys, k)
		if !k.fits(c) {
			wipe(out.keys)
			return contents{}, fmt.Errorf("key %s: %w", n.ID, errWrap)
		}
	}
	return out, nil
}

// wrapper seals keys of one case.
type wrapper struct {
	subject events.Subject
	by      events.Place // the node that seals
	opener  Opener
}

// wrap seals keys to a holder's public key; its own, under a secret that nobody
// else has: so a node knows the keys that it made itself. A wrap that comes from
// elsewhere can say that it was made here, and does not open.
func (w wrapper) wrap(h engine.Holder, c contents) (engine.Wrap, error) {
	out := engine.Wrap{Case: w.subject, Holder: h.Node, HolderKey: engine.SealKeyID(h.Key), By: w.by}
	for _, k := range c.keys {
		out.Keys = append(out.Keys, k.CaseKey)
	}
	plain := c.encode()
	defer clear(plain)
	var err error
	if h.Node == w.by {
		out.Data, err = w.own(out, plain)
	} else {
		out.Data, err = w.foreign(h.Key, out, plain)
	}
	if err != nil {
		return out, fmt.Errorf("wrap keys of %s for %s: %w", w.subject.ID, h.Node, err)
	}
	return out, nil
}

func (w wrapper) own(out engine.Wrap, plain []byte) ([]byte, error) {
	own, err := w.opener.OwnKey(out.HolderKey)
	if err != nil {
		return nil, err
	}
	aead, err := newGCM(own)
	if err != nil {
		return nil, err
	}
	return sealNonce(aead, plain, wrapInfo(out)), nil
}

func (w wrapper) foreign(public []byte, out engine.Wrap, plain []byte) ([]byte, error) {
	to, err := wrapKEM.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("its sealing key: %w", err)
	}
	return hpke.Seal(to, wrapKDF, wrapAEAD, wrapInfo(out), plain)
}

// unwrap takes the keys out of a wrap. It fails with engine.ErrLocked, or when
// any of them is not the one that it is named.
func unwrap(w engine.Wrap, o Opener) (contents, error) {
	plain, err := unseal(w, o)
	if err == nil {
		defer clear(plain)
		var out contents
		if out, err = decodeContents(w.Case, w.Keys, plain); err == nil {
			return out, nil
		}
	}
	return contents{}, fmt.Errorf("open a wrap of %s for %s: %w", w.Case.ID, w.Holder, err)
}

func unseal(w engine.Wrap, o Opener) ([]byte, error) {
	if !isOwn(w) {
		return o.Unwrap(w.HolderKey, wrapInfo(w), w.Data)
	}
	own, err := o.OwnKey(w.HolderKey)
	if err != nil {
		return nil, err
	}
	aead, err := newGCM(own)
	if err != nil {
		return nil, err
	}
	return openNonce(aead, w.Data, wrapInfo(w))
}

// isOwn reports whether a wrap says that its holder made the keys itself; it is
// true of those that open.
func isOwn(w engine.Wrap) bool { return w.By == w.Holder }

// wrapInfo binds a wrap to all that it says of itself but who sealed it, which
// anybody on the way may change, to no avail.
func wrapInfo(w engine.Wrap) []byte {
	var out bytes.Buffer
	text := func(s string) {
		var size [4]byte
		binary.BigEndian.PutUint32(size[:], uint32(len(s)))
		out.Write(size[:])
		out.WriteString(s)
	}
	text("umuryango wrap v1")
	text(w.Case.String())
	text(w.Holder.ID())
	text(w.HolderKey)
	for _, k := range w.Keys {
		text(string(k.Class))
		text(k.ID)
	}
	return out.Bytes()
}
