package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine/node"
	"umuryango/events"
)

// envSlope makes the test binary start nodes one after the other and tell what
// they cost: it holds a slopeProcess as JSON.
const envSlope = "UMURYANGO_TEST_SLOPE"

const nodesOfSlope = 50

// slopeProcess is what such a process is told: folders of nodes, the first of
// them the nation's, or none for bare servers below Dir.
type slopeProcess struct {
	Dir    string
	Nodes  []nodeProcess
	Window time.Duration
}

// slope is what each node beyond the first costs.
type slope struct {
	Bytes float64 // of resident memory
	CPU   float64 // in percent of a core
}

// BenchmarkFiftyNodes starts 50 nodes in one process, a nation and 49 that are
// linked to it, idle, and reports what the 2nd to the 50th cost each above a
// bare embedded server with one stream. Goals: 2 MB and 0.05 % of a core.
func BenchmarkFiftyNodes(b *testing.B) {
	n := newNation(b, placeNation)
	nation := n.at(placeNation)
	told := slopeProcess{Window: 4 * time.Second}
	if long() {
		told.Window = time.Minute
	}
	told.Nodes = append(told.Nodes, nodeProcess{Dir: nation.dir})
	for i := 1; i < nodesOfSlope; i++ {
		m := &member{nation: n, place: events.Place(fmt.Sprintf("%s.%02d", placeNation, i)), dir: filepath.Join(n.dir, strconv.Itoa(i))}
		m.join(nation)
		told.Nodes = append(told.Nodes, nodeProcess{Dir: m.dir, Upper: m.config().Upper})
	}
	n.stop()
	b.ResetTimer()
	var ours, bare slope
	for range b.N {
		bare = measure(b, slopeProcess{Dir: b.TempDir(), Window: told.Window})
		ours = measure(b, told)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(bare.Bytes/(1<<20), "MB-floor")
	b.ReportMetric((ours.Bytes-bare.Bytes)/(1<<20), "MB-above")
	b.ReportMetric(bare.CPU, "%cpu-floor")
	b.ReportMetric(ours.CPU-bare.CPU, "%cpu-above")
}

func measure(b *testing.B, told slopeProcess) (out slope) {
	b.Helper()
	raw, err := json.Marshal(told)
	if err != nil {
		b.Fatal(err)
	}
	binary, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env, cmd.Stderr = append(os.Environ(), envSlope+"="+string(raw)), b.Output()
	answer, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(answer, &out)
	}
	if err != nil {
		b.Fatalf("measure %d nodes: %v", nodesOfSlope, err)
	}
	return out
}

func runSlope(raw string, out io.Writer) (err error) {
	var told slopeProcess
	if err := json.Unmarshal([]byte(raw), &told); err != nil {
		return err
	}
	start := told.bare
	if len(told.Nodes) > 0 {
		start = told.node()
	}
	var closers []func() error
	defer func() {
		for _, c := range closers {
			err = errors.Join(err, c())
		}
	}()
	begin := func(i int) error {
		c, err := start(i)
		if err == nil {
			closers = append([]func() error{c}, closers...)
		}
		return err
	}
	if err := begin(0); err != nil {
		return err
	}
	first, err := cost(told.Window)
	if err != nil {
		return err
	}
	for i := 1; i < nodesOfSlope; i++ {
		if err := begin(i); err != nil {
			return err
		}
	}
	all, err := cost(told.Window)
	if err != nil {
		return err
	}
	const more = nodesOfSlope - 1
	return json.NewEncoder(out).Encode(slope{Bytes: (all.Bytes - first.Bytes) / more, CPU: (all.CPU - first.CPU) / more})
}

// node starts a node of the nation; those below dial its address of this run.
func (p slopeProcess) node() func(i int) (func() error, error) {
	var nation string
	ctx := context.Background()
	return func(i int) (func() error, error) {
		c := node.Config{
			Dir: p.Nodes[i].Dir, Upper: p.Nodes[i].Upper, Edition: events.RwandaEdition, Gate: plain, Now: time.Now, NewID: newID,
			Log:        slog.New(slog.DiscardHandler),
			Passphrase: passphrase,
		}
		if i == 0 {
			c.Listen = "127.0.0.1:0"
		} else {
			c.Upper.Address = nation
		}
		n, err := node.Open(ctx, c)
		if err != nil {
			return nil, err
		}
		h, stop, err := openHistory(ctx, c.Dir, n)
		if err != nil {
			return nil, err
		}
		if err := n.Begin(ctx, h); err != nil {
			return nil, err
		}
		if i == 0 {
			nation = n.Address()
		} else if err := linked(n); err != nil {
			return nil, err
		}
		return func() error { return errors.Join(n.Close(), stop()) }, nil
	}
}

func linked(n *node.Node) error {
	tick, late := time.NewTicker(time.Millisecond), time.NewTimer(within)
	defer tick.Stop()
	defer late.Stop()
	for !n.Linked() {
		select {
		case <-tick.C:
		case <-late.C:
			return fmt.Errorf("%s is not linked: %+v", n.ID.Place, n.Status().Upper)
		}
	}
	return nil
}

func (p slopeProcess) bare(i int) (func() error, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: strconv.Itoa(i), JetStream: true, StoreDir: filepath.Join(p.Dir, strconv.Itoa(i)), SyncAlways: true, DontListen: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(within) {
		return nil, errors.New("the server is not ready")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	_, err = js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "BARE", Subjects: []string{"ev.>"}, Storage: jetstream.FileStorage})
	return func() error {
		conn.Close()
		s.Shutdown()
		s.WaitForShutdown()
		return nil
	}, err
}

// cost is what this process holds now, and uses in a window.
func cost(window time.Duration) (slope, error) {
	runtime.GC()
	debug.FreeOSMemory()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return slope{}, err
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(raw))[1], 64)
	if err != nil {
		return slope{}, err
	}
	before, err := cpu()
	if err != nil {
		return slope{}, err
	}
	<-time.NewTimer(window).C
	after, err := cpu()
	return slope{Bytes: pages * float64(os.Getpagesize()), CPU: 100 * (after - before).Seconds() / window.Seconds()}, err
}

// cpu is what this process has used of the cores.
func cpu() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}
