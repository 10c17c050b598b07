package projections

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// errTornPage is what a panic over a file's pages comes to.
var errTornPage = errors.New("a page is torn")

// isDamage tells a file that nobody can read from one that cannot be opened now.
func isDamage(err error) bool {
	for _, e := range []error{errTornPage, bbolterrors.ErrInvalid, bbolterrors.ErrChecksum, bbolterrors.ErrVersionMismatch} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// openSound opens a file in which every page can be read. bbolt says in a panic
// that one cannot, and while it opens a file for writing it says so on a goroutine
// of its own, where nobody catches it: so the pages are looked at before.
func openSound(path string) (db *bbolt.DB, err error) {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if err := look(path); err != nil {
			return nil, err
		}
	}
	defer catch(&err)
	return bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true, Timeout: openWithin})
}

// look reads a file through. It finds a page that is another one's, or whose rows
// lie outside it or out of order; rows that were changed where they stand it
// cannot know.
func look(path string) (err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: openWithin})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	defer catch(&err)
	// What a torn page points to may not be there at all.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if err := inOrder(b); err != nil {
				return fmt.Errorf("bucket %q: %w", name, err)
			}
			return nil
		})
	})
}

func inOrder(b *bbolt.Bucket) error {
	var before, copied []byte
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		copied = append(copied[:0], v...) // so that it is read
		if before != nil && bytes.Compare(before, k) >= 0 {
			return errTornPage
		}
		before = k
	}
	return nil
}

// catch makes an error of a panic over a file's pages.
func catch(err *error) {
	if torn := recover(); torn != nil {
		*err = fmt.Errorf("%w: %v", errTornPage, torn)
	}
}
