package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// The request subjects of a lower node; its id follows.
const (
	subjectUp     = "sync.up."
	subjectDown   = "sync.dn."
	subjectRotate = "rotate."
	subjectJoin   = "join."
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
	head   uint64             // end of this stream as the greeting named it
	heard  time.Time
	told   uint64 // how far this stream was looked at in this session for what it is told meanwhile
}

// serveLowers answers what lower nodes ask on their own subjects.
func (n *Node) serveLowers() error {
	for subject, serve := range map[string]func(context.Context, *caller, *nats.Msg){
		subjectUp: n.serveUp, subjectDown: n.serveDown, subjectRotate: n.serveRotate, subjectJoin: n.serveJoin,
	} {
		if _, err := n.links.Subscribe(subject+"*", func(m *nats.Msg) { n.admit(m, serve) }); err != nil {
			return err
		}
	}
	return n.links.Flush()
}

// reach is what a node below has here.
func (n *Node) reach(place events.Place) engine.Reach { return n.Authority.Reach(n.ID.Place, place) }

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
func (n *Node) serveUp(ctx context.Context, c *caller, m *nats.Msg) {
	reach := n.reach(c.place)
	if reach == engine.ReachNone {
		return
	}
	l := n.lowerAt(c.place)
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	message, ok := n.read(c, m)
	if !ok {
		return
	}
	l.hear(n.Now())
	switch message := message.(type) {
	case link.Greeting:
		own, err := n.greet(l, message)
		n.answer(m, own, err)
	case link.Batch:
		if reach == engine.ReachTold {
			n.answer(m, link.Failed{Why: "suspended"}, nil)
			return
		}
		answer, err := l.end.Take(ctx, message)
		n.answer(m, answer, err)
		if pause := c.refuse(time.Now(), answer.Refused); pause > 0 {
			n.keepOut(c, pause)
		}
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
	l.greeted(after, own.Runs)
	if n.Upper.Address == "" && l.end.CaughtUp() {
		n.linked.Store(true)
	}
	return own, nil
}

// serveDown answers a poll as soon as there is something for this lower node.
func (n *Node) serveDown(ctx context.Context, c *caller, m *nats.Msg) {
	if n.reach(c.place) == engine.ReachNone {
		return
	}
	l := n.lowerAt(c.place)
	message, ok := n.read(c, m)
	if !ok {
		return
	}
	poll, ok := message.(link.Poll)
	if !ok {
		n.answer(m, nil, link.ErrGreet)
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
		head := n.Journal.Head()
		mark := l.bell.mark()
		told := n.reach(l.end.Lower) != engine.ReachWhole
		before := l.looked()
		switch {
		case told:
			scan = max(scan, before)
		case before > 0:
			return link.Batch{}, link.ErrGreet // it comes back, and hears what was held back
		}
		b, err := l.end.Offer(ctx, poll.Session, scan)
		if err != nil {
			return b, err
		}
		next := nextAfter(scan, b, head)
		b.After, scan = poll.Got, b.Upto.Seq
		if told {
			b = b.Told()
		}
		if !b.Empty() || wait.Err() != nil || !told && l.caughtUp(poll.Got, scan) {
			if told {
				l.look(scan)
			}
			return b, nil
		}
		if err := n.news(wait, &l.bell, mark, next); err != nil && wait.Err() == nil {
			return b, err
		}
	}
}

// nextAfter is the sequence behind which there may be more to offer: where the
// batch ends, or, where something is held, what came after it was looked at.
func nextAfter(scan uint64, b link.Batch, head uint64) uint64 {
	if b.Upto.Seq == scan {
		return max(scan, head)
	}
	return b.Upto.Seq
}

// read decodes a message. One that cannot be read is answered, and brings its
// sender nearer to a flood.
func (n *Node) read(c *caller, m *nats.Msg) (message any, ok bool) {
	message, err := link.Decode(m.Data)
	if err != nil {
		n.answer(m, nil, err)
		if c.spoil() {
			n.keepOut(c, floodPause)
		}
	}
	return message, err == nil
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

// looked is how far the stream was looked at for what the lower node is told while
// it does not hang on this one. That passes over nothing of the rest, which it
// hears once it does again.
func (l *lowerLink) looked() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told
}

func (l *lowerLink) look(upto uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = upto
}

func (l *lowerLink) passed(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = seq
}

func (l *lowerLink) greeted(after uint64, runs []engine.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got, l.head, l.told = after, 0, 0
	if len(runs) > 0 {
		l.head = runs[len(runs)-1].Seq
	}
}

// caughtUp reports whether a poll that asked from before the greeting's end has
// been looked up to there: then it is told at once, though there is nothing for
// it, as the lower node opens no name before it knows.
func (l *lowerLink) caughtUp(asked, scan uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return asked < l.head && scan >= l.head
}

func (l *lowerLink) status() (got uint64, heard time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got, l.heard
}
