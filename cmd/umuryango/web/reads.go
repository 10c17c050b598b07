package web

import (
	"net/http"
	"strconv"
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
	PenName     string `json:"pen_name"`
	Responsible string `json:"responsible"`
	// ResponsibleName is the place that answers for the child.
	ResponsibleName string `json:"responsible_name"`
	Waits           bool   `json:"not_yet_received"`
	Care            string `json:"care,omitempty"`
	CareText        string `json:"care_text,omitempty"`
	LateActs        int    `json:"late_acts"`
	Unjoined        int    `json:"unjoined"` // acts whose predecessor has not arrived
	Newer           bool   `json:"newer"`
	NameView

	subject events.Subject
}

// InboxEntry is one thing that waits at an office.
type InboxEntry struct {
	Case      string    `json:"case"`
	Code      string    `json:"code"`
	What      string    `json:"what"` // accept, assess, propose, decide, …
	Pen       string    `json:"pen"`
	PenName   string    `json:"pen_name"`
	From      string    `json:"from"`
	FromName  string    `json:"from_name"`
	Since     time.Time `json:"since"`
	Due       time.Time `json:"due,omitzero"`
	Late      bool      `json:"late"`
	Escalated int       `json:"escalated"` // levels above the office with the pen
	LateActs  int       `json:"late_acts"`
	Uncovered int       `json:"uncovered"` // things told since that the decision does not cover
	Newer     bool      `json:"newer"`
	// Reason says why a case was opened from outside, where that is what is told.
	Reason     string `json:"reason,omitempty"`
	ReasonText string `json:"reason_text,omitempty"`
	NameView

	subject events.Subject
}

// AnswerEntry is what the person who referred is told.
type AnswerEntry struct {
	Case   string    `json:"case"`
	Code   string    `json:"code"`
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at,omitzero"`
	Answer string    `json:"answer"`
	Text   string    `json:"text"` // the answer in words
	Reason string    `json:"reason,omitempty"`
	// ReasonText is the reason in words.
	ReasonText string `json:"reason_text,omitempty"`
	Replaces   bool   `json:"replaces"` // an earlier answer
	Waiting    bool   `json:"waiting"`  // no answer that ends the referral yet
	InDoubt    bool   `json:"in_doubt"` // an act that could not know of a hand-over says otherwise
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
	office, v, err := s.looks(r)
	if err != nil {
		return nil, err
	}
	from, err := fromOf(r)
	if err != nil {
		return nil, err
	}
	list, err := s.casesOf(v, office, langOf(r))
	if err != nil {
		return nil, err
	}
	return list, s.nameList(r.Context(), s.reads(r, v, engine.PageList, ""), from, list, nil)
}

// fromOf is the entry of a list from which on names are opened.
func fromOf(r *http.Request) (int, error) {
	text := r.URL.Query().Get("from")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, &engine.Invalid{Field: "from", Problem: "the number of an entry is expected"}
	}
	return int(n), nil
}

// looks reads whose list a request asks for, and who looks.
func (s *Server) looks(r *http.Request) (events.Place, viewer, error) {
	office, err := s.office(r)
	if err != nil {
		return "", viewer{}, err
	}
	v, err := s.viewer(r)
	return office, v, err
}

func (s *Server) casesOf(v viewer, office events.Place, lang string) ([]CaseEntry, error) {
	items, err := s.Views.Cases(office)
	if err != nil {
		return nil, err
	}
	out := []CaseEntry{}
	for _, i := range items {
		if s.hides(v, i.Case, i.Restricted) {
			continue
		}
		out = append(out, CaseEntry{
			Case: i.Case.ID, Code: i.Code, Place: i.Case.Place.ID(), PlaceName: s.Places.FullName(i.Case.Place),
			Pen: i.Pen.ID(), PenName: s.Places.FullName(i.Pen), Responsible: i.Responsible.ID(), ResponsibleName: s.Places.FullName(i.Responsible),
			Waits: i.What == projections.WhatAccept, Care: i.Care, CareText: s.label(listCare, i.Care, lang), LateActs: i.LateActs, Unjoined: i.Unjoined, Newer: i.Newer,
			subject: i.Case,
		})
	}
	return out, nil
}

