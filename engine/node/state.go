package node

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/pages"
	"umuryango/events"
)

// state is what a node keeps beside its stream and cannot rebuild from it:
// open invitations, the bytes of what it refused, and how far the upper node
// had passed when it was last heard.
type state struct {
	db *bbolt.DB

	mu      sync.Mutex
	secrets map[string]events.Place // hash of an invitation's secret → place
}

var (
	bucketInvites    = []byte("invitations")
	bucketQuarantine = []byte("quarantine")
	bucketUntold     = []byte("untold") // refused while locked: the event is still to be written
	bucketLink       = []byte("link")
	keyAcked         = []byte("acked")
	keyHeard         = []byte("heard")
)

func openState(path string) (*state, error) {
	db, err := pages.Open(path)
	if pages.Damaged(err) {
		return nil, fmt.Errorf("open %s: %w: %w: put back the one of a backup; where there is none move it away, and open invitations and the bytes of what was refused are lost, no event and no key", path, engine.ErrBroken, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketInvites, bucketQuarantine, bucketUntold, bucketLink, bucketOrders, bucketAcks, bucketWants, bucketOpenings} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &state{db: db, secrets: map[string]events.Place{}}
	if err := s.each(bucketInvites, s.remember); err != nil {
		db.Close()
		return nil, fmt.Errorf("read the invitations in %s: %w", path, err)
	}
	return s, nil
}

// readState opens what lies beside a stream to look at it.
func readState(path string) (*state, error) {
	if err := pages.Look(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: pages.OpenWithin})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &state{db: db}, nil
}

// remember makes an invitation found by its secret.
func (s *state) remember(_, v []byte) error {
	var i invitation
	if err := json.Unmarshal(v, &i); err != nil {
		return err
	}
	s.secrets[string(i.Secret)] = i.Place
	return nil
}

func (s *state) close() error { return s.db.Close() }

// invitation is an open or used invitation, by place.
type invitation struct {
	Place   events.Place `json:"place"`
	Secret  []byte       `json:"secret_sha256"`
	Until   time.Time    `json:"until"`
	LinkKey []byte       `json:"used_by,omitempty"` // of the node that used it
	Whole   bool         `json:"whole,omitempty"`   // engine.Enrolment
}

// invite opens invitations, all or none; one that was open before for the same
// place ends.
func (s *state) invite(list []keys.Invitation, whole bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	opened := map[string]events.Place{}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, i := range list {
			sum := sha256.Sum256(i.Secret)
			raw, err := json.Marshal(invitation{Place: i.Place, Secret: sum[:], Until: i.Until, Whole: whole})
			if err != nil {
				return err
			}
			if err := tx.Bucket(bucketInvites).Put([]byte(i.Place), raw); err != nil {
				return err
			}
			opened[string(sum[:])] = i.Place
		}
		return nil
	})
	if err == nil {
		s.replaceSecrets(opened)
	}
	return err
}

// replaceSecrets makes invitations found that are on disk, and those before them
// for the same places no more. The caller has the lock.
func (s *state) replaceSecrets(opened map[string]events.Place) {
	places := map[events.Place]bool{}
	for _, place := range opened {
		places[place] = true
	}
	maps.DeleteFunc(s.secrets, func(_ string, place events.Place) bool { return places[place] })
	maps.Copy(s.secrets, opened)
}

// used keeps which node an invitation was used by, so that it may ask again
// when the answer was lost, and nobody else may. One that was opened meanwhile for
// the same place stays open.
func (s *state) used(i invitation, linkKey []byte) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketInvites)
		raw := b.Get([]byte(i.Place))
		if raw == nil {
			return nil
		}
		var now invitation
		if err := json.Unmarshal(raw, &now); err != nil {
			return fmt.Errorf("read the invitation of %s: %w", i.Place, err)
		}
		if !bytes.Equal(now.Secret, i.Secret) {
			return nil
		}
		now.LinkKey = linkKey
		raw, err := json.Marshal(now)
		if err != nil {
			return err
		}
		return b.Put([]byte(i.Place), raw)
	})
}

// invited finds the place of a secret that is good now. Whoever tries secrets
// learns nothing from how long it takes: they are found by their hash.
func (s *state) invited(secret string, now time.Time) (events.Place, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil {
		return "", false
	}
	sum := sha256.Sum256(raw)
	s.mu.Lock()
	place, ok := s.secrets[string(sum[:])]
	s.mu.Unlock()
	if !ok {
		return "", false
	}
	i, err := s.invitation(place)
	return place, err == nil && bytes.Equal(i.Secret, sum[:]) && now.Before(i.Until)
}

// invitedPlace finds the place with this id that has an invitation.
func (s *state) invitedPlace(id string) (found events.Place, ok bool) {
	err := s.each(bucketInvites, func(k, _ []byte) error {
		if place := events.Place(k); place.ID() == id {
			found = place
		}
		return nil
	})
	return found, err == nil && found != ""
}

func (s *state) invitation(place events.Place) (i invitation, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		raw := tx.Bucket(bucketInvites).Get([]byte(place))
		if raw == nil {
			return fmt.Errorf("no invitation for %s is open here", place)
		}
		return json.Unmarshal(raw, &i)
	})
	return i, err
}

// ack keeps how far the upper node has passed, for what is shown before the
// next link; the truth is asked of the upper node at every greeting.
func (s *state) ack(seq uint64, heard time.Time) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketLink)
		text, err := heard.MarshalText()
		if err != nil {
			return err
		}
		if err := b.Put(keyAcked, binary.BigEndian.AppendUint64(nil, seq)); err != nil {
			return err
		}
		return b.Put(keyHeard, text)
	})
}

func (s *state) acked() (seq uint64, heard time.Time) {
	// What cannot be read is shown as not passed, which is safe.
	_ = s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketLink)
		if raw := b.Get(keyAcked); len(raw) == 8 {
			seq = binary.BigEndian.Uint64(raw)
		}
		return heard.UnmarshalText(b.Get(keyHeard))
	})
	return seq, heard
}

func (s *state) put(bucket, key []byte, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write %s: %w", bucket, err)
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(key, raw) })
}

func (s *state) forget(bucket, key []byte) error {
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Delete(key) })
}

func (s *state) each(bucket []byte, f func(k, v []byte) error) error {
	return s.db.View(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).ForEach(f) })
}
