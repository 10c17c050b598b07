package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"umuryango/engine"
	"umuryango/events"
)

const (
	caseKeySize = 32 // bytes of a case's key
	idBytes     = 12 // of a digest that names a key
)

// secret are the bytes of one key of a case. They are wiped where they lie; no
// store and no message ever holds them as they are.
type secret [caseKeySize]byte

func newSecret() *secret {
	s := new(secret)
	rand.Read(s[:]) // never fails (crypto/rand)
	return s
}

func (s *secret) wipe() { clear(s[:]) }

// key is a key of a case with its name.
type key struct {
	engine.CaseKey
	secret *secret
}

// makeKey makes a key of a case.
func makeKey(c events.Subject, class engine.Class) key {
	s := newSecret()
	return key{nameOf(c, class, s), s}
}

func (k key) clone() key {
	out := key{k.CaseKey, new(secret)}
	*out.secret = *k.secret
	return out
}

func wipe(keys []key) {
	for _, k := range keys {
		k.secret.wipe()
	}
}

// nameOf commits to a key: the class, the case and the key cannot be exchanged
// for others of the same id, so nobody can slip a key of their own in under a
// name that stands in a signed event.
func nameOf(c events.Subject, class engine.Class, s *secret) engine.CaseKey {
	h := sha256.New()
	h.Write([]byte("umuryango key v1"))
	h.Write([]byte(class))
	h.Write([]byte{0})
	h.Write([]byte(c.String()))
	h.Write([]byte{0})
	h.Write(s[:])
	return engine.CaseKey{ID: base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:idBytes]), Class: class}
}

// fits reports whether a key is the one that its name commits to.
func (k key) fits(c events.Subject) bool {
	return subtle.ConstantTimeCompare([]byte(nameOf(c, k.Class, k.secret).ID), []byte(k.ID)) == 1
}
