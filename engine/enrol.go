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
	Stamped
	Office events.Place
	Host   Host
	// Whole says that a person knows this store to be no older copy, although it
	// has not linked up since its start.
	Whole bool
}

// Stamped is what every command on a node aggregate has.
type Stamped struct {
	ID    events.ID
	Actor string // the worker's code, or "node" for what a node does by itself
	At    time.Time
}

// Enrol writes, for the office above, that a node hosts an office from now on;
// what the host before wrote up to this moment, as far as it is known here,
// goes on to count. It fails with *Refusal when this node does not speak for
// the office above, is locked, or may be an older copy: then with the code
// not_linked, which passes.
func (s *Service) Enrol(ctx context.Context, c Enrolment) (Record, error) {
	upper, ok := c.Office.Upper()
	if !ok {
		return Record{}, refuse("wrong_office", "%s is a nation: it is enrolled by its root key when it is made", c.Office)
	}
	if err := s.hosted(upper, nil); err != nil {
		return Record{}, err
	}
	r, err := s.write(ctx, func() (Plan, error) { return s.enrolment(upper, c) })
	if err != nil {
		return Record{}, fmt.Errorf("enrol %s at %s: %w", c.Office, c.Host.Node, err)
	}
	return r, nil
}

// write stores one event of a node's line and lets the authority know it.
// *Refusal while this node is locked.
func (s *Service) write(ctx context.Context, plan func() (Plan, error)) (Record, error) {
	records, err := s.Writer.Write(ctx, func() (Plan, error) {
		if s.Writer.Self().Signer.Locked() {
			return Plan{}, ErrLocked
		}
		return plan()
	})
	if err != nil {
		return Record{}, s.wayOut(err)
	}
	s.Authority.Add(records[0].Event)
	return records[0], nil
}

func (s *Service) enrolment(upper events.Place, c Enrolment) (Plan, error) {
	if s.Authority.Spent(c.Host.Node, c.Host.SignKey) {
		return Plan{}, refuse("spent_key", "the key of this machine was replaced or revoked: make the node of %s anew, in an empty folder", c.Host.Node)
	}
	if err := s.recollect(c.Office); err != nil {
		return Plan{}, err
	}
	former, err := s.former(c.Office, c.Whole)
	if err != nil {
		return Plan{}, err
	}
	return s.enrolled(c.Stamped, upper, c.Office, c.Host, former)
}

// recollect lets the authority know what stands in an office's line: an append
// whose answer was lost was stored, and the next event must follow it.
func (s *Service) recollect(office events.Place) error {
	line, err := s.History.Load(events.NodeSubject(office))
	if err != nil {
		return fmt.Errorf("load the enrolments of %s: %w", office, err)
	}
	for _, e := range line {
		s.Authority.Hear(e)
	}
	return nil
}

// enrolled is the event that a node hosts an office.
func (s *Service) enrolled(c Stamped, by, office events.Place, host Host, former *events.Former) (Plan, error) {
	return s.nodeEvent(c, by, office, events.TypeEnrolled, events.Enrolled{
		Office: office.ID(), Node: host.Node.ID(), SignKey: host.SignKey, LinkKey: host.LinkKey,
		SealKey: host.SealKey, Address: host.Address, Former: former,
	})
}

// nodeEvent is the next event in the line of an office's node. What a key signs
// that is not enrolled yet does not count yet, so that one more would be written
// beside it.
func (s *Service) nodeEvent(c Stamped, by, office events.Place, t events.Type, body any) (Plan, error) {
	self := s.Writer.Self()
	if own, _ := s.Authority.OwnNode(self.Node); own.SignKey != nil && events.KeyID(own.SignKey) != self.Signer.Key() {
		return Plan{}, refuse("not_linked", "the keys of %s were rotated, and the node above has not enrolled the next ones yet: until then it says nothing of nodes below", self.Node)
	}
	raw, err := events.Encode(body)
	if err != nil {
		return Plan{}, err
	}
	head, _, _ := s.Authority.Enrolment(office)
	subject := events.NodeSubject(office)
	return Plan{Drafts: []Draft{{Draft: events.Draft{
		ID: c.ID, Type: t, Subject: subject, Office: by, Actor: c.Actor, Time: c.At, Recorded: c.At,
		Code: subject.ID, Prev: head, Edition: s.Edition, Body: raw,
	}}}}, nil
}

