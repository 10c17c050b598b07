package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strconv"

	"umuryango/engine/node"
)

// kept is what the folder of a demo was made with, as its nation's settings
// have it; nothing where it is new.
func (d layout) kept() (port int, packs string, err error) {
	s, _, err := readSettings(filepath.Join(d.folder(d.places[nationAt]), fileSettings))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	if _, text, err := net.SplitHostPort(s.Pages); err == nil {
		port, _ = strconv.Atoi(text) // 0 where it is none: it is looked at before it is listened on
	}
	return port, s.Packs, nil
}

// hold takes the folder for this start alone, until what it returns is closed.
// It comes before the ports: where another demo runs on the folder both are
// taken, and only the folder says why.
func (d layout) hold() (io.Closer, error) {
	if err := os.MkdirAll(d.dir, dirMode); err != nil {
		return nil, &inputError{fmt.Errorf("make the demo's folder %s: %w: name another with --data", d.dir, err)}
	}
	lock, err := node.Hold(d.dir)
	if errors.Is(err, node.ErrHeld) {
		return nil, fmt.Errorf("take the demo's folder %s: %w: a demo runs on it: stop that one first, or name another folder with --data", d.dir, node.ErrHeld)
	}
	if err != nil {
		return nil, &inputError{fmt.Errorf("%w: name another with --data", err)}
	}
	return lock, nil
}

// settle makes sure that the nodes can run where they are to run, before any of
// them is made, and writes other ports and packs than those of the folder into
// the settings that are there.
func (d layout) settle(f demoFlags) error {
	if f.initOnly && d.ready() && f.port == 0 && f.packs == "" {
		return nil // nothing is to be done, and the nodes may run
	}
	if err := d.nodesFree(); err != nil {
		return err
	}
	plan, err := d.plan(f)
	if err != nil {
		return err
	}
	if err := d.portsFree(plan, f.script); err != nil {
		return err
	}
	for _, p := range plan {
		if !p.changed {
			continue
		}
		if err := writeSettings(p.dir, p.settings); err != nil {
			return err
		}
	}
	return nil
}

// nodesFree finds a node of the folder that runs without a demo: one that was
// started by itself, or was left by a demo that was killed.
func (d layout) nodesFree() error {
	for _, p := range d.places {
		if _, err := os.Stat(filepath.Join(d.folder(p), fileSettings)); err != nil {
			continue // it is still to be made
		}
		lock, err := node.Hold(d.folder(p))
		if err != nil {
			return err
		}
		lock.Close()
	}
	return nil
}

// planned are the settings with which a node is to run.
type planned struct {
	settings
	dir     string
	changed bool // they stand otherwise in its folder
}

// plan is what is there, with the ports and packs that were given; for nodes
// that are still to be made, how they will be.
func (d layout) plan(f demoFlags) ([]planned, error) {
	var plan []planned
	for i, place := range d.places {
		is, dir, err := readSettings(filepath.Join(d.folder(place), fileSettings))
		if errors.Is(err, fs.ErrNotExist) {
			plan = append(plan, planned{settings: d.settings(i, node.Upper{})})
			continue
		}
		if err != nil {
			return nil, err
		}
		to := is
		if f.packs != "" {
			to.Packs = d.packs
		}
		if f.port != 0 {
			if to, err = d.moved(i, to); err != nil {
				return nil, &inputError{fmt.Errorf("--port: give the node in %s other ports: %w: correct its %s", dir, err, fileSettings)}
			}
		}
		plan = append(plan, planned{to, dir, !reflect.DeepEqual(is, to)})
	}
	return plan, nil
}

// moved are settings on this layout's ports: where the node itself listens, and
// where it dials the one above. The hosts stay.
func (d layout) moved(i int, s settings) (settings, error) {
	var errs []error
	to := func(address, like string) string {
		host, _, err := net.SplitHostPort(address)
		errs = append(errs, err)
		_, port, _ := net.SplitHostPort(like)
		return net.JoinHostPort(host, port)
	}
	s.Pages = to(s.Pages, d.pages(i))
	if s.Listen != "" {
		s.Listen = to(s.Listen, d.link(i))
	}
	if s.Upper != nil {
		upper := *s.Upper
		upper.Address = to(upper.Address, d.link(i-1))
		s.Upper = &upper
	}
	return s, errors.Join(errs...)
}

// portsFree looks at every port, so that nothing is made on some of them.
func (d layout) portsFree(plan []planned, script bool) error {
	for i, s := range plan {
		of := "the node of " + d.places[i].ID()
		if err := portFree(s.Pages, of); err != nil {
			return err
		}
		if s.Listen == "" {
			continue
		}
		if err := portFree(s.Listen, of); err != nil {
			return err
		}
	}
	if script {
		return portFree(d.forwarder(), "the link that is cut")
	}
	return nil
}

func portFree(address, of string) error {
	err := tryPort(address)
	switch {
	case errors.Is(err, node.ErrTaken):
		return fmt.Errorf("listen on %s for %s: %w", address, of, err)
	case err != nil:
		return &inputError{fmt.Errorf("listen on %s for %s: %w", address, of, err)}
	}
	return nil
}

// portWayOut adds to a port that is in use what to do.
func portWayOut(err error) error {
	if !errors.Is(err, node.ErrTaken) {
		return err
	}
	return fmt.Errorf("%w: stop what listens there, or name the first of %d free ports with --port N", err, demoRoomOfPorts)
}
