package node

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/engine/memory"
	"umuryango/events"
)

var secret = []byte("a passphrase for tests")

// newNation opens a nation's node with its history in memory.
func newNation(t *testing.T) *Node {
	t.Helper()
	n, err := begin(t, founded(t))
	is.New(t).NoErr(err)
	t.Cleanup(func() { is.New(t).NoErr(n.Close()) })
	return n
}

// founded makes a nation's node.
func founded(t *testing.T) Config {
	t.Helper()
	var ids atomic.Uint64
	c := Config{
		Dir: t.TempDir(), Listen: "127.0.0.1:0", Edition: "test", Now: time.Now, Log: slog.New(slog.DiscardHandler),
		NewID: func() (events.ID, error) {
			return events.ID(fmt.Sprintf("01a1f795-4f80-7000-8000-%012x", ids.Add(1))), nil
		},
		Gate:       func(time.Time) (engine.Gate, error) { return nil, nil },
		Passphrase: secret, Cost: keys.CheapCost, UnsafeSync: true,
	}
	is.New(t).NoErr(Found(context.Background(), c, "RW"))
	return c
}

// begin starts a nation's node; one that cannot begin is closed.
func begin(t *testing.T, c Config) (*Node, error) {
	t.Helper()
	n, err := Open(context.Background(), c)
	is.New(t).NoErr(err)
	if err := n.Begin(context.Background(), memory.NewHistory("RW", n.Journal)); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// joined enrols a node of a place.
func (n *Node) joined(t *testing.T, place events.Place) *keys.Identity {
	t.Helper()
	is := is.New(t)
	i, err := n.Invite(place, "", true)
	is.NoErr(err)
	id, _, err := keys.Create(filepath.Join(t.TempDir(), DirKeys), place, n.ID.Root, secret, keys.CheapCost)
	is.NoErr(err)
	is.NoErr(Join(context.Background(), id, i, ""))
	return id
}

// caught is a connection as the server shows it to the doorkeeper, and what
// the doorkeeper gives it.
type caught struct {
	opts   server.ClientOpts
	tls    *tls.ConnectionState
	remote net.Addr
	nonce  []byte
	kind   int
	user   *server.User
}

func (c *caught) GetOpts() *server.ClientOpts                 { return &c.opts }
func (c *caught) GetTLSConnectionState() *tls.ConnectionState { return c.tls }
func (c *caught) RegisterUser(u *server.User)                 { c.user = u }
func (c *caught) RemoteAddress() net.Addr                     { return c.remote }
func (c *caught) GetNonce() []byte                            { return c.nonce }
func (c *caught) Kind() int                                   { return c.kind }
func (c *caught) GetID() uint64                               { return 1 << 40 }

func shows(key any) *tls.ConnectionState {
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{PublicKey: key}}}
}

// showsProof is a key that nobody enrolled, with the enrolments of a node that
// somebody did.
func showsProof(t *testing.T, n *Node, place events.Place) *tls.ConnectionState {
	t.Helper()
	is := is.New(t)
	stranger, _, err := keys.Create(filepath.Join(t.TempDir(), DirKeys), place, n.ID.Root, secret, keys.CheapCost)
	is.NoErr(err)
	config, err := stranger.ClientTLSTo(nil, link.Proof(n.Authority.Chain(place)))
	is.NoErr(err)
	cert, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	is.NoErr(err)
	state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
	is.Equal(len(link.Proven(keys.PeerProof(*state))), 2) // the nation, the district
	return state
}

// may is what a user may do: everything else is refused.
type may struct {
	account            string
	publish, subscribe []string
}

func (c *caught) may() may {
	if c.user == nil {
		return may{}
	}
	m := may{}
	if c.user.Account != nil {
		m.account = c.user.Account.Name
	}
	if p := c.user.Permissions; p != nil {
		m.publish, m.subscribe = p.Publish.Allow, p.Subscribe.Allow
	}
	return m
}

