package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"umuryango/events"
)

// StandReasons are the codes of why a node is suspended or revoked.
var StandReasons = []string{"lost", "stolen", "misused", "unheard", "staff_left", "inquiry", "broken"}

// Stand is one command on the standing of an office's own node.
type Stand struct {
	Stamped
	Office events.Place
	Do     events.Type // TypeSuspended, TypeResumed or TypeRevoked
	Reason string      // one of StandReasons; none where it is resumed
	// Whole says that a person knows this store to be no older copy, although it
	// has not linked up since its start.
	Whole bool
}

// Stand writes, for the office above, how a node stands from now on. The event
// names the last run and number that count, as far as they are known here. It
// fails with *Refusal when this node does not speak for the office above, when
// the node does not stand so that this makes sense, and when this store may be
// an older copy.
func (s *Service) Stand(ctx context.Context, c Stand) (Record, error) {
	upper, ok := c.Office.Upper()
	if !ok {
		return Record{}, refuse("wrong_office", "%s is a nation: nobody stands above it; its keys are replaced with its root key", c.Office)
	}
	if err := s.hosted(upper, nil); err != nil {
		return Record{}, err
	}
	if err := c.check(); err != nil {
		return Record{}, err
	}
	r, err := s.write(ctx, func() (Plan, error) { return s.stood(upper, c) })
	if err != nil {
		return Record{}, fmt.Errorf("%s the node of %s: %w", c.verb(), c.Office, err)
	}
	return r, nil
}

func (c Stand) verb() string {
	switch c.Do {
	case events.TypeSuspended:
		return "suspend"
	case events.TypeResumed:
		return "resume"
	}
	return "revoke"
}

func (c Stand) check() error {
	known := slices.Contains(StandReasons, c.Reason)
	switch {
	case c.Do != events.TypeSuspended && c.Do != events.TypeResumed && c.Do != events.TypeRevoked:
		return &Invalid{Field: "do", Problem: "suspend, resume or revoke is expected"}
	case c.Do == events.TypeResumed && c.Reason != "":
		return &Invalid{Field: "reason", Problem: "a node is resumed without a reason"}
	case c.Do != events.TypeResumed && !known:
		return &Invalid{Field: "reason", Problem: "one of " + strings.Join(StandReasons, ", ") + " is expected"}
	}
	return nil
}

func (s *Service) stood(upper events.Place, c Stand) (Plan, error) {
	if err := s.recollect(c.Office); err != nil {
		return Plan{}, err
	}
	own, standing := s.Authority.OwnNode(c.Office)
	if err := c.fits(standing); err != nil {
		return Plan{}, err
	}
	if !s.Linked() && !c.Whole {
		return Plan{}, refuse("not_linked", "this node has not linked up since its start and may be an older copy, which does not know all that %s wrote: link it up first, or say with --whole that its store is none", c.Office)
	}
	last, err := s.known(c.Office)
	if c.Do == events.TypeResumed {
		last, err = s.former(c.Office, c.Whole)
	}
	if err != nil {
		return Plan{}, err
	}
	return s.nodeEvent(c.Stamped, upper, c.Office, c.Do, events.Stood{
		Office: c.Office.ID(), Node: c.Office.ID(), Key: events.KeyID(own.SignKey), Last: last, Reason: c.Reason,
	})
}

// fits: what does not change anything is refused, and says how the node stands.
func (c Stand) fits(now Standing) error {
	switch {
	case now == StandingNone:
		return refuse("no_node", "%s has no node of its own", c.Office)
	case now == StandingRevoked:
		return refuse("revoked", "the node of %s is revoked: it comes back with a new invitation only", c.Office)
	case c.Do == events.TypeSuspended && now != StandingActive:
		return refuse("not_active", "the node of %s is %s already", c.Office, now)
	case c.Do == events.TypeResumed && now != StandingSuspended:
		return refuse("not_suspended", "the node of %s is %s, not suspended", c.Office, now)
	}
	return nil
}
