package policies

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

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
	when              closure
	divert            []target
	always            bool // places are named even when it is not certain
	missing           []each
	deadlines         []deadline
	escalate          string
	with              []named
	emergency         string
	unknown           string
	askWhole    []string
	alwaysAsk         []string
	says              labels
}

type target struct {
	care string
	when closure // nil: always
}

// each names a path, or a key of the entries of a list that meet a condition.
type each struct {
	path string
	list closure
	when closure
	slot int
}

type deadline struct {
	what     string
	when     closure
	earliest *each
}

type named struct {
	name string
	kind kind
	list string
	run  closure
}

// ruleCompiler compiles the parts of one rule.
type ruleCompiler struct {
	pack *Pack
	rule ruleOf
}

func (a *assembly) compileRules(at place) error {
	if err := a.change(); err != nil {
		return err
	}
	slices.SortFunc(a.rules, func(x, y ruleOf) int { return strings.Compare(x.ID.text, y.ID.text) })
	for _, r := range a.rules {
		rc := ruleCompiler{a.pack, r}
		if err := rc.compile(); err != nil {
			return err
		}
	}
	if len(a.rules) == 0 {
		return at.fail("the pack has no rules")
	}
	return nil
}

// change applies what a country pack tightens and what it derogates from.
func (a *assembly) change() error {
	for _, t := range a.tight {
		i := a.indexOf(t.Rule.text)
		if i < 0 || t.Why == "" {
			return place{line: t.Rule.line}.fail("tighten: a rule of this pack and why are expected, not %q", clip(t.Rule.text))
		}
		a.rules[i].tighten()
	}
	for _, d := range a.loose {
		i := a.indexOf(d.Rule.text)
		if i < 0 || d.Why == "" {
			return place{line: d.Rule.line}.fail("derogation: a rule of this pack and why are expected, not %q", clip(d.Rule.text))
		}
		a.rules = slices.Delete(a.rules, i, i+1)
		a.pack.derogations = append(a.pack.derogations, d.Rule.text)
	}
	slices.Sort(a.pack.derogations)
	return nil
}

func (a *assembly) indexOf(rule string) int {
	return slices.IndexFunc(a.rules, func(r ruleOf) bool { return r.ID.text == rule })
}

// tighten makes a presumption absolute.
func (r *ruleOf) tighten() {
	class := r.Class
	r.Parts = slices.Clone(r.Parts)
	for i := range r.Parts {
		p := &r.Parts[i]
		if p.Class == ClassPresumption || p.Class == "" && class == ClassPresumption {
			p.Class, p.Effect = ClassAbsolute, Blocked
		}
	}
}

func (r *ruleCompiler) compile() error {
	id := r.rule.ID
	switch {
	case id.text == "":
		return r.fail(id, "a rule without an id")
	case r.rule.Cites == "":
		return r.fail(id, "rule %s cites nothing", id.text)
	case len(r.rule.Parts) == 0:
		return r.fail(id, "rule %s has no parts", id.text)
	}
	for _, f := range r.rule.Parts {
		p, err := r.part(f)
		if err != nil {
			return err
		}
		key := p.rule + " " + p.name
		if r.pack.byName[key] != nil {
			return r.fail(f.Part, "part %s stands there twice", key)
		}
		r.pack.byName[key] = p
		on := f.On
		if len(on) == 0 {
			on = r.rule.On
		}
		if len(on) == 0 {
			return r.fail(f.Part, "part %s is asked on no decision", key)
		}
		for _, d := range on {
			if !r.pack.Knows(listDecisions, d) {
				return r.fail(f.Part, "part %s: %q is no decision", key, clip(d))
			}
			r.pack.parts[d] = append(r.pack.parts[d], p)
		}
	}
	return nil
}

func (r *ruleCompiler) fail(s source, format string, args ...any) error {
	return r.rule.file.at(s).fail(format, args...)
}

