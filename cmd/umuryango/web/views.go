package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

// Done is what an act came to.
type Done struct {
	Event           events.ID  `json:"event"`
	Case            string     `json:"case"` // id
	Code            string     `json:"code"` // spoken
	Again           bool       `json:"again"`
	Time            time.Time  `json:"time"`
	Pen             string     `json:"pen"`
	PenName         string     `json:"pen_name"`
	Responsible     string     `json:"responsible"`
	ResponsibleName string     `json:"responsible_name"`
	NotYetReceived  bool       `json:"not_yet_received"`
	KeptOnlyHere    bool       `json:"kept_only_here"`
	Check           *CheckView `json:"check,omitempty"` // of an assessment, a proposal, and what a decision was asked on
	Taken           *CheckView `json:"taken,omitempty"` // of a decision that takes something else
}

// CheckView is an answer of the gate with its messages. Codes stand beside their
// text in the reader's language.
type CheckView struct {
	Care         string          `json:"care,omitempty"`
	CareText     string          `json:"care_text,omitempty"`
	Outcome      string          `json:"outcome"`
	OutcomeText  string          `json:"outcome_text"`
	DivertTo     []string        `json:"divert_to"`
	DivertToText []string        `json:"divert_to_text,omitempty"` // in the order of divert_to
	EscalateTo   string          `json:"escalate_to,omitempty"`
	EscalateText string          `json:"escalate_text,omitempty"`
	Missing      []string        `json:"missing"`
	PackHash     string          `json:"pack_hash"`
	Messages     []CheckMessage  `json:"messages"`
	Rules        []string        `json:"rules,omitempty"`  // that fired or could not be settled; all that is told where the facts are closed
	Result       json.RawMessage `json:"result,omitempty"` // as the gate gave it
}

// textsOf puts the codes of an answer into words.
func (s *Server) textsOf(c *CheckView, lang string) {
	c.CareText, c.OutcomeText = s.label(listCare, c.Care, lang), words(lang).T("outcome."+c.Outcome)
	for _, care := range c.DivertTo {
		c.DivertToText = append(c.DivertToText, s.label(listCare, care, lang))
	}
	if c.EscalateTo != "" {
		c.EscalateText = words(lang).T("level." + c.EscalateTo)
	}
}

// CheckMessage is what one rule says, in the reader's language.
type CheckMessage struct {
	Rule   string `json:"rule"`
	Class  string `json:"class"`
	Effect string `json:"effect"`
	Text   string `json:"text"`
}

// done tells what an act came to; what the gate answered stands in clear to who
// acted.
func (s *Server) done(r *http.Request, o *reading, d engine.Done, lang string) (Done, error) {
	e := d.Record.Event
	out := Done{
		Event: e.ID, Case: d.State.Subject.ID, Code: d.State.Code, Again: d.Again, Time: e.Time,
		Pen: d.State.Pen.ID(), PenName: s.Places.FullName(d.State.Pen),
		Responsible: d.State.Responsible.ID(), ResponsibleName: s.Places.FullName(d.State.Responsible),
		NotYetReceived: d.State.Awaiting, KeptOnlyHere: s.Node.KeptOnlyHere(d.Record),
	}
	var err error
	if d.Advice != nil {
		o.note(recordedAs(d.State))
		out.Check, err = s.check(d.Advice, lang)
		return out, err
	}
	told, err := s.answeredAt(r, o, d.State, e)
	if err != nil {
		return out, err
	}
	out.Check, out.Taken, err = s.checks(told, lang)
	return out, err
}

// checks puts what the gate answered at an event into words, as far as it is
// open.
func (s *Server) checks(d engine.Disclosed, lang string) (asked, taken *CheckView, err error) {
	if asked, err = s.check(d.Asked, lang); err == nil {
		taken, err = s.check(d.Taken, lang)
	}
	return asked, taken, err
}

// check adds messages to an answer of the gate, where it is open and its pack is
// here; of one that is closed its outcome and its rules are told.
func (s *Server) check(c *events.Checked, lang string) (*CheckView, error) {
	if c == nil {
		return nil, nil
	}
	out := &CheckView{Outcome: c.Outcome, Rules: c.Rules, PackHash: c.PackHash, DivertTo: []string{}, Missing: []string{}, Messages: []CheckMessage{}}
	if len(c.Result) == 0 {
		s.textsOf(out, lang)
		return out, nil
	}
	var read policies.Result
	if err := json.Unmarshal(c.Result, &read); err != nil {
		return nil, fmt.Errorf("read what the gate answered: %w", err)
	}
	var doc struct {
		Request struct {
			Care string `json:"care"`
		} `json:"request"`
	}
	if err := json.Unmarshal(c.Case, &doc); err != nil {
		return nil, fmt.Errorf("read the case document: %w", err)
	}
	out.Care, out.Outcome, out.DivertTo, out.EscalateTo = doc.Request.Care, read.Outcome, read.DivertTo, read.EscalateTo
	out.Missing, out.Result = read.Missing, c.Result
	s.textsOf(out, lang)
	if p, ok := s.Packs.ByHash(c.PackHash); ok {
		for _, m := range policies.Render(p, read, lang) {
			out.Messages = append(out.Messages, CheckMessage{m.Rule, m.Class, m.Effect, m.Text})
		}
	}
	return out, nil
}