// former is the last event of the present host that counts: what is known of
// it here. A store that may be an older copy does not say so, also of its own
// node: what it has lost others hold, and would disown. A nation's that has
// enrolled nobody yet has told nobody anything.
func (s *Service) former(office events.Place, whole bool) (*events.Former, error) {
	host, ok := s.Authority.Host(office)
	if !ok {
		return nil, refuse("not_linked", "this node does not know yet who speaks for %s: link it up first", office)
	}
	self := s.Writer.Self()
	first := self.Node.Level() == 0 && len(s.Authority.Offices()) == 1
	switch {
	case !whole && !first && !s.Linked():
		return nil, refuse("not_linked", "this node has not linked up since its start and may be an older copy, which does not know all that %s wrote: link it up first, or say with --whole that its store is none", host.Node)
	case host.Node == self.Node:
		return s.formerSelf(self)
	}
	return s.known(host.Node)
}

// formerSelf is this node as a former host: it goes without a list of its runs
// where every other has a lower number. The runs of a machine that this one
// replaced may not.
func (s *Service) formerSelf(self Self) (*events.Former, error) {
	ends, err := s.ownRuns()
	if err != nil {
		return nil, err
	}
	for _, e := range ends {
		if e.Run != self.Run && e.Run.Number >= self.Run.Number {
			return formerOf(self.Node, ends), nil
		}
	}
	return &events.Former{Node: self.Node.ID(), Run: self.Run, Last: s.Writer.number}, nil
}

// runsMax bounds the list of a node's runs in an event: eight years of daily
// starts.
const runsMax = 3000

// known is all that is known here of another node's runs.
func (s *Service) known(node events.Place) (*events.Former, error) {
	ends, err := s.History.Ends(node)
	if err != nil {
		return nil, fmt.Errorf("find the last events of %s: %w", node, err)
	}
	return formerOf(node, ends), nil
}

// formerOf says that these runs of a node count, oldest first, and no other.
func formerOf(node events.Place, ends events.RunEnds) *events.Former {
	f := &events.Former{Node: node.ID()}
	if len(ends) == 0 {
		return f
	}
	last := ends[len(ends)-1]
	f.Run, f.Last = last.Run, last.Last
	f.Runs = ends[max(0, len(ends)-runsMax):]
	return f
}

// RootEnrolment is the nation's first event: its own node, signed by the root
// key. Whoever makes a nation appends it as the first event of its stream.
func RootEnrolment(id events.ID, at time.Time, nation events.Place, host Host, source events.Source, root ed25519.PrivateKey, edition string) (events.Event, error) {
	return rootEvent(id, at, nation, host, root, edition, events.Hash{}, nil, events.Author{Source: source, Number: 1})
}

// RootReplacement enrols other keys for the nation's own node when the ones
// before are lost or in wrong hands: signed by the root key, behind the last
// enrolment that counts. known are the runs of the node as far as they count
// from now on, oldest first; run is a new one.
func RootReplacement(id events.ID, at time.Time, a *Authority, host Host, known events.RunEnds, run events.Run, root ed25519.PrivateKey, edition string) (events.Event, error) {
	nation := host.Node
	head, _, ok := a.Enrolment(nation)
	if !ok || !a.Root().Equal(root.Public()) {
		return events.Event{}, refuse("wrong_root", "the enrolments at hand do not follow from this root key, or there are none: bring a copy of the nation's folder, or the folder of a node below")
	}
	author := events.Author{Source: events.Source{Node: nation, Run: run}, Number: 1}
	if len(known) > 0 {
		author.Before = &known[len(known)-1]
	}
	return rootEvent(id, at, nation, host, root, edition, head, formerOf(nation, known), author)
}

func rootEvent(id events.ID, at time.Time, nation events.Place, host Host, root ed25519.PrivateKey, edition string, prev events.Hash, former *events.Former, author events.Author) (events.Event, error) {
	body, err := events.Encode(events.Enrolled{
		Office: nation.ID(), Node: nation.ID(), SignKey: host.SignKey, LinkKey: host.LinkKey, SealKey: host.SealKey, Address: host.Address, Former: former,
	})
	if err != nil {
		return events.Event{}, err
	}
	subject := events.NodeSubject(nation)
	author.Key, author.Sign = events.KeyID(root.Public().(ed25519.PublicKey)), events.SignWith(root)
	return events.Sign(events.Draft{
		ID: id, Type: events.TypeEnrolled, Subject: subject, Office: nation, Actor: "root", Time: at, Recorded: at,
		Code: subject.ID, Prev: prev, Edition: edition, Body: body,
	}, author)
}
