package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/events"
)

// custody keeps the keys of cases where they belong. It follows the stream: it
// destroys what was erased and says so, asks for what this node may open and
// cannot, and answers what others ask. Rights are for engine to know; custody
// does what follows from them. Everything it does may be done again.
type custody struct {
	*keys.Sealer
	n     *Node
	fresh bool        // this store never heard of an upper node
	ready atomic.Bool // it has followed all that it heard since it linked up

	full bool   // not all that is missing was asked for
	seq  uint64 // of the last record that was followed
	kept uint64 // the same, as it is on disk

	mu     sync.Mutex
	erased map[events.Subject]map[string]bool // "" for the whole case
	wanted map[events.Subject]bool            // something of it is missing
	again  map[events.Subject]bool            // to be looked at: a wrap came, or a page could not be read for want of a key
	all    bool                               // look at all that was missing
}

func newCustody(n *Node) (*custody, error) {
	c := &custody{n: n, erased: map[events.Subject]map[string]bool{}, wanted: map[events.Subject]bool{}, again: map[events.Subject]bool{}, all: true}
	c.Sealer = &keys.Sealer{Node: n.ID.Place, Opener: n.ID, Store: n.Keys, Linked: c.mayOpen, Erased: c.isErased, Trace: n.Trace}
	known, err := n.history.Known(n.Upper.Place)
	if err != nil {
		return nil, fmt.Errorf("read what is known of %s: %w", n.Upper.Place, err)
	}
	c.fresh = len(known) == 0
	if c.seq, err = n.state.followed(); err != nil {
		return nil, err
	}
	if c.seq > n.Journal.Head() {
		c.seq = 0 // the stream is an older one than what lies beside it
	}
	c.kept = c.seq
	return c, c.recall()
}

// recall destroys again what was erased before this start: a crash may have
// come in between.
func (c *custody) recall() error {
	list, err := c.n.state.orders()
	if err != nil {
		return err
	}
	for _, o := range list {
		if _, err := c.destroy(c.n.ctx, o.Case, o.Key); err != nil {
			return err
		}
	}
	return nil
}

// mayOpen: a store that may be an older copy opens nothing before it has heard
// and followed what was erased since. One that was never under another node has
// nobody to hear it from.
func (c *custody) mayOpen() bool { return c.n.Upper.Address == "" || c.fresh || c.ready.Load() }

func (c *custody) isErased(s events.Subject, key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := c.erased[s]
	return gone[""] || key != "" && gone[key]
}

// Open implements engine.Sealer: what cannot be opened for want of a key is asked
// for.
func (c *custody) Open(ctx context.Context, b engine.Binding, part events.SealedPart) ([]byte, error) {
	plain, err := c.Sealer.Open(ctx, b, part)
	if errors.Is(err, engine.ErrNoKey) {
		c.lookSoon(b.Case)
	}
	return plain, err
}

// lookSoon has a case looked at in the next pass.
func (c *custody) lookSoon(s events.Subject) {
	c.mu.Lock()
	c.again[s] = true
	c.mu.Unlock()
	c.n.work.ring()
}

// came hears that a wrap for this node has come. Several may have answered what
// was asked while a case was open here, and some of them late.
func (c *custody) came(s events.Subject) {
	c.mu.Lock()
	wanted := c.wanted[s]
	c.mu.Unlock()
	decides, err := c.n.decides(c.n.Now())
	if wanted || err == nil && c.n.ID.Place.Level() < decides {
		c.lookSoon(s)
	}
}

// lookAtAll has everything looked at that is missing or asked for: this node can
// use keys now that it could not.
func (c *custody) lookAtAll() {
	c.mu.Lock()
	c.all = true
	c.mu.Unlock()
	c.n.asks.Again(everyCase)
	c.n.work.ring()
}

func everyCase(events.Subject) bool { return true }

// run works until the node closes.
func (c *custody) run(ctx context.Context) {
	patience := backoff.NewExponentialBackOff(backoff.WithInitialInterval(retryFirst), backoff.WithMaxInterval(idleRetryMax), backoff.WithMaxElapsedTime(0))
	for ctx.Err() == nil {
		mark := c.n.work.mark()
		next, err := c.pass(ctx)
		if err != nil {
			if ctx.Err() == nil {
				c.n.Log.Warn("keys could not be looked after", "place", c.n.ID.Place.ID(), "err", err)
			}
			next = c.n.Now().Add(patience.NextBackOff())
		} else {
			patience.Reset()
		}
		c.pause(ctx, mark, next, err != nil)
	}
	if err := c.n.state.follow(c.seq); err != nil {
		c.n.Log.Warn("how far keys were looked after was not kept", "err", err)
	}
}

// pause waits for news, or until the next thing is due.
func (c *custody) pause(ctx context.Context, mark uint64, next time.Time, failed bool) {
	if !next.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(next.Sub(c.n.Now()), time.Millisecond))
		defer cancel()
	}
	if failed {
		<-ctx.Done()
		return
	}
	// However it ends, what there is to do is looked up.
	_ = c.n.news(ctx, &c.n.work, mark, c.seq)
}