func (r *ruleCompiler) truth(s source) (closure, error) {
	if s.text == "" {
		return nil, nil
	}
	run, err := compileTruth(r.pack, s.text)
	if err != nil {
		return nil, inPack(r.rule.file, s, err)
	}
	return run, nil
}

func (r *ruleCompiler) part(f partFile) (*part, error) {
	p := &part{
		rule: r.rule.ID.text, name: f.Part.text, cites: r.rule.Cites, class: f.Class, effect: f.Effect, always: f.DivertAlways,
		emergency: f.Emergency, unknown: f.Unknown, askWhole: f.AskWhole, alwaysAsk: f.AlwaysAsk, says: f.Says,
	}
	if p.class == "" {
		p.class = r.rule.Class
	}
	if len(effectsOf[p.class]) == 0 {
		return nil, r.fail(f.Part, "%q is no class", clip(p.class))
	}
	if p.effect == "" {
		p.effect = effectsOf[p.class][0]
	}
	var err error
	if p.when, err = r.truth(f.When); err != nil {
		return nil, err
	}
	for _, step := range []func(*part, partFile) error{r.codes, r.targets, r.wants, r.clocks, r.figures, r.messages} {
		if err := step(p, f); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// codes checks everything of a part that is a word of a closed list.
func (r *ruleCompiler) codes(p *part, f partFile) error {
	_, clock := r.pack.clocks[p.emergency]
	switch {
	case p.when == nil:
		return r.fail(f.Part, "it has no condition: when: …")
	case !slices.Contains(effectsOf[p.class], p.effect):
		return r.fail(f.Part, "a rule of class %s cannot have the effect %q", p.class, clip(p.effect))
	case p.effect == Divert && len(f.DivertTo) == 0:
		return r.fail(f.Part, "it diverts and names no place")
	case p.effect == Escalate && f.EscalateTo == "":
		return r.fail(f.Part, "it escalates and names no level")
	case !slices.Contains([]string{unknownAsks, unknownSilent, unknownClock}, p.unknown):
		return r.fail(f.Part, "unknown: %q is neither silent nor clock", clip(p.unknown))
	case p.effect == EffectNotice && p.unknown != unknownSilent:
		return r.fail(f.Part, "a notice asks for nothing: unknown: silent")
	case !clock && !slices.Contains([]string{"", emergencyStays, emergencyIfTrue, emergencyNot}, p.emergency):
		return r.fail(f.Part, "emergency: %q is no clock, nor %s, %s or %s", clip(p.emergency), emergencyStays, emergencyIfTrue, emergencyNot)
	}
	for _, path := range slices.Concat(f.AskWhole, f.AlwaysAsk) {
		if !isPath(path) {
			return r.fail(f.Part, "%q is no path of a case document", clip(path))
		}
	}
	return r.level(p, f)
}

func (r *ruleCompiler) level(p *part, f partFile) error {
	switch to := f.EscalateTo; to {
	case "", Court:
		p.escalate = to
	case levelAbove:
		p.escalate = r.pack.Level(r.pack.decides - 1)
	case levelTop:
		p.escalate = r.pack.Level(0)
	default:
		return r.fail(f.Part, "escalate_to: %q is none of %s, %s and %s", clip(to), levelAbove, levelTop, Court)
	}
	return nil
}

func (r *ruleCompiler) targets(p *part, f partFile) error {
	for _, t := range f.DivertTo {
		if !r.pack.Knows(listCare, t.Care) {
			return r.fail(f.Part, "divert_to: %q is no care type", clip(t.Care))
		}
		when, err := r.truth(t.When)
		if err != nil {
			return err
		}
		p.divert = append(p.divert, target{t.Care, when})
	}
	return nil
}

func (r *ruleCompiler) wants(p *part, f partFile) error {
	for _, m := range f.Missing {
		e, err := r.each(f, m)
		if err != nil {
			return err
		}
		p.missing = append(p.missing, e)
	}
	return nil
}

func (r *ruleCompiler) each(f partFile, m eachFile) (each, error) {
	if m.Each.text == "" {
		if !isPath(m.Path) {
			return each{}, r.fail(f.Part, "%q is no path of a case document", clip(m.Path))
		}
		return each{path: m.Path}, nil
	}
	e, err := compileEach(r.pack, m)
	if err != nil {
		return each{}, inPack(r.rule.file, m.Each, err)
	}
	return e, nil
}

// compileEach compiles a walk over a list: which entries, and which key of them.
func compileEach(v vocabulary, m eachFile) (each, error) {
	c := &compiler{vocabulary: v}
	n, err := parse(m.Each.text)
	if err != nil {
		return each{}, err
	}
	list, err := c.compile(n, nil)
	if err != nil {
		return each{}, err
	}
	if list.shape.kind != kindList || list.shape.elem.kind != kindRecord {
		return each{}, n.fail("a list of objects is expected")
	}
	slot, there := list.shape.elem.slots[m.Path]
	if !there {
		return each{}, n.fail("an entry has no key %q", clip(m.Path))
	}
	cond, err := parse(m.When.text)
	if err != nil {
		return each{}, err
	}
	c.loops = 1
	entry := expr{shape: list.shape.elem, run: func(f *frame) value { return f.locals[0] }}
	when, err := c.compile(cond, &scope{m.As, entry, nil})
	if err != nil {
		return each{}, err
	}
	if when.shape.kind != kindBool {
		return each{}, cond.fail("%s is no condition", when.shape.kind)
	}
	return each{path: m.Path, list: list.run, when: when.run, slot: slot}, nil
}

func (r *ruleCompiler) clocks(p *part, f partFile) error {
	for _, d := range f.Deadlines {
		if _, ok := r.pack.clocks[d.What]; !ok {
			return r.fail(f.Part, "deadline %q has no clock in this pack", clip(d.What))
		}
		when, err := r.truth(d.When)
		if err != nil {
			return err
		}
		out := deadline{what: d.What, when: when}
		if d.Earliest != nil {
			e, err := r.each(f, *d.Earliest)
			if err != nil {
				return err
			}
			if e.list == nil {
				return r.fail(f.Part, "earliest: each: a list is expected")
			}
			out.earliest = &e
		}
		p.deadlines = append(p.deadlines, out)
	}
	return nil
}

// figures are the codes and numbers that a finding shows; never a text.
func (r *ruleCompiler) figures(p *part, f partFile) error {
	for _, name := range slices.Sorted(maps.Keys(f.With)) {
		s := f.With[name]
		e, err := compileAny(r.pack, s.text)
		if err != nil {
			return inPack(r.rule.file, s, err)
		}
		switch e.shape.kind {
		case kindBool, kindInt, kindCode:
		default:
			return r.fail(s, "with %s: a finding shows numbers, codes and truths, not %s", name, e.shape.kind)
		}
		p.with = append(p.with, named{name, e.shape.kind, e.shape.list, e.run})
	}
	return nil
}

var holeForm = regexp.MustCompile(`\{([^{}]*)\}`)

func (r *ruleCompiler) messages(p *part, f partFile) error {
	for _, text := range []string{f.Says.En, f.Says.Fr, f.Says.Rw} {
		if text == "" {
			return r.fail(f.Part, "a message is missing: says: {en, fr, rw}")
		}
		for _, hole := range holeForm.FindAllStringSubmatch(text, -1) {
			if !slices.ContainsFunc(p.with, func(n named) bool { return n.name == hole[1] }) {
				return r.fail(f.Part, "the message shows {%s}, which with: does not give", clip(hole[1]))
			}
		}
	}
	return nil
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

// due is when a clock that starts at an instant runs out.
func (p *Pack) due(what string, at time.Time) time.Time { return at.Add(p.clocks[what]) }
