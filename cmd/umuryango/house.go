package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/policies"
	"umuryango/projections"
)

// Names of what is kept in a node's folder beside its stream; both can be
// thrown away and are made anew from it.
const (
	fileHistory = "history.db"
	fileViews   = "views.db"
)

const (
	// closeWithin bounds how long a page that is being served may hold a stop.
	closeWithin = 5 * time.Second
	// headerWithin bounds the reading of a request's headers.
	headerWithin = 10 * time.Second
)

// land is what all nodes of one process share: it is read once and never
// changes.
type land struct {
	places *events.Places
	packs  *policies.Library
	log    *slog.Logger
}

// house is a running node with what it keeps of its past and its pages.
type house struct {
	node    *node.Node
	history *projections.History
	views   *projections.Store
	url     string

	server *http.Server
	stop   context.CancelFunc
	tasks  sync.WaitGroup
	failed chan error
}

// openHouse starts the node in dir. When it returns, the node links up, and
// its pages answer. With a passphrase that does not open its keys it starts
// locked: what others write must go on its way all the same.
func openHouse(ctx context.Context, l land, dir string, s settings, text []byte) (_ *house, err error) {
	upper, err := s.upper()
	if err != nil {
		return nil, err
	}
	if err := web.CheckLoopback(s.Pages); err != nil {
		return nil, err
	}
	h := &house{failed: make(chan error, 3)}
	// Who stops the program closes the house in its order: pages, which may still
	// be written on, before anything that they need.
	ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	// The folder before the ports: of a folder that is held the ports are taken
	// too, and only the folder says why.
	c := l.config(dir, s, upper, passphrase{text: text})
	h.node, err = node.Open(ctx, c)
	if errors.Is(err, keys.ErrPassphrase) {
		l.log.Error("the node starts locked", "err", err)
		c.Passphrase = nil
		h.node, err = node.Open(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	if l, err = l.keepPacks(dir); err != nil { // the folder is held, and nothing is decided yet
		return nil, err
	}
	listener, err := web.ListenLoopback(s.Pages)
	if err != nil {
		return nil, err
	}
	h.url = "http://" + listener.Addr().String()
	if err := h.remember(ctx, dir); err != nil {
		listener.Close()
		return nil, err
	}
	h.serve(l, listener)
	return h, nil
}

func (l land) config(dir string, s settings, upper node.Upper, p passphrase) node.Config {
	return node.Config{
		Dir: dir, Listen: s.Listen, Upper: upper, Edition: l.places.Edition(), Gate: l.gate,
		Now: time.Now, NewID: newID, Log: l.log, Passphrase: p.text, Cost: p.cost,
	}
}

// gate is the policy pack in force at an instant, or the one nearest to it, as the
// engine asks it.
func (l land) gate(at time.Time) (engine.Gate, error) {
	p, err := l.packs.Nearest(web.PackID, at)
	if err != nil {
		return nil, fmt.Errorf("find the policy pack for %s: %w", at.Format(time.RFC3339), err)
	}
	return engine.PackGate(p), nil
}

// remember opens history and views and lets both follow the stream.
func (h *house) remember(ctx context.Context, dir string) (err error) {
	if h.history, err = projections.OpenHistory(filepath.Join(dir, fileHistory), h.node.ID.Place, h.node.Journal); err != nil {
		return err
	}
	h.follow(ctx, h.history.Follow)
	if err := h.node.Begin(ctx, h.history); err != nil {
		return err
	}
	if h.views, err = projections.OpenStore(filepath.Join(dir, fileViews), h.history, h.node.Journal); err != nil {
		return err
	}
	h.follow(ctx, h.views.Follow)
	return nil
}

func (h *house) follow(ctx context.Context, follow func(context.Context) error) {
	h.tasks.Go(func() {
		if err := follow(ctx); err != nil && ctx.Err() == nil {
			h.failed <- fmt.Errorf("follow the stream of %s: %w", h.node.ID.Place, err)
		}
	})
}

func (h *house) serve(l land, listener net.Listener) {
	pages := &web.Server{
		Node: h.node, History: h.history, Views: h.views, Reads: h.node.Reads, Places: l.places, Packs: l.packs,
		Now: time.Now, NewID: newID, Log: l.log,
	}
	h.server = &http.Server{Handler: pages.Handler(), ReadHeaderTimeout: headerWithin}
	h.tasks.Go(func() {
		if err := h.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			h.failed <- fmt.Errorf("serve the pages of %s: %w", h.node.ID.Place, err)
		}
	})
}

// Wait returns when ctx ends, or with what made the node unable to go on.
func (h *house) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-h.failed:
		return err
	}
}

// Close stops the pages, what follows the stream, the links and the stream, in
// this order, and gives the folder back.
func (h *house) Close() error {
	var errs []error
	if h.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		if h.server.Shutdown(ctx) != nil { // a page that never ends is cut
			errs = append(errs, h.server.Close())
		}
	}
	h.stop()
	h.tasks.Wait()
	if h.views != nil {
		errs = append(errs, h.views.Close())
	}
	// The links use the history until the node is closed: whoever waits for it then
	// brings it up to date.
	if h.node != nil {
		errs = append(errs, h.node.Close())
	}
	if h.history != nil {
		errs = append(errs, h.history.Close())
	}
	return errors.Join(errs...)
}
