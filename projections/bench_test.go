package projections

import (
	"path/filepath"
	"testing"

	"umuryango/engine"
)

// BenchmarkHistoryApply is what one event costs that the history takes in, with
// the commits that it leads to.
func BenchmarkHistoryApply(b *testing.B) {
	src := newStream()
	records := mixed(1, 20_000)
	for b.Loop() {
		b.StopTimer()
		src.Truncate(0)
		if err := src.Append(ctx, 0, records); err != nil {
			b.Fatal(err)
		}
		h, err := OpenHistory(filepath.Join(b.TempDir(), "history.db"), sector, src)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := h.Wait(ctx, src.Head()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := h.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(len(records)*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkHistoryLatency is how long a command waits for the event before it,
// and loads one case.
func BenchmarkHistoryLatency(b *testing.B) {
	src := newStream()
	h, err := OpenHistory(filepath.Join(b.TempDir(), "history.db"), sector, src)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	records := mixed(1, 20_000)
	if err := src.Append(ctx, 0, records); err != nil {
		b.Fatal(err)
	}
	if err := h.Wait(ctx, src.Head()); err != nil {
		b.Fatal(err)
	}
	b.Run("wait", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			if err := src.Append(ctx, src.Head(), []engine.Record{records[i%len(records)]}); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if err := h.Wait(ctx, src.Head()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		n := 0
		for i := 0; b.Loop(); i++ {
			all, err := h.Load(records[i%len(records)].Event.Subject)
			if err != nil {
				b.Fatal(err)
			}
			n += len(all)
		}
		b.ReportMetric(float64(n)/float64(b.N), "events/case")
	})
}