// pass does all that can be done now, and says when there is something to be
// done of itself.
func (c *custody) pass(ctx context.Context) (next time.Time, err error) {
	linked := c.n.linked.Load()
	if err := c.follow(ctx); err != nil {
		return next, err
	}
	if linked {
		c.ready.Store(true) // what it heard until it linked up is followed
	}
	for _, step := range []func(context.Context) error{c.lookAgain, c.answer, c.acknowledge} {
		if err := step(ctx); err != nil && !errors.Is(err, engine.ErrLocked) {
			return next, err
		}
	}
	return c.closeOpenings(ctx)
}

const (
	// followStretch is how many records are followed at once.
	followStretch = 256
	// keepEvery is how many may be followed again after a crash.
	keepEvery = 1024
)

// follow reads what is new in the stream.
func (c *custody) follow(ctx context.Context) error {
	for head := c.n.Journal.Head(); c.seq < head; head = c.n.Journal.Head() {
		records, err := c.n.Journal.Read(ctx, c.seq+1, followStretch)
		if err != nil {
			return fmt.Errorf("follow the stream from %d: %w", c.seq+1, err)
		}
		if len(records) == 0 {
			c.seq = head // what is missing there was reported by the journal
			break
		}
		if err := c.n.history.Wait(ctx, records[len(records)-1].Seq); err != nil {
			return fmt.Errorf("wait for the history: %w", err)
		}
		if err := c.take(ctx, records); err != nil {
			return err
		}
		c.seq = records[len(records)-1].Seq
	}
	if c.seq < c.kept+keepEvery {
		return nil
	}
	return c.keepPlace()
}

// keepPlace keeps how far the stream was followed.
func (c *custody) keepPlace() error {
	if err := c.n.state.follow(c.seq); err != nil {
		return fmt.Errorf("keep how far keys were looked after: %w", err)
	}
	c.kept = c.seq
	return nil
}

// take looks at each case once, whatever happened in it in this stretch.
func (c *custody) take(ctx context.Context, records []engine.Record) error {
	look, touched := map[events.Subject]bool{}, map[events.Subject]bool{}
	anybody := false
	for _, r := range records {
		e := r.Event
		switch {
		case e.Subject.Kind == events.KindNode:
			anybody = true // somebody may have a new key
			continue
		case e.Subject.Kind != events.KindCase:
			continue
		case e.Type == events.TypeErased:
			if err := c.obey(ctx, e); err != nil {
				return err
			}
		}
		touched[e.Subject] = true
		if concerns(e) || c.n.Keys.HasOf(e.Subject, engine.ClassReporter) { // any act gives on what it may
			look[e.Subject] = true
		}
	}
	c.n.asks.Again(func(s events.Subject) bool { return anybody || touched[s] })
	if anybody {
		if err := c.leave(ctx); err != nil {
			return err
		}
	}
	for s := range look {
		if err := c.look(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// concerns reports whether an event may change which keys a node holds or
// should: it is sealed, or moves who may open the case.
func concerns(e events.Event) bool {
	switch e.Type {
	case events.TypeAccepted, events.TypeSentBack, events.TypeTakenOver, events.TypeRestricted, events.TypeOpened:
		return true
	}
	return bytes.Contains(e.Body, []byte(`"sealed":`))
}

// rights are who may open what of a case, as it stands now.
type rights struct {
	state   engine.State
	holders []engine.Holder
	once    []engine.Holder // and who may have come by keys at any time
	gone    engine.Erasures
}

func (n *Node) rights(s events.Subject) (rights, error) {
	all, err := n.history.Load(s)
	if err != nil {
		return rights{}, fmt.Errorf("load %s: %w", s, err)
	}
	now := n.Now()
	decides, err := n.decides(now)
	if err != nil {
		return rights{}, err
	}
	r := rights{state: engine.Fold(s, all)}
	r.holders = engine.Holders(r.state, n.Authority, decides, now)
	r.once = engine.HoldersOnce(r.state, n.Authority, decides)
	r.gone = r.state.Erasures(decides)
	return r, nil
}

// decides is the level that decides under the pack in force at an instant. One
// that no pack knows is of a clock that was wrong: then today's counts.
func (n *Node) decides(at time.Time) (int, error) {
	gate, err := n.Gate(at)
	if err != nil {
		gate, err = n.Gate(n.Now())
	}
	if err != nil {
		return 0, fmt.Errorf("find the policy pack in force at %s: %w", at.Format(time.RFC3339), err)
	}
	return gate.Decides(), nil
}

func of(holders []engine.Holder, node events.Place) (engine.Holder, bool) {
	i := slices.IndexFunc(holders, func(h engine.Holder) bool { return h.Node == node })
	if i < 0 {
		return engine.Holder{}, false
	}
	return holders[i], true
}
