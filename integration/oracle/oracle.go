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
	Pack       string      `json:"pack" expr:"pack"`
	At         Instant     `json:"at" expr:"at"`
	Decision   string      `json:"decision" expr:"decision"`
	Home       string      `json:"home" expr:"home"`
	Child      Child       `json:"child" expr:"child"`
	Reasons    []string    `json:"reasons" expr:"reasons"`
	Neglect    Neglect     `json:"neglect" expr:"neglect"`
	HarmBy     string      `json:"harm_by" expr:"harm_by"`
	Danger     Danger      `json:"danger" expr:"danger"`
	Caregivers []Carer     `json:"caregivers" expr:"caregivers"`
	CourtOrder string      `json:"court_order" expr:"court_order"`
	Tracing    Tracing     `json:"tracing" expr:"tracing"`
	Assessment Assessment  `json:"assessment" expr:"assessment"`
	Support    []Support   `json:"support" expr:"support"`
	KinSearch  []Relative  `json:"kin_search" expr:"kin_search"`
	Siblings   []Sibling   `json:"siblings" expr:"siblings"`
	Separation string      `json:"sibling_separation_reason" expr:"sibling_separation_reason"`
	Request    Request     `json:"request" expr:"request"`
	Provider   Provider    `json:"provider" expr:"provider"`
	From       Provider    `json:"from" expr:"from"`
	History    History     `json:"history" expr:"history"`
	Panel      Panel       `json:"panel" expr:"panel"`
	Referral   ReferralOf  `json:"referral" expr:"referral"`
	Unknowable []Unknowing `json:"unknowable" expr:"unknowable"`
}

// Child is the child of a case.
type Child struct {
	AgeMonths    *int64      `json:"age_months,omitempty" expr:"age_months"`
	AgeMonthsMin int64       `json:"age_months_min" expr:"age_months_min"`
	AgeMonthsMax int64       `json:"age_months_max" expr:"age_months_max"`
	AgeEstimated bool        `json:"age_estimated" expr:"age_estimated"`
	Sex          string      `json:"sex" expr:"sex"`
	Functioning  Functioning `json:"functioning" expr:"functioning"`
	Views        Views       `json:"views" expr:"views"`
	Religion     string      `json:"religion" expr:"religion"`
	Separated    string      `json:"separated" expr:"separated"`
	Justice      string      `json:"justice" expr:"justice"`
}

// Functioning holds the four domains.
type Functioning struct {
	Seeing        string `json:"seeing" expr:"seeing"`
	Hearing       string `json:"hearing" expr:"hearing"`
	Walking       string `json:"walking" expr:"walking"`
	Communicating string `json:"communicating" expr:"communicating"`
}

// Views tells how the child was heard.
type Views struct {
	Heard       bool    `json:"heard" expr:"heard"`
	Method      string  `json:"method" expr:"method"`
	At          Instant `json:"at" expr:"at"`
	Alone       bool    `json:"alone" expr:"alone"`
	WhyNotHeard string  `json:"why_not_heard" expr:"why_not_heard"`
}

// Neglect is asked when it is a reason.
type Neglect struct {
	WithMeans      bool `json:"with_means" expr:"with_means"`
	HelpWouldEndIt bool `json:"help_would_end_it" expr:"help_would_end_it"`
}

// Danger is what an emergency rests on.
type Danger struct {
	Imminent bool   `json:"imminent" expr:"imminent"`
	Ground   string `json:"ground" expr:"ground"`
}

// Carer is an entry of caregivers.
type Carer struct {
	Relation     string `json:"relation" expr:"relation"`
	Status       string `json:"status" expr:"status"`
	Consent      string `json:"consent" expr:"consent"`
	Consulted    bool   `json:"consulted" expr:"consulted"`
	ExpectedBack Day    `json:"expected_back" expr:"expected_back"`
}

// Tracing of the family.
type Tracing struct {
	Started   bool `json:"started" expr:"started"`
	Exhausted bool `json:"exhausted" expr:"exhausted"`
}

// Assessment of the child's situation.
type Assessment struct {
	Complete bool    `json:"complete" expr:"complete"`
	At       Instant `json:"at" expr:"at"`
	By       string  `json:"by" expr:"by"`
}

// Support that the family was given.
type Support struct {
	Type   string `json:"type" expr:"type"`
	From   Day    `json:"from" expr:"from"`
	To     Day    `json:"to" expr:"to"`
	Result string `json:"result" expr:"result"`
}

