package node

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// target is the node above as it is known now: where it may be reached and the
// keys that it may show.
type target struct {
	Place     events.Place
	Addresses []string
	pins      []ed25519.PublicKey
}

// target follows from the settings and from what enrolments have said since:
// an office above that moved to another node, or was taken back, is named by
// the event that says so, with its address. The settings' address, which may be
// that of a forwarder, is the only one as long as the node there has the key that
// came with it.
func (l *upLink) target() target {
	upper, _ := l.n.ID.Place.Upper()
	host, known := l.n.Authority.Host(upper)
	t := target{Place: l.n.Upper.Place, Addresses: []string{l.n.Upper.Address}}
	if known && host.Node != t.Place && host.Node.Above(l.n.ID.Place) && host.Address != "" {
		t.Place, t.Addresses = host.Node, nil
	}
	own, standing := l.n.Authority.OwnNode(t.Place)
	replaced := t.Place != l.n.Upper.Place || !own.LinkKey.Equal(l.n.Upper.LinkKey)
	if standing != engine.StandingNone && replaced && own.Address != "" && !slices.Contains(t.Addresses, own.Address) {
		t.Addresses = append(t.Addresses, own.Address)
	}
	if standing != engine.StandingNone && standing != engine.StandingRevoked {
		t.pins = append(t.pins, own.LinkKey)
	}
	// The invitation's key counts until another one was enrolled after it.
	former := isOneOf(l.n.Upper.LinkKey, l.n.Authority.LinkKeys(t.Place))
	if t.Place == l.n.Upper.Place && !former {
		t.pins = append(t.pins, l.n.Upper.LinkKey)
	}
	return t
}

func isOneOf(key ed25519.PublicKey, list []ed25519.PublicKey) bool {
	return slices.ContainsFunc(list, func(k ed25519.PublicKey) bool { return key.Equal(k) })
}

// turnTo makes this the link to another node; what had been passed there is
// asked for anew.
func (l *upLink) turnTo(peer events.Place) {
	if peer == l.peer {
		return
	}
	end := l.n.newEnd(peer, l.n.ID.Place)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.peer, l.end = peer, end
}

// dial connects to the node above at the first of its addresses that answers
// with a key that counts.
func (l *upLink) dial(ended context.CancelFunc) (*nats.Conn, error) {
	t := l.target()
	var errs []error
	for _, address := range t.Addresses {
		conn, peer, err := l.dialAt(t, address, ended)
		if err == nil {
			l.turnTo(peer)
			return conn, nil
		}
		errs = append(errs, fmt.Errorf("dial the node above at %s: %w", address, err))
	}
	return nil, errors.Join(errs...)
}

func (l *upLink) dialAt(t target, address string, ended context.CancelFunc) (*nats.Conn, events.Place, error) {
	peer := t.Place
	believe := func(key ed25519.PublicKey, proof []byte) bool {
		if isOneOf(key, t.pins) {
			return true
		}
		place, ok := l.believe(key, proof)
		if ok {
			peer = place
		}
		return ok
	}
	l.next = false
	config, err := l.n.ID.ClientTLSTo(believe, nil)
	if err != nil {
		return nil, "", err
	}
	conn, err := l.connect(address, config, ended)
	if errors.Is(err, nats.ErrAuthorization) {
		// It may have lost its store, and not know this node.
		if config, err = l.n.ID.ClientTLSTo(believe, l.n.proof()); err != nil {
			return nil, "", err
		}
		conn, err = l.connect(address, config, ended)
	}
	if errors.Is(err, nats.ErrAuthorization) && l.n.rotating() {
		// It has enrolled the next keys, and they have not come here yet.
		if config, err = l.n.ID.ClientTLSAfter(believe); err != nil {
			return nil, "", err
		}
		conn, err = l.connect(address, config, ended)
		l.next = true
	}
	return conn, peer, err
}

func (l *upLink) connect(address string, config *tls.Config, ended context.CancelFunc) (*nats.Conn, error) {
	return nats.Connect("tls://"+address, nats.Secure(config), nats.TLSHandshakeFirst(), nats.CustomInboxPrefix(inbox(l.n.ID.Place)),
		nats.Name(l.n.ID.Place.ID()), nats.NoReconnect(), nats.Timeout(dialWithin), nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsOut),
		nats.ClosedHandler(func(*nats.Conn) { ended() }), nats.DisconnectErrHandler(func(*nats.Conn, error) { ended() }))
}

// believe takes the word of a node that shows an unknown key, if it brings the
// enrolments from the nation's root key down to its own: it was replaced, or
// has other keys, while this node was dark. Only a node above is believed, and
// none that this node knows to be revoked.
func (l *upLink) believe(key ed25519.PublicKey, proof []byte) (events.Place, bool) {
	l.n.learnFrom(proof)
	host, standing, ok := l.n.Authority.ByLinkKey(key)
	if !ok || standing != engine.StandingActive || !host.Node.Above(l.n.ID.Place) {
		return "", false
	}
	return host.Node, true
}

// learnFrom adds what somebody shows of who speaks for whom here.
func (n *Node) learnFrom(proof []byte) {
	for _, e := range link.Proven(proof) {
		if n.ID.Place.Covers(e.Subject.Place) || e.Subject.Due(n.ID.Place) {
			n.Authority.Hear(e)
		}
	}
}

// proof is what this node shows to whoever does not know its key: the events
// that enrolled it, from the root key down.
func (n *Node) proof() []byte { return link.Proof(n.Authority.Chain(n.ID.Place)) }
