package projections

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// History is the index over a node's stream, in a file of its own. It
// implements engine.History and what the link asks of a store (engine/node's
// History). It is safe for concurrent use.
type History struct {
	file
	self events.Place
}

// historyFormat names the form of the rows; another one is thrown away.
const historyFormat = "history 2 of "

var (
	bucketRecords  = []byte("records")  // sequence → record
	bucketSubjects = []byte("subjects") // subject, 0, sequence
	bucketIDs      = []byte("ids")      // id → sequence, hash
	bucketNumbers  = []byte("numbers")  // source, number → sequence, hash
	bucketRuns     = []byte("runs")     // own run → first and last sequence
	bucketKnown    = []byte("known")    // neighbour, 0, its run → first own, last of its sequences
	bucketAuthors  = []byte("authors")  // source → last number
	bucketFilled   = []byte("filled")   // source, number above the last: of a refusal
	bucketGaps     = []byte("gaps")     // source as text → missing numbers
	bucketRefused  = []byte("refused")  // hash
	bucketNodes    = []byte("nodes")    // sequence, of node aggregates
)

// OpenHistory opens or makes the history of the node self at path. One that
// does not follow from this stream starts over.
func OpenHistory(path string, self events.Place, src Source) (*History, error) {
	h := &History{self: self, file: file{
		path: path, src: src, format: historyFormat + string(self),
		names: [][]byte{
			bucketRecords, bucketSubjects, bucketIDs, bucketNumbers, bucketRuns,
			bucketKnown, bucketAuthors, bucketFilled, bucketGaps, bucketRefused, bucketNodes,
		},
	}}
	h.take = h.index
	if err := h.open(context.Background()); err != nil {
		return nil, err
	}
	return h, nil
}

// put collects writes and keeps the first fault.
type put struct {
	tx  *bbolt.Tx
	err error
}

func (p *put) row(bucket, key, value []byte) {
	if p.err == nil {
		if err := p.tx.Bucket(bucket).Put(key, value); err != nil {
			p.err = fmt.Errorf("write to %s: %w", bucket, err)
		}
	}
}

func (h *History) index(_ context.Context, records []engine.Record) error {
	for _, r := range records {
		if err := h.one(r); err != nil {
			return fmt.Errorf("index event %s: %w", r.Event.ID, err)
		}
	}
	return nil
}

func (h *History) one(r engine.Record) error {
	e, hash, seq := r.Event, r.Event.Hash(), sequence(r.Seq)
	where := append(sequence(r.Seq), hash[:]...)
	p := &put{tx: h.tx}
	p.row(bucketRecords, seq, encodeRecord(r))
	p.row(bucketSubjects, append(subjectKey(e.Subject), seq...), nil)
	id, ok := idKey(e.ID)
	if !ok {
		return fmt.Errorf("id %q is none: %w", e.ID, engine.ErrBroken)
	}
	p.row(bucketIDs, id, where)
	p.row(bucketNumbers, numberKey(e.Source, e.Number), where)
	h.raise(p, bucketRuns, []byte(r.Run.String()), r.Seq, r.Seq)
	if r.From.Node != "" {
		h.raise(p, bucketKnown, []byte(string(r.From.Node)+"\x00"+r.From.Run.String()), r.Seq, r.From.Seq)
	}
	h.have(p, e.Source, e.Number)
	if e.Before != nil {
		h.upTo(p, events.Source{Node: e.Source.Node, Run: e.Before.Run}, e.Before.Last)
	}
	if e.Subject.Kind == events.KindNode {
		p.row(bucketNodes, seq, nil)
	}
	if e.Type == events.TypeRefused {
		h.refusal(p, e)
	}
	return p.err
}

// refusal fills the number that it names; what this node refused itself it
// does not refuse twice.
func (h *History) refusal(p *put, e events.Event) {
	var b events.Refused
	if e.Decode(&b) != nil {
		return
	}
	if e.Source.Node == h.self {
		p.row(bucketRefused, b.Hash[:], []byte{1}) // Get tells an empty value from none only after a commit
	}
	if node, ok := e.Subject.Place.On(b.Node); ok {
		h.filled(p, events.Source{Node: node, Run: b.Run}, b.Number)
	}
}

// raise keeps the highest sequence of a run beside the place at which the run
// was first seen.
func (h *History) raise(p *put, bucket, key []byte, first, last uint64) {
	if raw := h.tx.Bucket(bucket).Get(key); len(raw) == 16 {
		first, last = binary.BigEndian.Uint64(raw), max(last, binary.BigEndian.Uint64(raw[8:]))
	}
	p.row(bucket, key, binary.BigEndian.AppendUint64(sequence(first), last))
}

func sequence(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func subjectKey(s events.Subject) []byte { return append([]byte(s.String()), 0) }

// idKey is the id's 16 bytes; false for what is none.
func idKey(id events.ID) ([]byte, bool) {
	if !id.Valid() {
		return nil, false
	}
	key, err := hex.DecodeString(strings.ReplaceAll(string(id), "-", ""))
	return key, err == nil
}

// sourceKey sorts by node, then by run as events.Run.Compare does.
func sourceKey(s events.Source) []byte {
	b := append([]byte(s.Node), 0)
	b = binary.BigEndian.AppendUint64(b, s.Run.Number)
	return append(append(b, s.Run.Mark...), 0)
}

func numberKey(s events.Source, n uint64) []byte {
	return binary.BigEndian.AppendUint64(sourceKey(s), n)
}
