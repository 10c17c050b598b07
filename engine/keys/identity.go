// Package keys is a node's identity: the key that signs its events and the one
// to which keys of cases are wrapped, both in a vault under a passphrase; the key
// of its link, which is outside, so that a locked node relays after a power cut;
// the operator's key, and the nation's root key from which all trust follows.
// With the keys of cases it seals and opens what is personal in an event, and
// wraps those keys for the nodes that may hold them; a case's key is never
// written anywhere but in a wrap. It makes and reads key files; it never sends a
// private key anywhere and never decides who may do what (that is
// engine.Authority's).
package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/nats-io/nkeys"

	"umuryango/events"
)

// Names of the files in a node's key folder.
const (
	fileNode     = "node.json"   // who this node is: public
	fileVault    = "vault.json"  // signs events, opens what is sealed to this node: under a passphrase
	fileFormer   = "sign.key"    // of a folder from before there were vaults
	fileLink     = "link.key"    // of the TLS certificate
	fileCert     = "link.crt"    // for a client that reads this node's stream
	fileOperator = "operator.nk" // NATS user seed that reads this node's stream over loopback
	fileRoot     = "root.key"    // of a nation, until it is carried off the machine
	pemKey       = "PRIVATE KEY" // PKCS #8
	pemCert      = "CERTIFICATE" // X.509
	dirMode      = fs.FileMode(0o700)
	fileMode     = fs.FileMode(0o600)
)

// Sentinels that callers act on.
var (
	// ErrExists is returned when a node is to be made where one is already.
	ErrExists = errors.New("there is a node here already")
	// ErrFormer is returned for a folder from before there were vaults.
	ErrFormer = errors.New("its signing key lies there in clear, as in no release of this program: make the node anew in another folder, with a new invitation of the office above (umuryango node invite; the demo: delete its folder, or name another with --data)")

	errMixed = errors.New("the folder is damaged or mixed from two nodes")
)

// Identity is who a node is. It is safe for concurrent use.
type Identity struct {
	Place    events.Place
	Root     ed25519.PublicKey // the nation's
	Operator string            // public key of the NATS user that may read

	dir string

	tries  sync.Mutex // one passphrase is tried at a time
	mu     sync.RWMutex
	sign   ed25519.PublicKey
	seal   []byte // HPKE public key
	link   ed25519.PrivateKey
	former ed25519.PrivateKey // the link key before, until the node above has enrolled the next
	open   *secrets           // nil while locked
}

// public is the content of node.json.
type public struct {
	Place    events.Place      `json:"place"`
	Root     ed25519.PublicKey `json:"root_key"`
	Sign     ed25519.PublicKey `json:"sign_key"`
	Seal     []byte            `json:"seal_key"`
	Link     ed25519.PublicKey `json:"link_key"`
	Operator string            `json:"operator"`
}

// Create makes a node's keys in dir and leaves them unlocked. root is the
// nation's public root key; nil for a nation's own node, whose root key is made
// here and left in root.key until it is carried away. ErrExists when dir holds a
// node, *engine.Invalid for a passphrase that is too short.
func Create(dir string, place events.Place, root ed25519.PublicKey, passphrase []byte, cost Cost) (*Identity, ed25519.PrivateKey, error) {
	if _, err := os.Stat(filepath.Join(dir, fileNode)); err == nil {
		return nil, nil, fmt.Errorf("make the keys of %s in %s: %w", place, dir, ErrExists)
	}
	if err := CheckPassphrase(passphrase); err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, nil, fmt.Errorf("make the key folder: %w", err)
	}
	id := &Identity{Place: place, Root: root, dir: dir}
	var err error
	var rootKey ed25519.PrivateKey
	if root == nil {
		if rootKey, err = newKey(dir, fileRoot); err != nil {
			return nil, nil, err
		}
		id.Root = rootKey.Public().(ed25519.PublicKey)
	}
	if id.open, err = newSecrets(); err != nil {
		return nil, nil, err
	}
	id.sign, id.seal = id.open.sign.Public().(ed25519.PublicKey), id.open.seals[0].SealKey()
	if id.link, err = newKey(dir, fileLink); err != nil {
		return nil, nil, err
	}
	sealed, err := sealVault(id.open, place, passphrase, cost)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(id.makeOperator(), id.finish(sealed)); err != nil {
		return nil, nil, err
	}
	return id, rootKey, nil
}

// InClear names the files of a key folder that are not under the passphrase and
// that nobody but its owner should read.
func InClear() []string { return []string{fileLink, fileOperator, fileRoot} }

// makeOperator makes the key of the operator's client.
func (id *Identity) makeOperator() error {
	user, err := nkeys.CreateUser()
	if err != nil {
		return fmt.Errorf("make the operator's key: %w", err)
	}
	seed, err := user.Seed()
	if err != nil {
		return fmt.Errorf("make the operator's key: %w", err)
	}
	if id.Operator, err = user.PublicKey(); err != nil {
		return fmt.Errorf("make the operator's key: %w", err)
	}
	return writeFile(filepath.Join(id.dir, fileOperator), append(seed, '\n'))
}

