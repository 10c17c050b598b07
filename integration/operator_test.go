package integration

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine/journal"
	"umuryango/engine/node"
	"umuryango/events"
)

// operator connects as anybody would who has the operator's key and the node's
// certificate from its key folder, and nothing of this program.
func operator(t *testing.T, m *member) (*nats.Conn, chan error) {
	t.Helper()
	is := is.New(t)
	key, err := nats.NkeyOptionFromSeed(m.ID.OperatorSeedFile())
	is.NoErr(err)
	problems := make(chan error, 16)
	conn, err := nats.Connect("tls://"+m.Address(), key, nats.TLSHandshakeFirst(), nats.RootCAs(m.ID.CertificateFile()),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { problems <- err }))
	is.NoErr(err)
	t.Cleanup(conn.Close)
	return conn, problems
}

// TestTheOperatorReadsEvents: a NATS client sees one header per attribute, and
// can change nothing.
func TestTheOperatorReadsEvents(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict)
	district := n.at(placeDistrict)
	for range 3 {
		district.raise(placeVillage, placeDistrict)
	}
	n.level() // nothing more comes meanwhile
	conn, problems := operator(t, district)
	js, err := jetstream.New(conn)
	is.NoErr(err)
	stream, err := js.Stream(n.ctx, journal.Stream)
	is.NoErr(err)
	is.Equal(stream.CachedInfo().State.Msgs, district.Journal.Head())
	told := readAll(t, conn)
	for i, r := range district.records() {
		m := told[i]
		is.Equal(m.Header.Get("Nats-Subject"), r.Event.Subject.String())
		is.Equal(string(m.Data), string(r.Event.Body))
		seen := map[string][]string{}
		for name, values := range m.Header {
			if strings.HasPrefix(name, "ce-") {
				is.Equal(len(values), 1)
				seen[name] = values
			}
		}
		is.Equal(seen, r.Event.Header())
	}
	direct, err := stream.GetMsg(n.ctx, 1)
	is.NoErr(err)
	is.Equal(direct.Subject, district.records()[0].Event.Subject.String())

	for _, subject := range []string{
		"ev.RW.57.case.x", "sync.up.RW57", "join.RW57", "$JS.API.STREAM.MSG.DELETE.EVENTS", "$JS.API.STREAM.PURGE.EVENTS",
		"$JS.API.STREAM.DELETE.EVENTS", "$JS.API.STREAM.UPDATE.EVENTS", "$JS.API.STREAM.CREATE.OTHER", "$JS.API.STREAM.RESTORE.EVENTS",
		"$JS.API.STREAM.SNAPSHOT.EVENTS", "$JS.API.STREAM.MSG.GET.KEYS", "$JS.API.DIRECT.GET.READS", "key.RW.57.x", "read.page",
		// A consumer would deliver wherever it is told to.
		"$JS.API.CONSUMER.CREATE.EVENTS", "$JS.API.CONSUMER.CREATE.EVENTS.c", "$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.c", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.c",
	} {
		is.NoErr(conn.Publish(subject, nil))
		is.NoErr(conn.Flush())
		is.True(errors.Is(<-problems, nats.ErrPermissionViolation))
	}
	for _, subject := range []string{">", "_SELF.>", "ev.>", "$JS.>"} { // nor does it overhear what the node asks its server
		_, err := conn.SubscribeSync(subject)
		is.NoErr(err)
		is.NoErr(conn.Flush())
		is.True(errors.Is(<-problems, nats.ErrPermissionViolation))
	}
	overheard, err := conn.SubscribeSync("_INBOX.>")
	is.NoErr(err)
	is.NoErr(conn.Flush())
	is.Equal(district.Journal.Head(), uint64(len(district.records())))
	district.raise(placeVillage, placeDistrict) // the writer's expectation still holds
	is.NoErr(conn.Flush())
	pending, _, err := overheard.Pending()
	is.NoErr(err)
	is.Equal(pending, 0)
}

// readAll reads a stream as the README shows it: a hundred records at once, until
// none is left.
func readAll(t *testing.T, conn *nats.Conn) (out []*nats.Msg) {
	t.Helper()
	is := is.New(t)
	inbox := conn.NewInbox()
	sub, err := conn.SubscribeSync(inbox)
	is.NoErr(err)
	is.NoErr(conn.PublishRequest("$JS.API.DIRECT.GET."+journal.Stream, inbox, []byte(`{"seq":1,"batch":100}`)))
	for {
		m, err := sub.NextMsg(within)
		is.NoErr(err)
		if m.Header.Get("Status") != "" {
			return out
		}
		out = append(out, m)
	}
}

// TestAnotherKeyOpensNothing: the operator's key of another node, none at all,
// and a self-made TLS key.
func TestAnotherKeyOpensNothing(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	district := n.at(placeDistrict)
	ca := nats.RootCAs(district.ID.CertificateFile())
	url := "tls://" + district.Address()
	foreign, err := nats.NkeyOptionFromSeed(n.at(placeNation).ID.OperatorSeedFile())
	is.NoErr(err)
	for _, options := range [][]nats.Option{
		{ca, foreign}, {ca}, {ca, nats.UserInfo("self", "")}, {ca, nats.UserInfo("self", "x")}, {ca, nats.UserInfo("join", "x")}, {ca, nats.Token("x")},
	} {
		_, err := nats.Connect(url, append(options, nats.TLSHandshakeFirst())...)
		is.True(errors.Is(err, nats.ErrAuthorization))
	}
	_, err = nats.Connect(url, nats.TLSHandshakeFirst(), nats.RootCAs(n.at(placeNation).ID.CertificateFile()))
	is.True(err != nil) // and the certificate is the node's own
	seed, err := os.Stat(district.ID.OperatorSeedFile())
	is.NoErr(err)
	is.Equal(seed.Mode().Perm(), os.FileMode(0o600))
}

// TestATakenPortAndAHeldFolder: clear errors, and the node can be opened once
// the reason is gone.
func TestATakenPortAndAHeldFolder(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	_, err := node.Open(n.ctx, nation.config())
	is.True(errors.Is(err, node.ErrHeld))
	is.True(strings.Contains(err.Error(), nation.dir))
	nation.stop()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	c := nation.config()
	c.Listen = listener.Addr().String()
	_, err = node.Open(n.ctx, c)
	is.True(errors.Is(err, node.ErrTaken))
	is.True(strings.Contains(err.Error(), c.Listen))
	is.NoErr(listener.Close())

	_, err = node.Open(n.ctx, node.Config{Dir: t.TempDir(), Log: c.Log})
	is.True(errors.Is(err, os.ErrNotExist)) // a folder without a node
	nation.start()
	is.Equal(nation.raise(placeNation, placeNation).State.Pen, events.Place(placeNation))
}
