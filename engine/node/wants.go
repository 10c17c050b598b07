package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// look finds which keys of a case this node may have and has not, and asks for
// them.
func (c *custody) look(ctx context.Context, s events.Subject) error {
	r, err := c.n.rights(s)
	if err != nil {
		return err
	}
	self := c.n.ID.Place
	me, holds := of(r.holders, self)
	var missing []string
	if holds && !r.gone.Of("") {
		c.want(s, true) // what comes from here on has it looked at once more
		if missing, err = c.missing(ctx, r, me); err != nil {
			return err
		}
	}
	if err := c.n.state.want(s, missing); err != nil {
		return err
	}
	c.want(s, len(missing) > 0)
	c.n.asks.Answered(s, self, nil)
	c.ask(s, missing)
	until := openUntil(r.state, self)
	open := c.n.Now().Before(until)
	if !holds && (r.state.HiddenFrom(self, "") || !until.IsZero() && !open) {
		if err := c.drop(ctx, s); err != nil { // it is kept from this office now, or was open for a time that is over
			return err
		}
	}
	if err := c.letGo(ctx, r); err != nil {
		return err
	}
	if open {
		return c.n.state.opened(s, until)
	}
	return nil
}

func (c *custody) want(s events.Subject, yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if delete(c.wanted, s); yes {
		c.wanted[s] = true
	}
}

// letGo destroys what this node has of who reported and may hold no longer, once
// it has given it to the node that may.
func (c *custody) letGo(ctx context.Context, r rights) error {
	s, to := r.state.Subject, engine.Supervisors(r.holders, c.n.ID.Place)
	if len(to) == 0 || !c.n.Keys.HasOf(s, engine.ClassReporter) {
		return nil
	}
	gone, err := c.n.Keys.LetGo(ctx, s, engine.ClassReporter, to)
	if err != nil {
		return fmt.Errorf("let go of who reported in %s: %w", s.ID, err)
	}
	for _, key := range gone {
		c.Sealer.Forget(s, key)
	}
	return nil
}

// drop destroys what this node may open no longer.
func (c *custody) drop(ctx context.Context, s events.Subject) error {
	c.Sealer.Forget(s, "")
	if err := c.n.Keys.Drop(ctx, s); err != nil {
		return fmt.Errorf("close %s: %w", s.ID, err)
	}
	return nil
}

