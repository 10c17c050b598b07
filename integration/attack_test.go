package integration

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

const placeSibling events.Place = "RW.57.12.05.04"

// siege is a cell, a village that attacks it with its own valid credentials,
// and an honest sibling of it.
type siege struct {
	*nation
	cell    *member
	rogue   *rogue
	sibling *rogue // its credentials, for what only it may see
	inbox   chan *nats.Msg
	head    uint64
}

func newSiege(t *testing.T) *siege {
	t.Helper()
	n := newNation(t, placeNation, placeCell)
	s := &siege{nation: n, cell: n.at(placeCell), rogue: n.rogueAt(placeVillage), sibling: n.rogueAt(placeSibling).m.rogue("b7d2"), inbox: make(chan *nats.Msg, 16)}
	s.rogue.greet()
	s.sibling.greet()
	_, err := s.sibling.conn.ChanSubscribe("_INBOX_"+placeSibling.ID()+".>", s.inbox)
	s.cell.must(err)
	s.cell.must(s.sibling.conn.Flush())
	s.head = s.cell.Journal.Head()
	return s
}

// unharmed: nothing was stored, nothing came to the sibling, and both links
// work on.
func (s *siege) unharmed() {
	s.t.Helper()
	is := is.New(s.t)
	is.Equal(s.cell.Journal.Head(), s.head)
	select {
	case m := <-s.inbox:
		s.t.Fatalf("the sibling was sent %q on %s", m.Data, m.Subject)
	default:
	}
	s.sibling.send(item(s.sibling.event(nil)))
	s.head = s.cell.Journal.Head()
	s.heard()
}

// heard forgets what the sibling was sent as it had asked for it.
func (s *siege) heard() {
	s.t.Helper()
	s.cell.must(s.sibling.conn.Flush()) // all of it is here
	for len(s.inbox) > 0 {
		<-s.inbox
	}
}

// refused waits until the server has told that it does not allow this.
func (s *siege) refused(what string) {
	s.t.Helper()
	select {
	case err := <-s.rogue.problems:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			s.t.Fatalf("%s: %v, no refusal", what, err)
		}
	case <-time.After(within):
		s.t.Fatalf("%s was not refused", what)
	}
}

// TestPublishAnothersSubject: each publish beyond a village's own three
// subjects is refused by the server, which says so, and nothing is stored.
func TestPublishAnothersSubject(t *testing.T) {
	s := newSiege(t)
	e := s.sibling.event(nil)
	for _, subject := range []string{
		"sync.up." + placeSibling.ID(), "sync.dn." + placeSibling.ID(), "sync.up." + placeCell.ID(), "rotate." + placeSibling.ID(), "join." + placeVillage.ID(), "join." + placeSibling.ID(),
		e.Subject.String(), "ev.RW", "key.x.y.z", "reads.x",
		"$JS.API.INFO", "$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.DIRECT.GET.EVENTS", "$JS.API.STREAM.PURGE.EVENTS",
		"$JS.API.STREAM.MSG.DELETE.KEYS", "$JS.API.CONSUMER.CREATE.EVENTS.c.ev.>", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.c", "$JS.API.STREAM.CREATE.X", "$JS.API.STREAM.SNAPSHOT.EVENTS",
		"$JS.ACK.EVENTS.c.1.1.1.1.0", "$JS.FC.EVENTS.c.x", "$JSC.R.x", "$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.LINKS.CONNZ", "$SYS.ACCOUNT.LINKS.CONNECT",
		"_INBOX_" + placeSibling.ID() + ".x", "_INBOX.x", "_R_.x", "_GR_.x", "$GNR.x", "$NRG.x", "$KV.x", "$O.x",
	} {
		if err := s.rogue.conn.PublishMsg(&nats.Msg{Subject: subject, Header: e.Header(), Data: e.Body}); err != nil {
			t.Fatalf("%s: %v", subject, err)
		}
		s.refused("to publish on " + subject)
	}
	s.unharmed()
}

// TestSubscribeBeyondTheOwnInbox: each subscription that could hear anybody
// else, also as a member of a queue, is refused.
func TestSubscribeBeyondTheOwnInbox(t *testing.T) {
	s := newSiege(t)
	for _, subject := range []string{
		">", "*.>", "*.*.>", "sync.>", "sync.up.*", "sync.up." + placeVillage.ID(), "sync.up." + placeSibling.ID(), "sync.dn." + placeSibling.ID(), "rotate.*", "join.>",
		"ev.>", "$JS.>", "$JS.EVENT.>", "$SYS.>", "_INBOX.>", "_INBOX_" + placeSibling.ID() + ".>", "_INBOX_" + placeCell.ID() + ".>", "*", "_INBOX_*.>", "$G.>", "LINKS.>",
	} {
		for _, queue := range []string{"", "q", "sync"} {
			var err error
			if queue == "" {
				_, err = s.rogue.conn.SubscribeSync(subject)
			} else {
				_, err = s.rogue.conn.QueueSubscribeSync(subject, queue)
			}
			if err != nil {
				t.Fatalf("%s: %v", subject, err)
			}
			s.refused("to subscribe to " + subject + " in " + queue)
		}
	}
	s.unharmed()
}

