// Package events says what can happen to a referral and how it is written
// down: the envelope, its subject, its place, its types and the bytes that are
// signed. It knows no rule of the gate and no machine: nothing here reads a
// clock, a disk, a network or a source of chance, and nothing here decides.
//
// An event is a CloudEvents 1.0 message in the binary mode of the NATS
// binding: one lower-case header per attribute, and a JSON body that is hashed
// and signed as it is and never re-encoded. What belongs to a hop between two
// nodes (Src-*, Nats-*) lies outside.
//
// The signature is Ed25519 over these lines, each ended by a line feed, and
// then the body:
//
//	umuryango event v1
//	ev.RW.57.12.05.03.case.01936f5e-…
//	ce-actor:W-7
//	…                                   every other ce-* header but ce-sig, as it
//	ce-type:rw.umuryango.referral.raised.v1   stands on the wire, sorted by name
//	                                    an empty line
//	{"to":"RW571205", …}
package events

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// SizeMax is the largest event that is written or taken, in bytes of subject,
// headers and body together: it keeps a batch under one NATS message and a
// village's link usable.
const SizeMax = 64 << 10

// Sentinels that callers act on.
var (
	// ErrTooLarge is returned for an event of more than SizeMax bytes.
	ErrTooLarge = errors.New("larger than 64 kB")
	// ErrSignature is returned when a signature does not fit the bytes and key.
	ErrSignature = errors.New("the signature does not fit")
)

// Hash is the SHA-256 of an event's signed bytes: its identity in a line.
type Hash [sha256.Size]byte

// IsZero reports whether h stands for "no event".
func (h Hash) IsZero() bool { return h == Hash{} }

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash as 64 hexadecimal digits.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads 64 lower-case hexadecimal digits.
func (h *Hash) UnmarshalText(text []byte) (err error) {
	*h, err = ParseHash(string(text))
	return err
}

// ParseHash reads 64 lower-case hexadecimal digits.
func ParseHash(s string) (Hash, error) {
	var h Hash
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(h) || hex.EncodeToString(raw) != s {
		return h, fmt.Errorf("hash %q: 64 lower-case hexadecimal digits are expected", clip(s))
	}
	copy(h[:], raw)
	return h, nil
}

// Draft is an event that has been decided and not yet numbered and signed.
type Draft struct {
	ID       ID        // made where the act was made; a retried command has the same
	Type     Type      // what happened
	Subject  Subject   // what it happened to
	Office   Place     // the author office
	Actor    string    // the worker's code, never a name
	Time     time.Time // when it happened
	Recorded time.Time // when it was recorded
	Code     string    // spoken code of the aggregate
	Prev     Hash      // the previous event in the line; zero for the first
	Edition  string    // edition of the place list
	Policy   string    // pack version, where one was used
	Body     []byte    // JSON, signed as it is
}

// Author gives a draft its number and its signature.
type Author struct {
	Source Source
	Number uint64  // contiguous in the run, from 1
	Before *RunEnd // in the first event of a run: the last of the run before
	Key    string  // id of the signing key
	Sign   func(message []byte) ([]byte, error)
}

// SignWith signs with a key that is at hand.
func SignWith(key ed25519.PrivateKey) func(message []byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) { return ed25519.Sign(key, message), nil }
}

// Event is one signed statement: what it says, and the headers exactly as
// they stand on the wire. An Event is not changed after it was made.
type Event struct {
	Draft
	Source Source
	Number uint64
	Before *RunEnd
	Key    string

	office string      // ce-office as written; Draft.Office is it on the subject's path
	header []attribute // every ce-* header but ce-sig, sorted by name
	sig    []byte
	hash   Hash // of the signed bytes
}

// OfficeID is the author office as the event names it; Draft.Office is empty
// when that office does not lie on the subject's path.
func (e Event) OfficeID() string { return e.office }

// Signature returns the bytes of ce-sig.
func (e Event) Signature() []byte { return e.sig }

// SignedBytes are what the author signed (see the package comment).
func (e Event) SignedBytes() []byte {
	subject := e.Subject.String()
	out := make([]byte, 0, len(signedPrefix)+len(subject)+e.headerSize()+len(e.Body)+8)
	out = append(out, signedPrefix...)
	out = append(append(out, subject...), '\n')
	for _, a := range e.header {
		out = append(append(append(append(out, a.name...), ':'), a.value...), '\n')
	}
	out = append(out, '\n')
	return append(out, e.Body...)
}

const signedPrefix = "umuryango event v1\n"

// Hash is the SHA-256 of the signed bytes. It was taken when the event was
// made, because everybody who meets the event asks for it.
func (e Event) Hash() Hash {
	if e.hash.IsZero() { // an Event that neither Sign nor Parse made
		return sha256.Sum256(e.SignedBytes())
	}
	return e.hash
}

// Verify checks the signature against a public key; ErrSignature when it does
// not fit.
func (e Event) Verify(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, e.SignedBytes(), e.sig) {
		return fmt.Errorf("event %s of %s, number %d: %w", e.ID, e.Source, e.Number, ErrSignature)
	}
	return nil
}

// KeyID names a public key in ce-key: the first 16 hexadecimal digits of its
// SHA-256.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// Size is what counts against SizeMax.
func (e Event) Size() int {
	sig := len(hSig) + base64.RawStdEncoding.EncodedLen(len(e.sig)) + 2
	return len(e.Subject.String()) + e.headerSize() + sig + len(e.Body)
}

func (e Event) headerSize() int {
	n := 0
	for _, a := range e.header {
		n += len(a.name) + len(a.value) + 2
	}
	return n
}

// clip keeps hostile input out of error messages beyond a readable length.
func clip(s string) string {
	const readable = 64
	if len(s) > readable {
		return s[:readable] + "…"
	}
	return s
}
