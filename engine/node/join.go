package node

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/events"
)

// InvitationLasts is how long an invitation may be carried on paper before it
// must be used.
const InvitationLasts = 30 * 24 * time.Hour

// request is what a node that joins asks, and reply what it is told.
type joinRequest struct {
	Place   events.Place      `json:"place"`
	SignKey ed25519.PublicKey `json:"sign_key"`
	LinkKey ed25519.PublicKey `json:"link_key"`
	SealKey []byte            `json:"seal_key"`
	Address string            `json:"address,omitempty"`
}

type joinReply struct {
	Refused string `json:"refused,omitempty"`
}

// ErrNotInvited is returned when the upper node does not know the invitation.
var ErrNotInvited = errors.New("the invitation was not taken")

// Invite opens an invitation for an office below that this node speaks for
// now. address is where the new node can reach this one; empty for the address
// that this node listens on.
func (n *Node) Invite(place events.Place, address string) (keys.Invitation, error) {
	host, ok := n.Authority.Host(place)
	upper, _ := place.Upper()
	above, okAbove := n.Authority.Host(upper)
	switch {
	case !n.ID.Place.Above(place):
		return keys.Invitation{}, &engine.Refusal{Code: "not_below", Detail: fmt.Sprintf("%s does not lie below %s: only a node above can invite it", place, n.ID.Place)}
	case !ok || !okAbove:
		return keys.Invitation{}, &engine.Refusal{Code: "not_enrolled", Detail: fmt.Sprintf("%s is not enrolled yet: link it up first", n.ID.Place)}
	case above.Node != n.ID.Place:
		return keys.Invitation{}, &engine.Refusal{Code: "not_hosted", Detail: fmt.Sprintf("the office above %s has its node at %s: invite from there", place, above.Node)}
	case host.Node != n.ID.Place && host.Node != place:
		return keys.Invitation{}, &engine.Refusal{Code: "not_hosted", Detail: fmt.Sprintf("%s is hosted by %s", place, host.Node)}
	}
	if address == "" {
		address = n.Address()
	}
	if address == "" {
		return keys.Invitation{}, &engine.Invalid{Field: "listen", Problem: "this node listens nowhere, so nobody can join it: set listen in node.yaml"}
	}
	i := keys.Invitation{Place: place, Upper: n.ID.Place, Address: address, LinkKey: n.ID.LinkKey(), Root: n.ID.Root, Secret: keys.NewSecret()}
	if err := n.state.invite(place, i.Secret, n.Now().Add(InvitationLasts)); err != nil {
		return keys.Invitation{}, fmt.Errorf("keep the invitation of %s: %w", place, err)
	}
	return i, nil
}

// serveJoin enrols whoever carries an open invitation.
func (n *Node) serveJoin(ctx context.Context, _ *caller, m *nats.Msg) {
	id := m.Subject[len(subjectJoin):]
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	place, _ := n.placeOf(id)
	n.reply(m, place, n.enrol(ctx, id, m.Data))
	n.door.sweep() // of a machine that was replaced
}

func (n *Node) enrol(ctx context.Context, id string, data []byte) error {
	var r joinRequest
	if err := json.Unmarshal(data, &r); err != nil {
		return &engine.Invalid{Field: "request", Problem: "it cannot be read"}
	}
	i, err := n.state.invitation(r.Place)
	switch {
	case err != nil:
		return err
	case r.Place.ID() != id || len(r.SignKey) != ed25519.PublicKeySize || len(r.LinkKey) != ed25519.PublicKeySize, keys.CheckSealKey(r.SealKey) != nil:
		return &engine.Invalid{Field: "request", Problem: "its place or keys do not fit"}
	case i.LinkKey != nil && !bytes.Equal(i.LinkKey, r.LinkKey):
		return &engine.Refusal{Code: "used", Detail: "this invitation was used by another node: ask for a new one"}
	}
	if host, ok := n.Authority.Host(r.Place); ok && host.Node == r.Place && host.LinkKey.Equal(r.LinkKey) {
		return nil // it asks again, as the answer was lost
	}
	stamp := n.stamp()
	_, err = n.Service.Enrol(ctx, engine.Enrolment{
		Stamped: stamped(stamp), Office: r.Place,
		Host: engine.Host{Node: r.Place, SignKey: r.SignKey, LinkKey: r.LinkKey, SealKey: r.SealKey, Address: r.Address},
	})
	if err != nil {
		return err
	}
	return n.state.used(i, r.LinkKey)
}

// Recall makes this node speak again for an office that had a node of its own.
// What that node wrote counts as far as it is known here.
func (n *Node) Recall(ctx context.Context, office events.Place) (engine.Record, error) {
	if host, ok := n.Authority.Host(office); !ok || host.Node != office {
		return engine.Record{}, &engine.Refusal{Code: "not_hosted", Detail: fmt.Sprintf("%s has no node of its own", office)}
	}
	stamp := n.stamp()
	return n.Service.Enrol(ctx, engine.Enrolment{
		Stamped: stamped(stamp), Office: office,
		Host: engine.Host{Node: n.ID.Place, SignKey: n.ID.SignKey(), LinkKey: n.ID.LinkKey(), SealKey: n.ID.SealKey(), Address: n.Address()},
	})
}

// stamped is what a node does by itself.
func stamped(s link.Stamp) engine.Stamped {
	return engine.Stamped{ID: s.ID, Actor: "node", At: s.At}
}

// Join asks the inviting node to enrol this one. It may be repeated: an answer
// that was lost changes nothing. ErrNotInvited when the upper node refuses.
func Join(ctx context.Context, id *keys.Identity, i keys.Invitation, address string) error {
	config, err := id.ClientTLS(i.LinkKey)
	if err != nil {
		return err
	}
	conn, err := nats.Connect("tls://"+i.Address, nats.Secure(config), nats.TLSHandshakeFirst(), nats.CustomInboxPrefix(inbox(i.Place)), nats.NoReconnect(), nats.Timeout(dialWithin),
		nats.UserInfo(userJoin, base64.RawURLEncoding.EncodeToString(i.Secret)))
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return fmt.Errorf("join %s: %w: it was used by another node, or is older than %d days", i.Upper, ErrNotInvited, int(InvitationLasts.Hours()/24))
	case err != nil:
		return fmt.Errorf("dial %s at %s: %w", i.Upper, i.Address, err)
	}
	defer conn.Close()
	raw, err := json.Marshal(joinRequest{Place: i.Place, SignKey: id.SignKey(), LinkKey: id.LinkKey(), SealKey: id.SealKey(), Address: address})
	if err != nil {
		return fmt.Errorf("write the request to join: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, subjectJoin+i.Place.ID(), raw)
	if err != nil {
		return fmt.Errorf("ask %s to join: %w", i.Upper, err)
	}
	var reply joinReply
	if err := json.Unmarshal(m.Data, &reply); err != nil {
		return fmt.Errorf("read the answer of %s: %w", i.Upper, err)
	}
	if reply.Refused != "" {
		return fmt.Errorf("join %s: %w: %s", i.Upper, ErrNotInvited, reply.Refused)
	}
	return nil
}
