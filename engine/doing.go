package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"umuryango/events"
)

// doing carries one command from its case to its event. What is slow about keys
// is done before the writer's turn: the wraps are on disk first, then the event
// is written.
type doing struct {
	service *Service
	command Command
	gate    Gate

	all  []events.Event // of the case, as it was decided on
	done Done

	decided *Decision // on all
	linked  bool      // as it was decided on
	ready   *readiness
}

// readiness is for whom and for what keys are ready.
type readiness struct {
	holders []Holder
	fields  []string
	seal    Seal
}

// errNotReady: keys must be made ready before the turn, and then another taken.
var errNotReady = errors.New("the keys of this act are not ready")

// turnsMax bounds how often a command makes ready anew because its case went on
// meanwhile.
const turnsMax = 8

// ahead decides before the turn, so that keys are ready when it comes. It only
// saves time: what it cannot decide, the turn says.
func (d *doing) ahead(ctx context.Context) error {
	if d.service.Writer.Self().Signer.Locked() {
		return nil
	}
	if done, err := d.service.again(d.command); err != nil || done.Again {
		return nil // the turn says so
	}
	all, err := d.service.load(d.command.Case)
	if err != nil {
		return nil // the turn reads it again and says so
	}
	if _, err := d.decide(ctx, all); err != nil {
		return nil // the history may be behind: the turn decides
	}
	return d.makeReady(ctx)
}

// decide decides on the events of the case, once on the same.
func (d *doing) decide(ctx context.Context, all []events.Event) (*Decision, error) {
	linked := d.service.Linked()
	if d.decided != nil && linked == d.linked && sameEvents(all, d.all) {
		return d.decided, nil
	}
	view := View{Gate: d.gate, Linked: linked, Open: d.service.Opener(ctx)}
	decision, err := view.Decide(Fold(d.command.Case, all), d.command)
	if err != nil {
		return nil, err
	}
	d.all, d.linked, d.decided = all, linked, &decision
	return d.decided, nil
}

// sameEvents: of one aggregate events are only ever added.
func sameEvents(x, y []events.Event) bool {
	return len(x) == len(y) && (len(x) == 0 || x[len(x)-1].Hash() == y[len(y)-1].Hash())
}

// wanted is what must be ready for the decision.
func (d *doing) wanted() readiness {
	var r readiness
	r.holders = d.service.holders(d.decided.Holding, d.gate.Decides(), d.command.Act)
	for _, x := range d.decided.Secrets {
		r.fields = append(r.fields, x.Field)
	}
	return r
}

func (d *doing) makeReady(ctx context.Context) error {
	r := d.wanted()
	var err error
	if r.seal, err = d.service.Sealer.Prepare(ctx, d.command.Case, r.holders, r.fields); err != nil {
		return fmt.Errorf("make the keys of %s ready: %w", d.command.Case.ID, err)
	}
	d.ready = &r
	return nil
}

// plan is what the command does in its turn.
func (d *doing) plan(ctx context.Context) (Plan, error) {
	var err error
	if d.done, err = d.service.again(d.command); err != nil {
		return Plan{}, err
	}
	all, err := d.service.load(d.command.Case)
	if err != nil {
		return Plan{}, fmt.Errorf("load %s: %w", d.command.Case, err)
	}
	d.service.Writer.warm.put(d.command.Case, all)
	if d.done.Again {
		d.all = all
		return Plan{}, nil
	}
	if d.service.Writer.Self().Signer.Locked() {
		return Plan{}, ErrLocked
	}
	decision, err := d.decide(ctx, all)
	if err != nil {
		return Plan{}, err
	}
	if w := d.wanted(); d.ready == nil || !slices.Equal(w.fields, d.ready.fields) || !reflect.DeepEqual(w.holders, d.ready.holders) {
		return Plan{}, errNotReady
	}
	draft, err := d.draft(decision)
	return Plan{Drafts: []Draft{{Draft: draft, Command: d.command.Digest}}, Meanwhile: d.with}, err
}

// reads reports whether a record belongs to what plan looks at.
func (d *doing) reads(r Record) bool {
	return r.Event.Subject == d.command.Case || r.Event.ID == d.command.ID
}

// with folds the case with the event that is being stored: what was decided on,
// and the new event behind it.
func (d *doing) with(added []Record) {
	d.done.State = Fold(d.command.Case, append(slices.Clip(d.all), added[0].Event))
}

// draft seals what the decision does not say in clear.
func (d *doing) draft(decision *Decision) (events.Draft, error) {
	draft := decision.Draft
	draft.Edition, d.done.Advice = d.service.Edition, decision.Advice
	b := Binding{Case: draft.Subject, Office: draft.Office, ID: draft.ID, Type: draft.Type}
	var sealed events.Sealed
	for _, x := range decision.Secrets {
		part, err := d.ready.seal(b, x)
		if err != nil {
			return draft, fmt.Errorf("seal %s of event %s: %w", x.Field, draft.ID, err)
		}
		sealed = append(sealed, part)
	}
	var err error
	draft.Body, err = events.WithSealed(draft.Body, sealed)
	return draft, err
}

// write takes turns until the keys were ready in one.
func (d *doing) write(ctx context.Context) ([]Record, error) {
	for range turnsMax {
		records, err := d.service.Writer.WriteOn(ctx, d.reads, func() (Plan, error) { return d.plan(ctx) })
		if !errors.Is(err, errNotReady) {
			return records, err
		}
		if err := d.makeReady(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the case went on %d times while keys were made ready: %w", turnsMax, ErrConflict)
}

// holders are those of the case. A node that has not heard of its own enrolment
// does not know either which offices above it have nodes of their own, and would
// take the nation's for theirs: it works and queues, holds all of what it wrote,
// and gives it to those who ask once it is enrolled. Who was let in for a time that is
// over stands there with no class, so that what is written from then on has keys
// that it was never given.
func (s *Service) holders(c State, decides int, a Act) []Holder {
	self := s.Writer.Self().Node
	if _, standing := s.Authority.OwnNode(self); standing == StandingNone && !c.HiddenFrom(a.Office, "") {
		return []Holder{{Node: self, Classes: append(slices.Clone(heldOnPath), ClassReporter)}}
	}
	out := Holders(c, s.Authority, decides, a.Recorded)
	for _, o := range c.Openings() {
		if host, ok := s.Authority.Host(o.Node); ok && host.Node == o.Node &&
			!slices.ContainsFunc(out, func(h Holder) bool { return h.Node == o.Node }) {
			out = append(out, Holder{Node: o.Node, Key: host.SealKey})
		}
	}
	return out
}

// Opener opens what is sealed in events, where this node holds the keys.
func (s *Service) Opener(ctx context.Context) Opener {
	return func(e events.Event, part events.SealedPart) ([]byte, error) {
		return s.Sealer.Open(ctx, BindingOf(e), part)
	}
}
