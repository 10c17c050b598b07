package integration

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
	"umuryango/engine/journal"
	"umuryango/events"
)

// All benchmarks in under a minute, each with its floor in the same run:
//
//	go test -run '^$' -bench . -benchtime 1x ./integration
//
// envLong takes the times that the goals name: a cut of 60 s, and 60 s of
// idling.
const envLong = "UMURYANGO_BENCH_LONG"

func long() bool { return os.Getenv(envLong) != "" }

// bareServer is an embedded server with one stream, as NATS comes: the floor.
func bareServer(tb testing.TB, dir string, syncAlways bool) (*server.Server, jetstream.JetStream) {
	tb.Helper()
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, SyncAlways: syncAlways, DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		tb.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(within) {
		tb.Fatal("the server is not ready")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		conn.Close()
		s.Shutdown()
		s.WaitForShutdown()
	})
	js, err := jetstream.New(conn)
	if err != nil {
		tb.Fatal(err)
	}
	_, err = js.CreateStream(tb.Context(), jetstream.StreamConfig{Name: "BARE", Subjects: []string{"ev.>"}, Storage: jetstream.FileStorage})
	if err != nil {
		tb.Fatal(err)
	}
	return s, js
}

// timed takes the time of each call.
func timed(times []time.Duration, n int, f func()) []time.Duration {
	for range n {
		begun := time.Now()
		f()
		times = append(times, time.Since(begun))
	}
	return times
}

// arrivals notes when each event was first seen in a node's stream.
type arrivals struct {
	mu sync.Mutex
	at map[events.ID]time.Time
}

func (m *member) arrivals() (*arrivals, func()) {
	a := &arrivals{at: map[events.ID]time.Time{}}
	ctx, stop := context.WithCancel(m.nation.ctx)
	next := m.Journal.Head() + 1
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m.Journal.Wait(ctx, next-1) == nil {
			now := time.Now()
			records, err := m.Journal.Read(ctx, next, 256)
			if err != nil {
				return
			}
			a.mu.Lock()
			for _, r := range records {
				a.at[r.Event.ID], next = now, r.Seq+1
			}
			a.mu.Unlock()
		}
	}()
	return a, func() { stop(); <-done }
}

// BenchmarkFourLinks sends 200 acts a second from a village to the nation over
// four links, SyncAlways and TLS. Goal: p50 at most 6 times that of one hop.
func BenchmarkFourLinks(b *testing.B) {
	n := newNation(b, fiveLevels...)
	n.level()
	village := n.at(placeVillage)
	var seen []*arrivals
	for _, p := range []events.Place{placeVillage, placeCell, placeNation} {
		a, stop := n.at(p).arrivals()
		defer stop()
		seen = append(seen, a)
	}
	const rate, seconds = 200, 3
	var ids []events.ID
	b.ResetTimer()
	for range b.N {
		pace := time.NewTicker(time.Second / rate)
		for range rate * seconds {
			<-pace.C
			ids = append(ids, village.raise(placeVillage, placeCell).Record.Event.ID)
		}
		pace.Stop()
		n.at(placeNation).holds(ids[len(ids)-1])
	}
	b.StopTimer()
	seen[2].waitFor(n.at(placeNation), ids[len(ids)-1])
	one, four := delays(seen[0], seen[1], ids), delays(seen[0], seen[2], ids)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(micros(one, 50), "µs-hop-p50")
	b.ReportMetric(micros(four, 50), "µs-four-p50")
	b.ReportMetric(micros(four, 99), "µs-four-p99")
	b.ReportMetric(micros(four, 50)/micros(one, 50), "ratio")
}

func (a *arrivals) waitFor(m *member, id events.ID) {
	m.until("noted", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return !a.at[id].IsZero()
	})
}

func delays(from, to *arrivals, ids []events.ID) []time.Duration {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	var out []time.Duration
	for _, id := range ids {
		out = append(out, to.at[id].Sub(from.at[id]))
	}
	slices.Sort(out)
	return out
}

func micros(sorted []time.Duration, percent int) float64 {
	return float64(sorted[len(sorted)*percent/100].Microseconds())
}

const (
	cutSeconds = 60
	cutRate    = 50 // events a second, each way
	// casesOfBench keeps a case as small as cases are.
	casesOfBench = 300
)

// BenchmarkRecovery cuts the link between sector and district until each side
// has a backlog of 60 s at 50 events a second, and takes the time from the
// link's return until both ends of the chain hold everything. Goal: 3 s, 1 s
// wanted. The floor is what it takes to store as many in batches on one bare
// server.
func BenchmarkRecovery(b *testing.B) {
	n := newNation(b, fiveLevels...)
	village, district := n.at(placeVillage), n.at(placeDistrict)
	var cases []events.Subject
	for range casesOfBench {
		cases = append(cases, village.raise(placeVillage, placeCell).State.Subject)
	}
	n.level()
	var took, linked, floor time.Duration
	b.ResetTimer()
	for range b.N {
		n.at(placeSector).wire.cut()
		up, down := backlog(village, cases), backlog(district, cases)
		lastUp, lastDown := <-up, <-down
		n.at(placeSector).holds(lastUp)
		n.at(placeNation).holds(lastDown)
		begun := time.Now()
		n.at(placeSector).wire.heal()
		n.at(placeSector).until("linked up", func() bool { return n.at(placeSector).Status().Upper.Up })
		linked += time.Since(begun)
		n.at(placeNation).holds(lastUp)
		village.holds(lastDown)
		took += time.Since(begun)
		floor += bareBatches(b, village)
	}
	b.StopTimer()
	n.level()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(took.Seconds()/float64(b.N), "s-recovery")
	b.ReportMetric(linked.Seconds()/float64(b.N), "s-linked")
	b.ReportMetric(floor.Seconds()/float64(b.N), "s-floor")
	b.ReportMetric(took.Seconds()/floor.Seconds(), "ratio")
}

// backlog writes contributions to cases in turn, as fast as it can or at the
// pace that the goal names, and sends the id of the last.
func backlog(m *member, cases []events.Subject) <-chan events.ID {
	last := make(chan events.ID, 1)
	go func() {
		var id events.ID
		defer func() { last <- id }()
		pace := time.NewTicker(time.Second / cutRate)
		defer pace.Stop()
		for i := range cutSeconds * cutRate {
			if long() {
				<-pace.C
			}
			done, err := m.do(m.place, cases[i%len(cases)], engine.Contribute{Kind: "note"})
			if err != nil {
				m.nation.t.Error(err)
				return
			}
			id = done.Record.Event.ID
		}
	}()
	return last
}

// bareBatches stores a backlog of one direction in the link's batches.
func bareBatches(b *testing.B, m *member) time.Duration {
	records := m.records()
	records = records[len(records)-min(len(records), 2*cutSeconds*cutRate):]
	dir := b.TempDir()
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, SyncAlways: true, DontListen: true, NoSigs: true, NoLog: true})
	m.must(err)
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(within) {
		b.Fatal("the server is not ready")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	m.must(err)
	defer conn.Close()
	j, err := journal.Open(m.nation.ctx, conn, journal.Config{SyncAlways: true})
	m.must(err)
	begun := time.Now()
	for chunk := range slices.Chunk(records, journal.BatchMax) {
		m.must(j.Append(m.nation.ctx, j.Head(), chunk))
	}
	return time.Since(begun)
}
