package node

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/events"
)

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
	Later   bool   `json:"later,omitempty"` // it is refused for now only
}

// ErrNotInvited is returned when the upper node does not know the invitation.
var ErrNotInvited = errors.New("the invitation was not taken")

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
		Stamped: stamped(stamp), Office: r.Place, Whole: i.Whole,
		Host: engine.Host{Node: r.Place, SignKey: r.SignKey, LinkKey: r.LinkKey, SealKey: r.SealKey, Address: r.Address},
	})
	if err != nil {
		return err
	}
	return n.state.used(i, r.LinkKey)
}

// Recall makes this node speak again for an office that had a node of its own.
// What that node wrote counts as far as it is known here; whole: a person knows
// this node's store to be no older copy.
func (n *Node) Recall(ctx context.Context, office events.Place, whole bool) (engine.Record, error) {
	if host, ok := n.Authority.Host(office); !ok || host.Node != office {
		return engine.Record{}, &engine.Refusal{Code: "not_hosted", Detail: fmt.Sprintf("%s has no node of its own", office)}
	}
	stamp := n.stamp()
	return n.Service.Enrol(ctx, engine.Enrolment{
		Stamped: stamped(stamp), Office: office, Whole: whole,
		Host: engine.Host{Node: n.ID.Place, SignKey: n.ID.SignKey(), LinkKey: n.ID.LinkKey(), SealKey: n.ID.SealKey(), Address: n.Address()},
	})
}

// stamped is what a node does by itself.
func stamped(s link.Stamp) engine.Stamped {
	return engine.Stamped{ID: s.ID, Actor: "node", At: s.At}
}

// proven: the inviting node has other keys since the invitation was printed, and
// shows their enrolments from the nation's root key down.
func proven(i keys.Invitation, key ed25519.PublicKey, proof []byte) bool {
	a := engine.NewAuthority(i.Root)
	for _, e := range link.Proven(proof) {
		if a.Check(e) == "" {
			a.Add(e)
		}
	}
	host, standing, ok := a.ByLinkKey(key)
	return ok && standing == engine.StandingActive && host.Node == i.Upper
}

// Join asks the inviting node to enrol this one. It may be repeated: an answer
// that was lost changes nothing. ErrNotInvited when the upper node refuses.
func Join(ctx context.Context, id *keys.Identity, i keys.Invitation, address string) error {
	config, err := id.ClientTLSTo(func(key ed25519.PublicKey, proof []byte) bool { return key.Equal(i.LinkKey) || proven(i, key, proof) }, nil)
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
