package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"umuryango/engine/node"
)

// holdDemo takes the demo's folder, and makes it where it is not there: two demos
// in one folder would tell commands of each other's nodes.
func holdDemo(dir string) (io.Closer, error) {
	const mode = fs.FileMode(0o700)
	if err := os.MkdirAll(dir, mode); err != nil {
		return nil, &inputError{fmt.Errorf("make the demo's folder %s: %w: name another with --data", dir, err)}
	}
	held, err := node.Hold(dir)
	if errors.Is(err, node.ErrHeld) {
		return nil, fmt.Errorf("start a demo in %s: %w: stop that one, or name another folder with --data", dir, node.ErrHeld)
	}
	if err != nil {
		return nil, &inputError{fmt.Errorf("%w: name another with --data", err)}
	}
	return held, nil
}

// portIn is the first port of a demo that was made in a folder before.
func portIn(dir string, otherwise int) int {
	list, err := filepath.Glob(filepath.Join(dir, "*", fileSettings))
	if err != nil || len(list) == 0 {
		return otherwise
	}
	s, _, err := readSettings(list[0]) // the nation's: its id is the shortest
	if err != nil {
		return otherwise // whoever reads it next says what is wrong
	}
	_, text, err := net.SplitHostPort(s.Pages)
	if err != nil {
		return otherwise
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return otherwise
	}
	return port
}

// open lets the nodes that there are already answer at the layout's ports, and
// makes sure that nobody else does, before anything is made or started.
func (d layout) open(f demoFlags) error {
	if f.initOnly && d.ready() {
		return nil // they may be running, each by itself
	}
	if err := d.free(f.script); err != nil {
		return err
	}
	for i, p := range d.places {
		path := filepath.Join(d.folder(p), fileSettings)
		if _, err := os.Stat(path); err != nil {
			continue // it is made next
		}
		s, dir, err := readSettings(path)
		if err != nil {
			return err
		}
		if err := d.move(i, s, dir); err != nil {
			return err
		}
	}
	return nil
}

// move writes a node's settings anew where its ports or packs are others now.
func (d layout) move(i int, s settings, dir string) error {
	now := s
	now.Pages, now.Packs = d.pages(i), d.packs
	if s.Listen != "" {
		now.Listen = d.link(i)
	}
	if s.Upper != nil {
		upper := *s.Upper
		upper.Address = d.link(i - 1)
		now.Upper = &upper
	}
	if now.same(s) {
		return nil
	}
	return writeSettings(dir, now)
}

func (s settings) same(o settings) bool {
	upper := s.Upper == nil && o.Upper == nil || s.Upper != nil && o.Upper != nil && *s.Upper == *o.Upper
	s.Upper, o.Upper = nil, nil
	return upper && s == o
}

// free: nobody listens where the nodes are to.
func (d layout) free(script bool) error {
	var all []string
	for i := range d.places {
		all = append(all, d.pages(i))
		if i < len(d.places)-1 {
			all = append(all, d.link(i))
		}
	}
	if script {
		all = append(all, d.forwarder())
	}
	for _, address := range all {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("listen on %s: %w: %w: end what uses it, or give %d other ports with --port", address, node.ErrTaken, err, demoRoomOfPorts)
		}
		if err := listener.Close(); err != nil {
			return fmt.Errorf("listen on %s: %w", address, err)
		}
	}
	return nil
}
