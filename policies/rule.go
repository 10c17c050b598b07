package policies

import (
	"slices"
	"strings"
)

// isCode: a code is small letters, digits and _, a letter first.
func isCode(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (i == 0 || c != '_' && !isDigit(c)) {
			return false
		}
	}
	return s != ""
}

// Classes of a finding.
const (
	ClassAbsolute    = "absolute"
	ClassPresumption = "presumption"
	ClassInformation = "information"
	ClassDeadline    = "deadline"
)

// Effects of a finding, most of them outcomes too.
const (
	OutOfScope      = "out_of_scope"
	Void            = "void"
	WithoutDecision = "without_decision"
	Blocked         = "blocked"
	Divert          = "divert"
	NeedInformation = "need_information"
	Escalate        = "escalate"
	Provisional     = "provisional"
	NoObjection     = "no_objection"
	EffectDeadline  = "deadline"
	EffectNotice    = "notice"
)

// outcomes in the order in which the first that is asked for wins.
var outcomes = []string{OutOfScope, Void, WithoutDecision, Blocked, Divert, NeedInformation, Escalate, Provisional}

// effect is one of the effects of findings, by its place among them: outcomes
// in their order, and behind them what leaves the outcome alone.
type effect uint8

var effects = append(slices.Clone(outcomes), NoObjection, EffectDeadline, EffectNotice)

func gives(name string) effect { return effect(slices.Index(effects, name)) }

var (
	givesDeadline   = gives(EffectDeadline)
	givesQuestion   = gives(NeedInformation)
	givesEscalation = gives(Escalate)
	givesNothing    = gives(NoObjection)
)

// effectsOf says what a rule of a class may do; the first is what it does when
// it says nothing.
var effectsOf = map[string][]string{
	ClassAbsolute:    {Blocked, Void, WithoutDecision, OutOfScope, EffectNotice},
	ClassPresumption: {Divert, Escalate, EffectNotice},
	ClassInformation: {NeedInformation},
	ClassDeadline:    {EffectDeadline, Provisional, EffectNotice},
}

// What an emergency makes of a part.
const (
	emergencyStays  = "stays"
	emergencyIfTrue = "stays_if_true"
	emergencyNot    = "not_asked"
	// emergencyClock is set when what would stay is not certain.
	emergencyClock = "assess"
)

// What an unknown condition gives.
const (
	unknownAsks   = ""
	unknownSilent = "silent"
	unknownClock  = "clock"
)

// Levels by their place, so that a rule need not know a country's names.
const (
	levelAbove = "above" // the one above the level that decides
	levelTop   = "top"
)

// part is one compiled part of a rule.
type part struct {
	rule, name, cites string
	class, effect     string
	gives             effect
	finding           Finding // but for its effect, its certainty and its figures
	when              *plan
	divert            []target
	always            bool // places are named even when it is not certain
	missing           []each
	deadlines         []deadline
	escalate          *level
	with              []named
	emergency         string
	clock             int // of emergency, where that is one
	unknown           string
	askWhole          []string
	alwaysAsk         []string
	says              labels
}

type target struct {
	care string
	cell cell
	when *plan // nil: always
}

// each names a path, or a key of the entries of a list that meet a condition.
type each struct {
	path       string
	at         *spot // nil: path is all
	list, when *plan
	walk       walk
	meets      *clause
}

// eachLoop is the loop that stands at the entry of an each.
const eachLoop = 1

type deadline struct {
	what     string
	clock    int
	when     *plan
	earliest *each
}

// named is a figure that a finding shows.
type named struct {
	name string
	kind kind
	list string
	plan *plan // of a number or a truth
	spot *spot // of a code
}

// isPath reports whether a path without entries names a key of the document.
func isPath(path string) bool {
	at := caseShape
	for step := range strings.SplitSeq(path, ".") {
		slot, ok := at.slots[step]
		if !ok {
			return false
		}
		at = at.fields[slot].shape
	}
	return true
}
