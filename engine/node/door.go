package node

import (
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"umuryango/engine"
	"umuryango/engine/journal"
	"umuryango/engine/keys"
	"umuryango/events"
)

// The users that the embedded server knows beside enrolled nodes, which have
// no name: their key is who they are.
const (
	userSelf = "self" // the node's own connection to its stream, in the process
	userDoor = "door" // the node's own connection to its links, in the process
	userJoin = "join" // a node that carries an invitation
)

// inboxSelf is where this node's own connections wait for answers: nobody else
// may listen there.
const inboxSelf = "_SELF"

// accountLinks is where lower nodes are: an account without JetStream and
// without a way to the one that has it.
const accountLinks = "LINKS"

// doorkeeper lets connections in, each with what it needs and no more: this
// node's own, the operator's over loopback, enrolled lower nodes by the key of
// their TLS certificate, and whoever carries an open invitation.
type doorkeeper struct {
	n *Node

	mu    sync.Mutex
	inner *server.Account
	open  map[string][]uint64  // link key → connections that were let in, oldest first
	out   map[string]time.Time // link key → kept out until, after a flood
}

func newDoorkeeper(n *Node) *doorkeeper {
	return &doorkeeper{n: n, open: map[string][]uint64{}, out: map[string]time.Time{}}
}

// links makes the account of the links; nobody but this process is let in
// before.
func (d *doorkeeper) links(s *server.Server) error {
	account, err := s.RegisterAccount(accountLinks)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inner = account
	return err
}

// Check implements server.Authentication.
func (d *doorkeeper) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	switch {
	case c.Kind() != server.CLIENT:
		return false
	case o.Username == userSelf || o.Username == userDoor:
		return d.self(c)
	case c.GetTLSConnectionState() == nil:
		return false
	case o.Nkey != "":
		return d.operator(c)
	case o.Username == userJoin:
		return d.invited(c)
	}
	return d.lower(c)
}

// self: the password is made at each start and never leaves the process.
func (d *doorkeeper) self(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if c.GetTLSConnectionState() != nil || subtle.ConstantTimeCompare([]byte(o.Password), []byte(d.n.self)) != 1 {
		return false
	}
	if o.Username == userDoor {
		d.mu.Lock()
		defer d.mu.Unlock()
		c.RegisterUser(&server.User{Account: d.inner})
	}
	return true
}

// operator: the holder of the operator's key reads the stream, over loopback,
// record by record or a hundred at once. There are no consumers for it: one that
// delivers to a subject has the server itself publish there, past every
// permission, also into the node's other streams.
func (d *doorkeeper) operator(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	address, ok := c.RemoteAddress().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() || o.Nkey != d.n.ID.Operator {
		return false
	}
	sig, err := base64.RawURLEncoding.DecodeString(o.Sig)
	if err != nil {
		return false
	}
	public, err := nkeys.FromPublicKey(o.Nkey)
	if err != nil || public.Verify(c.GetNonce(), sig) != nil {
		return false
	}
	const api = "$JS.API."
	c.RegisterUser(&server.User{Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{
			api + "INFO", api + "STREAM.NAMES", api + "STREAM.LIST", api + "STREAM.INFO." + journal.Stream,
			api + "STREAM.MSG.GET." + journal.Stream, api + "DIRECT.GET." + journal.Stream, api + "DIRECT.GET." + journal.Stream + ".>",
		}},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}})
	return true
}

// lower: an enrolled node that hangs on this one, or did, by the key that it
// proved to hold.
func (d *doorkeeper) lower(c server.ClientAuthentication) bool {
	key, ok := keys.PeerKey(*c.GetTLSConnectionState())
	if !ok {
		return false
	}
	host, _, ok := d.n.Authority.ByLinkKey(key)
	if !ok { // this store may be a new one, and know nobody yet
		d.n.learnFrom(keys.PeerProof(*c.GetTLSConnectionState()))
		host, _, ok = d.n.Authority.ByLinkKey(key)
	}
	if !ok || d.n.reach(host.Node) == engine.ReachNone || !d.enter(string(key), c.GetID()) {
		return false
	}
	id := host.Node.ID()
	d.allow(c, []string{subjectUp + id, subjectDown + id, subjectRotate + id}, inbox(host.Node))
	return true
}

// invited: only the invitation's own subject.
func (d *doorkeeper) invited(c server.ClientAuthentication) bool {
	place, ok := d.n.state.invited(c.GetOpts().Password, d.n.Now())
	if !ok || !d.enter(joinKey(place), c.GetID()) {
		return false
	}
	d.allow(c, []string{subjectJoin + place.ID()}, inbox(place))
	return true
}

func (d *doorkeeper) allow(c server.ClientAuthentication, publish []string, inbox string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.RegisterUser(&server.User{Account: d.inner, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: []string{inbox + ".>"}},
	}})
}

// joinKey stands for the key of whoever carries an invitation.
func joinKey(place events.Place) string { return userJoin + "\x00" + string(place) }

// enter notes a connection of a key; false while the key is kept out. Of too
// many the oldest is ended: a node whose network died comes back before the
// server has noticed.
func (d *doorkeeper) enter(key string, id uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Now().Before(d.out[key]) || d.inner == nil {
		return false
	}
	ids := d.open[key]
	for len(ids) >= connectionsPerKey {
		d.end(ids[0])
		ids = ids[1:]
	}
	d.open[key] = append(ids, id)
	return true
}

// end closes a connection, if it is still there. The server holds locks of its
// own while it asks the doorkeeper, so this is done beside it.
func (d *doorkeeper) end(id uint64) {
	go func() { _ = d.n.server.DisconnectClientByID(id) }() // one that is gone needs no ending
}

// keepOut ends what these keys have open and lets them in again after a while.
func (d *doorkeeper) keepOut(until time.Time, keys ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range keys {
		d.out[key] = until
		d.cut(key)
	}
}

func (d *doorkeeper) cut(key string) {
	for _, id := range d.open[key] {
		d.end(id)
	}
	delete(d.open, key)
}

// sweep ends the sessions of keys that may not be here any more: they were
// revoked, replaced or rotated.
func (d *doorkeeper) sweep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range d.open {
		if len(key) != ed25519.PublicKeySize {
			continue // an invitation ends with its use
		}
		host, _, ok := d.n.Authority.ByLinkKey(ed25519.PublicKey(key))
		if !ok || d.n.reach(host.Node) == engine.ReachNone {
			d.cut(key)
		}
	}
}

// inbox is where a node waits for answers; nothing else is answered.
func inbox(place events.Place) string { return "_INBOX_" + place.ID() }
