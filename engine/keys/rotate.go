package keys

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"umuryango/events"
)

// The folders of a rotation, beside a node's key folder, and the file in which
// it says what it asks of the node above.
const (
	suffixNext = ".next"
	suffixOld  = ".old"
	fileWish   = "rotation.json"
)

// Next makes the keys that are to follow these, in a folder beside theirs, and
// leaves them unlocked. What was wrapped for this node opens with them too.
// Nothing changes before Take. ErrPassphrase when the passphrase is not that of
// this node.
func (id *Identity) Next(passphrase []byte, cost Cost) (*Identity, error) {
	id.tries.Lock()
	defer id.tries.Unlock()
	before, err := id.unlocked(passphrase)
	if err != nil {
		return nil, err
	}
	next := &Identity{Place: id.Place, Root: id.Root, Operator: id.Operator, dir: id.dir + suffixNext}
	if err := id.next(next, before, passphrase, cost); err != nil {
		before.wipe()
		return nil, fmt.Errorf("make the next keys of %s: %w", id.Place, err)
	}
	clear(before.sign)
	return next, nil
}

func (id *Identity) next(next *Identity, before *secrets, passphrase []byte, cost Cost) (err error) {
	if err := errors.Join(os.RemoveAll(next.dir), os.MkdirAll(next.dir, dirMode)); err != nil {
		return err
	}
	if next.open, err = newSecrets(); err != nil {
		return err
	}
	next.sign, next.seal = next.open.sign.Public().(ed25519.PublicKey), next.open.seals[0].SealKey()
	next.open.seals = append(next.open.seals, before.seals...)
	if next.link, err = newKey(next.dir, fileLink); err != nil {
		return err
	}
	if err := copyKeys(id.dir, next.dir, fileOperator, fileRoot); err != nil {
		return err
	}
	sealed, err := sealVault(next.open, id.Place, passphrase, cost)
	if err != nil {
		return err
	}
	return next.finish(sealed)
}

// Replacement makes wholly new keys in the folder beside dir, for a nation
// whose keys are lost or in wrong hands; Take, or the next start, puts them in
// their place. What was wrapped for the keys before does not open with them.
func Replacement(dir string, place events.Place, root ed25519.PublicKey, passphrase []byte, cost Cost) (*Identity, error) {
	if err := os.RemoveAll(dir + suffixNext); err != nil {
		return nil, fmt.Errorf("make other keys of %s: %w", place, err)
	}
	next, _, err := Create(dir+suffixNext, place, root, passphrase, cost)
	if err != nil {
		return nil, err
	}
	return next, errors.Join(copyKeys(dir, next.dir, fileRoot), syncDir(next.dir))
}

// copyKeys takes files over where they are: the root key may have been carried
// away, and must not be lost where it was not.
func copyKeys(from, to string, names ...string) error {
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = writeFile(filepath.Join(to, name), raw)
		}
		if err != nil {
			return fmt.Errorf("take over %s: %w", name, err)
		}
	}
	return nil
}

// ReadRoot reads a nation's root key from a file.
func ReadRoot(file string) (ed25519.PrivateKey, error) {
	return readKey(filepath.Dir(file), filepath.Base(file))
}

// KeepWish keeps what is to be asked of the node above. From then on the next
// keys are taken, also after a crash.
func (id *Identity) KeepWish(wish []byte) error {
	return replaceFile(filepath.Join(id.dir, fileWish), wish)
}

// Wish is what is still to be asked of the node above; nil for nothing.
func (id *Identity) Wish() ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(id.dir, fileWish))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the rotation that is still to be asked for: %w", err)
	}
	return raw, nil
}

// Take makes the next keys this node's; a node that was locked meanwhile stays
// so. The link goes on to show the former key until Settle, as nobody knows the
// next one yet.
func (id *Identity) Take(next *Identity) error {
	if err := takeNext(id.dir); err != nil {
		return err
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.open != nil {
		id.open.wipe()
	} else if next.open != nil {
		next.open.wipe()
		next.open = nil
	}
	id.former = id.link
	id.sign, id.seal, id.link, id.open = next.sign, next.seal, next.link, next.open
	return nil
}

// takeNext puts the folder of the next keys in the place of the present one.
func takeNext(dir string) error {
	err := errors.Join(os.RemoveAll(dir+suffixOld), os.Rename(dir, dir+suffixOld))
	if err == nil {
		err = errors.Join(os.Rename(dir+suffixNext, dir), syncDir(filepath.Dir(dir)))
	}
	if err != nil {
		return fmt.Errorf("take the next keys in %s: %w", dir, err)
	}
	return nil
}

// syncDir makes renames in a folder survive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// recoverRotation finishes what a crash left of a Take.
func recoverRotation(dir string) error {
	here, errHere := exists(dir)
	next, errNext := exists(dir + suffixNext)
	old, errOld := exists(dir + suffixOld)
	wish, errWish := exists(filepath.Join(dir+suffixNext, fileWish))
	if err := errors.Join(errHere, errNext, errOld, errWish); err != nil {
		return fmt.Errorf("look for what is left of a rotation beside %s: %w", dir, err)
	}
	switch {
	case here && wish:
		return takeNext(dir)
	case !here && next && old:
		return errors.Join(os.Rename(dir+suffixNext, dir), syncDir(filepath.Dir(dir)))
	}
	return nil // Load tells it where there is no node
}

// exists tells what is not there from what cannot be looked at.
func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// whole is the folder that Load would read once it has finished a rotation.
func whole(dir string) string {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir + suffixOld); err == nil {
			return dir + suffixNext
		}
		return dir
	}
	if _, err := os.Stat(filepath.Join(dir+suffixNext, fileWish)); err == nil {
		return dir + suffixNext
	}
	return dir
}

// Settle drops the former keys: the next ones are enrolled.
func (id *Identity) Settle() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	err := errors.Join(os.RemoveAll(filepath.Join(id.dir, fileWish)), os.RemoveAll(id.dir+suffixOld), syncDir(id.dir), syncDir(filepath.Dir(id.dir)))
	if err != nil {
		return fmt.Errorf("drop the former keys of %s: %w", id.Place, err)
	}
	id.former = nil
	return nil
}

// Left is a next identity that was made and not taken, locked; nil for none, and
// for one that was not finished: nothing can follow from that. Any other fault is
// an error, as the stream may name those keys already.
func (id *Identity) Left() (*Identity, error) {
	dir := id.dir + suffixNext
	finished, err := exists(filepath.Join(dir, fileNode)) // which is written last
	if err != nil {
		return nil, fmt.Errorf("look for keys that were not taken: %w", err)
	}
	if !finished {
		return nil, nil
	}
	next, err := Load(dir)
	if err != nil {
		return nil, fmt.Errorf("read the keys in %s that were not taken: %w", dir, err)
	}
	return next, nil
}

// Drop forgets a next identity that was not taken, and that no event names.
func (id *Identity) Drop() error {
	if err := os.RemoveAll(id.dir + suffixNext); err != nil {
		return fmt.Errorf("drop keys that were not taken: %w", err)
	}
	return nil
}

func (id *Identity) readFormer() error {
	key, err := readKey(id.dir+suffixOld, fileLink)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	id.former = key
	return err
}

// PresentedKey is the public key of the link that others know.
func (id *Identity) PresentedKey() ed25519.PublicKey {
	return id.presented().Public().(ed25519.PublicKey)
}

// presented is the link key that others know.
func (id *Identity) presented() ed25519.PrivateKey {
	id.mu.RLock()
	defer id.mu.RUnlock()
	if id.former != nil {
		return id.former
	}
	return id.link
}