// leave destroys what a node holds that was recalled: its office is hosted above
// now, and it hears of no erasure any more. What it made for others goes on.
func (c *custody) leave(ctx context.Context) error {
	if _, standing := c.n.Authority.OwnNode(c.n.ID.Place); standing != engine.StandingRecalled {
		return nil
	}
	for _, s := range c.n.Keys.Held() {
		r, err := c.n.rights(s)
		if err != nil {
			return err
		}
		if _, holds := of(r.holders, c.n.ID.Place); holds {
			continue
		}
		if err := c.drop(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// missing lists the keys that seal something a holder may open, and that this
// node cannot open with. A wrap may not hold what it names; a locked node cannot
// know that yet.
func (c *custody) missing(ctx context.Context, r rights, me engine.Holder) ([]string, error) {
	named := c.n.Keys.Has(r.state.Subject)
	out := map[string]bool{}
	for _, key := range r.state.SealedKeys() {
		if !slices.Contains(me.Classes, key.Class) || r.gone.Of(key.ID) {
			continue
		}
		if !slices.Contains(named, key.ID) {
			out[key.ID] = true
			continue
		}
		switch err := c.Sealer.Holds(ctx, r.state.Subject, key.ID); {
		case errors.Is(err, engine.ErrNoKey):
			out[key.ID] = true
		case err != nil && !errors.Is(err, engine.ErrLocked):
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(out)), nil
}

// openUntil is when the last opening for a node ends.
func openUntil(s engine.State, node events.Place) (until time.Time) {
	for _, o := range s.Openings() {
		if o.Node == node && o.Until.After(until) {
			until = o.Until
		}
	}
	return until
}

// ask asks for what is missing of a case. What there is no room for now is asked
// for when some of the rest has been answered.
func (c *custody) ask(s events.Subject, missing []string) {
	self := c.n.ID.Place
	if len(missing) > 0 && !c.n.asks.Add(self, engine.Ask{Case: s, Node: self, Keys: missing}) {
		c.full = true
	}
}

// lookAgain looks at cases for which something was missing: a wrap came, or a
// page could not be read; at the start and when the node was unlocked, at all.
// What a fault leaves unlooked at is looked at in the next pass.
func (c *custody) lookAgain(ctx context.Context) error {
	again, err := c.toLookAt()
	if err != nil {
		return err
	}
	looked := map[events.Subject]bool{}
	defer c.n.asks.Again(func(s events.Subject) bool { return looked[s] })
	for s := range again {
		if err := c.look(ctx, s); err != nil {
			c.lookLater(again)
			return err
		}
		looked[s] = true
		delete(again, s)
	}
	return nil
}

// toLookAt takes what is to be looked at. Where it cannot be read what is
// missing, all of it stays to be looked at.
func (c *custody) toLookAt() (map[events.Subject]bool, error) {
	c.mu.Lock()
	all, some := c.all, len(c.again) > 0
	c.all = false
	c.mu.Unlock()
	var wants map[events.Subject][]string
	if all || c.full && some {
		var err error
		if wants, err = c.n.state.wants(); err != nil {
			c.mu.Lock()
			c.all = c.all || all
			c.mu.Unlock()
			return nil, err
		}
		c.full = false
	}
	c.mu.Lock()
	again := c.again
	c.again = map[events.Subject]bool{}
	c.mu.Unlock()
	for s, missing := range wants {
		if all {
			again[s] = true
		} else {
			c.ask(s, missing)
		}
	}
	return again, nil
}

// lookLater leaves to the next pass what this one could not look at. It rings
// nothing: after a fault the next pass waits.
func (c *custody) lookLater(left map[events.Subject]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.again, left)
}

// answer gives to others what they miss, may have and this node holds. What it
// cannot answer now it looks at again when something of it has changed.
func (c *custody) answer(ctx context.Context) error {
	if c.n.ID.Locked() || !c.mayOpen() {
		return nil
	}
	if _, standing := c.n.Authority.OwnNode(c.n.ID.Place); standing == engine.StandingNone {
		return nil // it does not know yet who stands between it and the nation
	}
	for _, a := range c.n.asks.Open(c.n.ID.Place) {
		if err := c.answerOne(ctx, a); err != nil {
			c.n.asks.Again(func(s events.Subject) bool { return s == a.Case })
			return fmt.Errorf("answer what %s asks of %s: %w", a.Node, a.Case.ID, err)
		}
	}
	return nil
}

func (c *custody) answerOne(ctx context.Context, a engine.Ask) error {
	r, err := c.n.rights(a.Case)
	if err != nil {
		return err
	}
	if r.gone.Of("") {
		c.n.asks.Answered(a.Case, a.Node, nil)
		return nil
	}
	h, may := of(r.holders, a.Node)
	if !may || len(h.Key) == 0 {
		return nil
	}
	sent := c.n.Keys.Sent(a.Case, engine.SealKeyID(h.Key))
	ask := slices.DeleteFunc(slices.Clone(a.Keys), func(id string) bool { return slices.Contains(sent, id) })
	given, err := c.Sealer.Answer(ctx, a.Case, h, ask)
	if err != nil {
		return err
	}
	if len(given) == 0 {
		return nil
	}
	c.n.asks.Answered(a.Case, a.Node, given)
	return c.letGo(ctx, r)
}

// closeOpenings destroys keys that were opened for hours, once those are over.
func (c *custody) closeOpenings(ctx context.Context) (next time.Time, err error) {
	list, err := c.n.state.openings()
	if err != nil {
		return next, err
	}
	for s, until := range list {
		if c.n.Now().Before(until) {
			if next.IsZero() || until.Before(next) {
				next = until
			}
			continue
		}
		r, err := c.n.rights(s)
		if err != nil {
			return next, err
		}
		if _, holds := of(r.holders, c.n.ID.Place); !holds {
			if err := c.drop(ctx, s); err != nil {
				return next, err
			}
		}
		if err := c.n.state.opened(s, time.Time{}); err != nil {
			return next, err
		}
	}
	return next, nil
}
