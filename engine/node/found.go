package node

import (
	"context"
	"fmt"
	"path/filepath"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/events"
)

// Found makes a nation's node: its keys, the nation's root key, and the first
// event of its stream, in which the root key enrols this node. The root key is
// left in the key folder, to be carried to a safe place: nothing needs it from
// then on but the replacement of this node.
func Found(ctx context.Context, c Config, nation events.Place) error {
	id, root, err := keys.Create(filepath.Join(c.Dir, DirKeys), nation, nil)
	if err != nil {
		return err
	}
	n, err := Open(ctx, c)
	if err != nil {
		return err
	}
	defer n.Close()
	stamp := n.stamp()
	run := events.Run{Number: 1, Mark: newMark()}
	e, err := engine.RootEnrolment(stamp.ID, stamp.At, nation, engine.Host{Node: nation, SignKey: id.SignKey(), LinkKey: id.LinkKey()},
		events.Source{Node: nation, Run: run}, root, c.Edition)
	if err != nil {
		return fmt.Errorf("write the enrolment of %s: %w", nation, err)
	}
	if err := n.Journal.Append(ctx, n.Journal.Head(), []engine.Record{{Event: e, Run: run}}); err != nil {
		return fmt.Errorf("store the enrolment of %s: %w", nation, err)
	}
	return nil
}