// TestReplyTricks: a message on its own subject with a reply that is another's,
// an acknowledgement, or carries a second subject behind an @, comes to nothing:
// the cell answers into the sender's inbox only, and stores nothing.
func TestReplyTricks(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	own := "sync.up." + placeVillage.ID()
	greeting := link.Encode(link.Greeting{Node: placeVillage, Run: s.rogue.run})
	for _, reply := range []string{
		"_INBOX_" + placeSibling.ID() + ".x", "_INBOX_" + placeVillage.ID(), "_INBOX_" + placeVillage.ID() + "x.y", "_INBOX.x", "sync.up." + placeSibling.ID(), "ev.RW.57.12.05.04.case.x",
		"_INBOX_" + placeSibling.ID() + ".x@_INBOX_" + placeVillage.ID() + ".y",
	} {
		is.NoErr(s.rogue.conn.PublishRequest(own, reply, greeting))
	}
	for _, reply := range []string{
		"$JS.ACK.a.b.1.1.1.1.0", "$JS.ACK.EVENTS.c.1.1.1.1.0@ev.RW.57.12.05.04.case.evil", "$JS.ACK.a.b.1.1.1.1.0@sync.up." + placeSibling.ID(),
	} {
		is.NoErr(s.rogue.conn.PublishRequest(own, reply, greeting))
		s.refused("a reply to " + reply)
	}
	// Its own inbox with an @: what comes is a greeting, and to its inbox alone.
	answers := make(chan *nats.Msg, 4)
	_, err := s.rogue.conn.ChanSubscribe("_INBOX_"+placeVillage.ID()+".>", answers)
	is.NoErr(err)
	reply := "_INBOX_" + placeVillage.ID() + ".x@_INBOX_" + placeSibling.ID() + ".y"
	is.NoErr(s.rogue.conn.PublishRequest(own, reply, greeting))
	m := <-answers
	is.Equal(m.Subject, reply) // taken as it is, nothing is cut off
	s.unharmed()
}

// TestHeaderTricks: headers on a link's message are not read: no expectation,
// no deduplication, no roll-up, no tracing, no event.
func TestHeaderTricks(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	e := s.rogue.event(nil)
	for name, values := range map[string][]string{
		"Nats-Expected-Stream": {"EVENTS"}, "Nats-Rollup": {"all"}, "Nats-Msg-Id": {"x"}, "Nats-Batch-Id": {"b"}, "Nats-Batch-Commit": {"1"}, "Nats-TTL": {"1s"},
		"Nats-Trace-Dest": {"_INBOX_" + placeSibling.ID() + ".t"}, "traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		"Nats-Request-Info": {`{"acc":"$G"}`}, "Nats-Schedule": {"@every 1s"}, "Status": {"503"}, "ce-id": {string(e.ID)}, "ce-office": {placeNation.ID()},
	} {
		h := e.Header()
		h[name] = values
		message := &nats.Msg{Subject: "sync.up." + placeVillage.ID(), Header: h, Data: link.Encode(link.Greeting{Node: placeVillage, Run: s.rogue.run})}
		if name == "Nats-Trace-Dest" { // the server refuses to send traces where it may not publish
			message.Reply = "_INBOX_" + placeVillage.ID() + ".t"
			is.NoErr(s.rogue.conn.PublishMsg(message))
			s.refused("a trace into another's inbox")
			continue
		}
		m, err := s.rogue.conn.RequestMsg(message, within)
		is.NoErr(err)
		answer, err := link.Decode(m.Data)
		is.NoErr(err)
		_, greets := answer.(link.Greeting)
		is.True(greets)
	}
	s.unharmed()
}

