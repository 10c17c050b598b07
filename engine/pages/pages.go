// Package pages opens files of bbolt in which every page can be read. bbolt says in
// a panic that one cannot, and while it opens a file for writing it says so on a
// goroutine of its own, where nobody catches it: so the pages are looked at before.
// It knows nothing of what stands in them, and mends nothing.
package pages

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// OpenWithin bounds the wait for a file that another process has open.
const OpenWithin = 2 * time.Second

// ErrTorn is what a panic over a file's pages comes to.
var ErrTorn = errors.New("a page is torn")

// Damaged tells a file that nobody can read from one that cannot be opened now.
func Damaged(err error) bool {
	for _, e := range []error{ErrTorn, bbolterrors.ErrInvalid, bbolterrors.ErrChecksum, bbolterrors.ErrVersionMismatch} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Open opens a file, or makes it. An error that is Damaged: it cannot be read.
func Open(path string) (db *bbolt.DB, err error) {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if err := Look(path); err != nil {
			return nil, err
		}
	}
	defer catch(&err)
	return bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true, Timeout: OpenWithin})
}

// Look reads a file through, and changes nothing. It finds a page that is another
// one's, or whose rows lie outside it or out of order; rows that were changed where
// they stand it cannot know.
func Look(path string) (err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: OpenWithin})
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
			return ErrTorn
		}
		before = k
	}
	return nil
}

// catch makes an error of a panic over a file's pages.
func catch(err *error) {
	if torn := recover(); torn != nil {
		*err = fmt.Errorf("%w: %v", ErrTorn, torn)
	}
}
