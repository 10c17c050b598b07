package keys

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"fmt"

	"umuryango/engine"
)

// The suite of wraps: a hybrid, so that what is recorded today stays closed also
// to whoever can break one of its halves in the decades that a file is kept.
var (
	wrapKEM  = hpke.MLKEM768X25519()
	wrapKDF  = hpke.HKDFSHA256()
	wrapAEAD = hpke.AES256GCM()
)

// SealingKey is a node's private key to which keys of cases are wrapped.
type SealingKey struct {
	private hpke.PrivateKey
	public  []byte
	id      string
	own     []byte
}

// NewSealingKey makes one.
func NewSealingKey() (*SealingKey, error) {
	private, err := wrapKEM.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("make a sealing key: %w", err)
	}
	return newSealingKey(private)
}

// ParseSealingKey reads what Bytes wrote.
func ParseSealingKey(raw []byte) (*SealingKey, error) {
	private, err := wrapKEM.NewPrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("read a sealing key of %d bytes: %w", len(raw), err)
	}
	return newSealingKey(private)
}

func newSealingKey(private hpke.PrivateKey) (*SealingKey, error) {
	raw, err := private.Bytes() // the key's own seed, no copy: it must not be cleared here
	if err != nil {
		return nil, fmt.Errorf("write a sealing key: %w", err)
	}
	own, err := hkdf.Key(sha256.New, raw, nil, "umuryango own wraps v1", caseKeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a node's own wraps: %w", err)
	}
	public := private.PublicKey().Bytes()
	return &SealingKey{private, public, engine.SealKeyID(public), own}, nil
}

// Bytes are the private key, for a vault. They are the caller's to wipe.
func (k *SealingKey) Bytes() ([]byte, error) {
	raw, err := k.private.Bytes()
	return bytes.Clone(raw), err
}

// wipe overwrites what can be reached: what crypto/hpke made of the seed is left
// to the garbage collector.
func (k *SealingKey) wipe() {
	if seed, err := k.private.Bytes(); err == nil {
		clear(seed)
	}
	clear(k.own)
}

// CheckSealKey fails on bytes that are no public key of the suite of wraps.
func CheckSealKey(public []byte) error {
	if _, err := wrapKEM.NewPublicKey(public); err != nil {
		return fmt.Errorf("read a sealing key of %d bytes: %w", len(public), err)
	}
	return nil
}

// SealKey is the public key, as it is enrolled.
func (k *SealingKey) SealKey() []byte { return k.public }

// Unwrap implements Opener.
func (k *SealingKey) Unwrap(to string, info, sealed []byte) ([]byte, error) {
	if to != k.id {
		return nil, fmt.Errorf("sealing key %s: %w", to, engine.ErrNoKey)
	}
	return hpke.Open(k.private, wrapKDF, wrapAEAD, info, sealed)
}

// OwnKey implements Opener.
func (k *SealingKey) OwnKey(to string) ([]byte, error) {
	if to != k.id {
		return nil, fmt.Errorf("sealing key %s: %w", to, engine.ErrNoKey)
	}
	return k.own, nil
}

// Locked implements Opener: a bare key is never locked.
func (k *SealingKey) Locked() bool { return false }

// Opener is what opens this node's wraps while it is unlocked.
type Opener interface {
	// SealKey is the node's public sealing key, also while it is locked.
	SealKey() []byte
	// Locked reports whether the private key is under its passphrase.
	Locked() bool
	// Unwrap opens what was sealed to the key with the id to (engine.SealKeyID): SealKey, or
	// one that this node had before. engine.ErrLocked, engine.ErrNoKey.
	Unwrap(to string, info, sealed []byte) ([]byte, error)
	// OwnKey is a secret that follows from that private key and that nobody else
	// has: what is sealed under it was sealed here. engine.ErrLocked,
	// engine.ErrNoKey.
	OwnKey(to string) ([]byte, error)
}