// TestReplays: a batch that is sent again, with the very bytes, changes
// nothing; one of a session that is over is answered "greet again"; another
// node's session is not its own.
func TestReplays(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	ask := func(r *rogue, raw []byte) any {
		t.Helper()
		m, err := r.conn.Request("sync.up."+r.m.place.ID(), raw, within)
		is.NoErr(err)
		if r == s.sibling {
			s.heard()
		}
		message, err := link.Decode(m.Data)
		is.NoErr(err)
		return message
	}
	batch := link.Encode(s.rogue.batch(item(s.rogue.event(nil)), item(s.rogue.event(nil))))
	first, ok := ask(s.rogue, batch).(link.Answer)
	is.True(ok)
	s.head = s.cell.Journal.Head()
	for range 5 {
		again, ok := ask(s.rogue, batch).(link.Answer)
		is.True(ok)
		is.Equal(again.Upto, first.Upto)
	}
	is.Equal(ask(s.sibling, batch), error(link.ErrGreet)) // of another's session
	s.unharmed()

	greeting := link.Encode(link.Greeting{Node: placeVillage, Run: s.rogue.run})
	failed, ok := ask(s.sibling, greeting).(link.Failed) // another's greeting
	is.True(ok)
	is.Equal(failed.Why, "fault")
	s.unharmed()

	s.cell.restart()
	s.rogue.dial()
	s.sibling.dial()
	is.Equal(ask(s.rogue, batch), error(link.ErrGreet)) // of a session that is over
	is.Equal(len(s.cell.refusals()), 0)
	for _, raw := range [][]byte{batch[:len(batch)-1], batch[:1], nil, append(bytes.Clone(batch), 0), []byte("nonsense"), bytes.Repeat([]byte{0xff}, 1<<10)} {
		_, ok := ask(s.rogue, raw).(link.Failed) // cut short, too long, or nothing
		is.True(ok)
	}
	is.Equal(s.cell.Journal.Head(), s.head)
}

// TestOversizedAndMalformed: what is over the limits of the protocol ends the
// connection that sent it, by name; the sibling's goes on.
func TestOversizedAndMalformed(t *testing.T) {
	for name, tt := range map[string]struct{ send, want string }{
		"a payload over the limit":  {fmt.Sprintf("PUB sync.up.%s %d\r\n", placeVillage.ID(), 2<<20), "Maximum Payload Violation"},
		"a payload beyond counting": {"PUB sync.up." + placeVillage.ID() + " 99999999999999999999\r\n", ""}, // ended without a word
		"a line without an end":     {"PUB " + strings.Repeat("x", 64<<10), "maximum control line exceeded"},
		"no protocol at all":        {"GET / HTTP/1.1\r\n\r\n", "Unknown Protocol Operation"},
		"a server's protocol":       {"RMSG $G ev.x 1\r\nx\r\n", "Unknown Protocol Operation"},
		"a leaf's protocol":         {"LMSG ev.x 1\r\nx\r\n", "Unknown Protocol Operation"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := newSiege(t)
			conn, err := tlsDial(s.cell.Address(), s.rogue.tls)
			is.NoErr(err)
			defer conn.Close()
			is.NoErr(conn.SetDeadline(time.Now().Add(within)))
			_, err = conn.Write([]byte("CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":true,\"lang\":\"raw\",\"version\":\"1\",\"protocol\":1,\"headers\":true}\r\nPING\r\n"))
			is.NoErr(err)
			in := bufio.NewReader(conn)
			said := ""
			for !strings.HasPrefix(said, "PONG") {
				said, err = in.ReadString('\n')
				is.NoErr(err)
			}
			_, err = conn.Write([]byte(tt.send))
			is.NoErr(err)
			said = ""
			for err == nil && !strings.HasPrefix(said, "-ERR") {
				said, err = in.ReadString('\n')
			}
			if !strings.Contains(strings.ToLower(said), strings.ToLower(tt.want)) {
				t.Fatalf("%q is answered with %q", name, said)
			}
			for err == nil { // and the connection ends
				_, err = in.ReadByte()
			}
			s.unharmed()
		})
	}
}

// TestManyConnectionsOfOneKey: of too many the oldest is ended, so that one
// village takes no more than its own places at the listener.
func TestManyConnectionsOfOneKey(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	first := s.rogue.conn
	gone := make(chan struct{})
	first.SetClosedHandler(func(*nats.Conn) { close(gone) })
	for range 8 {
		s.rogue.dial()
	}
	<-gone
	is.True(first.IsClosed())
	s.rogue.greet() // the last one works
	s.unharmed()
}

// TestManySubscriptions: beyond its number they are refused, and the connection
// of who asks for more is ended.
func TestManySubscriptions(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	var refused error
	for i := 0; refused == nil && i < 1000; i++ {
		if _, err := s.rogue.conn.SubscribeSync(fmt.Sprintf("_INBOX_%s.%d", placeVillage.ID(), i)); err != nil {
			refused = err
			break
		}
		is.NoErr(s.rogue.conn.Flush())
		select {
		case refused = <-s.rogue.problems:
		default:
		}
	}
	is.True(refused != nil && strings.Contains(refused.Error(), "maximum subscriptions exceeded"))
	s.unharmed()
}

