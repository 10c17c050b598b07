package journal

import (
	"slices"

	"umuryango/engine"
)

const (
	// tailRecordsMax and tailBytesMax bound the records that are kept in memory
	// for followers and links, which are seldom further behind: some seconds of a
	// flood, weeks of a village.
	tailRecordsMax = 2048
	tailBytesMax   = 4 << 20
)

// tail holds the last records of the stream, without a hole, up to its head.
// The journal's lock guards it.
type tail struct {
	records []engine.Record
	next    uint64 // sequence that follows the last record
	bytes   int
}

// first is the sequence of the first record, or what would be.
func (t *tail) first() uint64 { return t.next - uint64(len(t.records)) }

// add makes the records the last ones up to head. What does not join them is
// let go.
func (t *tail) add(head uint64, records []engine.Record) {
	if from := head + 1 - uint64(len(records)); from != t.next {
		t.records, t.bytes = nil, 0
	}
	t.next = head + 1
	t.records = append(t.records, records...)
	for _, r := range records {
		t.bytes += r.Event.Size()
	}
	if len(t.records) > tailRecordsMax || t.bytes > tailBytesMax {
		t.evict()
	}
}

// evict lets the oldest go until a quarter of the room is free, so that not
// every append moves what is left.
func (t *tail) evict() {
	n, bytes := 0, t.bytes
	for len(t.records)-n > tailRecordsMax*3/4 || bytes > tailBytesMax*3/4 {
		bytes -= t.records[n].Event.Size()
		n++
	}
	t.records, t.bytes = slices.Delete(t.records, 0, n), bytes
}

// from returns at most limit records from sequence seq on; none where seq lies
// before the tail or after it.
func (t *tail) from(seq uint64, limit int) []engine.Record {
	if seq < t.first() || seq >= t.next {
		return nil
	}
	records := t.records[seq-t.first():]
	return slices.Clone(records[:min(limit, len(records))])
}
