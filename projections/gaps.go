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

// Gaps are kept as events come, never searched for: of each author's run the
// stretches of numbers below the last known one that are not here.

type span struct{ from, to uint64 }

func encodeSpans(spans []span) []byte {
	var b []byte
	for _, s := range spans {
		b = binary.AppendUvarint(binary.AppendUvarint(b, s.from), s.to)
	}
	return b
}

func decodeSpans(raw []byte) ([]span, error) {
	var out []span
	d := decoder{rest: raw}
	for len(d.rest) > 0 {
		s := span{d.uint(), d.uint()}
		if s.from > s.to || len(out) > 0 && s.from <= out[len(out)-1].to {
			d.fail("stretches out of order")
		}
		out = append(out, s)
	}
	if err := d.end(); err != nil {
		return nil, fmt.Errorf("read gaps: %w", err)
	}
	return out, nil
}

// without takes one number out of the stretches.
func without(spans []span, n uint64) []span {
	i, _ := slices.BinarySearchFunc(spans, n, func(s span, n uint64) int {
		if s.to < n {
			return -1
		}
		return 1
	})
	if i == len(spans) || spans[i].from > n {
		return spans
	}
	var left []span
	if s := spans[i]; s.from < n {
		left = append(left, span{s.from, n - 1})
	}
	if s := spans[i]; n < s.to {
		left = append(left, span{n + 1, s.to})
	}
	return slices.Replace(spans, i, i+1, left...)
}

// with adds a stretch behind all others.
func with(spans []span, from, to uint64) []span {
	if from > to {
		return spans
	}
	if end := len(spans) - 1; end >= 0 && spans[end].to == from-1 {
		spans[end].to = to
		return spans
	}
	return append(spans, span{from, to})
}

// have notes that a number is here.
func (h *History) have(p *put, s events.Source, n uint64) {
	if n <= h.last(s) {
		h.gaps(p, s, func(spans []span) []span { return without(spans, n) })
		return
	}
	h.widen(p, s, n-1)
	p.row(bucketAuthors, sourceKey(s), sequence(n))
}

// upTo notes that an author wrote numbers up to n, which need not be here.
func (h *History) upTo(p *put, s events.Source, n uint64) {
	if h.widen(p, s, n); n > h.last(s) || h.tx.Bucket(bucketAuthors).Get(sourceKey(s)) == nil {
		p.row(bucketAuthors, sourceKey(s), sequence(n))
	}
}

// filled notes that a refusal fills a number. What was refused may be forged:
// it tells of no other number and no run.
func (h *History) filled(p *put, s events.Source, n uint64) {
	if n <= h.last(s) {
		h.gaps(p, s, func(spans []span) []span { return without(spans, n) })
		return
	}
	p.row(bucketFilled, numberKey(s, n), []byte{1})
}

// widen makes gaps of all numbers that follow the last known one, up to n, but
// of those that were filled before.
func (h *History) widen(p *put, s events.Source, n uint64) {
	from := h.last(s) + 1
	if n < from {
		return
	}
	h.gaps(p, s, func(spans []span) []span {
		spans = with(spans, from, n)
		c, prefix := p.tx.Bucket(bucketFilled).Cursor(), sourceKey(s)
		for k, _ := c.Seek(numberKey(s, from)); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			number := binary.BigEndian.Uint64(k[len(prefix):])
			if number > n {
				break
			}
			spans = without(spans, number)
		}
		return spans
	})
}

// last is the highest number of a source that is known of; 0 for none.
func (h *History) last(s events.Source) uint64 {
	if raw := h.tx.Bucket(bucketAuthors).Get(sourceKey(s)); len(raw) == 8 {
		return binary.BigEndian.Uint64(raw)
	}
	return 0
}

// gaps changes the missing numbers of a source.
func (h *History) gaps(p *put, s events.Source, change func([]span) []span) {
	if p.err != nil {
		return
	}
	key, b := []byte(s.String()), p.tx.Bucket(bucketGaps)
	raw := b.Get(key)
	spans, err := decodeSpans(raw)
	if err != nil {
		p.err = err
		return
	}
	next := change(spans)
	switch {
	case len(next) > 0:
		p.row(bucketGaps, key, encodeSpans(next))
	case raw != nil:
		p.err = b.Delete(key)
	}
}

// Gaps implements link.Store.
func (h *History) Gaps(under events.Place, after engine.Gap, limit int) (out []engine.Gap, err error) {
	// Under a place stand its own node's runs and those of the nodes below it.
	prefix := []byte("/" + strings.ReplaceAll(string(under), ".", "/") + "/")
	last := []byte(after.Source.String())
	behind := func(k []byte, g engine.Gap) bool {
		order := bytes.Compare(k, last)
		return order > 0 || order == 0 && g.From > after.From
	}
	err = h.read(bucketGaps, func(b *bbolt.Bucket) error {
		err := eachGap(b, prefix, last, func(k []byte, g engine.Gap) bool {
			if behind(k, g) && len(out) < limit {
				out = append(out, g)
			}
			return len(out) < limit
		})
		if err != nil {
			return err
		}
		return eachGap(b, prefix, nil, func(k []byte, g engine.Gap) bool {
			more := len(out) < limit && !behind(k, g)
			if more {
				out = append(out, g)
			}
			return more
		})
	})
	return out, err
}

// eachGap calls do with the gaps of the sources that begin with prefix, from one
// of them on, in order, until it returns false.
func eachGap(b *bbolt.Bucket, prefix, from []byte, do func(source []byte, g engine.Gap) bool) error {
	c := b.Cursor()
	start := prefix
	if bytes.Compare(from, prefix) > 0 {
		start = from
	}
	for k, v := c.Seek(start); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		source, err := events.ParseSource(string(k))
		spans, err2 := decodeSpans(v)
		if err != nil || err2 != nil {
			return fmt.Errorf("gaps of %q: %w", k, engine.ErrBroken)
		}
		for _, s := range spans {
			if !do(k, engine.Gap{Source: source, From: s.from, To: s.to}) {
				return nil
			}
		}
	}
	return nil
}

// Next implements link.Store.
func (h *History) Next(in engine.Gap) (r engine.Record, ok bool, err error) {
	var found stored
	prefix := sourceKey(in.Source)
	err = h.read(bucketNumbers, func(b *bbolt.Bucket) (err error) {
		k, where := b.Cursor().Seek(numberKey(in.Source, in.From))
		if !bytes.HasPrefix(k, prefix) || len(k) != len(prefix)+8 || binary.BigEndian.Uint64(k[len(prefix):]) > in.To {
			return nil
		}
		if ok = len(where) >= 8; ok {
			found, err = h.stored(binary.BigEndian.Uint64(where))
		}
		return err
	})
	if err != nil || !ok {
		return engine.Record{}, false, err
	}
	r, err = found.record()
	return r, true, err
}
