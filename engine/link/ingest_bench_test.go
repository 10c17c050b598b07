package link

import (
	"bytes"
	"runtime"
	"slices"
	"testing"
	"time"

	"umuryango/events"
)

// BenchmarkIngest makes, on one core, every check of a batch that a node makes
// before the disk: the wire is decoded, each event is read, its place on the
// link, its author and its signature are checked, and its id and number are
// looked up. Goal: at least 10,000 events a second. The floor, turn by turn with
// it, verifies the same signatures and does nothing else.
func BenchmarkIngest(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := newPair(b)
	batch, floor := p.signedBatch()
	raw := Encode(batch)
	ours := func() {
		message, err := Decode(raw)
		p.is.NoErr(err)
		in := ingest{authority: p.upper.authority, index: p.upper.history, peer: district, lower: district}
		out, err := in.take(message.(Batch).Items)
		p.is.NoErr(err)
		if len(out.records) != len(batch.Items) || len(out.refused) != 0 {
			b.Fatalf("of %d events %d were taken and %d refused", len(batch.Items), len(out.records), len(out.refused))
		}
	}
	times := map[string][]time.Duration{}
	take := func(name string, f func()) {
		from := time.Now()
		f()
		times[name] = append(times[name], time.Since(from))
	}
	b.ReportAllocs()
	for b.Loop() {
		take("floor", floor)
		take("ours", ours)
	}
	b.ReportMetric(0, "ns/op")
	per := func(name string) float64 {
		slices.Sort(times[name])
		return times[name][len(times[name])/2].Seconds() / float64(len(batch.Items))
	}
	b.ReportMetric(1/per("ours"), "events/s")
	b.ReportMetric(1/per("floor"), "floor/s")
	b.ReportMetric(per("ours")/per("floor"), "ours/floor")
}

// signedBatch is one whole batch of notes with some 300 sealed bytes each, as a
// district brings them, and the bare check of their signatures.
func (p *pair) signedBatch() (Batch, func()) {
	var (
		out    Batch
		list   []events.Event
		sealed = events.Sealed{{Field: events.FieldNarrative, Key: "AAAAAAAAAAAAAAAA", Data: bytes.Repeat([]byte{7}, 328)}}
	)
	body, err := events.WithSealed([]byte(`{"kind":"note"}`), sealed)
	p.is.NoErr(err)
	for n := range BatchRecordsMax {
		e := p.sign(uint64(n+1), func(d *events.Draft) { d.Body = body })
		list, out.Items = append(list, e), append(out.Items, itemOf(e))
	}
	key := public(p.lower.key)
	return out, func() {
		for _, e := range list {
			p.is.NoErr(e.Verify(key))
		}
	}
}