// TestWhoMayDoWhat: the exact permissions of each kind of user, and who is no
// user at all.
func TestWhoMayDoWhat(t *testing.T) {
	is := is.New(t)
	n := newNation(t)
	district := n.joined(t, "RW.57")
	open, err := n.Invite("RW.58", "", true)
	is.NoErr(err)
	invited := server.ClientOpts{Username: userJoin, Password: base64.RawURLEncoding.EncodeToString(open.Secret)}
	seed, err := os.ReadFile(n.ID.OperatorSeedFile())
	is.NoErr(err)
	operator, err := nkeys.FromSeed(seed[:len(seed)-1])
	is.NoErr(err)
	nonce := []byte("a nonce")
	sig, err := operator.Sign(nonce)
	is.NoErr(err)
	reads := server.ClientOpts{Nkey: n.ID.Operator, Sig: base64.RawURLEncoding.EncodeToString(sig)}
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	_, stranger, err := ed25519.GenerateKey(nil)
	is.NoErr(err)

	for name, tt := range map[string]struct {
		caught
		in   bool
		want may
	}{
		"a node below": {caught{tls: shows(district.LinkKey())}, true, may{"LINKS",
			[]string{"sync.up.RW57", "sync.dn.RW57", "rotate.RW57"}, []string{"_INBOX_RW57.>"}}},
		"who carries an invitation": {caught{tls: shows(stranger.Public()), opts: invited}, true, may{"LINKS",
			[]string{"join.RW58"}, []string{"_INBOX_RW58.>"}}},
		"the operator": {caught{tls: shows(nil), opts: reads, nonce: nonce, remote: loopback}, true, may{"",
			[]string{
				"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.MSG.GET.EVENTS",
				"$JS.API.DIRECT.GET.EVENTS", "$JS.API.DIRECT.GET.EVENTS.>",
			}, []string{"_INBOX.>"}}},
		"this node, to its stream": {caught{opts: server.ClientOpts{Username: userSelf, Password: n.self}}, true, may{}},
		"this node, to its links":  {caught{opts: server.ClientOpts{Username: userDoor, Password: n.self}}, true, may{account: "LINKS"}},

		"a stranger's key": {caught: caught{tls: shows(stranger.Public())}},
		"a stranger's key with the proof of a node below": {caught: caught{tls: showsProof(t, n, "RW.57")}},
		"no key":                             {caught: caught{tls: &tls.ConnectionState{}}},
		"a key of another kind":              {caught: caught{tls: shows("not Ed25519")}},
		"a node below without TLS":           {caught: caught{}},
		"an invitation without TLS":          {caught: caught{opts: invited}},
		"a guessed invitation":               {caught: caught{tls: shows(nil), opts: server.ClientOpts{Username: userJoin, Password: "AAAAAAAAAAAAAAAAAAAAAA"}}},
		"this node's name with a guess":      {caught: caught{opts: server.ClientOpts{Username: userSelf, Password: "x"}}},
		"this node's name without a word":    {caught: caught{opts: server.ClientOpts{Username: userDoor}}},
		"this node's word from outside":      {caught: caught{tls: shows(district.LinkKey()), opts: server.ClientOpts{Username: userSelf, Password: n.self}}},
		"the operator from elsewhere":        {caught: caught{tls: shows(nil), opts: reads, nonce: nonce, remote: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}}},
		"the operator with an old signature": {caught: caught{tls: shows(nil), opts: reads, nonce: []byte("another"), remote: loopback}},
		"an operator of another node":        {caught: caught{tls: shows(nil), opts: server.ClientOpts{Nkey: "UABC", Sig: reads.Sig}, nonce: nonce, remote: loopback}},
		"a leaf node":                        {caught: caught{tls: shows(district.LinkKey()), kind: server.LEAF}},
		"a route":                            {caught: caught{tls: shows(district.LinkKey()), kind: server.ROUTER}},
		"a gateway":                          {caught: caught{tls: shows(district.LinkKey()), kind: server.GATEWAY}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := tt.caught
			is.Equal(n.door.Check(&c), tt.in)
			is.Equal(c.may(), tt.want)
		})
	}
}

// TestNothingElseListens: no monitoring, no profiling, no way in for other
// servers; and what the listener takes is bounded.
func TestNothingElseListens(t *testing.T) {
	is := is.New(t)
	n := newNation(t)
	is.Equal(n.server.MonitorAddr(), (*net.TCPAddr)(nil))
	is.Equal(n.server.ProfilerAddr(), (*net.TCPAddr)(nil))
	is.Equal(n.server.ClusterAddr(), (*net.TCPAddr)(nil))
	o, err := n.serverOptions()
	is.NoErr(err)
	is.Equal([]any{o.HTTPPort, o.HTTPSPort, o.ProfPort, o.Cluster.Port, o.Gateway.Port, o.LeafNode.Port, o.Websocket.Port, o.MQTT.Port}, []any{0, 0, 0, 0, 0, 0, 0, 0})
	is.True(o.TLS && o.TLSHandshakeFirst && !o.AllowNonTLS)
	is.Equal(o.TLSConfig.MinVersion, uint16(tls.VersionTLS13))
	is.True(o.MaxConn > 0 && o.MaxSubs > 0 && o.MaxPayload > 0 && o.MaxPending > 0 && o.MaxControlLine > 0 && o.AuthTimeout > 0 && o.TLSTimeout > 0)
	account, err := n.server.LookupAccount(accountLinks)
	is.NoErr(err)
	is.True(!account.JetStreamEnabled()) // who is in it cannot ask JetStream anything
	is.True(n.server.GlobalAccount().JetStreamEnabled())
}

