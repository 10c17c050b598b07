package engine

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"umuryango/events"
)

// View is what a decision may look at beside the case: nothing of it is a
// clock or a store.
type View struct {
	Gate   Gate
	Linked bool   // this node has linked up since its last start
	Open   Opener // of what is sealed in the case's events; nil opens nothing
}

// actorForm keeps names out of ce-actor: a worker's code.
var actorForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)

// Decision is a draft that was decided, and what the gate said on the way.
type Decision struct {
	Draft   events.Draft
	Secrets []Secret        // to be sealed into the draft's body, which holds codes only
	Holding State           // the case as it is for its holders, once this act is in effect
	Advice  *events.Checked // the gate's answer at an assessment: advice, not recorded
}

// Decide turns a command into at most one event. It returns *Invalid for what
// cannot be read, *Refusal for what is not allowed now and ErrErased for what
// would be sealed in an erased case; it reads no clock and writes nothing.
func (v View) Decide(s State, c Command) (Decision, error) {
	if err := checkAct(c.Act); err != nil {
		return Decision{}, err
	}
	d := decider{view: v, state: s, command: c}
	body, t, err := d.decide()
	if err != nil {
		return Decision{}, err
	}
	if err := d.mayTell(); err != nil {
		return Decision{}, err
	}
	encoded, err := events.Encode(body)
	if err != nil {
		return Decision{}, err
	}
	draft := events.Draft{
		ID: c.ID, Type: t, Subject: s.Subject, Office: c.Office, Actor: c.Actor, Time: c.Time, Recorded: c.Recorded,
		Code: d.state.Code, Prev: s.Head(), Policy: d.policy, Body: encoded,
	}
	return Decision{Draft: draft, Secrets: d.secrets, Holding: d.state, Advice: d.advice}, nil
}

// mayTell: nothing personal is written into a case whose keys are gone. The
// order stands in the case itself, so nobody need have followed it yet.
func (d *decider) mayTell() error {
	if len(d.secrets) > 0 && d.state.Erasures(d.view.Gate.Decides()).Of("") {
		return fmt.Errorf("seal in %s: %w", d.state.Subject.ID, ErrErased)
	}
	return nil
}

func checkAct(a Act) error {
	switch {
	case !a.ID.Valid():
		return &Invalid{"id", "a UUID of version 7 is expected"}
	case !actorForm.MatchString(a.Actor):
		return &Invalid{"actor", "a worker's code of letters, digits, - and _ is expected, never a name"}
	case a.Office == "":
		return &Invalid{"office", "the office that acts is missing"}
	case a.Time.IsZero() || a.Recorded.IsZero():
		return &Invalid{"time", "when it happened is missing"}
	}
	return nil
}

// decider carries one command through its checks.
type decider struct {
	view     View
	state    State
	command  Command
	parts    []part // of the case document, as the events in effect tell them
	gathered bool
	closed   bool            // some of it is sealed and does not open here
	secrets  []Secret        // of this act
	policy   string          // pack version, where the gate was asked
	advice   *events.Checked // at an assessment
}

func (d *decider) decide() (any, events.Type, error) {
	if !d.command.Office.Covers(d.state.Subject.Place) {
		return nil, "", refuse("not_on_path", "%s does not lie on the path of this case (%s): only an office above the child's home, or its own, may act on it", d.command.Office, d.state.Subject.Place)
	}
	if d.state.HiddenFrom(d.command.Office, d.command.Actor) {
		return nil, "", ErrNotFound
	}
	switch do := d.command.Do.(type) {
	case Raise:
		return d.raise(do)
	case Open:
		return d.open(do)
	case Erase:
		return d.erase(do)
	case Contribute:
		return d.contribute(do)
	case TakeOver:
		return d.takeOver(do)
	}
	if err := d.hasPen(); err != nil {
		return nil, "", err
	}
	switch do := d.command.Do.(type) {
	case Accept:
		return d.accept()
	case SendBack:
		return d.sendBack(do)
	case Restrict:
		return d.restrict(do)
	}
	if d.state.Awaiting {
		return nil, "", refuse("not_accepted", "%s has not accepted this referral yet: accept it first, or send it back with a reason", d.command.Office)
	}
	switch do := d.command.Do.(type) {
	case Forward:
		return d.forward(do)
	case Assess:
		return d.assess(do)
	case Propose:
		return d.propose(do)
	case Decide:
		return d.decideCare(do)
	}
	return nil, "", &Invalid{"do", "this program does not know such an act"}
}

// hasPen: only one office may write the next event of a case.
func (d *decider) hasPen() error {
	s := d.state
	switch {
	case !s.Known() && len(s.Unjoined) > 0:
		return refuse("not_joined", "the beginning of this case has not arrived here yet: nothing but a contribution can be added")
	case !s.Known():
		return ErrNotFound
	case s.Newer():
		return refuse("newer_program", "a newer program wrote in this case: it is shown and takes no commands here until this node is updated")
	case s.Pen != d.command.Office:
		return refuse("no_pen", "the pen of this case is with %s, not with %s: contribute, or ask that office; an office above it may take over with a reason", s.Pen, d.command.Office)
	}
	return nil
}

