package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"umuryango/events"
)

// Service is what pages, the API and tests ask to act: it loads, folds,
// decides and writes, one act at a time.
type Service struct {
	Writer    *Writer
	History   History
	Authority *Authority
	// Gate returns the policy pack in force at an instant, or the one nearest to it:
	// an act that happened before there was any is never refused for that.
	Gate    func(at time.Time) (Gate, error)
	Edition string
	// Sealer keeps what is personal out of the events' clear bodies.
	Sealer Sealer
	// Linked reports whether this node has linked up since its last start.
	Linked func() bool
}

// Done is what an act came to.
type Done struct {
	Record Record
	State  State           // of the case, with the act
	Advice *events.Checked // the gate's answer at an assessment
	Again  bool            // the same command had been done before
}

// Do carries out a command. Beside what View.Decide returns it fails with
// *Refusal for an office that this node does not host or while it is locked, ErrRepeated for an id
// that was used for another act, ErrNotFound for an unknown case, and
// ErrConflict when the store was written by somebody else.
func (s *Service) Do(ctx context.Context, c Command) (Done, error) {
	if _, ok := c.Do.(Raise); ok {
		c.Case.Kind, c.Case.ID = events.KindCase, string(c.ID)
	}
	if err := s.hosted(c.Office, c.Do); err != nil {
		return Done{}, err
	}
	gate, err := s.Gate(c.Time)
	if err != nil {
		return Done{}, fmt.Errorf("find the policy pack in force at %s: %w", c.Time.Format(time.RFC3339), err)
	}
	if c.Digest, err = s.mark(c.Digest); err != nil {
		return Done{}, fmt.Errorf("%s by %s: %w", name(c.Do), c.Office, s.wayOut(err))
	}
	d := doing{service: s, command: c, gate: gate}
	err = d.ahead(ctx)
	var records []Record
	if err == nil {
		records, err = d.write(ctx)
	}
	if err != nil {
		return Done{}, fmt.Errorf("%s by %s: %w", name(c.Do), c.Office, s.wayOut(err))
	}
	// Nothing is read again, so nothing can fail once the act is stored.
	if d.done.Again {
		d.done.State = Fold(c.Case, d.all)
	} else {
		d.done.Record = records[0]
	}
	return d.done, nil
}

// hosted: a node speaks for its own office and for those below that have no
// node of their own. One that is not enrolled yet works and queues. While it is
// suspended it still takes down what happened, which waits until it is resumed;
// the pen is with the node above.
func (s *Service) hosted(office events.Place, do any) error {
	self := s.Writer.Self().Node
	_, standing := s.Authority.OwnNode(self)
	host, ok := s.Authority.Host(office)
	switch {
	case !self.Covers(office):
		return refuse("not_hosted", "%s does not speak for %s: send the act to the node of that office", self, office)
	case standing == StandingNone || !ok || host.Node == self:
		return nil
	case standing == StandingSuspended && tells(do):
		return nil
	case standing == StandingSuspended:
		return refuse("suspended", "%s is suspended: here you may raise a referral and tell what happened, which waits until %s resumes this node; everything else for %s is done at %s",
			self, host.Node, office, host.Node)
	case standing == StandingRevoked:
		return refuse("revoked", "the keys of %s were revoked: %s speaks for %s; ask there for an invitation, and make this node anew in an empty folder", self, host.Node, office)
	}
	return refuse("not_hosted", "%s does not speak for %s: that office has a node at %s", self, office, host.Node)
}

// tells reports whether an act only tells what happened.
func tells(do any) bool {
	switch do.(type) {
	case Raise, Contribute:
		return true
	}
	return false
}

// wayOut says what to do about an act that a locked node could not sign, or
// that tells of a child whose file was erased.
func (s *Service) wayOut(err error) error {
	switch {
	case errors.Is(err, ErrLocked):
		return refuse("locked", "%s is locked: it passes on what others write, and signs nothing until somebody unlocks it with \"umuryango node unlock\" or on its page; then act again", s.Writer.Self().Node)
	case errors.Is(err, ErrErased):
		return refuse("erased", "this case was erased on a legal ground: nothing personal is written into it any more; for a new danger raise a new referral")
	}
	return err
}

// mark is a command's digest as it is stored. A locked node cannot make it: it
// does not know whether an act that is sent again is the one that it did, and
// saying so of another one would be a false answer.
func (s *Service) mark(digest events.Hash) (events.Hash, error) {
	if digest.IsZero() {
		return digest, nil
	}
	return s.Sealer.Mark(digest)
}

// again finds the event of a command that was sent before.
func (s *Service) again(c Command) (Done, error) {
	r, err := s.History.Find(c.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return Done{}, nil
	case err != nil:
		return Done{}, fmt.Errorf("look up id %s: %w", c.ID, err)
	case r.Event.Office != c.Office || r.Event.Subject != c.Case || !r.Command.IsZero() && r.Command != c.Digest:
		return Done{}, fmt.Errorf("id %s: %w", c.ID, ErrRepeated)
	}
	return Done{Record: r, Again: true}, nil
}

// Case folds one case as it stands here; ErrNotFound when nothing of it is.
func (s *Service) Case(subject events.Subject) (State, error) {
	all, err := s.History.Load(subject)
	if err != nil {
		return State{}, fmt.Errorf("load %s: %w", subject, err)
	}
	if len(all) == 0 {
		return State{}, fmt.Errorf("%s: %w", subject, ErrNotFound)
	}
	return Fold(subject, all), nil
}

func name(do any) string {
	switch do.(type) {
	case Raise:
		return "raise a referral"
	case Forward:
		return "forward"
	case Accept:
		return "accept"
	case SendBack:
		return "send back"
	case Assess:
		return "assess"
	case Propose:
		return "propose"
	case Decide:
		return "decide"
	case Contribute:
		return "contribute"
	case TakeOver:
		return "take over"
	case Erase:
		return "erase"
	case Restrict:
		return "restrict"
	case Open:
		return "open"
	}
	return "act"
}
