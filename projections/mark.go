package projections

import (
	"context"
	"encoding/binary"
	"fmt"

	"umuryango/engine"
	"umuryango/events"
)

// mark says how far a file has followed the stream, and by which record this
// can be checked: a stream that was restored from an older copy is shorter, or
// holds another record there.
type mark struct {
	seq  uint64      // everything up to here is applied
	last uint64      // sequence of the last record that was; 0 for none
	run  events.Run  // the run in which that was stored
	hash events.Hash // and its event
}

func (m mark) after(r engine.Record, hash events.Hash) mark {
	return mark{seq: max(m.seq, r.Seq), last: r.Seq, run: r.Run, hash: hash}
}

func encodeMark(m mark) []byte {
	b := binary.AppendUvarint(nil, m.seq)
	b = binary.AppendUvarint(b, m.last)
	return append(appendRun(b, m.run), m.hash[:]...)
}

func decodeMark(raw []byte) (mark, error) {
	d := decoder{rest: raw}
	m := mark{seq: d.uint(), last: d.uint(), run: d.run(), hash: d.hash()}
	if err := d.end(); err != nil {
		return mark{}, fmt.Errorf("read the cursor: %w", err)
	}
	return m, nil
}

// holds reports whether the stream still is the one in which m was made. As a
// stream only grows, and every start stores in a run of its own, one record
// speaks for all before it.
func (m mark) holds(ctx context.Context, src Source) (bool, error) {
	if m.seq > src.Head() {
		return false, nil
	}
	if m.last == 0 {
		return true, nil
	}
	records, err := src.Read(ctx, m.last, 1)
	if err != nil {
		return false, fmt.Errorf("read record %d to check the cursor: %w", m.last, err)
	}
	if len(records) == 0 || records[0].Seq != m.last || records[0].Run != m.run {
		return false, nil
	}
	return records[0].Event.Hash() == m.hash, nil
}
