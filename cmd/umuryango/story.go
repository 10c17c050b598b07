package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
	"umuryango/policies"
)

// The offices of the story, as positions in layout.places.
const (
	nationAt = iota
	districtAt
	sectorAt
	cellAt
	villageAt
)

// story plays one referral all the way and tells what happens.
type story struct {
	l     land
	d     layout
	nodes []*web.Client // from the nation down
	pack  *policies.Pack
	cable *forwarder // between sector and district
	out   io.Writer
	now   func() time.Time
}

// script runs the nodes, plays the story over them, and has another process
// check the stores that it leaves.
func (a *app) script(ctx context.Context, l land, d layout, processes bool) error {
	if err := a.play(ctx, l, d, processes); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\nThe nodes are stopped. Another process, which knows only the nation's root key and the folders, checks the laws:\n\n")
	return a.verifyApart(ctx, d)
}

func (a *app) play(ctx context.Context, l land, d layout, processes bool) (err error) {
	// Where the district listens was settled when it was made.
	district, _, err := readSettings(filepath.Join(d.folder(d.places[districtAt]), fileSettings))
	if err != nil {
		return err
	}
	cable, err := newForwarder(d.forwarder(), district.Listen)
	if err != nil {
		return err
	}
	defer cable.Cut()
	n, err := a.start(ctx, l, d, processes, map[int]string{sectorAt: cable.address})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	s := &story{l: l, d: d, cable: cable, out: a.stdout, now: time.Now}
	if s.pack, err = l.packs.Nearest(web.PackID, time.Now()); err != nil {
		return err
	}
	for _, url := range n.urls() {
		s.nodes = append(s.nodes, web.NewClient(url))
	}
	return s.tell(ctx)
}

// tell plays the acts in their order.
func (s *story) tell(ctx context.Context) error {
	fmt.Fprintf(s.out, "Five nodes are running; their stores are in %s\n", s.d.dir)
	first, err := s.raised(ctx)
	if err != nil {
		return err
	}
	if err := s.readNames(ctx, first); err != nil {
		return err
	}
	second, err := s.secondChild(ctx)
	if err != nil {
		return err
	}
	s.cut()
	if err := s.workOn(ctx, first); err != nil {
		return err
	}
	if err := s.takenOver(ctx, second); err != nil {
		return err
	}
	if err := s.heal(ctx, first, second); err != nil {
		return err
	}
	if err := s.panel(ctx, first); err != nil {
		return err
	}
	if err := s.decidesToo(ctx, second); err != nil {
		return err
	}
	if err := s.answered(ctx, first); err != nil {
		return err
	}
	return s.erased(ctx, first)
}

// scene begins a step: when, and what it is about.
func (s *story) scene(format string, args ...any) {
	fmt.Fprintf(s.out, "\n%s  %s\n", s.now().In(web.Local).Format("15:04:05"), fmt.Sprintf(format, args...))
}

// say tells one thing that was done or seen.
func (s *story) say(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		fmt.Fprintf(s.out, "          %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// office names an office of the story: "Rilima sector".
func (s *story) office(at int) string { return s.nameOfPlace(s.d.places[at]) }

func (s *story) nameOfPlace(p events.Place) string {
	if p.Level() == 0 {
		return "the nation"
	}
	return s.l.places.Name(p) + " " + s.l.places.Level(p)
}

// label is a code of the pack in words.
func (s *story) label(list, code string) string { return s.pack.Label(list, code, "en") }

// verifyApart runs node verify in a process of its own over the folders.
func (a *app) verifyApart(ctx context.Context, d layout) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's file: %w", err)
	}
	args := []string{"node", "verify", "--passphrase-file", fromStdin}
	if d.packs != "" {
		args = append(args, "--packs", d.packs)
	}
	for _, p := range d.places {
		args = append(args, filepath.Join(d.dir, p.ID()))
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Stdin = bytes.NewReader(append(demoPassphrase().text, '\n'))
	c.Stdout, c.Stderr = a.stdout, a.stderr
	err = c.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended) && ended.ExitCode() == exitBroken:
		return fmt.Errorf("the stores in %s: %w", d.dir, errBreached)
	case err != nil:
		return fmt.Errorf("check the stores in %s: %w: what it said stands above", d.dir, err)
	}
	return nil
}
