package node

import (
	"fmt"
	"time"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/events"
)

// InvitationLasts is how long an invitation may be carried on paper before it
// must be used.
const InvitationLasts = 30 * 24 * time.Hour

// Invite opens an invitation for an office below that this node speaks for
// now; one that was open before ends. address is where the new node can reach
// this one; empty for the address that this node listens on. whole: a person
// knows this node's store to be no older copy, so that who joins need not wait
// until it has linked up.
func (n *Node) Invite(place events.Place, address string, whole bool) (keys.Invitation, error) {
	if err := n.mayInvite(place); err != nil {
		return keys.Invitation{}, err
	}
	out, err := n.InviteAll([]events.Place{place}, address, whole)
	if err != nil {
		return keys.Invitation{}, err
	}
	return out[0], nil
}

// InviteAll opens invitations for several offices at once, leaving out those
// that cannot be invited from here and those that have a node already.
func (n *Node) InviteAll(places []events.Place, address string, whole bool) ([]keys.Invitation, error) {
	if address == "" {
		address = n.Address()
	}
	if address == "" {
		return nil, &engine.Invalid{Field: "listen", Problem: "this node listens nowhere, so nobody can join it: set listen in node.yaml"}
	}
	until := n.Now().Add(InvitationLasts)
	out := make([]keys.Invitation, 0, len(places))
	for _, place := range places {
		if _, standing := n.Authority.OwnNode(place); len(places) > 1 && (n.mayInvite(place) != nil || standing == engine.StandingActive || standing == engine.StandingSuspended) {
			continue
		}
		out = append(out, keys.Invitation{
			Place: place, Upper: n.ID.Place, Address: address, LinkKey: n.ID.PresentedKey(), Root: n.ID.Root, Secret: keys.NewSecret(), Until: until,
		})
	}
	if err := n.state.invite(out, whole); err != nil {
		return nil, fmt.Errorf("keep %d invitations: %w", len(out), err)
	}
	return out, nil
}

func (n *Node) mayInvite(place events.Place) error {
	host, ok := n.Authority.Host(place)
	upper, _ := place.Upper()
	above, okAbove := n.Authority.Host(upper)
	switch {
	case !n.ID.Place.Above(place):
		return &engine.Refusal{Code: "not_below", Detail: fmt.Sprintf("%s does not lie below %s: only a node above can invite it", place, n.ID.Place)}
	case !ok || !okAbove:
		return &engine.Refusal{Code: "not_enrolled", Detail: fmt.Sprintf("%s is not enrolled yet: link it up first", n.ID.Place)}
	case above.Node != n.ID.Place:
		return &engine.Refusal{Code: "not_hosted", Detail: fmt.Sprintf("the office above %s has its node at %s: invite from there", place, above.Node)}
	case host.Node != n.ID.Place && host.Node != place:
		return &engine.Refusal{Code: "not_hosted", Detail: fmt.Sprintf("%s is hosted by %s", place, host.Node)}
	}
	return nil
}
