// Package oracle checks the gate by engines that share nothing with it. The
// rules and functions are written here anew from the table of rules: as plain
// Go, as functions for cel-go, as Rego for OPA and, as far as it can say them,
// as Cedar. On the same documents all must find the same, and on documents
// with gaps no completion may contradict what the gate calls certain. The
// benchmarks measure all of them in one run.
//
// It is a module of its own, so that nothing of it reaches the product, and it
// never asserts on time: benchmarks only report.
package oracle

import (
	"encoding/json"
	"fmt"
	"time"
)

// Document is a complete case document as plain Go reads it. Only the exact age
// may be absent, where its bounds stand instead.
type Document struct {
	Pack       string      `json:"pack"`
	At         Instant     `json:"at"`
	Decision   string      `json:"decision"`
	Home       string      `json:"home"`
	Child      Child       `json:"child"`
	Reasons    []string    `json:"reasons"`
	Neglect    Neglect     `json:"neglect"`
	HarmBy     string      `json:"harm_by"`
	Danger     Danger      `json:"danger"`
	Caregivers []Carer     `json:"caregivers"`
	CourtOrder string      `json:"court_order"`
	Tracing    Tracing     `json:"tracing"`
	Assessment Assessment  `json:"assessment"`
	Support    []Support   `json:"support"`
	KinSearch  []Relative  `json:"kin_search"`
	Siblings   []Sibling   `json:"siblings"`
	Separation string      `json:"sibling_separation_reason"`
	Request    Request     `json:"request"`
	Provider   Provider    `json:"provider"`
	From       Provider    `json:"from"`
	History    History     `json:"history"`
	Panel      Panel       `json:"panel"`
	Referral   ReferralOf  `json:"referral"`
	Unknowable []Unknowing `json:"unknowable"`
}

// Child is the child of a case.
type Child struct {
	AgeMonths    *int64      `json:"age_months,omitempty"`
	AgeMonthsMin int64       `json:"age_months_min"`
	AgeMonthsMax int64       `json:"age_months_max"`
	AgeEstimated bool        `json:"age_estimated"`
	Sex          string      `json:"sex"`
	Functioning  Functioning `json:"functioning"`
	Views        Views       `json:"views"`
	Religion     string      `json:"religion"`
	Separated    string      `json:"separated"`
	Justice      string      `json:"justice"`
}

// Functioning holds the four domains.
type Functioning struct {
	Seeing        string `json:"seeing"`
	Hearing       string `json:"hearing"`
	Walking       string `json:"walking"`
	Communicating string `json:"communicating"`
}

// Views tells how the child was heard.
type Views struct {
	Heard       bool    `json:"heard"`
	Method      string  `json:"method"`
	At          Instant `json:"at"`
	Alone       bool    `json:"alone"`
	WhyNotHeard string  `json:"why_not_heard"`
}

// Neglect is asked when it is a reason.
type Neglect struct {
	WithMeans      bool `json:"with_means"`
	HelpWouldEndIt bool `json:"help_would_end_it"`
}

// Danger is what an emergency rests on.
type Danger struct {
	Imminent bool   `json:"imminent"`
	Ground   string `json:"ground"`
}

// Carer is an entry of caregivers.
type Carer struct {
	Relation     string `json:"relation"`
	Status       string `json:"status"`
	Consent      string `json:"consent"`
	Consulted    bool   `json:"consulted"`
	ExpectedBack Day    `json:"expected_back"`
}

// Tracing of the family.
type Tracing struct {
	Started   bool `json:"started"`
	Exhausted bool `json:"exhausted"`
}

// Assessment of the child's situation.
type Assessment struct {
	Complete bool    `json:"complete"`
	At       Instant `json:"at"`
	By       string  `json:"by"`
}

// Support that the family was given.
type Support struct {
	Type   string `json:"type"`
	From   Day    `json:"from"`
	To     Day    `json:"to"`
	Result string `json:"result"`
}

// Relative is an entry of kin_search.
type Relative struct {
	Relation      string  `json:"relation"`
	Outcome       string  `json:"outcome"`
	Place         string  `json:"place"`
	VisitedAt     Instant `json:"visited_at"`
	SameHousehold bool    `json:"same_household"`
	ChildAgrees   bool    `json:"child_agrees"`
}

// Sibling is an entry of siblings.
type Sibling struct {
	AgeMonths      int64 `json:"age_months"`
	PlacedTogether bool  `json:"placed_together"`
}

