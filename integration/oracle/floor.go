package oracle

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Verdict is what plain Go finds on a complete document, with the lists and
// findings of a result.
type Verdict struct {
	Outcome    string
	DivertTo   []string
	EscalateTo string
	Missing    []string
	Deadlines  []Due
	Findings   []Found
}

// Due is a clock that runs.
type Due struct {
	What string
	At   time.Time
}

// Found is a finding.
type Found struct{ Rule, Part, Class, Effect string }

type clock int8

const (
	stays clock = iota // no clock: an emergency leaves the finding as it is
	assess
	ratify
	review
	exitPlan
	trace
	guardian
	formalise
	prepare
	contact
	kinVisit
	support
)

var clockNames = [...]string{"", "assess", "ratify", "review", "exit_plan", "trace", "guardian", "formalise", "prepare", "contact", "kin_visit", "support"}

const day = 24 * time.Hour

var clockTimes = [...]time.Duration{
	0, 7 * day, ratifyHours * time.Hour, reviewDays * day, 30 * day, 14 * day, 14 * day, 90 * day, 14 * day, 14 * day, 7 * day, 14 * day,
}

// effect is an outcome in its order, or one that leaves the outcome alone.
type effect int8

const (
	outOfScope effect = iota
	void
	withoutDecision
	blocked
	divert
	needInformation
	escalate
	provisional
	noObjection
	deadlineOnly
	notice
)

var effectNames = [...]string{
	"out_of_scope", "void", "without_decision", "blocked", "divert", "need_information", "escalate", "provisional", "no_objection", "deadline", "notice",
}

const (
	absolute    = "absolute"
	presumption = "presumption"
	information = "information"
	deadline    = "deadline"
)

const (
	levelNone = iota
	levelNational
	levelCourt
)

var levelNames = [...]string{"", "national", "court"}

// places in the order of the list of care types.
const (
	toFamilyPreservation = iota
	toKinshipFormal
	toKafaalah
	toFosterEmergency
	toFosterShort
	toFosterLong
	toFosterSpecialised
	toSupportedLiving
	placesInAll
)

var placeNames = [...]string{
	"family_preservation", "kinship_formal", "kafaalah", "foster_emergency", "foster_short", "foster_long", "foster_specialised", "supported_independent_living",
}

// Decisions as a set.
const (
	onP = 1 << iota
	onA
	onM
	onT
	onR
	onH
	onI
	onC
)

func decisionBit(decision string) int {
	switch decision {
	case "placement":
		return onP
	case "admission":
		return onA
	case "move":
		return onM
	case "ratification":
		return onT
	case "review":
		return onR
	case "return":
		return onH
	case "intake":
		return onI
	}
	return onC
}

// sitting gathers a verdict.
type sitting struct {
	d         *Document
	on        int
	emergency bool
	findings  []Found
	missing   []string
	due       [support + 1]time.Time
	places    [placesInAll]bool
	level     int
	outcome   effect
}

// Judge checks a complete document by all rules, as a programmer would have
// written them for this pack alone.
func Judge(d *Document) Verdict {
	s := sitting{d: d, on: decisionBit(d.Decision), outcome: noObjection, findings: make([]Found, 0, 16)}
	s.emergency = d.emergency()
	s.voices()
	s.family()
	s.residence()
	s.sittingOfPanel()
	s.place()
	s.special()
	s.leaving()
	return s.verdict()
}

func (s *sitting) asked(on int) bool { return s.on&on != 0 }

// find records a finding; in an emergency it only sets a clock, unless it
// stays.
func (s *sitting) find(rule, part, class string, e effect, inEmergency clock) {
	if s.emergency && inEmergency != stays {
		e = deadlineOnly
		s.clock(inEmergency)
	}
	if e < s.outcome {
		s.outcome = e
	}
	s.findings = append(s.findings, Found{rule, part, class, effectNames[e]})
}

func (s *sitting) clock(c clock) { s.clockAt(c, s.d.At.Add(clockTimes[c])) }

func (s *sitting) clockAt(c clock, at time.Time) {
	if s.due[c].IsZero() || at.Before(s.due[c]) {
		s.due[c] = at
	}
}

func (s *sitting) miss(path string) { s.missing = append(s.missing, path) }
func (s *sitting) missIn(list string, i int, key string) {
	s.miss(list + "[" + strconv.Itoa(i) + "]." + key)
}
func (s *sitting) to(place int)    { s.places[place] = true }
func (s *sitting) raise(level int) { s.level = max(s.level, level) }

func (s *sitting) verdict() Verdict {
	v := Verdict{Outcome: effectNames[s.outcome], EscalateTo: levelNames[s.level], Findings: s.findings, Missing: s.missing}
	slices.Sort(v.Missing)
	v.Missing = slices.Compact(v.Missing)
	for p, yes := range s.places {
		if yes {
			v.DivertTo = append(v.DivertTo, placeNames[p])
		}
	}
	for c := assess; c <= support; c++ {
		if !s.due[c].IsZero() {
			v.Deadlines = append(v.Deadlines, Due{clockNames[c], s.due[c]})
		}
	}
	slices.SortFunc(v.Deadlines, func(a, b Due) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.What, b.What)) })
	return v
}