// code: a field takes the codes of a list, except for answers that other acts give.
func (d *decider) code(field, list, code string, except ...string) error {
	switch {
	case !d.view.Gate.Knows(list, code):
		return &UnknownCode{Invalid{field, "code " + quote(code) + " is not in the list " + list + " of the policy pack"}, list, except}
	case slices.Contains(except, code):
		return &UnknownCode{Invalid{field, quote(code) + " is what other acts answer: a decision answers what was done, or that the referral has ended"}, list, except}
	}
	return nil
}

func (d *decider) raise(do Raise) (any, events.Type, error) {
	if d.state.Known() {
		return nil, "", refuse("already_raised", "this case is open already: contribute a further referral instead")
	}
	to, err := d.onward(do.To, do.Restricted)
	if err != nil {
		return nil, "", err
	}
	if !to.Covers(d.command.Office) {
		return nil, "", refuse("wrong_office", "a referral goes up: %s is neither %s nor above it", to, d.command.Office)
	}
	if err := d.checkRestrictions("restricted", do.Restricted, to); err != nil {
		return nil, "", err
	}
	if err := d.code("source", ListSources, do.Source); err != nil {
		return nil, "", err
	}
	d.state.Code = events.CodeOf(d.command.ID)
	d.state.Source, d.state.Responsible, d.state.Restricted = do.Source, d.command.Office, do.Restricted
	facts, story, err := d.told(do.Facts, do.Personal)
	if err != nil {
		return nil, "", err
	}
	if _, err := d.document(DecisionIntake, nil, facts); err != nil {
		return nil, "", err
	}
	body := events.Raised{To: to.ID(), Source: do.Source, Facts: noFacts, Shown: shownOf(facts), Restricted: do.Restricted}
	return body, events.TypeRaised, d.seal(Recorded{Facts: facts}, do.Personal, story)
}

func (d *decider) forward(do Forward) (any, events.Type, error) {
	to, err := d.onward(do.To, d.state.Restricted)
	if err != nil {
		return nil, "", err
	}
	if !to.Above(d.command.Office) {
		return nil, "", refuse("wrong_office", "a referral is forwarded up: %s is not above %s; to return it, send it back", to, d.command.Office)
	}
	return events.Forwarded{To: to.ID()}, events.TypeForwarded, nil
}

func (d *decider) accept() (any, events.Type, error) {
	if !d.state.Awaiting {
		return nil, "", refuse("already_accepted", "%s has accepted this referral already", d.command.Office)
	}
	d.state.Responsible = d.command.Office
	return events.Accepted{}, events.TypeAccepted, nil
}

func (d *decider) sendBack(do SendBack) (any, events.Type, error) {
	if !d.state.Awaiting {
		return nil, "", refuse("already_accepted", "%s has accepted this referral: it answers for it now and cannot send it back", d.command.Office)
	}
	if d.state.Sender == d.command.Office {
		return nil, "", refuse("wrong_office", "%s raised this referral for itself: there is nobody to send it back to", d.command.Office)
	}
	if d.state.HiddenFrom(d.state.Sender, "") {
		return nil, "", refuse("restricted_office", "this case is kept from %s, which sent it: accept it", d.state.Sender)
	}
	if err := d.code("reason", ListSendBack, do.Reason); err != nil {
		return nil, "", err
	}
	return events.SentBack{To: d.state.Sender.ID(), Reason: do.Reason}, events.TypeSentBack, nil
}

func (d *decider) assess(do Assess) (any, events.Type, error) {
	facts, story, err := d.told(do.Facts, do.Personal)
	if err != nil {
		return nil, "", err
	}
	c, err := d.check(DecisionIntake, nil, facts)
	if err != nil {
		return nil, "", err
	}
	d.advice = &c.Checked
	return events.Assessed{Facts: noFacts, Shown: shownOf(facts)}, events.TypeAssessed, d.seal(Recorded{Facts: facts}, do.Personal, story)
}

// propose records what somebody wants done and what the gate says to it. It binds
// nobody, so it is never refused for its date: of a day before there was a pack
// the first one answers, and the result names it. Only a decision is refused then.
func (d *decider) propose(do Propose) (any, events.Type, error) {
	facts, story, err := d.told(do.Facts, do.Personal)
	if err != nil {
		return nil, "", err
	}
	c, err := d.check(DecisionPlacement, nil, facts)
	if err != nil {
		return nil, "", err
	}
	if c.Care == "" {
		return nil, "", &Invalid{"facts.request.care", "what is proposed is missing: a care type of the policy pack"}
	}
	body := events.Proposed{Decision: DecisionPlacement, Facts: noFacts, Shown: shownOf(facts)}
	body.Care = c.Care
	r := Recorded{Facts: facts}
	body.Checked, r.Asked = apart(c)
	return body, events.TypeProposed, d.seal(r, do.Personal, story)
}

