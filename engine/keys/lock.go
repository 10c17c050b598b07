package keys

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"path/filepath"

	"umuryango/engine"
)

// Unlock opens the signing and the sealing key; ErrPassphrase. One try at a
// time, however many ask: what one costs in memory is never needed twice.
func (id *Identity) Unlock(passphrase []byte) error {
	id.tries.Lock()
	defer id.tries.Unlock()
	s, err := id.unlocked(passphrase)
	if err != nil {
		return err
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.open != nil {
		id.open.wipe()
	}
	id.open = s
	return nil
}

func (id *Identity) unlocked(passphrase []byte) (*secrets, error) {
	v, err := id.readVault()
	if err != nil {
		return nil, err
	}
	s, err := v.open(id.Place, passphrase)
	if err != nil {
		return nil, err
	}
	if !id.sign.Equal(s.sign.Public()) || !bytes.Equal(id.seal, s.seals[0].SealKey()) {
		s.wipe()
		return nil, fmt.Errorf("the keys in %s are not those of %s: %w", fileVault, fileNode, errMixed)
	}
	return s, nil
}

// Lock forgets the opened keys. From then on the node signs and opens nothing
// until Unlock.
func (id *Identity) Lock() {
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.open != nil {
		id.open.wipe()
	}
	id.open = nil
}

// Locked reports whether this node can neither sign nor open.
func (id *Identity) Locked() bool {
	id.mu.RLock()
	defer id.mu.RUnlock()
	return id.open == nil
}

// ChangePassphrase puts the keys under a new passphrase; ErrPassphrase when the
// old one does not open them. The keys stay the same: whoever has an older copy
// of the folder and knows the older passphrase can open that copy.
func (id *Identity) ChangePassphrase(older, newer []byte, cost Cost) error {
	id.tries.Lock()
	defer id.tries.Unlock()
	if err := CheckPassphrase(newer); err != nil {
		return err
	}
	s, err := id.unlocked(older)
	if err != nil {
		return err
	}
	defer s.wipe()
	raw, err := sealVault(s, id.Place, newer, cost)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(id.dir, fileVault), raw)
}

// Sign signs an event of this node; engine.ErrLocked.
func (id *Identity) Sign(message []byte) ([]byte, error) {
	id.mu.RLock()
	defer id.mu.RUnlock()
	if id.open == nil {
		return nil, engine.ErrLocked
	}
	return ed25519.Sign(id.open.sign, message), nil
}

var _ Opener = (*Identity)(nil)

// Unwrap implements Opener.
func (id *Identity) Unwrap(to string, info, sealed []byte) (plain []byte, err error) {
	err = id.withSeal(to, func(k *SealingKey) error {
		plain, err = k.Unwrap(to, info, sealed)
		return err
	})
	return plain, err
}

// OwnKey implements Opener. The key is a copy: locking the node takes nothing
// from under whoever seals with it.
func (id *Identity) OwnKey(to string) (own []byte, err error) {
	err = id.withSeal(to, func(k *SealingKey) error {
		secret, err := k.OwnKey(to)
		own = bytes.Clone(secret)
		return err
	})
	return own, err
}

// withSeal finds a sealing key that is open and keeps it from being wiped
// meanwhile; engine.ErrLocked, engine.ErrNoKey.
func (id *Identity) withSeal(to string, use func(*SealingKey) error) error {
	id.mu.RLock()
	defer id.mu.RUnlock()
	if id.open == nil {
		return engine.ErrLocked
	}
	for _, k := range id.open.seals {
		if k.id == to {
			return use(k)
		}
	}
	return fmt.Errorf("sealing key %s: %w", to, engine.ErrNoKey)
}