// Relative is an entry of kin_search.
type Relative struct {
	Relation      string  `json:"relation" expr:"relation"`
	Outcome       string  `json:"outcome" expr:"outcome"`
	Place         string  `json:"place" expr:"place"`
	VisitedAt     Instant `json:"visited_at" expr:"visited_at"`
	SameHousehold bool    `json:"same_household" expr:"same_household"`
	ChildAgrees   bool    `json:"child_agrees" expr:"child_agrees"`
}

// Sibling is an entry of siblings.
type Sibling struct {
	AgeMonths      int64 `json:"age_months" expr:"age_months"`
	PlacedTogether bool  `json:"placed_together" expr:"placed_together"`
}

// Alternative is a care that was ruled out.
type Alternative struct {
	Care string `json:"care" expr:"care"`
	Why  string `json:"why" expr:"why"`
}

// Plan of the care that is asked for.
type Plan struct {
	Goals          []string `json:"goals" expr:"goals"`
	PermanencyGoal string   `json:"permanency_goal" expr:"permanency_goal"`
}

// Request is what is asked for.
type Request struct {
	Care                 string        `json:"care" expr:"care"`
	Provider             string        `json:"provider" expr:"provider"`
	Starts               Day           `json:"starts" expr:"starts"`
	PlannedEnd           Day           `json:"planned_end" expr:"planned_end"`
	AlternativesRuledOut []Alternative `json:"alternatives_ruled_out" expr:"alternatives_ruled_out"`
	WhyThisCare          string        `json:"why_this_care" expr:"why_this_care"`
	Exception            string        `json:"exception" expr:"exception"`
	Emergency            bool          `json:"emergency" expr:"emergency"`
	AuthorisedBy         string        `json:"authorised_by" expr:"authorised_by"`
	Plan                 Plan          `json:"plan" expr:"plan"`
	ContactPlan          string        `json:"contact_plan" expr:"contact_plan"`
	PreparationDone      bool          `json:"preparation_done" expr:"preparation_done"`
	LegalCustodian       string        `json:"legal_custodian" expr:"legal_custodian"`
	AftercarePlan        string        `json:"aftercare_plan" expr:"aftercare_plan"`
	Abroad               bool          `json:"abroad" expr:"abroad"`
	Escort               string        `json:"escort" expr:"escort"`
	ReturnPlan           string        `json:"return_plan" expr:"return_plan"`
}

// Provider is a place: where the child would go, or is.
type Provider struct {
	Kind             string `json:"kind" expr:"kind"`
	Licence          string `json:"licence" expr:"licence"`
	AccreditedUntil  Day    `json:"accredited_until" expr:"accredited_until"`
	Capacity         int64  `json:"capacity" expr:"capacity"`
	Occupied         int64  `json:"occupied" expr:"occupied"`
	IncludesChild    bool   `json:"includes_child" expr:"includes_child"`
	OpenAllegation   bool   `json:"open_allegation" expr:"open_allegation"`
	SolicitsChildren bool   `json:"solicits_children" expr:"solicits_children"`
	PaidPerChild     bool   `json:"paid_per_child" expr:"paid_per_child"`
	OverdueReviews   int64  `json:"overdue_reviews" expr:"overdue_reviews"`
	Place            string `json:"place" expr:"place"`
}

// History of the child in care.
type History struct {
	Moves            int64   `json:"moves_12_months" expr:"moves_12_months"`
	CurrentCare      string  `json:"current_care" expr:"current_care"`
	DaysSinceReview  int64   `json:"days_since_review" expr:"days_since_review"`
	DecisionOnFile   bool    `json:"decision_on_file" expr:"decision_on_file"`
	ProvisionalSince Instant `json:"provisional_since" expr:"provisional_since"`
}

// Member of a panel.
type Member struct {
	ID         string `json:"id" expr:"id"`
	Discipline string `json:"discipline" expr:"discipline"`
	Present    bool   `json:"present" expr:"present"`
	Recused    bool   `json:"recused" expr:"recused"`
	Interest   string `json:"interest" expr:"interest"`
	Vote       string `json:"vote" expr:"vote"`
}

// Panel that sits.
type Panel struct {
	Members []Member `json:"members" expr:"members"`
}

// ReferralOf is what is known of the referral.
type ReferralOf struct {
	Source      string `json:"source" expr:"source"`
	SimilarOpen int64  `json:"similar_open" expr:"similar_open"`
}

// Unknowing is a path that nobody can know.
type Unknowing struct {
	Path string `json:"path" expr:"path"`
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