// finish writes what follows from the keys; node.json last and whole or not at
// all, as it says that all others are whole. Then the folder itself survives a
// power cut, too: what is signed from here on may name these keys.
func (id *Identity) finish(sealed []byte) error {
	cert, err := id.certificate(id.link, nil)
	if err != nil {
		return err
	}
	node, err := json.MarshalIndent(public{id.Place, id.Root, id.SignKey(), id.SealKey(), id.LinkKey(), id.Operator}, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", fileNode, err)
	}
	if err := writeFile(filepath.Join(id.dir, fileCert), pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: cert})); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(id.dir, fileVault), sealed); err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(id.dir, fileNode), append(node, '\n')); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(id.dir)); err != nil {
		return fmt.Errorf("keep the key folder %s: %w", id.dir, err)
	}
	return nil
}

// Load reads the keys of the node in dir, locked, and finishes what a crash left
// of a rotation: it is for whoever holds the node's folder. ErrFormer for a
// folder from before there were vaults.
func Load(dir string) (*Identity, error) {
	if err := recoverRotation(dir); err != nil {
		return nil, err
	}
	return read(dir)
}

// Read is Load for whoever only looks, perhaps while the node runs: it changes
// nothing. What a crash left of a rotation it reads where it lies.
func Read(dir string) (*Identity, error) {
	return read(whole(dir))
}

func read(dir string) (*Identity, error) {
	raw, err := os.ReadFile(filepath.Join(dir, fileNode))
	if err != nil {
		return nil, fmt.Errorf("read who this node is: %w", err)
	}
	var p public
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("read %s: %w", fileNode, err)
	}
	if _, err := os.Stat(filepath.Join(dir, fileFormer)); err == nil {
		return nil, fmt.Errorf("read the keys in %s: %w", dir, ErrFormer)
	}
	_, errPlace := events.ParsePlace(string(p.Place))
	if errPlace != nil || len(p.Root) != ed25519.PublicKeySize || len(p.Sign) != ed25519.PublicKeySize || CheckSealKey(p.Seal) != nil {
		return nil, fmt.Errorf("read %s: its place or one of its keys is damaged", fileNode)
	}
	id := &Identity{Place: p.Place, Root: p.Root, Operator: p.Operator, dir: dir, sign: p.Sign, seal: p.Seal}
	if id.link, err = readKey(dir, fileLink); err != nil {
		return nil, err
	}
	if !id.LinkKey().Equal(p.Link) {
		return nil, fmt.Errorf("%s does not fit %s: %w", fileLink, fileNode, errMixed)
	}
	if _, err := id.readVault(); err != nil {
		return nil, err
	}
	return id, id.readFormer()
}

// RootKey reads the nation's root key where it has not been carried away yet.
func (id *Identity) RootKey() (ed25519.PrivateKey, error) { return readKey(id.dir, fileRoot) }

// SignKey is the public key that verifies this node's events.
func (id *Identity) SignKey() ed25519.PublicKey {
	id.mu.RLock()
	defer id.mu.RUnlock()
	return id.sign
}

// SealKey is the HPKE public key to which keys of cases are wrapped for this
// node.
func (id *Identity) SealKey() []byte {
	id.mu.RLock()
	defer id.mu.RUnlock()
	return id.seal
}

// LinkKey is the public key of this node's TLS certificate.
func (id *Identity) LinkKey() ed25519.PublicKey {
	id.mu.RLock()
	defer id.mu.RUnlock()
	return id.link.Public().(ed25519.PublicKey)
}

// Key is the id of the signing key, as in ce-key.
func (id *Identity) Key() string { return events.KeyID(id.SignKey()) }

// OperatorSeedFile is the file with the seed of the operator's NATS user.
func (id *Identity) OperatorSeedFile() string { return filepath.Join(id.dir, fileOperator) }

// CertificateFile is the certificate by which the operator's client knows this
// node.
func (id *Identity) CertificateFile() string { return filepath.Join(id.dir, fileCert) }

func newKey(dir, name string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return key, writeFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}))
}

func readKey(dir, name string) (ed25519.PrivateKey, error) {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	block, rest := pem.Decode(raw)
	if block == nil || block.Type != pemKey || len(rest) > 0 {
		return nil, fmt.Errorf("read %s: it is not one PEM block %q", name, pemKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read %s: an Ed25519 key is expected, not %T", name, parsed)
	}
	return key, nil
}

// writeFile makes a file and returns when its bytes are on disk. A power cut
// meanwhile leaves a part of them, or none: what must be whole wherever it stands
// is for replaceFile.
func writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// replaceFile puts data in a file's place, whole and for good, or leaves it as it
// was, also where there was none.
func replaceFile(path string, data []byte) error {
	next := path + ".new"
	if err := writeFile(next, data); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("replace %s: %w", filepath.Base(path), err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("keep the new %s: %w", filepath.Base(path), err)
	}
	return nil
}
