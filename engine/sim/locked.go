package sim

import (
	"maps"
	"slices"
	"strings"

	"umuryango/engine/audit"
	"umuryango/engine/link"
)

// unattended: now and then nobody who knows the passphrase is there when a node
// has started.
func (n *node) unattended() { n.locked = n.world.fails(40) }

// wake lets somebody come now and then who unlocks a locked node. An unlocked
// one tells of what it refused while it was locked, until it has.
func (n *node) wake() {
	if n.dark || n.locked && !n.world.r.percent(20) {
		return
	}
	n.locked = false
	n.custody()
	if len(n.untold) > 0 {
		n.befall(15)
		n.tell()
	}
}

// stillToTell is what an auditor finds of it beside the stream.
func (n *node) stillToTell() []audit.Untold {
	var out []audit.Untold
	for _, r := range n.untold {
		out = append(out, audit.Untold{Hash: r.Hash, Source: r.Source, Number: r.Number})
	}
	return out
}

func (n *node) tell() {
	list := slices.SortedFunc(maps.Values(n.untold), func(a, b link.Refusal) int { return strings.Compare(a.Hash.String(), b.Hash.String()) })
	if len(list) == 0 {
		return
	}
	if err := n.linkConfig(n.place, n.place).Tell(ctx, func() ([]link.Refusal, error) { return list, nil }); err != nil {
		n.fell(err)
		return
	}
	n.world.took(tookTold)
	clear(n.untold)
}
