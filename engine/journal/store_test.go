package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
)

// store is one embedded server, and the handles that were opened on it.
type store struct {
	t      testing.TB
	dir    string
	server atomic.Pointer[server.Server]
	lines  map[engine.Journal]*line
}

func newStore(t testing.TB) *store {
	s := &store{t: t, dir: t.TempDir(), lines: map[engine.Journal]*line{}}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *store) start() {
	fresh, err := server.NewServer(&server.Options{
		ServerName: "test", JetStream: true, StoreDir: s.dir, SyncAlways: true, DontListen: true, NoSigs: true, NoLog: true,
		NoSystemAccount: true, MaxPayload: 1 << 20,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	fresh.Start()
	if !fresh.ReadyForConnections(10 * time.Second) {
		s.t.Fatal("the server is not ready")
	}
	s.server.Store(fresh)
}

func (s *store) stop() {
	s.server.Load().Shutdown()
	s.server.Load().WaitForShutdown()
}

func (s *store) connect(l *line) *nats.Conn {
	conn, err := nats.Connect("", nats.InProcessServer(l), nats.ReconnectWait(time.Millisecond), nats.MaxReconnects(-1),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // the breaks are meant
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	return conn
}

func (s *store) handle() *Journal {
	l := &line{store: s}
	j, err := Open(ctx, s.connect(l), Config{SyncAlways: true})
	if err != nil {
		s.t.Fatal(err)
	}
	j.answerWithin = 200 * time.Millisecond // what is lost here is lost for certain
	s.lines[j] = l
	return j
}

func (s *store) Open() engine.Journal         { return s.handle() }
func (s *store) LoseAnswer(j engine.Journal)  { s.lines[j].next.Store(loseAnswer) }
func (s *store) LoseRequest(j engine.Journal) { s.lines[j].next.Store(loseRequest) }

// Drop goes behind the setting that denies it: the files are changed while the
// server is down, and changed back.
func (s *store) Drop(seq uint64) {
	s.rewrite(`"deny_delete":true`, `"deny_delete":false`)
	js, err := jetstream.New(s.connect(&line{store: s}))
	if err != nil {
		s.t.Fatal(err)
	}
	stream, err := js.Stream(ctx, Stream)
	if err == nil {
		err = stream.DeleteMsg(ctx, seq)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.rewrite(`"deny_delete":false`, `"deny_delete":true`)
}

// rewrite changes the stream's settings on disk, and the checksum beside them.
func (s *store) rewrite(old, fresh string) {
	s.stop()
	dir := filepath.Join(s.dir, "jetstream", "$G", "streams", Stream)
	meta, err := os.ReadFile(filepath.Join(dir, server.JetStreamMetaFile))
	if err != nil || !bytes.Contains(meta, []byte(old)) {
		s.t.Fatalf("no %s in the stream's settings: %v", old, err)
	}
	meta = bytes.Replace(meta, []byte(old), []byte(fresh), 1)
	key := sha256.Sum256([]byte(Stream))
	sum, err := highwayhash.New64(key[:])
	if err != nil {
		s.t.Fatal(err)
	}
	sum.Write(meta)
	err = errors.Join(os.WriteFile(filepath.Join(dir, server.JetStreamMetaFile), meta, 0o600),
		os.WriteFile(filepath.Join(dir, server.JetStreamMetaFileSum), []byte(hex.EncodeToString(sum.Sum(nil))), 0o600))
	if err != nil {
		s.t.Fatal(err)
	}
	s.start()
}

func (s *store) Damage(j engine.Journal) []uint64 { return sequences(j.(*Journal)) }

func sequences(j *Journal) []uint64 {
	var out []uint64
	for _, f := range j.Damage() {
		for seq := f.From; seq <= f.To; seq++ {
			out = append(out, seq)
		}
	}
	return out
}

const (
	loseNothing int32 = iota
	loseAnswer
	loseRequest
)

// line is a client's connection to the server in the process, which breaks on
// demand: after the answer to an append came back, or before the append leaves.
type line struct {
	store *store
	next  atomic.Int32
	broke atomic.Int32 // how often
}

// InProcessConn implements nats.InProcessConnProvider.
func (l *line) InProcessConn() (net.Conn, error) {
	conn, err := l.store.server.Load().InProcessConn()
	if err != nil {
		return nil, err
	}
	return &wire{Conn: conn, line: l}, nil
}

type wire struct {
	net.Conn
	line *line
	once sync.Once
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if (bytes.Contains(p[:n], []byte(`"stream":"`+Stream+`"`)) || bytes.Contains(p[:n], []byte(`"stream":"`+StreamKeys+`"`))) && bytes.Contains(p[:n], []byte(`"seq":`)) && w.line.next.CompareAndSwap(loseAnswer, loseNothing) {
		return 0, w.cut()
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(hExpected)) && w.line.next.CompareAndSwap(loseRequest, loseNothing) {
		return 0, w.cut()
	}
	return w.Conn.Write(p)
}

func (w *wire) cut() error {
	w.once.Do(func() { w.line.broke.Add(1); w.Close() })
	return io.EOF
}
