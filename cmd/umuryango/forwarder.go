package main

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// forwarder carries one link of the demo, so that it can be cut as a mast that
// loses its power cuts it: nobody listens any more, and what was open is gone.
type forwarder struct {
	address string // where it listens
	to      string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	tasks    sync.WaitGroup
}

// newForwarder listens at address and carries what comes to the other one.
func newForwarder(address, to string) (*forwarder, error) {
	f := &forwarder{address: address, to: to, conns: map[net.Conn]bool{}}
	return f, f.Heal()
}

// Heal listens again.
func (f *forwarder) Heal() error {
	listener, err := net.Listen("tcp", f.address)
	if err != nil {
		return fmt.Errorf("carry the link at %s: %w", f.address, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.address, f.listener = listener.Addr().String(), listener // a port of 0 was chosen by now
	f.tasks.Go(func() { f.accept(listener) })
	return nil
}

// Cut closes the listener and every connection.
func (f *forwarder) Cut() {
	f.mu.Lock()
	if f.listener != nil {
		f.listener.Close()
		f.listener = nil
	}
	for c := range f.conns {
		c.Close()
	}
	f.mu.Unlock()
	f.tasks.Wait()
}

func (f *forwarder) accept(listener net.Listener) {
	for {
		lower, err := listener.Accept()
		if err != nil {
			return // cut
		}
		upper, err := net.Dial("tcp", f.to)
		if err != nil {
			lower.Close() // the lower node tries again
			continue
		}
		if f.hold(listener, lower, upper) {
			f.tasks.Go(func() { f.carry(lower, upper) })
			f.tasks.Go(func() { f.carry(upper, lower) })
		}
	}
}

// hold keeps a pair of connections to be cut; false when the cut came first.
func (f *forwarder) hold(listener net.Listener, a, b net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listener != listener {
		a.Close()
		b.Close()
		return false
	}
	f.conns[a], f.conns[b] = true, true
	return true
}

// carry copies one direction; its end ends the other too.
func (f *forwarder) carry(from, to net.Conn) {
	_, _ = io.Copy(to, from) // however it ended, both ends learn it now
	from.Close()
	to.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, from)
	delete(f.conns, to)
}