// TestAllowance: what is beyond it is dropped, a little of it is forgiven, and
// a flood is called one.
func TestAllowance(t *testing.T) {
	is := is.New(t)
	now := time.Now()
	var a allowance
	taken := 0
	for {
		ok, flood := a.take(now, 1)
		is.True(!flood)
		if !ok {
			break
		}
		taken++
	}
	is.Equal(taken, requestsRate*burstSeconds)
	now = now.Add(time.Second)
	for range requestsRate {
		ok, _ := a.take(now, 1)
		is.True(ok)
	}
	ok, _ := a.take(now, 1)
	is.True(!ok)

	var large allowance // counted in bytes
	taken = 0
	for ok := true; ok; ok, _ = large.take(now, payloadMax) {
		taken++
	}
	is.Equal(taken-1, bytesRate*burstSeconds/payloadMax)

	drops, flood := 0, false
	for ; !flood; drops++ {
		_, flood = a.take(now, 1)
		is.True(drops < 2*floodMax)
	}
	a.forgive()
	now = now.Add(burstSeconds * time.Second)
	ok, flood = a.take(now, 1)
	is.True(ok && !flood)
	for range floodMax / 4 { // twice what is allowed, for long, is no flood
		now = now.Add(time.Second / requestsRate)
		_, flood = a.take(now, 1)
		is.True(!flood)
		_, flood = a.take(now, 1)
		is.True(!flood)
	}
}

// TestUnreadableMessagesAreAFlood at a pace at which readable ones are not.
func TestUnreadableMessagesAreAFlood(t *testing.T) {
	is := is.New(t)
	now := time.Now()
	var busy, older allowance
	spoilt := 0
	for flood := false; !flood; spoilt++ {
		now = now.Add(100 * time.Millisecond)
		ok, beyond := busy.take(now, payloadMax)
		is.True(ok && !beyond)
		flood = busy.spoil()
		is.True(spoilt < 2*floodMax/unreadableWeight)
	}
	busy.forgive()
	is.True(!busy.spoil())
	for range floodMax { // a node of another version asks again now and then
		now = now.Add(time.Second)
		ok, beyond := older.take(now, 16)
		is.True(ok && !beyond)
		is.True(!older.spoil())
	}
}

// TestRefusalsAreAFlood: what is refused for good is counted for long, some dozens
// at once are not, and who brings more waits until it would not have been more.
func TestRefusalsAreAFlood(t *testing.T) {
	is := is.New(t)
	now := time.Now()
	var restored, hostile allowance
	is.Equal(restored.refuse(now, refusedMax), time.Duration(0))
	is.Equal(restored.refuse(now, 0), time.Duration(0))
	for range 1000 { // one now and then is no flood
		now = now.Add(time.Second)
		is.Equal(restored.refuse(now, refusedRate), time.Duration(0))
	}
	start, brought := now, 0
	for now.Before(start.Add(24 * time.Hour)) {
		brought += 256
		now = now.Add(max(hostile.refuse(now, 256), time.Second))
	}
	is.True(brought < refusedMax+256+24*3600*refusedRate)
	is.Equal(hostile.refuse(now, 1), floodPause) // and never for less than a flood
}

// TestConnectionsOfAKey: of too many the oldest ends, and a key that is kept
// out is not let in before its time.
func TestConnectionsOfAKey(t *testing.T) {
	is := is.New(t)
	n := newNation(t)
	d := n.door
	for id := range uint64(5) {
		is.True(d.enter("key", 1<<40+id))
		is.True(len(d.open["key"]) <= connectionsPerKey)
	}
	is.Equal(d.open["key"], []uint64{1<<40 + 3, 1<<40 + 4})
	d.keepOut(time.Now().Add(time.Hour), "key")
	is.True(!d.enter("key", 1<<40+9))
	is.True(d.enter("another", 1<<40+9))
	d.keepOut(time.Now(), "key")
	is.True(d.enter("key", 1<<40+9))
}

// TestServedAtOnce: one message of a node and one whose asker gave up are
// served in each direction, and no more.
func TestServedAtOnce(t *testing.T) {
	is := is.New(t)
	c := &caller{busy: map[string]int{}}
	for range servedAtOnce {
		is.True(c.begin("sync.up.RW57"))
	}
	is.True(!c.begin("sync.up.RW57"))
	is.True(c.begin("sync.dn.RW57")) // the other direction goes on
	c.end("sync.up.RW57")
	is.True(c.begin("sync.up.RW57"))
}
