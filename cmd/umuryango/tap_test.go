package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"umuryango/engine/keys"
	"umuryango/engine/node"
)

// heard keeps all that is written to it.
type heard struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.Write(p)
}

func (h *heard) bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.all.Bytes())
}

// tap stands between two nodes and records what goes over their link, as it is
// on the wire and inside TLS: it has the link keys of both, which lie in clear
// in their folders, as a thief of both machines would.
type tap struct {
	listener net.Listener
	wire     heard
	inside   heard
	work     sync.WaitGroup
	mu       sync.Mutex
	conns    []net.Conn
}

// recorded is a connection whose bytes are kept in both directions.
type recorded struct {
	net.Conn
	to *heard
}

func (r recorded) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	_, _ = r.to.Write(p[:n]) // a buffer never fails
	return n, err
}

func (r recorded) Write(p []byte) (int, error) {
	_, _ = r.to.Write(p)
	return r.Conn.Write(p)
}

func newTap(t *testing.T, upper, lower, target string) *tap {
	t.Helper()
	load := func(dir string) *keys.Identity {
		id, err := keys.Load(filepath.Join(dir, node.DirKeys))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	above, below := load(upper), load(lower)
	client, err := below.ClientTLS(above.LinkKey())
	if err != nil {
		t.Fatal(err)
	}
	w := &tap{}
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	w.work.Go(func() {
		for {
			from, err := w.listener.Accept()
			if err != nil {
				return
			}
			w.work.Go(func() {
				w.join(tls.Server(recorded{from, &w.wire}, above.ServerTLS(func() []byte { return nil })), target, client)
			})
		}
	})
	t.Cleanup(func() {
		w.listener.Close()
		w.mu.Lock()
		for _, c := range w.conns {
			c.Close()
		}
		w.mu.Unlock()
		w.work.Wait()
	})
	return w
}

func (w *tap) join(from *tls.Conn, target string, client *tls.Config) {
	defer from.Close()
	if from.Handshake() != nil {
		return
	}
	to, err := tls.Dial("tcp", target, client)
	if err != nil {
		return
	}
	w.mu.Lock()
	w.conns = append(w.conns, from, to)
	w.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, recorded{to, &w.inside}}, {recorded{to, &w.inside}, from}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1]) // how it ends is the business of the two nodes
			pair[0].Close()
			pair[1].Close()
		})
	}
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = slices.DeleteFunc(w.conns, func(c net.Conn) bool { return c == net.Conn(from) || c == net.Conn(to) })
}
