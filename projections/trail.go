package projections

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// How an event of a case stands.
const (
	StandsInLine       = "line"         // in effect, in order
	StandsLate         = "late"         // kept and shown, without effect
	StandsUnjoined     = "unjoined"     // waits for a predecessor that is not here
	StandsContribution = "contribution" // told without the pen
	StandsUnread       = "unread"       // written by a newer program
)

// TrailItem is one event of a case.
type TrailItem struct {
	Event    events.Event
	Seq      uint64 // in this node's stream
	Standing string // StandsInLine, …
}

// trailView has one row per event of a case, in the order in which they are
// shown.
type trailView struct{}

var (
	bucketTrail = []byte("trail")
	standings   = []string{StandsInLine, StandsLate, StandsUnjoined, StandsContribution, StandsUnread}
)

// Bucket implements View.
func (trailView) Bucket() []byte { return bucketTrail }

// Apply implements View.
func (trailView) Apply(b *bbolt.Bucket, before, after engine.State) error {
	return replace(b, trailRows(before), trailRows(after))
}

func trailRows(s engine.State) []row {
	var out []row
	for standing, list := range [][]events.Event{s.Line, s.Late, s.Unjoined, s.Contributions, s.Unread} {
		for _, e := range list {
			key := binary.BigEndian.AppendUint32(subjectKey(s.Subject), uint32(len(out)))
			out = append(out, row{key, encodeTrail(standing, e.Hash())})
		}
	}
	return out
}

func encodeTrail(standing int, hash events.Hash) []byte {
	return append([]byte{byte(standing)}, hash[:]...)
}

func decodeTrail(value []byte) (standing string, hash events.Hash, err error) {
	d := decoder{rest: value}
	n := d.int()
	if n >= len(standings) {
		d.fail("an unknown standing")
	}
	hash = d.hash()
	if err := d.end(); err != nil {
		return "", events.Hash{}, fmt.Errorf("trail: %w", err)
	}
	return standings[n], hash, nil
}

// Trail lists every event of a case: the line in its order, then what is late,
// what is not joined yet, the contributions and what cannot be read here.
// ErrNotFound for a case of which nothing is here.
func (s *Store) Trail(c events.Subject) ([]TrailItem, error) {
	var values [][]byte
	err := s.look(bucketTrail, func(b *bbolt.Bucket) error {
		eachUnder(b, subjectKey(c), func(_, v []byte) bool {
			values = append(values, append([]byte(nil), v...))
			return true
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the trail of %s: %w", c, err)
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s: %w", c, engine.ErrNotFound)
	}
	records, err := s.history.records(c)
	if err != nil {
		return nil, fmt.Errorf("read the trail of %s: %w", c, err)
	}
	byHash := make(map[events.Hash]engine.Record, len(records))
	for _, r := range records {
		byHash[r.Event.Hash()] = r
	}
	out := make([]TrailItem, len(values))
	for i, v := range values {
		standing, hash, err := decodeTrail(v)
		if err != nil {
			return nil, err
		}
		r, ok := byHash[hash]
		if !ok {
			return nil, fmt.Errorf("trail of %s: event %s is not in the history: %w", c, hash, engine.ErrBroken)
		}
		out[i] = TrailItem{Event: r.Event, Seq: r.Seq, Standing: standing}
	}
	return out, nil
}