func (s *Server) inbox(r *http.Request) (any, error) {
	office, v, err := s.looks(r)
	if err != nil {
		return nil, err
	}
	list, err := s.inboxOf(v, office, langOf(r))
	if err != nil {
		return nil, err
	}
	return list, s.nameList(r.Context(), s.reads(r, v, engine.PageList, ""), 0, nil, list)
}

func (s *Server) inboxOf(v viewer, office events.Place, lang string) ([]InboxEntry, error) {
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return nil, err
	}
	items, err := s.Views.Inbox(office, s.Now(), pack.Clock)
	if err != nil {
		return nil, err
	}
	out, err := s.openingsOf(v, office, pack, lang)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		if s.hides(v, i.Case, i.Restricted) {
			continue
		}
		out = append(out, InboxEntry{
			Case: i.Case.ID, Code: i.Code, What: i.What, Pen: i.Pen.ID(), PenName: s.Places.FullName(i.Pen),
			From: i.From.ID(), FromName: s.Places.FullName(i.From), Since: i.Since, Due: i.Due,
			Late: i.Late, Escalated: i.Escalated, LateActs: i.LateActs, Uncovered: i.Uncovered, Newer: i.Newer,
			subject: i.Case,
		})
	}
	return out, nil
}

func (s *Server) answers(r *http.Request) (any, error) {
	office, v, err := s.looks(r)
	if err != nil {
		return nil, err
	}
	return s.answersOf(v, office, langOf(r))
}

func (s *Server) answersOf(v viewer, office events.Place, lang string) ([]AnswerEntry, error) {
	items, err := s.Views.Answers(office)
	if err != nil {
		return nil, err
	}
	out := []AnswerEntry{}
	for _, i := range items {
		if s.hides(v, i.Case, i.Restricted) {
			continue
		}
		out = append(out, s.answerEntry(i, lang))
	}
	return out, nil
}

func (s *Server) answerEntry(i projections.AnswerItem, lang string) AnswerEntry {
	return AnswerEntry{
		Case: i.Case.ID, Code: i.Code, By: i.By.ID(), ByName: s.Places.FullName(i.By), At: i.At, Answer: i.Answer, Text: s.label(engine.ListAnswers, i.Answer, lang),
		Reason: i.Reason, ReasonText: s.label(engine.ListSendBack, i.Reason, lang), Replaces: i.Replaces, Waiting: i.Waiting, InDoubt: i.InDoubt,
	}
}

func (s *Server) oneCase(r *http.Request) (any, error) {
	v, err := s.viewer(r)
	if err != nil {
		return nil, err
	}
	state, err := s.seen(r, v)
	if err != nil {
		return nil, err
	}
	return s.caseOf(r, v, state)
}

// PolicyView is the policy pack in force: the codes of its lists, for clients
// that offer them, with their labels in the language that was asked for.
type PolicyView struct {
	Pack    string                 `json:"pack"`
	Version string                 `json:"version"`
	Hash    string                 `json:"hash"`
	Lists   map[string][]CodeEntry `json:"lists"`
}

// CodeEntry is one code of a list.
type CodeEntry struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

func (s *Server) policy(r *http.Request) (any, error) {
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return nil, err
	}
	out := PolicyView{pack.ID(), pack.Version(), pack.Hash(), map[string][]CodeEntry{}}
	for _, list := range []string{
		engine.ListSources, engine.ListSendBack, engine.ListDecisions, engine.ListTakeOver, engine.ListContributions, engine.ListAnswers, engine.ListRestriction, engine.ListOpening, engine.ListErasure,
		listCare, listReasons, listDisciplines, listVotes,
	} {
		for _, code := range pack.Codes(list) {
			out.Lists[list] = append(out.Lists[list], CodeEntry{code, pack.Label(list, code, langOf(r))})
		}
	}
	return out, nil
}

// Lists of the pack that only clients ask for.
const (
	listCare        = "care_types"
	listReasons     = "reasons"
	listDisciplines = "disciplines"
	listVotes       = "votes"
	listSexes       = "sexes"
	listRelations   = "relations"
)
