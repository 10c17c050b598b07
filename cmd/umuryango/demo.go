package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"umuryango/events"
)

// fileRunning tells commands where the nodes of a running demo answer; it is
// there only while they do.
const fileRunning = "running.json"

// runningNode is one line of fileRunning.
type runningNode struct {
	Place string `json:"place"` // place id
	Level string `json:"level"`
	URL   string `json:"url"`
}

type demoFlags struct {
	data      string
	port      int
	packs     string
	script    bool
	processes bool
	initOnly  bool
	log       string
}

func newDemoCommand(a *app) *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Start a nation, a district, a sector, a cell and a village as five nodes",
		Long: `Starts five nodes with real places, each with its own store, linked over TLS on
loopback, and prints their pages. They stay until Ctrl-C; a second start
continues where the first stopped. With --script it plays one referral all the
way, checks the laws over the stores, and ends.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.demo(c.Context(), f) },
	}
	c.Flags().StringVar(&f.data, "data", "", "folder of the stores (default: umuryango in your data directory)")
	c.Flags().IntVar(&f.port, "port", 0, fmt.Sprintf("first of %d ports (default %d, with --script %d)", demoRoomOfPorts, demoPort, scriptPort))
	c.Flags().StringVar(&f.packs, "packs", "", "folder of policy packs to work under, instead of those in the program")
	c.Flags().BoolVar(&f.script, "script", false, "play the story of one referral and end")
	c.Flags().BoolVar(&f.processes, "processes", false, "run each node as a process of its own")
	c.Flags().BoolVar(&f.initOnly, "init-only", false, "make the nodes' folders and end")
	c.Flags().StringVar(&f.log, "log", "warn", "what the nodes tell on standard error: debug, info, warn or error")
	return c
}

// demoDir is where the demo keeps its stores unless told otherwise (XDG Base
// Directory Specification).
func demoDir(getenv func(string) string, name string) (string, error) {
	data := getenv("XDG_DATA_HOME")
	if data == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", &inputError{fmt.Errorf("find your data directory: %w: name a folder with --data", err)}
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "umuryango", name), nil
}

func (a *app) demo(ctx context.Context, f demoFlags) (err error) {
	places, err := events.Rwanda()
	if err != nil {
		return err
	}
	d, err := a.layout(f, places)
	if err != nil {
		return err
	}
	l, err := a.landOf(places, d.packs, f.log)
	if err != nil {
		return err
	}
	held, err := d.hold()
	if err != nil {
		return err
	}
	defer held.Close()
	defer func() { err = portWayOut(err) }()
	if err := d.settle(f); err != nil {
		return err
	}
	if err := d.prepare(ctx, l); err != nil {
		return err
	}
	switch {
	case f.initOnly:
		fmt.Fprintf(a.stdout, "five nodes are made in %s\n", d.dir)
		return nil
	case f.script:
		return a.script(ctx, l, d, f.processes)
	}
	return a.stay(ctx, l, d, f.processes)
}

// layout is where the demo's nodes are to be: what the flags say, else what the
// folder was made with.
func (a *app) layout(f demoFlags, places *events.Places) (d layout, err error) {
	name, port := "demo", demoPort
	if f.script {
		name, port = "script", scriptPort
	}
	dir := f.data
	if dir == "" {
		if dir, err = demoDir(a.getenv, name); err != nil {
			return d, err
		}
	}
	if d, err = newLayout(places, dir, cmp.Or(f.port, port), f.packs); err != nil {
		return d, err
	}
	d.named = f.data != ""
	keptPort, keptPacks, err := d.kept()
	if f.port == 0 {
		d.port = cmp.Or(keptPort, d.port)
	}
	d.packs = cmp.Or(d.packs, keptPacks)
	return d, err
}

// nation is the five nodes while they run, however they are run.
type nation interface {
	// urls are the pages of the nodes, from the nation down.
	urls() []string
	// wait returns when ctx ends, or with what made a node unable to go on.
	wait(ctx context.Context) error
	close() error
}

func (a *app) start(ctx context.Context, l land, d layout, processes bool, via map[int]string) (nation, error) {
	if processes {
		return startProcesses(ctx, a, d, via)
	}
	return startHouses(ctx, l, d, via)
}

// stay runs the nodes until ctx ends.
func (a *app) stay(ctx context.Context, l land, d layout, processes bool) (err error) {
	n, err := a.start(ctx, l, d, processes, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := writeRunning(l, d, n.urls()); err != nil {
		return err
	}
	defer os.Remove(filepath.Join(d.dir, fileRunning))
	a.welcome(l, d, n.urls())
	return n.wait(ctx)
}

func (a *app) welcome(l land, d layout, urls []string) {
	fmt.Fprintf(a.stdout, "Five nodes are running; their stores are in %s\n\n", d.dir)
	for i, p := range d.places {
		fmt.Fprintf(a.stdout, "  %-9s %-42s %s\n", l.places.Level(p), l.places.FullName(p), urls[i])
	}
	fmt.Fprintf(a.stdout, "\nTheir keys are under the passphrase of the demonstration, which protects nothing:\n\n  %s\n", demoPassphrase().text)
	d.firstSteps(a.stdout, urls)
}

// firstSteps prints commands that work as they stand. Those of a demo in another
// folder name its nodes, as commands look for one in the usual folder only.
func (d layout) firstSteps(out io.Writer, urls []string) {
	at := func(i int) string {
		switch {
		case d.named:
			return " --node " + urls[i]
		case i == villageAt:
			return ""
		}
		return " --office " + d.places[i].ID()
	}
	as := func(i int, actor string) string { return at(i) + " --actor " + actor }
	cell, sector := d.places[cellAt].ID(), d.places[sectorAt].ID()
	fmt.Fprintf(out, `
Raise a referral in the village (in another terminal); it prints the case's CODE:

  umuryango referral raise%s --to %s --source izu --reason poverty --age-months 18
  umuryango referral list%s

Then the cell takes it on and hands it to the sector:

  umuryango referral accept CODE%s
  umuryango referral forward CODE%s --to %s
  umuryango referral accept CODE%s

README.md has the whole way to a decision; each office's page says what waits there.
Without the program on your path, write "go run ./cmd/umuryango" for "umuryango".
Ctrl-C stops the nodes; the next start continues where this one stopped.
`, as(villageAt, "IZU-1"), cell, at(villageAt), as(cellAt, "CEL-1"), as(cellAt, "CEL-1"), sector, as(sectorAt, "SEC-2"))
}

func writeRunning(l land, d layout, urls []string) error {
	var nodes []runningNode
	for i, p := range d.places {
		nodes = append(nodes, runningNode{Place: p.ID(), Level: l.places.Level(p), URL: urls[i]})
	}
	raw, err := json.MarshalIndent(nodes, "", "  ")
	if err != nil {
		return fmt.Errorf("write where the nodes answer: %w", err)
	}
	const mode = fs.FileMode(0o600)
	if err := os.WriteFile(filepath.Join(d.dir, fileRunning), append(raw, '\n'), mode); err != nil {
		return fmt.Errorf("write where the nodes answer: %w", err)
	}
	return nil
}

// running reads where the demo in the user's data directory answers; none
// where it does not run.
func running(getenv func(string) string) []runningNode {
	dir, err := demoDir(getenv, "demo")
	if err != nil {
		return nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, fileRunning))
	if err != nil {
		return nil
	}
	var nodes []runningNode
	if json.Unmarshal(raw, &nodes) != nil {
		return nil
	}
	return nodes
}
