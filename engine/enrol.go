package engine

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"time"

	"umuryango/events"
)

// Enrolment is one command on a node aggregate: who hosts an office from now
// on.
type Enrolment struct {
	ID     events.ID
	Actor  string
	At     time.Time
	Office events.Place
	Host   Host
}

// Enrol writes, for the office above, that a node hosts an office from now on;
// what the host before wrote up to this moment, as far as it is known here,
// goes on to count. It fails with *Refusal when this node does not speak for
// the office above.
func (s *Service) Enrol(ctx context.Context, c Enrolment) (Record, error) {
	upper, ok := c.Office.Upper()
	if !ok {
		return Record{}, refuse("wrong_office", "%s is a nation: it is enrolled by its root key when it is made", c.Office)
	}
	if err := s.hosted(upper); err != nil {
		return Record{}, err
	}
	records, err := s.Writer.Write(ctx, func() (Plan, error) { return s.enrolment(upper, c) })
	if err != nil {
		return Record{}, fmt.Errorf("enrol %s at %s: %w", c.Office, c.Host.Node, err)
	}
	s.Authority.Add(records[0].Event)
	return records[0], nil
}

func (s *Service) enrolment(upper events.Place, c Enrolment) (Plan, error) {
	head, _, _ := s.Authority.Enrolment(c.Office)
	former, err := s.former(c.Office)
	if err != nil {
		return Plan{}, err
	}
	body, err := events.Encode(events.Enrolled{
		Office: c.Office.ID(), Node: c.Host.Node.ID(), SignKey: c.Host.SignKey, LinkKey: c.Host.LinkKey,
		SealKey: c.Host.SealKey, Address: c.Host.Address, Former: former,
	})
	if err != nil {
		return Plan{}, err
	}
	subject := events.NodeSubject(c.Office)
	return Plan{Drafts: []Draft{{Draft: events.Draft{
		ID: c.ID, Type: events.TypeEnrolled, Subject: subject, Office: upper, Actor: c.Actor, Time: c.At, Recorded: c.At,
		Code: subject.ID, Prev: head, Edition: s.Edition, Body: body,
	}}}}, nil
}

// former is the last event of the present host that counts: what is known of
// it here.
func (s *Service) former(office events.Place) (*events.Former, error) {
	host, ok := s.Authority.Host(office)
	if !ok {
		return nil, nil
	}
	self := s.Writer.Self()
	if host.Node == self.Node {
		return &events.Former{Node: self.Node.ID(), Run: self.Run, Last: s.Writer.number}, nil
	}
	end, ok, err := s.History.Last(host.Node)
	if err != nil {
		return nil, fmt.Errorf("find the last event of %s: %w", host.Node, err)
	}
	if !ok {
		return nil, nil
	}
	return &events.Former{Node: host.Node.ID(), Run: end.Run, Last: end.Last}, nil
}

// RootEnrolment is the nation's first event: its own node, signed by the root
// key. Whoever makes a nation appends it as the first event of its stream.
func RootEnrolment(id events.ID, at time.Time, nation events.Place, host Host, source events.Source, root ed25519.PrivateKey, edition string) (events.Event, error) {
	body, err := events.Encode(events.Enrolled{
		Office: nation.ID(), Node: nation.ID(), SignKey: host.SignKey, LinkKey: host.LinkKey, SealKey: host.SealKey, Address: host.Address,
	})
	if err != nil {
		return events.Event{}, err
	}
	subject := events.NodeSubject(nation)
	public := root.Public().(ed25519.PublicKey)
	return events.Sign(events.Draft{
		ID: id, Type: events.TypeEnrolled, Subject: subject, Office: nation, Actor: "root", Time: at, Recorded: at,
		Code: subject.ID, Edition: edition, Body: body,
	}, events.Author{
		Source: source, Number: 1, Key: events.KeyID(public),
		Sign: events.SignWith(root),
	})
}
