package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

const (
	// retryMax caps the wait between two tries while there is something to send,
	// before jitter, which makes up to half more or less of it: what a backlog
	// waits for after its link has returned, and cheap while it has not.
	retryMax = 700 * time.Millisecond
	// idleRetryMax caps it while there is not.
	idleRetryMax = 5 * time.Second
	retryFirst   = 100 * time.Millisecond
	// dialWithin is longer than a node above gives whoever dials to prove who it is.
	dialWithin = 10 * time.Second
	// pingEvery and pingsOut notice a link that died without a word.
	pingEvery = 5 * time.Second
	pingsOut  = 2
)

// upLink is this node's link to the node above it.
type upLink struct {
	n    *Node
	bell bell // rings for what goes up beside the stream
	// Of whoever runs the session:
	next  bool        // it shows the next link key
	later *time.Timer // ends it so that a rotation is asked for again; nil: none is to be

	mu    sync.Mutex
	peer  events.Place
	end   *link.End
	acked uint64             // how far the upper node has passed this stream
	since time.Time          // when the present session began; zero: none
	heard time.Time          // when the upper node was last heard
	fault string             // why the last session ended
	stop  context.CancelFunc // of the present session, or the wait for the next
}

func newUpLink(n *Node) *upLink {
	l := &upLink{n: n}
	l.turnTo(l.target().Place)
	l.acked, l.heard = n.state.acked()
	// A store that was restored or lost ends earlier than what was passed of it:
	// what it writes there now nobody else has. That must outlive a crash.
	if head := n.Journal.Head(); l.acked > head {
		l.acked = head
		l.keep()
	}
	return l
}

// run keeps the link up until the node closes.
func (l *upLink) run(ctx context.Context) {
	retry := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(retryFirst), backoff.WithMaxInterval(retryMax), backoff.WithMaxElapsedTime(0))
	for ctx.Err() == nil {
		met, err := l.session(ctx)
		l.ended(err)
		if errors.Is(err, errRotated) {
			continue
		}
		if met {
			retry.Reset()
		}
		l.pause(ctx, retry)
	}
}

// pause waits before the next try. Something new to send cuts the wait of an
// idle link short.
func (l *upLink) pause(ctx context.Context, retry *backoff.ExponentialBackOff) {
	mark, head := l.bell.mark(), l.n.Journal.Head()
	idle := !l.pending(head) && !l.n.Keys.Waiting(l.end.Beyond)
	retry.MaxInterval = retryMax
	if idle {
		retry.MaxInterval = idleRetryMax
	}
	wait, cancel := context.WithTimeout(ctx, min(retry.NextBackOff(), retry.MaxInterval*3/2))
	defer cancel()
	l.stoppable(cancel)
	if idle {
		// Either outcome ends the pause: there is something new, or the time is up.
		_ = l.n.news(wait, &l.bell, mark, head)
		return
	}
	<-wait.Done()
}

func (l *upLink) stoppable(stop context.CancelFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = stop
}

// again ends the present session, or the wait for the next one.
func (l *upLink) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		l.stop()
	}
}

// session dials, greets, and moves events in both directions until the
// connection ends. met reports whether the upper node greeted back.
func (l *upLink) session(ctx context.Context) (met bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.stoppable(cancel)
	conn, err := l.dial(cancel)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer l.stopLater()
	if !l.next {
		if err := l.rotate(ctx, conn); err != nil {
			return false, err
		}
	}
	for ctx.Err() == nil {
		after, err := l.greet(ctx, conn)
		if err != nil {
			return met, err
		}
		met = true
		if err := l.both(ctx, conn, after); !errors.Is(err, link.ErrGreet) {
			return met, err
		}
	}
	return met, errors.New("the connection ended")
}

func (l *upLink) stopLater() {
	if l.later != nil {
		l.later.Stop()
		l.later = nil
	}
}

func (l *upLink) greet(ctx context.Context, conn *nats.Conn) (after uint64, err error) {
	own, err := l.end.Greeting()
	if err != nil {
		return 0, err
	}
	message, err := l.request(ctx, conn, subjectUp, own, answerWithin)
	if err != nil {
		return 0, fmt.Errorf("greet %s: %w", l.peer, err)
	}
	peer, ok := message.(link.Greeting)
	if !ok {
		return 0, fmt.Errorf("greet %s: it answers %T", l.peer, message)
	}
	if after, err = l.end.Meet(own, peer); err != nil {
		return 0, err
	}
	l.began(after)
	return after, nil
}

