package web

import (
	"encoding/json"
	"net/http"
	"time"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/projections"
)

// CaseEntry is one case in a list.
type CaseEntry struct {
	Case        string `json:"case"`
	Code        string `json:"code"`
	Place       string `json:"place"`
	PlaceName   string `json:"place_name"`
	Pen         string `json:"pen"`
	Responsible string `json:"responsible"`
	Waits       bool   `json:"not_yet_received"`
	Care        string `json:"care,omitempty"`
	LateActs    int    `json:"late_acts"`
}

// InboxEntry is one thing that waits at an office.
type InboxEntry struct {
	Case      string    `json:"case"`
	Code      string    `json:"code"`
	What      string    `json:"what"` // accept, assess, propose, decide, …
	Pen       string    `json:"pen"`
	From      string    `json:"from"`
	Since     time.Time `json:"since"`
	Due       time.Time `json:"due,omitzero"`
	Late      bool      `json:"late"`
	Escalated int       `json:"escalated"` // levels above the office with the pen
	LateActs  int       `json:"late_acts"`
	Newer     bool      `json:"newer"`
}

// AnswerEntry is what the person who referred is told.
type AnswerEntry struct {
	Case     string    `json:"case"`
	Code     string    `json:"code"`
	By       string    `json:"by"`
	At       time.Time `json:"at,omitzero"`
	Answer   string    `json:"answer"`
	Text     string    `json:"text"` // the answer in words
	Reason   string    `json:"reason,omitempty"`
	Replaces bool      `json:"replaces"` // an earlier answer
	Waiting  bool      `json:"waiting"`  // no answer that ends the referral yet
	InDoubt  bool      `json:"in_doubt"` // an act that could not know of a hand-over says otherwise
}

func (s *Server) office(r *http.Request) (events.Place, error) {
	return s.place("office", r.URL.Query().Get("office"), s.Node.ID.Place)
}

// PlaceEntry is one place of the list.
type PlaceEntry struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	FullName string `json:"full_name"`
	Level    string `json:"level"`
}

