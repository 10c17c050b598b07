package web

import (
	"fmt"
	"net/http"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// CaseView is one case as it stands here.
type CaseView struct {
	Case            string `json:"case"`
	Code            string `json:"code"`
	Place           string `json:"place"`
	PlaceName       string `json:"place_name"`
	Pen             string `json:"pen"` // empty while the beginning of the case is not here
	PenName         string `json:"pen_name"`
	Responsible     string `json:"responsible"`
	ResponsibleName string `json:"responsible_name"`
	NotYetReceived  bool   `json:"not_yet_received"` // the office with the pen has not accepted
	Newer           bool   `json:"newer"`            // a newer program wrote here
	Care            string `json:"care,omitempty"`   // that was decided
	// Restricted names from whom the case is kept.
	Restricted []RestrictionView `json:"restricted,omitempty"`
	Record     RecordView        `json:"record"`
	Trail      []TrailEntry      `json:"trail"`
	Answers    []AnswerEntry     `json:"answers"`
}

// RestrictionView is an office, or one person of it, from whom a case is kept.
type RestrictionView struct {
	events.Restriction
	OfficeName string `json:"office_name"`
	ReasonText string `json:"reason_text"`
}

// TrailEntry is one event of a case. Codes stand beside their text in the
// language that was asked for.
type TrailEntry struct {
	Event        events.ID       `json:"event"`
	Type         string          `json:"type"`
	Standing     string          `json:"standing"` // line, late, unjoined, contribution, unread
	Office       string          `json:"office"`
	OfficeName   string          `json:"office_name"`
	Actor        string          `json:"actor"`
	Time         time.Time       `json:"time"`
	Recorded     time.Time       `json:"recorded"`
	InDoubt      bool            `json:"clock_in_doubt"`
	KeptOnlyHere bool            `json:"kept_only_here"`
	To           string          `json:"to,omitempty"`
	ToName       string          `json:"to_name,omitempty"`
	Reason       string          `json:"reason,omitempty"` // why, who referred, or what was told
	ReasonText   string          `json:"reason_text,omitempty"`
	Care         string          `json:"care,omitempty"` // that was decided
	CareText     string          `json:"care_text,omitempty"`
	Answer       string          `json:"answer,omitempty"` // that the person who referred is given
	AnswerText   string          `json:"answer_text,omitempty"`
	Members      []events.Member `json:"members,omitempty"` // who sat
	Check        *CheckView      `json:"check,omitempty"`
	Taken        *CheckView      `json:"taken,omitempty"`
	// Texts are what was told in words, by the path of the case document where it
	// belongs, where the case's narrative is open.
	Texts engine.Narrative `json:"texts,omitempty"`
	// Facts are what the act adds to the case document, for who looks, where the
	// case's facts are open.
	Facts events.Facts `json:"facts,omitempty"`
}

// caseOf is one case as it stands here, for who looks.
func (s *Server) caseOf(r *http.Request, v viewer, state engine.State) (CaseView, error) {
	return s.caseFor(r, s.reads(r, v, engine.PageCase, ""), state, langOf(r))
}

// caseFor is one case on one page.
func (s *Server) caseFor(r *http.Request, o *reading, state engine.State, lang string) (_ CaseView, err error) {
	subject := state.Subject
	out := CaseView{
		Case: subject.ID, Code: state.Code, Place: subject.Place.ID(), PlaceName: s.Places.FullName(subject.Place),
		Pen: state.Pen.ID(), PenName: s.Places.FullName(state.Pen),
		Responsible: state.Responsible.ID(), ResponsibleName: s.Places.FullName(state.Responsible),
		NotYetReceived: state.Awaiting, Newer: state.Newer(),
	}
	if state.Decided != nil {
		out.Care = state.Decided.Care
	}
	if out.Answers, err = s.answersIn(o.viewer, state, lang); err != nil {
		return CaseView{}, err
	}
	for _, one := range state.Restricted {
		out.Restricted = append(out.Restricted, RestrictionView{one, s.named(one.Office), s.label(engine.ListRestriction, one.Reason, lang)})
	}
	told, err := s.disclose(r, o, state)
	if err != nil {
		return CaseView{}, err
	}
	out.Record = told.record
	out.Trail, err = s.trail(subject, told, lang)
	return out, err
}

// answersIn are what the person who referred is told of one case: also an answer
// that is in doubt, and that one is awaited.
func (s *Server) answersIn(v viewer, state engine.State, lang string) ([]AnswerEntry, error) {
	out := []AnswerEntry{}
	if state.Referrer == "" {
		return out, nil // the beginning of the case is not here
	}
	all, err := s.answersOf(v, state.Referrer, lang)
	for _, a := range all {
		if a.Case == state.Subject.ID {
			out = append(out, a)
		}
	}
	return out, err
}

func (s *Server) trail(subject events.Subject, told disclosed, lang string) ([]TrailEntry, error) {
	items, err := s.Views.Trail(subject)
	if err != nil {
		return nil, err
	}
	out := []TrailEntry{}
	for _, i := range items {
		e := i.Event
		entry := TrailEntry{
			Event: e.ID, Type: string(e.Type), Standing: i.Standing, Office: e.OfficeID(), OfficeName: s.Places.FullName(e.Office), Actor: e.Actor,
			Time: e.Time, Recorded: e.Recorded, InDoubt: e.InDoubt(s.Now()),
		}
		record, err := s.History.Find(e.ID)
		if err != nil {
			return nil, fmt.Errorf("find where %s came from: %w", e.ID, err)
		}
		entry.KeptOnlyHere = s.Node.KeptOnlyHere(record)
		s.tell(&entry, e, lang)
		entry.Texts = told.events[e.ID].Narrative
		if told.seen {
			entry.Facts = told.events[e.ID].Facts
		}
		if entry.Check, entry.Taken, err = s.checks(told.events[e.ID], lang); err != nil {
			return nil, err
		}
		out = append(out, entry)
	}
	return out, nil
}

// tell adds what an event says; of a body that cannot be read, nothing.
func (s *Server) tell(entry *TrailEntry, e events.Event, lang string) {
	list := ""
	switch e.Type {
	case events.TypeRaised:
		var b events.Raised
		if e.Decode(&b) == nil {
			entry.To, entry.Reason, list = b.To, b.Source, engine.ListSources
		}
	case events.TypeForwarded:
		var b events.Forwarded
		if e.Decode(&b) == nil {
			entry.To = b.To
		}
	case events.TypeSentBack:
		var b events.SentBack
		if e.Decode(&b) == nil {
			entry.To, entry.Reason, list = b.To, b.Reason, engine.ListSendBack
		}
	case events.TypeTakenOver:
		var b events.TakenOver
		if e.Decode(&b) == nil {
			entry.Reason, list = b.Reason, engine.ListTakeOver
		}
	case events.TypeContributed:
		var b events.Contributed
		if e.Decode(&b) == nil {
			entry.Reason, list = b.Kind, engine.ListContributions
		}
	case events.TypeOpened:
		var b events.Opened
		if e.Decode(&b) == nil {
			entry.Reason, list = b.Reason, engine.ListOpening
		}
	case events.TypeErased:
		var b events.Erased
		if e.Decode(&b) == nil {
			entry.Reason, list = b.Ground, engine.ListErasure
		}
	case events.TypeDecided:
		var b events.Decided
		if e.Decode(&b) == nil {
			entry.Reason, list = b.Reason, engine.ListDecisions
			entry.Care, entry.CareText = b.Care, s.label(listCare, b.Care, lang)
			entry.Answer, entry.AnswerText = b.Answer, s.label(engine.ListAnswers, b.Answer, lang)
			entry.Members = b.Panel
		}
	}
	entry.ReasonText = s.label(list, entry.Reason, lang)
	if entry.To != "" {
		entry.ToName = s.named(entry.To)
	}
}

// named is a place id in words, and the id where the list does not have it.
func (s *Server) named(id string) string {
	info, err := s.Places.ByID(id)
	if err != nil {
		return id
	}
	return info.FullName
}