// both moves events up and down until one of the two fails.
func (l *upLink) both(ctx context.Context, conn *nats.Conn, after uint64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wait sync.WaitGroup
	wait.Go(func() { cancel(l.send(ctx, conn, after)) })
	wait.Go(func() { cancel(l.receive(ctx, conn)) })
	wait.Wait()
	return context.Cause(ctx)
}

// send offers this node's stream behind what the upper node has passed.
func (l *upLink) send(ctx context.Context, conn *nats.Conn, passed uint64) error {
	scan := passed
	for {
		if err := l.untilResumed(ctx); err != nil {
			return err
		}
		head := l.n.Journal.Head()
		mark := l.bell.mark()
		session, _ := l.end.Sending()
		b, err := l.end.Offer(ctx, session, scan)
		if err != nil {
			return err
		}
		next := nextAfter(scan, b, head)
		b.After, scan = passed, b.Upto.Seq
		closes := l.end.Closes(passed, scan)
		if len(b.Items) == 0 {
			l.ack(scan) // nothing up to here is for the upper node
		}
		if b.Empty() && !closes {
			if err := l.n.news(ctx, &l.bell, mark, next); err != nil {
				return err
			}
			continue
		}
		message, err := l.request(ctx, conn, subjectUp, b, answerWithin)
		if err != nil {
			return fmt.Errorf("send %d events to %s: %w", len(b.Items), l.peer, err)
		}
		answer, ok := message.(link.Answer)
		if !ok {
			return fmt.Errorf("send to %s: it answers %T", l.peer, message)
		}
		if answer.Lacks(b) {
			return fmt.Errorf("send to %s: it did not take every wrap", l.peer)
		}
		if err := l.end.Took(ctx, answer.Took); err != nil {
			return err
		}
		passed, scan = answer.Upto, answer.Upto
		l.ack(passed)
	}
}

// receive polls for what the upper node has for this one.
func (l *upLink) receive(ctx context.Context, conn *nats.Conn) error {
	for {
		if l.end.CaughtUp() && !l.n.linked.Swap(true) {
			l.n.work.ring()
		}
		poll, ok := l.end.Next()
		if !ok {
			return link.ErrGreet
		}
		message, err := l.request(ctx, conn, subjectDown, poll, pollFor+answerWithin)
		if err != nil {
			return fmt.Errorf("ask %s for what is new: %w", l.peer, err)
		}
		b, ok := message.(link.Batch)
		if !ok {
			return fmt.Errorf("ask %s for what is new: it answers %T", l.peer, message)
		}
		if _, err := l.end.Take(ctx, b); err != nil {
			return err
		}
		if err := l.n.settled(ctx); err != nil {
			return err
		}
		l.n.door.sweep() // what came may say that a node below has other keys
		if now := l.target().Place; now != l.peer {
			return fmt.Errorf("the node above is %s now", now)
		}
	}
}

// untilResumed waits while this node knows that it is suspended: what it wrote
// waits here, and is shown as kept only here.
func (l *upLink) untilResumed(ctx context.Context) error {
	for {
		head := l.n.Journal.Head()
		if _, standing := l.n.Authority.OwnNode(l.n.ID.Place); standing != engine.StandingSuspended {
			return nil
		}
		if err := l.n.Journal.Wait(ctx, head); err != nil {
			return err
		}
	}
}

// request sends one message and reads the answer; link.ErrGreet when the upper
// node does not know the session.
func (l *upLink) request(ctx context.Context, conn *nats.Conn, subject string, message any, within time.Duration) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, subject+l.n.ID.Place.ID(), link.Encode(message))
	if err != nil {
		return nil, err
	}
	l.hear()
	answer, err := link.Decode(m.Data)
	switch answer := answer.(type) {
	case error:
		return nil, answer
	case link.Failed:
		return nil, fmt.Errorf("it could not serve the message: %s", answer.Why)
	}
	return answer, err
}

// pending reports whether there is something that the upper node has not
// passed.
func (l *upLink) pending(head uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acked < head
}

func (l *upLink) began(after uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked, l.since, l.fault = after, l.n.Now(), ""
	l.n.Log.Info("linked up", "node", l.n.ID.Place.ID(), "upper", l.peer.ID(), "after", after)
}

func (l *upLink) ack(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked = seq
}

func (l *upLink) hear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = l.n.Now()
}

func (l *upLink) ended(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.since.IsZero() {
		l.n.Log.Info("link ended", "node", l.n.ID.Place.ID(), "upper", l.peer.ID(), "why", err)
	}
	l.since = time.Time{}
	if err != nil {
		l.fault = err.Error()
	}
	l.keep()
}

func (l *upLink) keep() {
	if err := l.n.state.ack(l.acked, l.heard); err != nil {
		l.n.Log.Warn("how far the upper node has passed was not kept", "err", err)
	}
}
