package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/events"
)

// Replace gives a nation's node new keys with the nation's root key, when its
// own are lost or in wrong hands. The store in the folder goes on; what it and
// the folders in from hold of what the node wrote goes on to count, and nothing
// else that the keys before have signed. Without a store the enrolments come
// from the folders of nodes below, and all else over their links. It may be
// repeated after it was stopped anywhere.
func Replace(ctx context.Context, c Config, nation events.Place, root ed25519.PrivateKey, from []string) error {
	dir := filepath.Join(c.Dir, DirKeys)
	if err := ownFolder(dir, nation, root); err != nil {
		return err
	}
	next, err := keys.Replacement(dir, nation, root.Public().(ed25519.PublicKey), c.Passphrase, c.cost())
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) { // a new machine: it needs some keys to open its store
		if _, _, err := keys.Create(dir, nation, next.Root, c.Passphrase, c.cost()); err != nil {
			return err
		}
	}
	c.Passphrase, c.Listen = nil, "" // nobody is served before it has its keys
	n, err := Open(ctx, c)
	if err != nil {
		return err
	}
	defer n.Close()
	if err := n.replaceWith(ctx, next, root, from); err != nil {
		return fmt.Errorf("replace the keys of %s: %w", nation, err)
	}
	return errors.Join(n.ID.Take(next), n.ID.Settle())
}

// ownFolder: a folder with another node's keys is not touched.
func ownFolder(dir string, nation events.Place, root ed25519.PrivateKey) error {
	id, err := keys.Load(dir)
	if _, gone := os.Stat(dir); errors.Is(gone, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; if these keys are lost, move %s away and try again", err, dir)
	}
	if id.Place != nation || !id.Root.Equal(root.Public()) {
		return &engine.Refusal{Code: "wrong_root", Detail: fmt.Sprintf("the folder holds the keys of %s under another root key", id.Place)}
	}
	return nil
}

func (n *Node) replaceWith(ctx context.Context, next *keys.Identity, root ed25519.PrivateKey, from []string) error {
	known := heard{node: n.ID.Place, ends: map[events.Run]uint64{}}
	own, err := n.records(ctx)
	if err != nil {
		return err
	}
	known.add(own)
	for _, dir := range from {
		i, err := Inspect(ctx, dir)
		if err != nil {
			return err
		}
		known.add(i.Records)
	}
	chain := known.authority(n.Authority)
	run := events.Run{Number: known.highest + 1, Mark: newMark()}
	stamp := n.stamp()
	before, _ := n.Authority.OwnNode(n.ID.Place)
	e, err := engine.RootReplacement(stamp.ID, stamp.At, n.Authority, engine.Host{
		Node: n.ID.Place, SignKey: next.SignKey(), LinkKey: next.LinkKey(), SealKey: next.SealKey(), Address: before.Address,
	}, known.runs(), run, root, n.Edition)
	if err != nil {
		return err
	}
	var records []engine.Record
	if len(own) == 0 {
		for _, before := range chain {
			records = append(records, engine.Record{Event: before, Run: run})
		}
	}
	return n.Journal.Append(ctx, n.Journal.Head(), append(records, engine.Record{Event: e, Run: run}))
}

// records reads the whole store.
func (n *Node) records(ctx context.Context) ([]engine.Record, error) {
	const stretch = 256
	var out []engine.Record
	for next := uint64(1); next <= n.Journal.Head(); {
		list, err := n.Journal.Read(ctx, next, stretch)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			break
		}
		out, next = append(out, list...), list[len(list)-1].Seq+1
	}
	return out, nil
}

// heard is what some stores tell of a node.
type heard struct {
	node    events.Place
	highest uint64 // of all runs, also of a store that it kept
	ends    map[events.Run]uint64
	lines   []events.Event // of node aggregates
}

func (h *heard) add(records []engine.Record) {
	for _, r := range records {
		e := r.Event
		if e.Subject.Kind == events.KindNode {
			h.lines = append(h.lines, e)
		}
		if r.From.Node == "" {
			h.highest = max(h.highest, r.Run.Number)
		}
		if r.From.Node == h.node {
			h.highest = max(h.highest, r.From.Run.Number)
		}
		if e.Source.Node != h.node {
			continue
		}
		h.highest = max(h.highest, e.Source.Run.Number)
		h.ends[e.Source.Run] = max(h.ends[e.Source.Run], e.Number)
	}
}

// authority folds what the enrolments say and returns the nation's own.
func (h *heard) authority(a *engine.Authority) []events.Event {
	for progress := true; progress; {
		var left []events.Event
		for _, e := range h.lines {
			if a.Check(e) != "" {
				left = append(left, e)
				continue
			}
			a.Add(e)
		}
		progress, h.lines = len(left) < len(h.lines), left
	}
	return a.Chain(h.node)
}

func (h *heard) runs() events.RunEnds {
	var out events.RunEnds
	for run, last := range h.ends {
		out = append(out, events.RunEnd{Run: run, Last: last})
	}
	slices.SortFunc(out, func(a, b events.RunEnd) int { return a.Run.Compare(b.Run) })
	return out
}
