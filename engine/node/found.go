package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/events"
)

// Found makes a nation's node: its keys, the nation's root key, and the first
// event of its stream, in which the root key enrols this node. The root key is
// left in the key folder, to be carried to a safe place: nothing needs it from
// then on but the replacement of this node. It may be repeated after it was
// stopped anywhere, with the same passphrase; keys.ErrExists when the node is
// whole.
func Found(ctx context.Context, c Config, nation events.Place) error {
	_, _, made := keys.Create(filepath.Join(c.Dir, DirKeys), nation, nil, c.Passphrase, c.cost())
	if made != nil && !errors.Is(made, keys.ErrExists) {
		return made
	}
	passphrase := c.Passphrase
	c.Passphrase = nil
	n, err := Open(ctx, c)
	if err != nil {
		return err
	}
	defer n.Close()
	if n.Journal.Head() > 0 || n.ID.Place != nation {
		return fmt.Errorf("make a node in %s: %w, of %s", c.Dir, keys.ErrExists, n.ID.Place)
	}
	if err := n.ID.Unlock(passphrase); err != nil { // whoever goes on must know it
		return fmt.Errorf("make the node of %s: %w", nation, err)
	}
	root, err := n.ID.RootKey()
	if err != nil {
		return fmt.Errorf("make the node of %s: %w", nation, err)
	}
	stamp := n.stamp()
	run := events.Run{Number: 1, Mark: newMark()}
	e, err := engine.RootEnrolment(stamp.ID, stamp.At, nation, engine.Host{Node: nation, SignKey: n.ID.SignKey(), LinkKey: n.ID.LinkKey(), SealKey: n.ID.SealKey()},
		events.Source{Node: nation, Run: run}, root, c.Edition)
	if err != nil {
		return fmt.Errorf("write the enrolment of %s: %w", nation, err)
	}
	if err := n.Journal.Append(ctx, 0, []engine.Record{{Event: e, Run: run}}); err != nil {
		return fmt.Errorf("store the enrolment of %s: %w", nation, err)
	}
	return nil
}
