package projections

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"umuryango/engine/pages"
)

// AppliedIn is the sequence up to which a file of this package has followed its
// stream: what an auditor holds against a stream that may have lost its end.
// It changes nothing. Of a file that a node has open it says 0: the node itself
// watches its stream.
func AppliedIn(path string) (uint64, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: pages.OpenWithin})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", path, err)
	}
	defer db.Close()
	var m mark
	err = db.View(func(tx *bbolt.Tx) (err error) {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			return nil // nothing was committed yet
		}
		if raw := meta.Get(keyCursor); raw != nil {
			m, err = decodeMark(raw)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read how far %s has followed: %w", path, err)
	}
	return m.seq, nil
}
