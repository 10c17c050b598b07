package node

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// The request subjects of a lower node; its id follows.
const (
	subjectUp   = "sync.up."
	subjectDown = "sync.dn."
	subjectJoin = "join."
)

const (
	// pollFor is how long a lower node's poll waits for something to come: long,
	// because a quiet link should cost a village little.
	pollFor = 20 * time.Second
	// answerWithin bounds the storing of one batch.
	answerWithin = 10 * time.Second
)

// lowerLink is this node's end of the link of one lower node.
type lowerLink struct {
	end  *link.End
	bell bell // rings for what goes down beside the stream

	mu     sync.Mutex
	cancel context.CancelFunc // of the poll that waits
	got    uint64             // how far the lower node has passed this stream
	heard  time.Time
}

// serveLowers answers what lower nodes ask on their own subjects.
func (n *Node) serveLowers() error {
	for subject, serve := range map[string]func(context.Context, *nats.Msg){
		subjectUp + "*": n.serveUp, subjectDown + "*": n.serveDown, subjectJoin + "*": n.serveJoin,
	} {
		if _, err := n.conn.Subscribe(subject, func(m *nats.Msg) {
			n.task(func(ctx context.Context) { serve(ctx, m) })
		}); err != nil {
			return err
		}
	}
	return n.conn.Flush()
}

// lowerOf finds the link that a message belongs to; nil when its sender is not
// enrolled, or wants its answer sent to somebody else.
func (n *Node) lowerOf(m *nats.Msg) *lowerLink {
	id := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	if !strings.HasPrefix(m.Reply, "_INBOX_"+id+".") {
		return nil
	}
	for _, office := range n.Authority.Offices() {
		if office.ID() == id && n.isLower(office) {
			return n.lowerAt(office)
		}
	}
	return nil
}

func (n *Node) lowerAt(place events.Place) *lowerLink {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.lowers[place]
	if l == nil {
		l = &lowerLink{end: n.newEnd(place, place)}
		n.lowers[place] = l
	}
	return l
}

// serveUp takes greetings and batches.
func (n *Node) serveUp(ctx context.Context, m *nats.Msg) {
	l := n.lowerOf(m)
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	message, err := link.Decode(m.Data)
	if err != nil {
		n.answer(m, nil, err)
		return
	}
	l.hear(n.Now())
	switch message := message.(type) {
	case link.Greeting:
		own, err := n.greet(l, message)
		n.answer(m, own, err)
	case link.Batch:
		answer, err := l.end.Take(ctx, message)
		n.answer(m, answer, err)
		if n.Upper.Address == "" && err == nil && l.end.CaughtUp() {
			n.linked.Store(true) // the nation's own link is any from below
		}
	default:
		n.answer(m, nil, link.ErrGreet)
	}
}

func (n *Node) greet(l *lowerLink, peer link.Greeting) (link.Greeting, error) {
	own, err := l.end.Greeting()
	if err != nil {
		return own, err
	}
	after, err := l.end.Meet(own, peer)
	if err != nil {
		return own, err
	}
	l.passed(after)
	if n.Upper.Address == "" && l.end.CaughtUp() {
		n.linked.Store(true)
	}
	return own, nil
}

// serveDown answers a poll as soon as there is something for this lower node.
func (n *Node) serveDown(ctx context.Context, m *nats.Msg) {
	l := n.lowerOf(m)
	if l == nil {
		return
	}
	message, err := link.Decode(m.Data)
	poll, ok := message.(link.Poll)
	if err != nil || !ok {
		n.answer(m, nil, errors.Join(err, link.ErrGreet))
		return
	}
	l.hear(n.Now())
	l.passed(poll.Got)
	ctx, cancel := l.begin(ctx)
	defer cancel()
	b, err := n.await(ctx, l, poll)
	n.answer(m, b, err)
}

// await offers what follows the poll, waiting for the stream to grow.
func (n *Node) await(ctx context.Context, l *lowerLink, poll link.Poll) (link.Batch, error) {
	wait, cancel := context.WithTimeout(ctx, pollFor)
	defer cancel()
	if err := l.end.Took(ctx, poll.Took); err != nil {
		return link.Batch{}, err
	}
	scan := poll.Got
	for {
		mark := l.bell.mark()
		b, err := l.end.Offer(ctx, poll.Session, scan)
		if err != nil {
			return b, err
		}
		if _, standing := n.Authority.OwnNode(l.end.Lower); standing != engine.StandingActive {
			b.Items, b.Wraps, b.Asks = forRecalled(b.Items), nil, nil
		}
		b.After, scan = poll.Got, b.Upto.Seq
		if !b.Empty() || wait.Err() != nil {
			return b, nil
		}
		if err := n.news(wait, &l.bell, mark, scan); err != nil && wait.Err() == nil {
			return b, err
		}
	}
}

// forRecalled leaves what a recalled node is still told: that it was recalled,
// and what was refused of what it wrote. It stands at no position, so that the
// node misses nothing should it be enrolled again.
func forRecalled(items []link.Item) []link.Item {
	var out []link.Item
	for _, i := range items {
		if s, err := events.ParseSubject(i.Subject); err == nil && s.Kind == events.KindNode {
			i.At.Seq = 0
			out = append(out, i)
		}
	}
	return out
}

// answer sends what a message came to; a fault is named to the lower node's
// log and ours, and the lower node asks again.
func (n *Node) answer(m *nats.Msg, message any, err error) {
	switch {
	case errors.Is(err, link.ErrGreet):
		message = link.ErrGreet
	case err != nil:
		n.Log.Warn("a lower node's message was not served", "subject", m.Subject, "err", err)
		message = link.Failed{Why: why(err)}
	}
	if err := m.Respond(link.Encode(message)); err != nil && n.ctx.Err() == nil {
		n.Log.Warn("an answer was not sent", "subject", m.Subject, "err", err)
	}
}

// why tells a lower node what kind of fault it met, not where.
func why(err error) string {
	if errors.Is(err, engine.ErrConflict) {
		return "conflict"
	}
	return "fault"
}

// begin makes this the poll that waits; one that waited before ends.
func (l *lowerLink) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel()
	}
	l.cancel = cancel
	return ctx, cancel
}

func (l *lowerLink) hear(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = at
}

func (l *lowerLink) passed(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = seq
}

func (l *lowerLink) status() (got uint64, heard time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got, l.heard
}
