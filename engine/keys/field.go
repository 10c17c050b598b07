package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"umuryango/engine"
	"umuryango/events"
)

const nonceSize = 12 // bytes before a ciphertext

// sealField seals a field of one event. The bytes open only in this field of
// this event, by this author, under this type, in this case.
func sealField(s *secret, id string, b engine.Binding, field string, plain []byte) (events.SealedPart, error) {
	aead, err := fieldCipher(s, b, field)
	if err != nil {
		return events.SealedPart{}, err
	}
	return events.SealedPart{Field: field, Key: id, Data: sealNonce(aead, plain, bound(b, field))}, nil
}

// openField opens what sealField sealed; engine.ErrTampered for anything else.
func openField(s *secret, b engine.Binding, part events.SealedPart) ([]byte, error) {
	aead, err := fieldCipher(s, b, part.Field)
	if err != nil {
		return nil, err
	}
	plain, err := openNonce(aead, part.Data, bound(b, part.Field))
	if err != nil {
		return nil, fmt.Errorf("open %s of event %s: %w", part.Field, b.ID, engine.ErrTampered)
	}
	return plain, nil
}

// Try opens a field with a key, whatever that key is called and wherever it came
// from: for whoever tries on a field every key that a machine holds. It fails with
// engine.ErrTampered where that is not the key.
func Try(key []byte, b engine.Binding, part events.SealedPart) ([]byte, error) {
	if len(key) != caseKeySize {
		return nil, fmt.Errorf("a key of %d bytes, %d are expected", len(key), caseKeySize)
	}
	return openField((*secret)(key), b, part)
}

// fieldCipher: each field of each event has a key of its own, so that a nonce
// is never used twice with one key, however many events a case has.
func fieldCipher(s *secret, b engine.Binding, field string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s[:], nil, "umuryango field v1"+string(b.ID)+field, caseKeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of %s: %w", field, err)
	}
	defer clear(key)
	return newGCM(key)
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("set up the cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("set up the cipher: %w", err)
	}
	return aead, nil
}

// bound is the associated data: each part with its length, so that no two
// bindings are the same bytes.
func bound(b engine.Binding, field string) []byte {
	var out []byte
	for _, part := range []string{b.Office.ID(), string(b.ID), string(b.Type), b.Case.String(), field} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

func sealNonce(aead cipher.AEAD, plain, bound []byte) []byte {
	out := make([]byte, nonceSize, nonceSize+len(plain)+aead.Overhead())
	rand.Read(out) // never fails (crypto/rand)
	return aead.Seal(out, out, plain, bound)
}

func openNonce(aead cipher.AEAD, data, bound []byte) ([]byte, error) {
	if len(data) < nonceSize+aead.Overhead() {
		return nil, fmt.Errorf("%d bytes are too few", len(data))
	}
	return aead.Open(nil, data[:nonceSize], data[nonceSize:], bound)
}
