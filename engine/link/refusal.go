package link

import (
	"context"
	"fmt"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// Stamp is what an act needs from outside: its id and its instant.
type Stamp struct {
	ID events.ID
	At time.Time
}

// event is the refusal as an event of the receiver: it fills the number on the
// way up, and goes down to the author where the author is below.
func (r Refusal) event(self, office events.Place, seen events.Hash, s Stamp, edition string) (events.Draft, error) {
	node := ""
	if r.Source.Node != "" {
		node = r.Source.Node.ID()
	}
	body, err := events.Encode(events.Refused{
		Node: node, Run: r.Source.Run, Number: r.Number,
		Hash: r.Hash, From: r.Peer.ID(), Reason: string(r.Fault),
	})
	if err != nil {
		return events.Draft{}, err
	}
	subject := events.NodeSubject(office)
	return events.Draft{
		ID: s.ID, Type: events.TypeRefused, Subject: subject, Office: self, Actor: actorNode,
		Time: s.At, Recorded: s.At, Code: subject.ID, Prev: seen, Edition: edition, Body: body,
	}, nil
}

// actorNode is the worker's code of what a node does by itself.
const actorNode = "node"

func (c Config) refusal(r Refusal) (engine.Draft, error) {
	office := r.Lower
	if r.Lower.Covers(r.Source.Node) {
		office = r.Source.Node
	}
	seen, _, _ := c.Authority.Enrolment(office)
	d, err := r.event(c.Writer.Self().Node, office, seen, c.Stamp(), c.Edition)
	if err != nil {
		return engine.Draft{}, fmt.Errorf("write the refusal of %s: %w", r.Hash, err)
	}
	return engine.Draft{Draft: d}, nil
}

// settled: the same bytes came again since, and were told of or taken.
func (c Config) settled(r Refusal) (bool, error) {
	told, err := c.Store.Refused(r.Hash)
	if err != nil || told || r.Source.Node == "" {
		return told, err
	}
	hash, held, err := c.Store.Numbered(r.Source, r.Number)
	return held && hash == r.Hash, err
}

// Tell writes the events of refusals that were kept Untold, but for those that
// are settled. untold is asked in the
// writer's turn, so that nothing is kept between the look and the events;
// engine.ErrLocked when the node is locked again.
func (c Config) Tell(ctx context.Context, untold func() ([]Refusal, error)) error {
	_, err := c.Writer.Write(ctx, func() (engine.Plan, error) {
		list, err := untold()
		if err != nil {
			return engine.Plan{}, fmt.Errorf("read what is still to be told: %w", err)
		}
		var p engine.Plan
		for _, r := range list {
			settled, err := c.settled(r)
			if err != nil {
				return engine.Plan{}, fmt.Errorf("look up the refusal of %s: %w", r.Hash, err)
			}
			if settled {
				continue
			}
			d, err := c.refusal(r)
			if err != nil {
				return engine.Plan{}, err
			}
			p.Drafts = append(p.Drafts, d)
		}
		return p, nil
	})
	if err != nil {
		return fmt.Errorf("tell what was refused while the node was locked: %w", err)
	}
	return nil
}