// Alternative is a care that was ruled out.
type Alternative struct {
	Care string `json:"care"`
	Why  string `json:"why"`
}

// Plan of the care that is asked for.
type Plan struct {
	Goals          []string `json:"goals"`
	PermanencyGoal string   `json:"permanency_goal"`
}

// Request is what is asked for.
type Request struct {
	Care                 string        `json:"care"`
	Provider             string        `json:"provider"`
	Starts               Day           `json:"starts"`
	PlannedEnd           Day           `json:"planned_end"`
	AlternativesRuledOut []Alternative `json:"alternatives_ruled_out"`
	WhyThisCare          string        `json:"why_this_care"`
	Exception            string        `json:"exception"`
	Emergency            bool          `json:"emergency"`
	AuthorisedBy         string        `json:"authorised_by"`
	Plan                 Plan          `json:"plan"`
	ContactPlan          string        `json:"contact_plan"`
	PreparationDone      bool          `json:"preparation_done"`
	LegalCustodian       string        `json:"legal_custodian"`
	AftercarePlan        string        `json:"aftercare_plan"`
	Abroad               bool          `json:"abroad"`
	Escort               string        `json:"escort"`
	ReturnPlan           string        `json:"return_plan"`
}

// Provider is a place: where the child would go, or is.
type Provider struct {
	Kind             string `json:"kind"`
	Licence          string `json:"licence"`
	AccreditedUntil  Day    `json:"accredited_until"`
	Capacity         int64  `json:"capacity"`
	Occupied         int64  `json:"occupied"`
	IncludesChild    bool   `json:"includes_child"`
	OpenAllegation   bool   `json:"open_allegation"`
	SolicitsChildren bool   `json:"solicits_children"`
	PaidPerChild     bool   `json:"paid_per_child"`
	OverdueReviews   int64  `json:"overdue_reviews"`
	Place            string `json:"place"`
}

// History of the child in care.
type History struct {
	Moves            int64   `json:"moves_12_months"`
	CurrentCare      string  `json:"current_care"`
	DaysSinceReview  int64   `json:"days_since_review"`
	DecisionOnFile   bool    `json:"decision_on_file"`
	ProvisionalSince Instant `json:"provisional_since"`
}

// Member of a panel.
type Member struct {
	ID         string `json:"id"`
	Discipline string `json:"discipline"`
	Present    bool   `json:"present"`
	Recused    bool   `json:"recused"`
	Interest   string `json:"interest"`
	Vote       string `json:"vote"`
}

// Panel that sits.
type Panel struct {
	Members []Member `json:"members"`
}

// ReferralOf is what is known of the referral.
type ReferralOf struct {
	Source      string `json:"source"`
	SimilarOpen int64  `json:"similar_open"`
}

// Unknowing is a path that nobody can know.
type Unknowing struct {
	Path string `json:"path"`
}

// Day is a date, or none.
type Day struct{ time.Time }

// Instant is a point in time, or none.
type Instant struct{ time.Time }

// MarshalJSON writes "" for none.
func (d Day) MarshalJSON() ([]byte, error) { return written(d.Time, time.DateOnly) }

// UnmarshalJSON reads "" as none.
func (d *Day) UnmarshalJSON(raw []byte) error { return readInto(&d.Time, raw, time.DateOnly) }

// MarshalJSON writes "" for none.
func (i Instant) MarshalJSON() ([]byte, error) { return written(i.Time, time.RFC3339) }

// UnmarshalJSON reads "" as none.
func (i *Instant) UnmarshalJSON(raw []byte) error { return readInto(&i.Time, raw, time.RFC3339) }

func written(t time.Time, form string) ([]byte, error) {
	if t.IsZero() {
		return []byte(`""`), nil
	}
	return json.Marshal(t.UTC().Format(form))
}

func readInto(t *time.Time, raw []byte, form string) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("read a time: %w", err)
	}
	*t = time.Time{}
	if s == "" {
		return nil
	}
	at, err := time.Parse(form, s)
	if err != nil {
		return fmt.Errorf("read a time: %w", err)
	}
	*t = at.UTC()
	return nil
}

// JSON is the document's text.
func (d *Document) JSON() ([]byte, error) { return json.Marshal(d) }

// Read reads a complete document.
func Read(raw []byte) (*Document, error) {
	d := new(Document)
	if err := json.Unmarshal(raw, d); err != nil {
		return nil, fmt.Errorf("read a case document: %w", err)
	}
	return d, nil
}
