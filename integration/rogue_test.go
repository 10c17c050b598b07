package integration

import (
	"crypto/tls"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/engine/node"
	"umuryango/events"
)

// rogue is a lower node that speaks the link by hand, over the real credentials
// of a node that was enrolled and never started: what a stolen or cloned
// machine could do.
type rogue struct {
	m    *member
	id   *keys.Identity
	tls  *tls.Config
	conn *nats.Conn
	run  events.Run

	number   uint64 // of its last event
	seq      uint64 // of the last record that it offered
	passed   uint64 // as the upper node answered
	got      uint64 // how far it has polled
	peer     link.Greeting
	problems chan error // what the upper node's server complains of
}

// rogueAt enrols a place and takes its credentials.
func (n *nation) rogueAt(p events.Place) *rogue {
	n.t.Helper()
	m := &member{nation: n, place: p, dir: filepath.Join(n.dir, p.ID())}
	m.join(n.hostOf(p))
	return m.rogue("k3f9")
}

// rogue takes a node's credentials.
func (m *member) rogue(mark string) *rogue {
	m.nation.t.Helper()
	r := &rogue{m: m, run: events.Run{Number: 1, Mark: mark}, problems: make(chan error, 16)}
	var err error
	r.id, err = keys.Load(filepath.Join(m.dir, node.DirKeys))
	m.must(err)
	m.must(r.id.Unlock(passphrase))
	r.tls, err = r.id.ClientTLS(m.invite.LinkKey)
	m.must(err)
	r.dial()
	return r
}

func (r *rogue) dial() {
	r.m.nation.t.Helper()
	conn, err := nats.Connect("tls://"+r.m.upper.Address(), nats.Secure(r.tls), nats.TLSHandshakeFirst(), nats.CustomInboxPrefix("_INBOX_"+r.m.place.ID()), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { r.problems <- err }))
	r.m.must(err)
	r.conn = conn
	r.m.nation.t.Cleanup(conn.Close)
}

// ask sends one message of the link and returns what comes back.
func (r *rogue) ask(direction string, message any) (any, error) {
	m, err := r.conn.Request("sync."+direction+"."+r.m.place.ID(), link.Encode(message), 5*time.Second)
	if err != nil {
		return nil, err
	}
	return link.Decode(m.Data)
}

func (r *rogue) greet() {
	r.m.nation.t.Helper()
	answer, err := r.ask("up", link.Greeting{Node: r.m.place, Run: r.run, Runs: []engine.Position{{Run: r.run, Seq: r.seq}}})
	r.m.must(err)
	peer, ok := answer.(link.Greeting)
	if !ok {
		r.m.nation.t.Fatalf("the greeting was answered with %T %v", answer, answer)
	}
	r.peer = peer
	for _, k := range peer.Known {
		if k.Run == r.run {
			r.passed = k.Seq
		}
	}
}

// batch makes the next batch of its stream.
func (r *rogue) batch(items ...link.Item) link.Batch {
	for i := range items {
		r.seq++
		items[i].At = engine.Position{Run: r.run, Seq: r.seq}
	}
	return link.Batch{
		Session: link.Session{From: r.run, To: r.peer.Run}, After: r.passed,
		Upto: engine.Position{Run: r.run, Seq: r.seq}, Items: items,
	}
}

// send offers items and expects them to be passed, taken or not.
func (r *rogue) send(items ...link.Item) {
	r.m.nation.t.Helper()
	answer, err := r.ask("up", r.batch(items...))
	r.m.must(err)
	got, ok := answer.(link.Answer)
	if !ok || got.Upto != r.seq {
		r.m.nation.t.Fatalf("a batch up to %d was answered with %T %+v", r.seq, answer, answer)
	}
	r.passed = got.Upto
}

// hear polls until the upper node has sent an event that satisfies want.
func (r *rogue) hear(want func(events.Event) bool) events.Event {
	r.m.nation.t.Helper()
	for {
		answer, err := r.ask("dn", link.Poll{Session: link.Session{From: r.run, To: r.peer.Run}, Got: r.got})
		r.m.must(err)
		b, ok := answer.(link.Batch)
		if !ok {
			r.m.nation.t.Fatalf("a poll was answered with %T %v", answer, answer)
		}
		r.got = b.Upto.Seq
		for _, i := range b.Items {
			e, err := events.Parse(i.Subject, i.Header, i.Body)
			r.m.must(err)
			if want(e) {
				return e
			}
		}
	}
}

// draft is a referral raised at the rogue's own place and addressed to the
// office above; change may alter it before it is numbered and signed.
func (r *rogue) event(change func(*events.Draft, *events.Author)) events.Event {
	r.m.nation.t.Helper()
	id, err := newID()
	r.m.must(err)
	r.number++
	now := time.Now()
	d := events.Draft{
		ID: id, Type: events.TypeRaised, Subject: events.Subject{Place: r.m.place, Kind: events.KindCase, ID: string(id)},
		Office: r.m.place, Actor: "W-7", Time: now, Recorded: now, Code: events.CodeOf(id), Edition: events.RwandaEdition,
		Body: fmt.Appendf(nil, `{"to":"%s","source":"izu","facts":{}}`, r.m.upper.place.ID()),
	}
	a := events.Author{Source: events.Source{Node: r.m.place, Run: r.run}, Number: r.number, Key: r.id.Key(), Sign: r.id.Sign}
	if change != nil {
		change(&d, &a)
	}
	e, err := events.Sign(d, a)
	r.m.must(err)
	return e
}

func item(e events.Event) link.Item {
	return link.Item{Subject: e.Subject.String(), Header: e.Header(), Body: e.Body}
}
