package projections

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// Load implements engine.History.
func (h *History) Load(s events.Subject) ([]events.Event, error) {
	records, err := h.records(s)
	if err != nil {
		return nil, err
	}
	var out []events.Event
	for _, r := range records {
		out = append(out, r.Event)
	}
	return out, nil
}

// records returns all records of one aggregate, in the order of arrival here.
func (h *History) records(s events.Subject) ([]engine.Record, error) {
	prefix := subjectKey(s)
	out, err := h.listed(bucketSubjects, prefix)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", s, err)
	}
	return out, nil
}

// stored is a record as it stands in the file. It is decoded outside the lock,
// which a writer may be waiting for.
type stored struct {
	seq uint64
	raw []byte
}

// stored copies the record to which an index points.
func (h *History) stored(seq uint64) (stored, error) {
	raw := h.tx.Bucket(bucketRecords).Get(sequence(seq))
	if raw == nil {
		return stored{}, fmt.Errorf("record %d: %w: %w", seq, errRow, engine.ErrBroken)
	}
	return stored{seq, slices.Clone(raw)}, nil
}

func (s stored) record() (engine.Record, error) { return decodeRecord(s.seq, s.raw) }

// listed returns the records whose sequences end the keys under a prefix.
func (h *History) listed(bucket, prefix []byte) ([]engine.Record, error) {
	var found []stored
	err := h.read(bucket, func(b *bbolt.Bucket) error {
		var fault error
		eachUnder(b, prefix, func(k, _ []byte) bool {
			var s stored
			s, fault = h.stored(binary.BigEndian.Uint64(k[len(k)-8:]))
			found = append(found, s)
			return fault == nil
		})
		return fault
	})
	if err != nil {
		return nil, err
	}
	out := make([]engine.Record, len(found))
	for i, s := range found {
		if out[i], err = s.record(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Find implements engine.History.
func (h *History) Find(id events.ID) (engine.Record, error) {
	key, _ := idKey(id)
	r, ok, err := h.pointed(bucketIDs, key)
	switch {
	case err != nil:
		return engine.Record{}, fmt.Errorf("find event %s: %w", id, err)
	case !ok:
		return engine.Record{}, fmt.Errorf("event %s: %w", id, engine.ErrNotFound)
	}
	return r, nil
}

// pointed returns the record to which a key points.
func (h *History) pointed(bucket, key []byte) (r engine.Record, ok bool, err error) {
	var found stored
	err = h.read(bucket, func(b *bbolt.Bucket) error {
		raw := b.Get(key)
		if ok = len(raw) >= 8; !ok {
			return nil
		}
		found, err = h.stored(binary.BigEndian.Uint64(raw))
		return err
	})
	if err != nil || !ok {
		return engine.Record{}, false, err
	}
	r, err = found.record()
	return r, true, err
}

// hashOf returns the hash beside the sequence to which a key points.
func (h *History) hashOf(bucket, key []byte) (hash events.Hash, ok bool, err error) {
	err = h.read(bucket, func(b *bbolt.Bucket) error {
		if raw := b.Get(key); len(raw) == 8+len(hash) {
			copy(hash[:], raw[8:])
			ok = true
		}
		return nil
	})
	return hash, ok, err
}

// Held implements link.Index.
func (h *History) Held(id events.ID) (events.Hash, bool, error) {
	key, _ := idKey(id)
	return h.hashOf(bucketIDs, key)
}

// Numbered implements link.Index.
func (h *History) Numbered(s events.Source, n uint64) (events.Hash, bool, error) {
	return h.hashOf(bucketNumbers, numberKey(s, n))
}

// At implements link.Store.
func (h *History) At(s events.Source, n uint64) (engine.Record, bool, error) {
	r, ok, err := h.pointed(bucketNumbers, numberKey(s, n))
	if err != nil {
		return engine.Record{}, false, fmt.Errorf("find number %d of %s: %w", n, s, err)
	}
	return r, ok, nil
}

// Refused implements link.Index.
func (h *History) Refused(hash events.Hash) (refused bool, err error) {
	err = h.read(bucketRefused, func(b *bbolt.Bucket) error {
		refused = b.Get(hash[:]) != nil
		return nil
	})
	return refused, err
}

// runEnd reads a row of bucketAuthors behind its node.
func runEnd(run, last []byte) events.RunEnd {
	return events.RunEnd{
		Run:  events.Run{Number: binary.BigEndian.Uint64(run), Mark: string(run[8 : len(run)-1])},
		Last: binary.BigEndian.Uint64(last),
	}
}

// Ends implements engine.History.
func (h *History) Ends(node events.Place) (out events.RunEnds, err error) {
	prefix := append([]byte(node), 0)
	err = h.read(bucketAuthors, func(b *bbolt.Bucket) error {
		var fault error
		eachUnder(b, prefix, func(k, v []byte) bool {
			if len(k) < len(prefix)+9 || len(v) != 8 {
				fault = fmt.Errorf("runs of %s: %w", node, engine.ErrBroken)
				return false
			}
			out = append(out, runEnd(k[len(prefix):], v))
			return true
		})
		return fault
	})
	return out, err
}

// Last implements engine.History.
func (h *History) Last(node events.Place) (end events.RunEnd, ok bool, err error) {
	prefix := append([]byte(node), 0)
	err = h.read(bucketAuthors, func(b *bbolt.Bucket) error {
		c := b.Cursor()
		before := c.Prev
		if k, _ := c.Seek(append([]byte(node), 1)); k == nil { // behind its newest run
			before = c.Last
		}
		k, v := before()
		if !bytes.HasPrefix(k, prefix) {
			return nil
		}
		if len(k) < len(prefix)+9 || len(v) != 8 {
			return fmt.Errorf("last number of %s: %w", node, engine.ErrBroken)
		}
		end, ok = runEnd(k[len(prefix):], v), true
		return nil
	})
	return end, ok, err
}

// Runs implements link.Store.
func (h *History) Runs() ([]engine.Position, error) { return h.positions(bucketRuns, nil) }

// Known implements link.Store.
func (h *History) Known(peer events.Place) ([]engine.Position, error) {
	return h.positions(bucketKnown, append([]byte(peer), 0))
}

// positions lists runs under a prefix in the order in which they came, each
// with its last sequence.
func (h *History) positions(bucket, prefix []byte) ([]engine.Position, error) {
	type seen struct {
		engine.Position
		first uint64
	}
	var found []seen
	err := h.read(bucket, func(b *bbolt.Bucket) error {
		var fault error
		eachUnder(b, prefix, func(k, v []byte) bool {
			run, err := events.ParseRun(string(k[len(prefix):]))
			if err != nil || len(v) != 16 {
				fault = fmt.Errorf("run %q: %w", k, engine.ErrBroken)
				return false
			}
			found = append(found, seen{engine.Position{Run: run, Seq: binary.BigEndian.Uint64(v[8:])}, binary.BigEndian.Uint64(v)})
			return true
		})
		return fault
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b seen) int {
		if a.first != b.first && a.first < b.first {
			return -1
		}
		if a.first != b.first {
			return 1
		}
		return strings.Compare(a.Run.String(), b.Run.String())
	})
	var out []engine.Position
	for _, s := range found {
		out = append(out, s.Position)
	}
	return out, nil
}

// NodeEvents returns the events of node aggregates in the order of arrival.
func (h *History) NodeEvents() ([]events.Event, error) {
	records, err := h.listed(bucketNodes, nil)
	if err != nil {
		return nil, fmt.Errorf("read the node events: %w", err)
	}
	var out []events.Event
	for _, r := range records {
		out = append(out, r.Event)
	}
	return out, nil
}
