package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// obey destroys what an order names, if the order counts, and notes that it is
// to be acknowledged where this node held keys or may have.
func (c *custody) obey(ctx context.Context, e events.Event) error {
	decides, err := c.n.decides(e.Recorded)
	if err != nil {
		return err
	}
	b, counts := engine.ErasureOf(e, decides)
	if !counts {
		c.n.Log.Warn("an erasure was ordered by an office that does not decide; nothing is destroyed", "case", e.Subject.ID, "office", e.Office.ID())
		return nil
	}
	o := order{ID: e.ID, Case: e.Subject, Key: b.Key}
	if err := c.n.state.ordered(o, false); err != nil {
		return err
	}
	held, err := c.destroy(ctx, o.Case, o.Key)
	if err != nil {
		return err
	}
	r, err := c.n.rights(e.Subject)
	if err != nil {
		return err
	}
	if _, once := of(r.once, c.n.ID.Place); !once && !held {
		return nil
	}
	return c.n.state.ordered(o, true)
}

// destroy destroys wraps of a case, or of one key of it, now and whenever one
// arrives, and wipes what is open.
func (c *custody) destroy(ctx context.Context, s events.Subject, key string) (held bool, err error) {
	c.mu.Lock()
	if c.erased[s] == nil {
		c.erased[s] = map[string]bool{}
	}
	c.erased[s][key] = true
	c.mu.Unlock()
	c.Sealer.Forget(s, key)
	if held, err = c.n.Keys.Destroy(ctx, s, key); err != nil {
		return held, fmt.Errorf("destroy the keys of %s: %w", s.ID, err)
	}
	if key == "" {
		c.n.asks.Answered(s, c.n.ID.Place, nil)
		err = c.n.state.want(s, nil)
	}
	return held, err
}

// acknowledge says, once for each order, that this node has destroyed what it
// held. A locked node does when it is unlocked.
func (c *custody) acknowledge(ctx context.Context) error {
	if c.n.ID.Locked() {
		return nil
	}
	if host, ok := c.n.Authority.Host(c.n.ID.Place); !ok || host.Node != c.n.ID.Place {
		return nil // it speaks for nobody now
	}
	list, err := c.n.state.unacknowledged()
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := c.acknowledgeOne(ctx, o); err != nil {
			return fmt.Errorf("acknowledge the erasure of %s: %w", o.Case.ID, err)
		}
	}
	return nil
}

func (c *custody) acknowledgeOne(ctx context.Context, o order) error {
	_, err := c.n.Service.Writer.Write(ctx, func() (engine.Plan, error) {
		all, err := c.n.history.Load(o.Case)
		if err != nil {
			return engine.Plan{}, err
		}
		s := engine.Fold(o.Case, all)
		if c.acknowledged(s, o) {
			return engine.Plan{}, nil
		}
		body, err := events.Encode(events.ErasedHere{Node: c.n.ID.Place.ID(), Erased: o.ID})
		if err != nil {
			return engine.Plan{}, err
		}
		stamp := c.n.stamp()
		return engine.Plan{Drafts: []engine.Draft{{Draft: events.Draft{
			ID: stamp.ID, Type: events.TypeErasedHere, Subject: o.Case, Office: c.n.ID.Place, Actor: "node",
			Time: stamp.At, Recorded: stamp.At, Code: s.Code, Prev: s.Head(), Edition: c.n.Edition, Body: body,
		}}}}, nil
	})
	if err != nil {
		return err
	}
	return c.n.state.acknowledged(o)
}

func (c *custody) acknowledged(s engine.State, o order) bool {
	return slices.ContainsFunc(s.Contributions, func(e events.Event) bool {
		var b events.ErasedHere
		return e.Type == events.TypeErasedHere && e.Source.Node == c.n.ID.Place && e.Decode(&b) == nil && b.Erased == o.ID
	})
}

// Erasing is one order to destroy keys, and where they may still be.
type Erasing struct {
	engine.Erasure
	Readable []Readable // empty: nowhere
}

// Readable is a node that has not said that it destroyed what it held.
type Readable struct {
	Node  events.Place
	Heard time.Time // when it was last heard here; zero: never
}

// Erasing tells of a case's erasures what is known here: who has destroyed what
// it held, who has not said so, and since when that node was not heard from.
func (n *Node) Erasing(s events.Subject) ([]Erasing, error) {
	r, err := n.rights(s)
	if err != nil {
		return nil, err
	}
	var out []Erasing
	for _, e := range r.gone {
		x := Erasing{Erasure: e}
		for _, place := range e.Missing(r.once) {
			heard, err := n.Heard(place)
			if err != nil {
				return nil, err
			}
			x.Readable = append(x.Readable, Readable{place, heard})
		}
		out = append(out, x)
	}
	return out, nil
}

// Heard is when a node was last heard here; zero for never: over its own link, or by the last of its
// events that is here.
func (n *Node) Heard(place events.Place) (time.Time, error) {
	var at time.Time
	var up LinkStatus
	if n.up != nil {
		up = n.up.status()
	}
	switch {
	case place == n.ID.Place:
		return n.Now(), nil
	case up.Peer == place:
		at = up.Heard
	default:
		n.mu.Lock()
		l := n.lowers[place]
		n.mu.Unlock()
		if l != nil {
			_, at = l.status()
		}
	}
	last, ok, err := n.history.Last(place)
	if err != nil || !ok {
		return at, err
	}
	r, ok, err := n.history.At(events.Source{Node: place, Run: last.Run}, last.Last)
	if err != nil || !ok {
		return at, err
	}
	if r.Event.Recorded.After(at) {
		at = r.Event.Recorded
	}
	return at, nil
}
