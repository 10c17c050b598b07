package node

import (
	"umuryango/engine/keys"
	"umuryango/events"
)

// sealer seals and opens with this node's own keys and wraps.
func (n *Node) sealer() *keys.Sealer {
	return &keys.Sealer{
		Node: n.ID.Place, Opener: n.ID, Store: n.Keys,
		Linked: func() bool { return true },
		Erased: func(events.Subject, string) bool { return false },
	}
}
