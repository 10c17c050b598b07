package node

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"umuryango/engine"
	"umuryango/engine/journal"
	"umuryango/engine/keys"
	"umuryango/events"
)

const (
	userSelf = "self" // the node's own connection, in the process
	userJoin = "join" // a node that carries an invitation

	// readyWithin bounds the start of the embedded server; a healthy store takes
	// milliseconds, a large one seconds. A damaged one may never come.
	readyWithin = 60 * time.Second
	// payloadMax is NATS' default limit of one message, above link.BatchBytesMax.
	payloadMax = 1 << 20
	// connectionsMax bounds the listener: a sector has some tens of lower nodes.
	connectionsMax = 1024
)

// ErrTaken is returned when the address to listen on is in use.
var ErrTaken = errors.New("this address is in use")

func (n *Node) startServer() error {
	options, err := n.serverOptions()
	if err != nil {
		return err
	}
	if n.server, err = server.NewServer(options); err != nil {
		return fmt.Errorf("make the embedded server: %w", err)
	}
	n.server.SetLogger(serverLog{n.Log.With("from", "nats")}, false, false)
	n.server.Start()
	if !n.server.ReadyForConnections(readyWithin) {
		return fmt.Errorf("the embedded server of %s is not ready within %s: its store in %s may be damaged", n.ID.Place, readyWithin, n.Dir)
	}
	return nil
}

func (n *Node) serverOptions() (*server.Options, error) {
	o := &server.Options{
		ServerName: n.ID.Place.ID(), JetStream: true, StoreDir: filepath.Join(n.Dir, DirStream),
		SyncAlways: !n.UnsafeSync, NoSigs: true, DontListen: n.Listen == "",
		MaxPayload: payloadMax, MaxConn: connectionsMax,
		CustomClientAuthentication: doorkeeper{n}, AlwaysEnableNonce: true,
		DisableJetStreamBanner: true, NoSystemAccount: true,
	}
	if n.Listen == "" {
		return o, nil
	}
	host, port, err := freeAddress(n.Listen)
	if err != nil {
		return nil, err
	}
	o.Host, o.Port = host, port
	if o.TLSConfig, err = n.ID.ServerTLS(); err != nil {
		return nil, err
	}
	o.TLS, o.TLSTimeout = true, 10
	return o, nil
}

// freeAddress makes a taken port a clear error before the server tries it.
func freeAddress(address string) (host string, port int, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", 0, fmt.Errorf("listen on %s for lower nodes: %w: %w", address, ErrTaken, err)
	}
	defer listener.Close()
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("listen on %s: %w", address, err)
	}
	if port, err = strconv.Atoi(text); err != nil {
		return "", 0, fmt.Errorf("listen on %s: %w", address, err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// doorkeeper lets connections in, each with what it needs and no more: this
// node's own, the operator's over loopback, enrolled lower nodes by the key of
// their TLS certificate, and whoever carries an open invitation.
type doorkeeper struct{ n *Node }

// Check implements server.Authentication.
func (d doorkeeper) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	switch {
	case c.Kind() != server.CLIENT:
		return false
	case o.Username == userSelf:
		return subtle.ConstantTimeCompare([]byte(o.Password), []byte(d.n.self)) == 1
	case o.Nkey != "":
		return d.operator(c)
	case o.Username == userJoin:
		return d.invited(c)
	}
	return d.lower(c)
}

// operator: the holder of the operator's key reads the stream, over loopback.
func (d doorkeeper) operator(c server.ClientAuthentication) bool {
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
			api + "CONSUMER.CREATE." + journal.Stream + ".>", api + "CONSUMER.MSG.NEXT." + journal.Stream + ".>",
			api + "CONSUMER.DELETE." + journal.Stream + ".>", "$JS.FC." + journal.Stream + ".>",
		}},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}})
	return true
}

// lower: an enrolled node right below, also one that was recalled, by the key
// that it proved to hold.
func (d doorkeeper) lower(c server.ClientAuthentication) bool {
	state := c.GetTLSConnectionState()
	if state == nil {
		return false
	}
	key, ok := keys.PeerKey(*state)
	if !ok {
		return false
	}
	host, _, ok := d.n.Authority.ByLinkKey(key)
	if !ok || !d.n.isLower(host.Node) {
		return false
	}
	allow(c, []string{subjectUp + host.Node.ID(), subjectDown + host.Node.ID()}, inbox(host.Node))
	return true
}

// invited: only the invitation's own subject.
func (d doorkeeper) invited(c server.ClientAuthentication) bool {
	place, ok := d.n.state.invited(c.GetOpts().Password, d.n.Now())
	if !ok || c.GetTLSConnectionState() == nil {
		return false
	}
	allow(c, []string{subjectJoin + place.ID()}, inbox(place))
	return true
}

func allow(c server.ClientAuthentication, publish []string, inbox string) {
	c.RegisterUser(&server.User{Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: []string{inbox + ".>"}},
	}})
}

// inbox is where a node waits for answers; nothing else is answered.
func inbox(place events.Place) string { return "_INBOX_" + place.ID() }

// isLower reports whether a node hangs right below this one, or did until it
// was recalled.
func (n *Node) isLower(place events.Place) bool {
	if _, standing := n.Authority.OwnNode(place); standing == engine.StandingNone || !n.ID.Place.Above(place) {
		return false
	}
	upper, _ := place.Upper()
	above, ok := n.Authority.Host(upper)
	return ok && above.Node == n.ID.Place
}

// serverLog carries the server's warnings into the node's log. Payloads never
// pass here: tracing stays off.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}
func (l serverLog) Warnf(format string, args ...any) {
	l.log.Warn(strings.TrimSpace(fmt.Sprintf(format, args...)))
}
func (l serverLog) Errorf(format string, args ...any) {
	l.log.Error(strings.TrimSpace(fmt.Sprintf(format, args...)))
}
func (l serverLog) Fatalf(format string, args ...any) { l.Errorf(format, args...) }
