package node

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"umuryango/events"
)

// What custody keeps: nothing of it is a secret. Keys of cases stand by their
// ids alone, which events name.
var (
	bucketOrders   = []byte("erased")         // order → case and key
	bucketAcks     = []byte("unacknowledged") // the same, until this node has said that it did
	bucketWants    = []byte("wants")          // case → ids of keys that it misses
	bucketOpenings = []byte("openings")       // case → until when
	keyFollowed    = []byte("followed")
)

// order is an erasure that counts.
type order struct {
	ID   events.ID
	Case events.Subject
	Key  string `json:",omitempty"`
}

func (s *state) follow(seq uint64) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketLink).Put(keyFollowed, binary.BigEndian.AppendUint64(nil, seq))
	})
}

func (s *state) followed() (seq uint64, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		if raw := tx.Bucket(bucketLink).Get(keyFollowed); len(raw) == 8 {
			seq = binary.BigEndian.Uint64(raw)
		}
		return nil
	})
	return seq, err
}

// ordered keeps an order, and that it is to be acknowledged.
func (s *state) ordered(o order, acknowledge bool) error {
	bucket := bucketOrders
	if acknowledge {
		bucket = bucketAcks
	}
	return s.put(bucket, []byte(o.ID), o)
}

func (s *state) orders() ([]order, error)         { return s.listed(bucketOrders) }
func (s *state) unacknowledged() ([]order, error) { return s.listed(bucketAcks) }

func (s *state) acknowledged(o order) error {
	return s.forget(bucketAcks, []byte(o.ID))
}

func (s *state) listed(bucket []byte) ([]order, error) {
	var out []order
	err := s.each(bucket, func(_, v []byte) error {
		var o order
		if err := json.Unmarshal(v, &o); err != nil {
			return err
		}
		out = append(out, o)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", bucket, err)
	}
	return out, nil
}

// want keeps which keys of a case are missing; none takes the row away.
func (s *state) want(c events.Subject, missing []string) error {
	return s.row(bucketWants, c, missing, len(missing) > 0)
}

func (s *state) wants() (map[events.Subject][]string, error) {
	return rows[[]string](s, bucketWants)
}

// opened keeps until when a case is open here; the zero time takes the row away.
func (s *state) opened(c events.Subject, until time.Time) error {
	return s.row(bucketOpenings, c, until, !until.IsZero())
}

func (s *state) openings() (map[events.Subject]time.Time, error) {
	return rows[time.Time](s, bucketOpenings)
}

// row writes or removes a row; what is the same already costs no write.
func (s *state) row(bucket []byte, c events.Subject, value any, keep bool) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write %s: %w", bucket, err)
	}
	key, there := []byte(c.String()), ""
	_ = s.db.View(func(tx *bbolt.Tx) error { // a read that fails is followed by the write
		there = string(tx.Bucket(bucket).Get(key))
		return nil
	})
	switch {
	case keep && there == string(raw) || !keep && there == "":
		return nil
	case keep:
		return s.put(bucket, key, value)
	}
	return s.forget(bucket, key)
}

func rows[T any](s *state, bucket []byte) (map[events.Subject]T, error) {
	out := map[events.Subject]T{}
	err := s.each(bucket, func(k, v []byte) error {
		c, err := events.ParseSubject(string(k))
		if err != nil {
			return err
		}
		var value T
		if err := json.Unmarshal(v, &value); err != nil {
			return err
		}
		out[c] = value
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", bucket, err)
	}
	return out, nil
}
