package integration

import (
	"io"
	"net"
	"sync"
	"testing"
)

// wire is a TCP forwarder between a lower node and its upper one, which can be
// cut and healed. Cut, it closes what runs over it and whoever dials.
type wire struct {
	listener net.Listener
	target   func() string // asked at each dial: a restarted node listens elsewhere

	mu     sync.Mutex
	isCut  bool
	isMute bool // what the upper node says is lost
	conns  map[net.Conn]bool
	work   sync.WaitGroup
}

func newWire(t testing.TB, target func() string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, target: target, conns: map[net.Conn]bool{}}
	w.work.Go(w.serve)
	t.Cleanup(func() {
		w.listener.Close()
		w.cut()
		w.work.Wait()
	})
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for c := range w.conns {
		c.Close()
	}
	clear(w.conns)
}

func (w *wire) heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut, w.isMute = false, false
}

// mute loses what the upper node says from now on, until the wire is healed.
func (w *wire) mute() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isMute = true
}

// back carries what the upper node says.
type back struct {
	net.Conn
	wire *wire
}

func (b back) Write(p []byte) (int, error) {
	b.wire.mu.Lock()
	lost := b.wire.isMute
	b.wire.mu.Unlock()
	if lost {
		return len(p), nil
	}
	return b.Conn.Write(p)
}

// keep notes a connection that a cut must close; false when it comes too late.
func (w *wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isCut {
		c.Close()
		return false
	}
	w.conns[c] = true
	return true
}

func (w *wire) serve() {
	for {
		from, err := w.listener.Accept()
		if err != nil {
			return
		}
		if w.keep(from) {
			w.work.Go(func() { w.join(from) })
		}
	}
}

func (w *wire) join(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", w.target())
	if err != nil || !w.keep(to) {
		return
	}
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{back{from, w}, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1]) // how it ends is the business of the two nodes
			pair[0].Close()
			pair[1].Close()
		})
	}
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, from)
	delete(w.conns, to)
}