func (d *decider) contribute(do Contribute) (any, events.Type, error) {
	if err := d.code("kind", ListContributions, do.Kind); err != nil {
		return nil, "", err
	}
	if !d.state.Known() && len(d.state.Unjoined) == 0 && len(d.state.Contributions) == 0 && !d.state.Newer() {
		return nil, "", ErrNotFound
	}
	facts, story, err := d.told(do.Facts, do.Personal)
	if err != nil {
		return nil, "", err
	}
	if _, err := d.document(DecisionIntake, nil, facts); err != nil {
		return nil, "", err
	}
	return events.Contributed{Kind: do.Kind, Shown: shownOf(facts)}, events.TypeContributed, d.seal(Recorded{Facts: facts}, do.Personal, story)
}

func (d *decider) takeOver(do TakeOver) (any, events.Type, error) {
	s := d.state
	switch {
	case !s.Known():
		return nil, "", ErrNotFound
	case s.Newer():
		return nil, "", refuse("newer_program", "a newer program wrote in this case: it takes no commands here until this node is updated")
	case !d.command.Office.Above(s.Pen):
		return nil, "", refuse("not_above", "only an office above %s, which has the pen, can take over from it", s.Pen)
	case !d.view.Linked:
		return nil, "", refuse("not_linked", "this node has not linked up since its start and may be an older copy: it takes nothing over before it has")
	}
	if err := d.code("reason", ListTakeOver, do.Reason); err != nil {
		return nil, "", err
	}
	d.state.Responsible = d.command.Office
	return events.TakenOver{From: s.Pen.ID(), Reason: do.Reason}, events.TypeTakenOver, nil
}

// decideCare: the gate is asked on what was proposed and, where it differs, on
// what is taken instead; what it answers on that binds.
func (d *decider) decideCare(do Decide) (any, events.Type, error) {
	if from := d.view.Gate.From(); d.command.Time.Before(from) {
		return nil, "", refuse("no_policy", "no version of the policy pack %s was in force on %s: the first is from %s on. Date the decision on the day on which it is taken, and look at this machine's clock; what was decided before can be told as a contribution",
			d.view.Gate.Pack(), d.command.Time.Format(time.DateOnly), from.Format(time.DateOnly))
	}
	if d.state.Proposed == nil {
		return nil, "", refuse("nothing_proposed", "no placement has been proposed in this case: propose one first")
	}
	if d.state.settled() {
		return nil, "", refuse("already_decided", "this proposal was decided already: to decide anew, propose anew")
	}
	if len(do.Panel) == 0 {
		return nil, "", &Invalid{"panel", "who sat is missing"}
	}
	if err := d.code("reason", ListDecisions, do.Reason); err != nil {
		return nil, "", err
	}
	if err := d.code("answer", ListAnswers, do.Answer, AnswerReceived, AnswerSentBack); err != nil {
		return nil, "", err
	}
	facts, story, err := d.told(do.Facts, do.Personal)
	if err != nil {
		return nil, "", err
	}
	panel, err := sat(do.Panel, story)
	if err != nil {
		return nil, "", err
	}
	asked, err := d.check(d.state.Proposed.Decision, panel)
	if err != nil {
		return nil, "", err
	}
	body := events.Decided{Care: do.Care, Panel: panel, Reason: do.Reason, Answer: do.Answer, Contributions: d.contributed()}
	var r Recorded
	body.Asked, r.Asked = apart(asked)
	binding := asked
	if do.Care != asked.Care || len(facts) > 0 {
		taken, err := d.check(d.state.Proposed.Decision, panel, careFacts(do.Care), facts)
		if err != nil {
			return nil, "", err
		}
		var clear events.Checked
		clear, r.Taken = apart(taken)
		body.Taken, binding = &clear, taken
	}
	if binding.Care != do.Care {
		return nil, "", &Invalid{"facts.request.care", "it says " + quote(binding.Care) + " where the decision says " + quote(do.Care)}
	}
	if err := d.binds(binding); err != nil {
		return nil, "", err
	}
	if err := carried(panel); err != nil {
		return nil, "", err
	}
	return body, events.TypeDecided, d.seal(r, do.Personal, story)
}

// contributed lists the contributions from which the case document was built.
func (d *decider) contributed() []events.ID {
	out := []events.ID{}
	d.gather()
	for _, p := range d.parts {
		if p.contributed {
			out = append(out, p.id)
		}
	}
	return out
}

func quote(code string) string {
	const readable = 40
	if len(code) > readable {
		code = code[:readable] + "…"
	}
	return `"` + code + `"`
}
