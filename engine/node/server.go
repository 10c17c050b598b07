package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// readyWithin bounds the start of the embedded server; a healthy store takes
	// milliseconds, a large one seconds. A damaged one may never come.
	readyWithin = 60 * time.Second
	// payloadMax is NATS' default limit of one message, above link.BatchBytesMax.
	payloadMax = 1 << 20
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
	// Made before the start it would keep JetStream from this node's own account.
	if err := n.door.links(n.server); err != nil {
		return fmt.Errorf("make the account of the links: %w", err)
	}
	return nil
}

func (n *Node) serverOptions() (*server.Options, error) {
	o := &server.Options{
		ServerName: n.ID.Place.ID(), JetStream: true, StoreDir: filepath.Join(n.Dir, DirStream),
		SyncAlways: !n.UnsafeSync, NoSigs: true, DontListen: n.Listen == "",
		MaxPayload: payloadMax, MaxConn: connectionsMax, MaxSubs: subscriptionsMax, MaxPending: pendingMax, MaxControlLine: controlLineMax,
		CustomClientAuthentication: n.door, AlwaysEnableNonce: true, AuthTimeout: proveWithin.Seconds(),
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
	o.TLSConfig = n.ID.ServerTLS(n.proof)
	o.TLS, o.TLSHandshakeFirst, o.TLSTimeout = true, true, proveWithin.Seconds()
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

// serverLog carries the server's warnings into the node's log. Payloads never
// pass here: tracing stays off.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}
func (l serverLog) Warnf(format string, args ...any) {
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	if strings.Contains(text, "TLS Handshake First") {
		return // as it should be: nothing is said before the handshake
	}
	l.log.Warn(text)
}
func (l serverLog) Errorf(format string, args ...any) {
	l.log.Error(strings.TrimSpace(fmt.Sprintf(format, args...)))
}
func (l serverLog) Fatalf(format string, args ...any) { l.Errorf(format, args...) }
