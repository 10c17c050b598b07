package projections

import (
	"path/filepath"
	"testing"
	"time"

	"umuryango/engine"
	"umuryango/events"
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

// BenchmarkInbox reads a nation's inbox in which 10,000 cases wait below, of
// which the tenth part is late.
func BenchmarkInbox(b *testing.B) {
	const cases = 10_000
	src := newStream()
	h, err := OpenHistory(filepath.Join(b.TempDir(), "history.db"), nation, src)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	s, err := OpenStore(filepath.Join(b.TempDir(), "views.db"), h, src)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p := newPen(1)
	var records []engine.Record
	for n := range cases {
		c := raised(p, time.Duration(n)*time.Second, village, sector)
		records = append(records, engine.Record{Event: c.all[0], Run: src.run})
	}
	if err := src.Append(ctx, 0, records); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := s.Wait(ctx, src.Head()); err != nil {
		b.Fatal(err)
	}
	filled := cases / time.Since(start).Seconds()
	now := origin.Add(24*time.Hour + cases/10*time.Second)
	for office, want := range map[events.Place]int{sector: cases, nation: 0, district: cases/10 + 1} {
		b.Run(string(office), func(b *testing.B) {
			for b.Loop() {
				items, err := s.Inbox(office, now, day)
				if err != nil || len(items) != want {
					b.Fatal(len(items), err)
				}
			}
			b.ReportMetric(filled, "cases/s-filled")
		})
	}
}

// BenchmarkShow is what one more event of a case costs the views.
func BenchmarkShow(b *testing.B) {
	src := newStream()
	h, err := OpenHistory(filepath.Join(b.TempDir(), "history.db"), sector, src)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	s, err := OpenStore(filepath.Join(b.TempDir(), "views.db"), h, src)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p := newPen(1)
	const acts = 10
	for b.Loop() {
		b.StopTimer()
		c := raised(p, 0, village, sector).accepted(sector).assessed(sector).proposed(sector).decided(sector, "ended")
		for len(c.all) < acts {
			c.told(cell, "")
		}
		b.StartTimer()
		for _, e := range c.all {
			if err := src.Append(ctx, src.Head(), []engine.Record{{Event: e, Run: src.run}}); err != nil {
				b.Fatal(err)
			}
			if err := s.Wait(ctx, src.Head()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*acts)/b.Elapsed().Seconds(), "events/s")
}
