package engine

import (
	"time"

	"umuryango/events"
)

// The code lists of a pack that the engine asks for.
const (
	ListSources       = "referral_sources"
	ListSendBack      = "send_back_reasons"
	ListDecisions     = "decision_reasons"
	ListTakeOver      = "takeover_reasons"
	ListContributions = "contribution_kinds"
	ListAnswers       = "answers"
	ListErasure       = "erasure_grounds"
	ListRestriction   = "restriction_reasons"
	ListOpening       = "opening_reasons"
)

// Gate is the policy pack in force at an instant, as the engine asks it; before
// the first one, that one: see From.
type Gate interface {
	// Pack is the id that stands in the case document.
	Pack() string
	// Version is the pack version for ce-policyver.
	Version() string
	// From is the instant from which it is in force. What happened before is told in
	// its codes; nothing that was decided before can be checked by it.
	From() time.Time
	// Knows reports whether a code is in one of the pack's lists.
	Knows(list, code string) bool
	// Split takes the free texts out of facts: what is recorded has "*" where one
	// stood, the texts stand under their paths.
	Split(facts events.Facts) (recorded events.Facts, texts Narrative, err error)
	// Read checks a case document strictly and returns it in its one form; it
	// fails with *Invalid, also on a text that is neither "" nor "*".
	Read(doc []byte) ([]byte, error)
	// Check asks the gate on a document that Read returned.
	Check(doc []byte) (Finding, error)
	// Decides is the level of the office that decides, counted down from the nation.
	Decides() int
	// Clock is how long something may take; false where the pack has none.
	Clock(name string) (time.Duration, bool)
	// Erasure is what a legal ground of erasure allows; false for a ground that
	// the pack does not have.
	Erasure(ground string) (ErasureRule, bool)
	// LevelAbove reports whether an office stands above the level that decides.
	LevelAbove(office events.Place) bool
}

// Finding is what the gate answered.
type Finding struct {
	events.Checked
	Care    string // request.care of the document
	Outcome string // case.md; also in Checked
}

// check asks the gate on the case as it stands with more facts laid over it.
func (d *decider) check(decision string, panel []events.Member, more ...events.Facts) (Finding, error) {
	doc, err := d.document(decision, panel, more...)
	if err != nil {
		return Finding{}, err
	}
	f, err := d.view.Gate.Check(doc)
	if err != nil {
		return Finding{}, err
	}
	d.policy = d.view.Gate.Version()
	return f, nil
}

// What an answer of the gate binds at a decision towards alternative care
// (case.md): an absolute rule cannot be overridden by anybody, information
// must come first, and a presumption stands unless an office above the one
// that decides gives the reason.
func (d *decider) binds(f Finding) error {
	switch f.Outcome {
	case "no_objection", "provisional":
		return nil
	case "divert", "escalate":
		if d.view.Gate.LevelAbove(d.command.Office) {
			return nil
		}
	}
	detail := "the policy check answers " + f.Outcome + " on " + quote(f.Care) + wayOut(f.Outcome)
	if d.closed && f.Outcome == "need_information" {
		detail += "; some of what is known of this child is sealed and not readable here yet: where its key is still to come, decide once it is here"
	}
	return &Refusal{
		Code:    "gate_" + f.Outcome,
		Detail:  detail,
		Checked: &f.Checked,
	}
}

// wayOut says what can be done about an answer that binds.
func wayOut(outcome string) string {
	switch outcome {
	case "need_information":
		return ": find out what is missing, add it to the decision's facts or assess, then decide"
	case "divert":
		return ": decide on one of the care types that it names, or forward the case to the level above, which may decide otherwise with a reason"
	case "escalate":
		return ": forward the case to the level above, which may decide it with a reason"
	case "void":
		return ": the sitting does not count; sit again as the policy asks"
	}
	return ": nobody can override that; propose something else"
}
