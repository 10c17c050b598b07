package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/projections"
)

// demoVillage is the village of the demo; its nodes are those of the offices
// on its path.
const demoVillage = "Bugesera/Rilima/Kimaranzara/Kivumu"

// The ports of the demo: pages of the five nodes from the nation down, then
// their links, then the forwarder of the script.
const (
	demoPort        = 7401
	scriptPort      = 7421
	demoLinkOffset  = 10
	demoForwarder   = 18
	demoRoomOfPorts = 20
)

// layout is a demo nation on disk: a folder per office on one village's path.
type layout struct {
	dir    string
	named  bool           // with --data: commands do not find it by themselves
	places []events.Place // from the nation down
	port   int            // of the nation's pages; the others follow
	packs  string
}

func newLayout(places *events.Places, dir string, port int, packs string) (layout, error) {
	if port < 1 || port+demoRoomOfPorts > 1<<16 {
		return layout{}, &inputError{fmt.Errorf("--port %d: a port from 1 to %d is expected", port, 1<<16-demoRoomOfPorts)}
	}
	village, err := places.Resolve(demoVillage)
	if err != nil {
		return layout{}, fmt.Errorf("find the village of the demo: %w", err)
	}
	if packs != "" {
		if packs, err = filepath.Abs(packs); err != nil {
			return layout{}, fmt.Errorf("find the folder of packs: %w", err)
		}
	}
	return layout{dir: dir, places: village.Place.Path(), port: port, packs: packs}, nil
}

func (d layout) folder(p events.Place) string { return filepath.Join(d.dir, p.ID()) }

func (d layout) pages(i int) string { return loopback(d.port + i) }
func (d layout) link(i int) string  { return loopback(d.port + demoLinkOffset + i) }
func (d layout) forwarder() string  { return loopback(d.port + demoForwarder) }

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// settings of the i-th node: the village has nobody below, so it listens
// nowhere.
func (d layout) settings(i int, upper node.Upper) settings {
	s := settings{Pages: d.pages(i), Packs: d.packs}
	if i < len(d.places)-1 {
		s.Listen = d.link(i)
	}
	if i > 0 {
		s.Upper = upperOf(upper)
	}
	return s
}

// prepare makes what is missing of the five nodes: keys, the nation's first
// event, and the enrolment of each by the one above. It may be repeated after
// it was stopped anywhere. What is there already is left as it is.
func (d layout) prepare(ctx context.Context, l land) error {
	var open []*bare
	defer func() {
		for i := len(open) - 1; i >= 0; i-- {
			open[i].close()
		}
	}()
	for i, place := range d.places {
		if _, err := os.Stat(filepath.Join(d.folder(place), fileSettings)); err != nil {
			var above *node.Node
			if i > 0 {
				above = open[i-1].node
			}
			if err := d.make(ctx, l, i, above); err != nil {
				return err
			}
		}
		if d.ready() {
			return nil
		}
		b, err := openBare(ctx, l, d.folder(place))
		if err != nil {
			return err
		}
		open = append(open, b)
	}
	return nil
}

// ready: every node has its settings, which are written last.
func (d layout) ready() bool {
	for _, p := range d.places {
		if _, err := os.Stat(filepath.Join(d.folder(p), fileSettings)); err != nil {
			return false
		}
	}
	return true
}

func (d layout) make(ctx context.Context, l land, i int, above *node.Node) error {
	if above == nil {
		return d.found(ctx, l)
	}
	invitation, err := above.Invite(d.places[i], "", true) // nothing happened here yet
	if err != nil {
		return fmt.Errorf("invite %s: %w", d.places[i], err)
	}
	s := d.settings(i, node.Upper{})
	return join(ctx, d.folder(d.places[i]), invitation, s, demoPassphrase())
}

func (d layout) found(ctx context.Context, l land) error {
	s := d.settings(0, node.Upper{})
	return found(ctx, l, d.folder(d.places[0]), d.places[0], s, demoPassphrase())
}

// found makes a nation's node in dir, or does nothing where it was made.
func found(ctx context.Context, l land, dir string, nation events.Place, s settings, p passphrase) error {
	c := l.config(dir, settings{}, node.Upper{}, p)
	if err := node.Found(ctx, c, nation); err != nil {
		return fmt.Errorf("make the node of %s: %w", nation, err)
	}
	return writeSettings(dir, s)
}

// join makes a node in dir from an invitation. It may be repeated with the same
// code, or a new one, until it has succeeded.
func join(ctx context.Context, dir string, i keys.Invitation, s settings, p passphrase) error {
	folder := filepath.Join(dir, node.DirKeys)
	id, _, err := keys.Create(folder, i.Place, i.Root, p.text, p.cost)
	if errors.Is(err, keys.ErrExists) {
		if _, there := os.Stat(filepath.Join(dir, fileSettings)); there == nil {
			return err
		}
		if id, err = keys.Load(folder); err == nil && (id.Place != i.Place || !id.Root.Equal(i.Root)) {
			return &inputError{fmt.Errorf("the folder %s was begun for %s of another nation: give this node another one", dir, id.Place)}
		}
		if err == nil {
			err = id.Unlock(p.text) // who goes on with what was begun must know its passphrase
		}
	}
	if err != nil {
		return err
	}
	address := s.Address
	if address == "" {
		address = s.Listen
	}
	if err := node.Join(ctx, id, i, address); err != nil {
		return err
	}
	s.Upper = upperOf(node.Upper{Place: i.Upper, Address: i.Address, LinkKey: i.LinkKey})
	return writeSettings(dir, s)
}

// bare is a node without pages and views, open while another one joins it.
type bare struct {
	node    *node.Node
	history *projections.History
	stop    context.CancelFunc
	done    chan error
}

// openBare opens the node in dir and waits until it is enrolled, so that it can
// invite.
func openBare(ctx context.Context, l land, dir string) (_ *bare, err error) {
	s, _, err := readSettings(filepath.Join(dir, fileSettings))
	if err != nil {
		return nil, err
	}
	upper, err := s.upper()
	if err != nil {
		return nil, err
	}
	b := &bare{done: make(chan error, 1)}
	ctx, b.stop = context.WithCancel(ctx)
	if b.node, err = node.Open(ctx, l.config(dir, s, upper, demoPassphrase())); err != nil {
		b.stop()
		return nil, err
	}
	if b.history, err = projections.OpenHistory(filepath.Join(dir, fileHistory), b.node.ID.Place, b.node.Journal); err != nil {
		b.stop()
		return nil, errors.Join(err, b.node.Close())
	}
	go func() { b.done <- b.history.Follow(ctx) }()
	if err = b.node.Begin(ctx, b.history); err == nil {
		err = b.enrolled(ctx)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bare) enrolled(ctx context.Context) error {
	for {
		head := b.node.Journal.Head() // before the look, so that nothing comes unseen
		if b.node.Status().Enrolled {
			return nil
		}
		if err := b.node.Journal.Wait(ctx, head); err != nil {
			return fmt.Errorf("wait for the enrolment of %s: %w", b.node.ID.Place, err)
		}
	}
}

func (b *bare) close() {
	b.stop()
	<-b.done
	// What was enrolled is on disk before a node answers; nothing is lost here.
	_ = b.node.Close()
	_ = b.history.Close()
}