// places finds by id, path or name; a name that several places have gives all.
func (s *Server) places(r *http.Request) (any, error) {
	found, err := FindPlaces(s.Places, r.URL.Query().Get("q"))
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (s *Server) cases(r *http.Request) (any, error) {
	office, err := s.office(r)
	if err != nil {
		return nil, err
	}
	items, err := s.Views.Cases(office)
	if err != nil {
		return nil, err
	}
	out := []CaseEntry{}
	for _, i := range items {
		out = append(out, CaseEntry{
			Case: i.Case.ID, Code: i.Code, Place: i.Case.Place.ID(), PlaceName: s.Places.FullName(i.Case.Place),
			Pen: i.Pen.ID(), Responsible: i.Responsible.ID(), Waits: i.What == projections.WhatAccept, Care: i.Care, LateActs: i.LateActs,
		})
	}
	return out, nil
}

func (s *Server) inbox(r *http.Request) (any, error) {
	office, err := s.office(r)
	if err != nil {
		return nil, err
	}
	return s.inboxOf(office)
}

func (s *Server) inboxOf(office events.Place) ([]InboxEntry, error) {
	pack, err := s.Packs.InForce(packID, s.Now())
	if err != nil {
		return nil, err
	}
	items, err := s.Views.Inbox(office, s.Now(), pack.Clock)
	if err != nil {
		return nil, err
	}
	out := []InboxEntry{}
	for _, i := range items {
		out = append(out, InboxEntry{
			Case: i.Case.ID, Code: i.Code, What: i.What, Pen: i.Pen.ID(), From: i.From.ID(), Since: i.Since, Due: i.Due,
			Late: i.Late, Escalated: i.Escalated, LateActs: i.LateActs, Newer: i.Newer,
		})
	}
	return out, nil
}

func (s *Server) answers(r *http.Request) (any, error) {
	office, err := s.office(r)
	if err != nil {
		return nil, err
	}
	return s.answersOf(office, langDefault)
}

func (s *Server) answersOf(office events.Place, lang string) ([]AnswerEntry, error) {
	items, err := s.Views.Answers(office)
	if err != nil {
		return nil, err
	}
	out := []AnswerEntry{}
	for _, i := range items {
		out = append(out, s.answerEntry(i, lang))
	}
	return out, nil
}

func (s *Server) answerEntry(i projections.AnswerItem, lang string) AnswerEntry {
	return AnswerEntry{
		Case: i.Case.ID, Code: i.Code, By: i.By.ID(), At: i.At, Answer: i.Answer, Text: s.label(engine.ListAnswers, i.Answer, lang),
		Reason: i.Reason, Replaces: i.Replaces, Waiting: i.Waiting, InDoubt: i.InDoubt,
	}
}

func (s *Server) oneCase(r *http.Request) (any, error) {
	subject, err := s.subject(r)
	if err != nil {
		return nil, err
	}
	return s.caseOf(subject, langDefault)
}

// caseOf is one case as it stands here.
func (s *Server) caseOf(subject events.Subject, lang string) (CaseView, error) {
	state, err := s.Node.Service.Case(subject)
	if err != nil {
		return CaseView{}, err
	}
	out := CaseView{
		Case: subject.ID, Code: state.Code, Place: subject.Place.ID(), Pen: state.Pen.ID(), Responsible: state.Responsible.ID(),
		NotYetReceived: state.Awaiting, Newer: state.Newer(), Trail: []TrailEntry{}, Answers: []AnswerEntry{},
	}
	if state.Decided != nil {
		out.Care = state.Decided.Care
	}
	for i, a := range state.Answers {
		out.Answers = append(out.Answers, AnswerEntry{
			Case: subject.ID, Code: state.Code, By: a.Event.OfficeID(), At: a.Event.Time, Answer: a.Code,
			Text: s.label(engine.ListAnswers, a.Code, lang), Reason: a.Reason, Replaces: i > 0,
		})
	}
	out.Trail, err = s.trail(subject, lang)
	return out, err
}

func (s *Server) trail(subject events.Subject, lang string) ([]TrailEntry, error) {
	items, err := s.Views.Trail(subject)
	if err != nil {
		return nil, err
	}
	out := []TrailEntry{}
	for _, i := range items {
		e := i.Event
		entry := TrailEntry{
			Event: e.ID, Type: string(e.Type), Standing: i.Standing, Office: e.OfficeID(), Actor: e.Actor,
			Time: e.Time, Recorded: e.Recorded, InDoubt: e.InDoubt(s.Now()),
		}
		if record, err := s.History.Find(e.ID); err == nil {
			entry.KeptOnlyHere = s.Node.KeptOnlyHere(record)
		}
		entry.To, entry.Reason = said(e)
		if entry.Check, entry.Taken, err = s.checks(e, lang); err != nil {
			return nil, err
		}
		out = append(out, entry)
	}
	return out, nil
}

// said is whom an event names and which reason it gives; of a body that cannot
// be read, nothing.
func said(e events.Event) (to, reason string) {
	var b struct {
		To     string `json:"to"`
		From   string `json:"from"`
		Reason string `json:"reason"`
		Kind   string `json:"kind"`
	}
	if json.Unmarshal(e.Body, &b) != nil {
		return "", ""
	}
	if b.Reason == "" {
		b.Reason = b.Kind
	}
	return b.To, b.Reason
}

// policy lists the codes of the pack in force, for clients that offer them.
func (s *Server) policy(*http.Request) (any, error) {
	pack, err := s.Packs.InForce(packID, s.Now())
	if err != nil {
		return nil, err
	}
	out := struct {
		Pack    string              `json:"pack"`
		Version string              `json:"version"`
		Hash    string              `json:"hash"`
		Lists   map[string][]string `json:"lists"`
	}{pack.ID(), pack.Version(), pack.Hash(), map[string][]string{}}
	for _, list := range []string{
		engine.ListSources, engine.ListSendBack, engine.ListDecisions, engine.ListTakeOver, engine.ListContributions, engine.ListAnswers,
		listCare, listReasons,
	} {
		out.Lists[list] = pack.Codes(list)
	}
	return out, nil
}

// Lists of the pack that only clients ask for.
const (
	listCare    = "care_types"
	listReasons = "reasons"
)
