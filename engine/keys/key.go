package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"umuryango/engine"
	"umuryango/events"
)

// Sizes of what is sealed with.
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

// Name says which key of a case is meant, without telling it.
type Name struct {
	Class engine.Class `json:"class"`
	ID    string       `json:"id"`
}

// nameOf commits to a key: the class, the case and the key cannot be exchanged
// for others of the same id, so nobody can slip a key of their own in under a
// name that stands in a signed event.
func nameOf(c events.Subject, class engine.Class, s *secret) Name {
	h := sha256.New()
	h.Write([]byte("umuryango key v1"))
	h.Write([]byte(class))
	h.Write([]byte{0})
	h.Write([]byte(c.String()))
	h.Write([]byte{0})
	h.Write(s[:])
	return Name{class, idOf(h.Sum(nil))}
}

// fits reports whether a key is the one that the name commits to.
func (n Name) fits(c events.Subject, s *secret) bool {
	return subtle.ConstantTimeCompare([]byte(nameOf(c, n.Class, s).ID), []byte(n.ID)) == 1
}

// SealKeyID names a node's public sealing key.
func SealKeyID(public []byte) string {
	sum := sha256.Sum256(append([]byte("umuryango seal key v1"), public...))
	return idOf(sum[:])
}

func idOf(digest []byte) string { return base64.RawURLEncoding.EncodeToString(digest[:idBytes]) }
