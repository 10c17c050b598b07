package projections

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/engine/pages"
	"umuryango/events"
)

// whole makes all rows from the history, each aggregate once, and returns how
// far they reach. It commits on the way without a cursor: what a crash leaves
// is thrown away at the next start.
func (s *Store) whole(ctx context.Context, upto uint64) (mark, error) {
	if err := s.history.Wait(ctx, upto); err != nil {
		return mark{}, fmt.Errorf("wait for the history: %w", err)
	}
	s.recent.forget()
	reach := s.history.cursor()
	for after, n := []byte(nil), 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return mark{}, fmt.Errorf("make the views: %w", err)
		}
		subject, next, err := s.history.nextSubject(after)
		if err != nil {
			return mark{}, err
		}
		if next == nil {
			return reach, nil
		}
		if after = next; subject.Kind != events.KindCase {
			continue
		}
		all, err := s.history.records(subject)
		if err != nil {
			return mark{}, err
		}
		if err := s.show(engine.State{}, foldUpTo(subject, all, reach.seq).state); err != nil {
			return mark{}, fmt.Errorf("show %s: %w", subject, err)
		}
		if n%s.every == 0 {
			s.touch(1)
			if err := s.commit(); err != nil {
				return mark{}, err
			}
		}
	}
}

// Rebuild throws all rows away, makes them again from the stream, and returns
// their hash.
func (s *Store) Rebuild(ctx context.Context) (hash string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tx == nil {
		return "", fmt.Errorf("rebuild %s: %w", s.path, errClosed)
	}
	if err := s.fresh(ctx, s.src.Head()); err != nil {
		return "", s.revert(fmt.Errorf("rebuild %s: %w", s.path, err))
	}
	if err := s.commit(); err != nil {
		return "", err
	}
	return hashRows(s.tx)
}

// Hash is the hash of all rows as they stand.
func (s *Store) Hash() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tx == nil {
		return "", fmt.Errorf("hash %s: %w", s.path, errClosed)
	}
	return hashRows(s.tx)
}

// Hash is the hash of the rows in a file that no node has open. It says nothing
// of the cursor: the same events give the same hash, in whatever order they
// came.
func Hash(path string) (hash string, err error) {
	db, err := bbolt.Open(path, 0o400, &bbolt.Options{ReadOnly: true, Timeout: pages.OpenWithin})
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		hash, err = hashRows(tx)
		return err
	})
	return hash, err
}

// hashRows hashes every bucket but the cursor's, sorted, with the lengths of
// names, keys and values.
func hashRows(tx *bbolt.Tx) (string, error) {
	var names [][]byte
	err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !bytes.Equal(name, bucketMeta) {
			names = append(names, slices.Clone(name))
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("list the views: %w", err)
	}
	h := sha256.New()
	var lengths []byte
	add := func(kind byte, a, b []byte) {
		lengths = binary.AppendUvarint(append(lengths[:0], kind), uint64(len(a)))
		h.Write(binary.AppendUvarint(lengths, uint64(len(b))))
		h.Write(a)
		h.Write(b)
	}
	slices.SortFunc(names, bytes.Compare)
	for _, name := range names {
		add('b', name, nil)
		err := tx.Bucket(name).ForEach(func(k, v []byte) error {
			add('r', k, v)
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("hash view %s: %w", name, err)
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
