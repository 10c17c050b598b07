package node

import (
	"context"
	"fmt"

	"umuryango/engine"
)

// Stand suspends, resumes or revokes the node of an office below. The session
// of a revoked key is cut before this returns, and its link key is let in no
// more.
func (n *Node) Stand(ctx context.Context, c engine.Stand) (engine.Record, error) {
	if c.Office == n.ID.Place {
		return engine.Record{}, &engine.Refusal{Code: "not_below", Detail: fmt.Sprintf("%s does not decide how it stands: the office above does", c.Office)}
	}
	stamp := n.stamp()
	c.Stamped.ID, c.Stamped.At = stamp.ID, stamp.At
	r, err := n.Service.Stand(ctx, c)
	if err != nil {
		return engine.Record{}, err
	}
	n.Log.Info("the standing of a node below was changed", "place", c.Office.ID(), "event", string(c.Do))
	n.door.sweep()
	return r, nil
}