// TestAFloodingVillage: it sends as fast as it can, what can be read and what
// cannot, small and large; its sibling's events arrive meanwhile, it is kept out
// for a while, and comes back.
func TestAFloodingVillage(t *testing.T) {
	for name, flood := range map[string][]byte{
		"polls": link.Encode(link.Poll{}),
		"small": []byte("HHHHHHHHHHHHHHHH"),
		"large": bytes.Repeat([]byte{'H'}, 900<<10),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := newSiege(t)
			reply := "_INBOX_" + placeVillage.ID() + ".x"
			gone := make(chan struct{})
			s.rogue.conn.SetClosedHandler(func(*nats.Conn) { close(gone) })
			done := make(chan struct{})
			go func() {
				defer close(done)
				for s.rogue.conn.PublishRequest("sync.up."+placeVillage.ID(), reply, flood) == nil {
				}
			}()
			for range 20 {
				s.sibling.send(item(s.sibling.event(nil))) // answered within seconds, or the test fails
			}
			<-gone // it is ended
			<-done
			_, err := nats.Connect("tls://"+s.cell.Address(), nats.Secure(s.rogue.tls), nats.TLSHandshakeFirst(), nats.NoReconnect())
			is.True(errors.Is(err, nats.ErrAuthorization)) // and kept out
			s.sibling.send(item(s.sibling.event(nil)))
			is.Equal(len(s.cell.refusals()), 0)
			if name != "small" {
				return
			}
			s.cell.until("let in again", func() bool {
				conn, err := nats.Connect("tls://"+s.cell.Address(), nats.Secure(s.rogue.tls), nats.TLSHandshakeFirst(), nats.NoReconnect())
				if err == nil {
					conn.Close()
				}
				return err == nil
			})
		})
	}
}

// TestAVillageOfRefusals: each message can be read, and all that it brings is
// refused, which the upper node keeps for good. Some dozens are what an honest node
// brings, too; whoever goes on is kept out.
func TestAVillageOfRefusals(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	const each = 64
	gone := make(chan struct{})
	s.rogue.conn.SetClosedHandler(func(*nats.Conn) { close(gone) })
	junk := func() (out []link.Item) {
		for range each {
			e := s.rogue.event(nil)
			body := append(e.Body[:len(e.Body)-1:len(e.Body)-1], " }"...)
			out = append(out, link.Item{Subject: e.Subject.String(), Header: e.Header(), Body: body}) // not what was signed
		}
		return out
	}
	s.rogue.send(junk()...) // is answered, and it goes on
	s.rogue.send(junk()...)
	batches := 2
	for ; batches < 100; batches++ {
		if _, err := s.rogue.ask("up", s.rogue.batch(junk()...)); err != nil {
			break
		}
		s.rogue.passed = s.rogue.seq
	}
	is.True(batches*each < 1000) // it was ended
	<-gone
	_, err := nats.Connect("tls://"+s.cell.Address(), nats.Secure(s.rogue.tls), nats.TLSHandshakeFirst(), nats.NoReconnect())
	is.True(errors.Is(err, nats.ErrAuthorization))
	s.sibling.send(item(s.sibling.event(nil)))
	is.True(len(s.cell.refusals()) <= (batches+1)*each)
}

// TestASuspendedNodeOnTheLink: with valid credentials it is told how it stands
// and what was refused, and nothing of any child; nothing of it is taken.
func TestASuspendedNodeOnTheLink(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	r := s.cell.stand(placeVillage, events.TypeSuspended, "inquiry")
	s.cell.did(placeCell, events.Subject{Place: placeVillage}, engine.Raise{To: placeCell, Source: "izu"})
	head := s.cell.Journal.Head()
	answer, err := s.rogue.ask("up", s.rogue.batch(item(s.rogue.event(nil))))
	is.NoErr(err)
	is.Equal(answer, link.Failed{Why: "suspended"})
	is.Equal(s.cell.Journal.Head(), head)
	m, err := s.rogue.conn.Request("rotate."+placeVillage.ID(), []byte("{}"), within)
	is.NoErr(err)
	is.True(strings.Contains(string(m.Data), `"refused"`)) // as whatever it asks
	is.Equal(s.cell.Journal.Head(), head)
	heard := s.rogue.hear(func(e events.Event) bool {
		is.Equal(e.Subject.Kind, events.KindNode)
		return e.Type == events.TypeSuspended
	})
	is.Equal(heard.ID, r.Event.ID)
}
