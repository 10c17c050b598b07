package engine

import (
	"cmp"
	"slices"

	"umuryango/events"
)

// State is a case as its events make it, whatever the order of their arrival.
type State struct {
	Subject events.Subject
	Code    string // spoken code

	Line          []events.Event // in effect, in order
	Late          []events.Event // authentic, without effect: kept and shown
	Unjoined      []events.Event // wait for a predecessor that is not here
	Contributions []events.Event // without the pen, by source and number
	Unread        []events.Event // of a type or version that a newer program writes

	Pen         events.Place // who writes next; empty: no referral is here yet
	Responsible events.Place // who answers for the child until the next office accepts
	Awaiting    bool         // the pen's office has not accepted yet
	Sender      events.Place // who handed over the pen last
	Referrer    events.Place // where the referral was raised
	Actor       string       // who raised it

	Facts    []Told           // parts of the case document, in their order
	Source   string           // who referred, a code
	Proposed *events.Proposed // the proposal that stands
	Decided  *events.Decided  // the decision in effect
	Answers  []Answer         // to the person who referred, oldest first

	Restricted []events.Restriction // who neither sees the case nor holds its keys
}

// Told is a part of the case document as one event tells it: in clear, or sealed.
type Told struct {
	Event  events.Event
	Facts  events.Facts
	Sealed events.Sealed
}

// Answer is what the person who referred is told by one event.
type Answer struct {
	Event  events.Event
	Code   string // code of the pack
	Reason string // of a referral that was sent back
}

// The codes of the answers that follow from acts themselves; a decision
// carries its own.
const (
	AnswerReceived = "received"
	AnswerSentBack = "sent_back"
)

// Known reports whether the case was opened here.
func (s *State) Known() bool { return len(s.Line) > 0 }

// Newer reports whether a newer program wrote something in this case: it is
// shown and takes no commands here.
func (s *State) Newer() bool { return len(s.Unread) > 0 }

// Head is the hash of the last event in effect; zero before the first.
func (s *State) Head() events.Hash {
	if len(s.Line) == 0 {
		return events.Hash{}
	}
	return s.Line[len(s.Line)-1].Hash()
}

// Last is the last event in effect.
func (s *State) Last() (events.Event, bool) {
	if len(s.Line) == 0 {
		return events.Event{}, false
	}
	return s.Line[len(s.Line)-1], true
}

// settled reports whether the proposal that stands has been decided: two
// decisions are never both in effect (law 2).
func (s *State) settled() bool {
	for _, e := range slices.Backward(s.Line) {
		if e.Type == events.TypeDecided || e.Type == events.TypeProposed {
			return e.Type == events.TypeDecided
		}
	}
	return false
}

// Fold makes the state of one case of its events, in whatever order they came
// and however often (law 3). It reads those events and nothing else.
func Fold(subject events.Subject, all []events.Event) State {
	s := State{Subject: subject}
	var steps []step
	seen := map[events.Hash]bool{}
	for _, e := range all {
		h := e.Hash()
		if seen[h] {
			continue
		}
		seen[h] = true
		s.sort(e, h, &steps)
	}
	l := walk(steps)
	s.Late, s.Unjoined, s.Pen = l.late, l.unjoined, l.pen
	slices.SortFunc(s.Contributions, byNumber)
	slices.SortFunc(s.Unread, byNumber)
	for _, st := range l.steps {
		s.apply(st)
	}
	return s
}

// sort puts one event where it belongs before the line is walked.
func (s *State) sort(e events.Event, h events.Hash, steps *[]step) {
	switch e.Type.Role() {
	case events.RoleUnknown:
		s.Unread = append(s.Unread, e)
	case events.RoleContribution:
		s.Contributions = append(s.Contributions, e)
	case events.RoleLine:
		*steps = append(*steps, read(e, h))
	}
	if s.Code == "" || e.Code < s.Code { // until the opening is here and says
		s.Code = e.Code
	}
}

// byNumber is a total order of events that no arrival changes.
func byNumber(a, b events.Event) int {
	return cmp.Or(
		cmp.Compare(a.Source.Node, b.Source.Node),
		a.Source.Run.Compare(b.Source.Run),
		cmp.Compare(a.Number, b.Number),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(string(a.SignedBytes()), string(b.SignedBytes())),
	)
}

// read decodes the body of a line event. One that cannot be read, or that hands
// the pen to an office off the case's path, is broken: kept, without effect.
func read(e events.Event, h events.Hash) step {
	s := step{event: e, hash: h, body: newBody(e.Type)}
	if s.body == nil || e.Decode(s.body) != nil || e.Office == "" {
		s.broken = true
		return s
	}
	to := ""
	switch b := s.body.(type) {
	case *events.Raised:
		to = b.To
	case *events.Forwarded:
		to = b.To
	case *events.SentBack:
		to = b.To
	case *events.TakenOver:
		to = e.Office.ID()
	default:
		return s
	}
	var on bool
	s.to, on = e.Subject.Place.On(to)
	s.broken = !on
	return s
}

func newBody(t events.Type) any {
	switch t {
	case events.TypeRaised:
		return new(events.Raised)
	case events.TypeForwarded:
		return new(events.Forwarded)
	case events.TypeAccepted:
		return new(events.Accepted)
	case events.TypeSentBack:
		return new(events.SentBack)
	case events.TypeAssessed:
		return new(events.Assessed)
	case events.TypeProposed:
		return new(events.Proposed)
	case events.TypeDecided:
		return new(events.Decided)
	case events.TypeTakenOver:
		return new(events.TakenOver)
	case events.TypeRestricted:
		return new(events.Restricted)
	}
	return nil
}

// apply lets one event of the line take effect.
func (s *State) apply(st step) {
	e := st.event
	s.Line = append(s.Line, e)
	switch b := st.body.(type) {
	case *events.Raised:
		s.Code, s.Referrer, s.Actor, s.Source = e.Code, e.Office, e.Actor, b.Source
		s.Responsible, s.Sender, s.Awaiting = e.Office, e.Office, true
		s.Facts = append(s.Facts, Told{e, b.Facts, b.Sealed})
		if b.Restricted != nil {
			s.Restricted = b.Restricted
		}
	case *events.Restricted:
		s.Restricted = b.Restrictions
	case *events.Forwarded:
		s.Sender, s.Awaiting = e.Office, true
	case *events.Accepted:
		s.Responsible, s.Awaiting = e.Office, false
		if len(s.Answers) == 0 {
			s.Answers = append(s.Answers, Answer{Event: e, Code: AnswerReceived})
		}
	case *events.SentBack:
		s.Sender, s.Awaiting = e.Office, false
		if st.to == s.Referrer {
			s.Answers = append(s.Answers, Answer{Event: e, Code: AnswerSentBack, Reason: b.Reason})
		}
	case *events.TakenOver:
		s.Responsible, s.Sender, s.Awaiting = e.Office, e.Office, false
	case *events.Assessed:
		s.Facts = append(s.Facts, Told{e, b.Facts, b.Sealed})
	case *events.Proposed:
		s.Proposed, s.Facts = b, append(s.Facts, Told{e, b.Facts, b.Sealed})
	case *events.Decided:
		s.Decided = b
		s.Answers = append(s.Answers, Answer{Event: e, Code: b.Answer})
	}
}
