package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

const (
	// hopWithin bounds the wait for one thing to arrive somewhere.
	hopWithin = 30 * time.Second
	// lookEvery is how often the story looks for it; the times that it tells
	// are exact to this.
	lookEvery = 2 * time.Millisecond
	// askWithin bounds the question how a node stands.
	askWithin = 2 * time.Second
)

func (s *story) facts(name string) (events.Facts, error) {
	f, err := facts(name, s.now())
	if err != nil {
		return nil, fmt.Errorf("write the facts of the story: %w", err)
	}
	return f, nil
}

// raise raises a referral at one node.
func (s *story) raise(ctx context.Context, at int, home events.Place, actor string, to events.Place, source string, given events.Facts, told web.RecordRequest) (child, web.Done, error) {
	done, err := s.nodes[at].Raise(ctx, "", web.RaiseRequest{
		ActRequest: web.ActRequest{Actor: actor}, Home: home.ID(), To: to.ID(), Source: source, Facts: given, Record: told,
	})
	if err != nil {
		return child{}, done, fmt.Errorf("raise at %s: %w", s.office(at), err)
	}
	return child{id: done.Case, code: done.Code}, done, nil
}

// travels waits until the act has reached the other offices, in this order, and
// tells how long each hop took.
func (s *story) travels(ctx context.Context, c child, done web.Done, from int, to ...int) error {
	began := time.Now()
	for _, at := range to {
		err := s.until(ctx, at, c, func(v web.CaseView) bool {
			for _, e := range v.Trail {
				if e.Event == done.Event {
					return true
				}
			}
			return false
		})
		if err != nil {
			return fmt.Errorf("what %s wrote: %w", s.office(from), err)
		}
		s.say("%s has it after %s", s.office(at), short(time.Since(began)))
	}
	return nil
}

var errNotYet = errors.New("it is not there yet")

// until waits until a case looks so at one node.
func (s *story) until(ctx context.Context, at int, c child, holds func(web.CaseView) bool) error {
	ctx, cancel := context.WithTimeout(ctx, hopWithin)
	defer cancel()
	look := func() error {
		v, err := s.nodes[at].Case(ctx, c.id)
		if err != nil {
			return err // the case itself may be on its way
		}
		if !holds(v) {
			return errNotYet
		}
		return nil
	}
	if err := backoff.Retry(look, backoff.WithContext(backoff.NewConstantBackOff(lookEvery), ctx)); err != nil {
		return fmt.Errorf("wait for %s at %s: %w%s", c.code, s.office(at), err, s.links())
	}
	return nil
}

// links tells how every link stands, for whoever asks why nothing arrives.
func (s *story) links() string {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	var out strings.Builder
	for at, n := range s.nodes {
		status, err := n.Status(ctx)
		switch {
		case err != nil:
			fmt.Fprintf(&out, "\n%s: %v", s.office(at), err)
		case status.Upper != nil && !status.Upper.Up:
			fmt.Fprintf(&out, "\n%s is not linked up: %s", s.office(at), status.Upper.Fault)
		}
	}
	return out.String()
}

// reads tells what the person who referred is told.
func (s *story) reads(ctx context.Context, at int, c child) error {
	answers, err := s.nodes[at].Answers(ctx, "")
	if err != nil {
		return err
	}
	for _, a := range answers {
		if a.Case != c.id {
			continue
		}
		if a.Answer != "" {
			s.say("%s: “%s”, from %s%s", c.code, a.Text, s.placeNamed(a.By), mark(a.Replaces, ", in place of the earlier answer"))
		}
		if a.Waiting {
			s.say("%s: the answer that ends the referral is still to come", c.code)
		}
	}
	return nil
}

// placeNamed is a place id in words.
func (s *story) placeNamed(id string) string {
	info, err := s.l.places.ByID(id)
	if err != nil {
		return id
	}
	return s.nameOfPlace(info.Place)
}
