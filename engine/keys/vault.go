package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"umuryango/events"
)

// vaultFile is the content of vault.json: the node's private keys for signing and
// sealing under a passphrase, and what it takes to open them.
type vaultFile struct {
	Form string            `json:"form"`
	Sign ed25519.PublicKey `json:"sign_key"` // whose it is, so that a mixed folder is found while it is locked
	KDF  string            `json:"kdf"`
	Cost
	Salt   []byte `json:"salt"`
	Nonce  []byte `json:"nonce"`
	Sealed []byte `json:"sealed"` // AES-256-GCM over secrets as JSON
}

const (
	vaultForm = "umuryango vault 1"
	vaultKDF  = "argon2id"
	// vaultMax and sealedMax bound what is read: the file has some 600 bytes, and
	// 50 more for every rotation before, as what was wrapped then must still open.
	vaultMax  = 256 << 10
	sealedMax = 128 << 10
	saltSize  = 16
	tagSize   = 16
)

// ErrVault is returned for a vault that was altered or cut short.
var ErrVault = errors.New("the file with the node's keys is damaged: put it back from a backup of the key folder, or make the node anew from a new invitation")

// secrets are the private keys while they are open.
type secrets struct {
	sign  ed25519.PrivateKey
	seals []*SealingKey // the one that is enrolled, then those before it
}

// plain is how secrets stand inside a vault.
type plain struct {
	Sign  []byte   `json:"sign"`  // Ed25519 seed
	Seals [][]byte `json:"seals"` // HPKE private keys
}

func newSecrets() (*secrets, error) {
	_, sign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	seal, err := NewSealingKey()
	if err != nil {
		return nil, err
	}
	return &secrets{sign, []*SealingKey{seal}}, nil
}

// wipe overwrites what can be reached.
func (s *secrets) wipe() {
	clear(s.sign)
	for _, k := range s.seals {
		k.wipe()
	}
}

// vaultBound is what a vault is tied to: it opens in its own node's folder only.
func vaultBound(place events.Place, sign ed25519.PublicKey) []byte {
	return append([]byte(vaultForm+"\x00"+string(place)+"\x00"), sign...)
}

// sealVault puts secrets under a passphrase.
func sealVault(s *secrets, place events.Place, passphrase []byte, cost Cost) ([]byte, error) {
	if err := errors.Join(CheckPassphrase(passphrase), cost.check()); err != nil {
		return nil, err
	}
	text, err := s.encode()
	if err != nil {
		return nil, err
	}
	defer clear(text)
	v := vaultFile{Form: vaultForm, Sign: s.sign.Public().(ed25519.PublicKey), KDF: vaultKDF, Cost: cost, Salt: make([]byte, saltSize), Nonce: make([]byte, nonceSize)}
	rand.Read(v.Salt)  // never fails (crypto/rand)
	rand.Read(v.Nonce) // a new salt makes a new key: the nonce is used once
	aead, err := cost.aead(passphrase, v.Salt)
	if err != nil {
		return nil, err
	}
	v.Sealed = aead.Seal(nil, v.Nonce, text, vaultBound(place, v.Sign))
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", fileVault, err)
	}
	return append(raw, '\n'), nil
}

// parseVault reads a vault and checks that it may be opened at all; ErrVault.
func parseVault(raw []byte) (vaultFile, error) {
	var v vaultFile
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(&v); err != nil {
		return vaultFile{}, fmt.Errorf("%w: %w", ErrVault, err)
	}
	_, err := in.Token()
	switch {
	case !errors.Is(err, io.EOF), v.Form != vaultForm, v.KDF != vaultKDF, len(v.Sign) != ed25519.PublicKeySize,
		len(v.Salt) != saltSize, len(v.Nonce) != nonceSize, len(v.Sealed) < tagSize, len(v.Sealed) > sealedMax:
		return vaultFile{}, fmt.Errorf("%w: it is not of the form %q", ErrVault, vaultForm)
	}
	if err := v.Cost.check(); err != nil {
		return vaultFile{}, fmt.Errorf("%w: %w", ErrVault, err)
	}
	return v, nil
}

// open takes the secrets out; ErrPassphrase.
func (v vaultFile) open(place events.Place, passphrase []byte) (*secrets, error) {
	if len(passphrase) > PassphraseMax {
		return nil, ErrPassphrase
	}
	aead, err := v.aead(passphrase, v.Salt)
	if err != nil {
		return nil, err
	}
	text, err := aead.Open(nil, v.Nonce, v.Sealed, vaultBound(place, v.Sign))
	if err != nil {
		return nil, ErrPassphrase
	}
	defer clear(text)
	return decodeSecrets(text)
}

func (s *secrets) encode() ([]byte, error) {
	p := plain{Sign: s.sign.Seed()}
	defer p.wipe()
	for _, k := range s.seals {
		raw, err := k.Bytes()
		if err != nil {
			return nil, fmt.Errorf("write a sealing key: %w", err)
		}
		p.Seals = append(p.Seals, raw)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write the keys: %w", err)
	}
	return text, nil
}

func decodeSecrets(text []byte) (*secrets, error) {
	var p plain
	defer p.wipe()
	if err := json.Unmarshal(text, &p); err != nil || len(p.Sign) != ed25519.SeedSize || len(p.Seals) == 0 {
		return nil, fmt.Errorf("read the keys in %s: %w", fileVault, ErrVault)
	}
	s := &secrets{sign: ed25519.NewKeyFromSeed(p.Sign)}
	for _, raw := range p.Seals {
		k, err := ParseSealingKey(raw)
		if err != nil {
			return nil, fmt.Errorf("read a sealing key in %s: %w", fileVault, ErrVault)
		}
		s.seals = append(s.seals, k)
	}
	return s, nil
}

func (p *plain) wipe() {
	clear(p.Sign)
	for _, raw := range p.Seals {
		clear(raw)
	}
}

// readVault reads the vault of this node.
func (id *Identity) readVault() (vaultFile, error) {
	f, err := os.Open(filepath.Join(id.dir, fileVault))
	if err != nil {
		return vaultFile{}, fmt.Errorf("read the node's keys: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, vaultMax))
	if err != nil {
		return vaultFile{}, fmt.Errorf("read %s: %w", fileVault, err)
	}
	v, err := parseVault(raw)
	if err != nil {
		return vaultFile{}, fmt.Errorf("read %s: %w", fileVault, err)
	}
	if !id.sign.Equal(v.Sign) {
		return vaultFile{}, fmt.Errorf("%s does not fit %s: %w", fileVault, fileNode, errMixed)
	}
	return v, nil
}
