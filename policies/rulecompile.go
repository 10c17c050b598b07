package policies

import (
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ruleCompiler compiles the parts of one rule.
type ruleCompiler struct {
	pack *Pack
	rule ruleOf
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
		if err := r.ask(p, f.Part, on); err != nil {
			return err
		}
	}
	return nil
}

// ask puts a part where the decisions find it.
func (r *ruleCompiler) ask(p *part, at source, on []string) error {
	if len(on) == 0 {
		return r.fail(at, "part %s %s is asked on no decision", p.rule, p.name)
	}
	for i, d := range on {
		if !r.pack.Knows(listDecisions, d) || slices.Contains(on[:i], d) {
			return r.fail(at, "part %s %s: %q is no decision, or stands there twice", p.rule, p.name, clip(d))
		}
		r.pack.parts[d] = append(r.pack.parts[d], p)
	}
	return nil
}

func (r *ruleCompiler) fail(s source, format string, args ...any) error {
	return r.rule.file.at(s).fail(format, args...)
}

func (r *ruleCompiler) truth(s source) (*plan, error) {
	if s.text == "" {
		return nil, nil
	}
	p, err := compileTruth(r.pack, s.text)
	if err != nil {
		return nil, inPack(r.rule.file, s, err)
	}
	return p, nil
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
	p.gives, p.clock = gives(p.effect), r.pack.clockNumber(p.emergency)
	p.finding = Finding{Rule: p.rule, Part: p.name, Class: p.class, Cites: p.cites}
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
	case "":
	case Court:
		p.escalate = &level{Court, r.pack.height(Court)}
	case levelAbove:
		p.escalate = r.pack.levelAt(r.pack.decides - 1)
	case levelTop:
		p.escalate = r.pack.levelAt(0)
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
		p.divert = append(p.divert, target{t.Care, r.pack.cell(listCare, t.Care), when})
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
	c := &compiler{vocabulary: v, planner: v.plans()}
	n, err := v.parse(m.Each.text)
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
	cond, err := v.parse(m.When.text)
	if err != nil {
		return each{}, err
	}
	c.loops = eachLoop
	entry := c.entry(list.plan.base(), eachLoop)
	when, err := c.compile(cond, &scope{m.As, c.key(entry), nil})
	if err != nil {
		return each{}, err
	}
	if when.shape.kind != kindBool {
		return each{}, cond.fail("%s is no condition", when.shape.kind)
	}
	return each{path: m.Path, at: c.field(entry, slot), list: list.plan, when: when.plan}, nil
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
		out := deadline{what: d.What, clock: r.pack.clockNumber(d.What), when: when}
		if d.Earliest != nil {
			e, err := r.each(f, *d.Earliest)
			if err != nil {
				return err
			}
			if e.at == nil {
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
		p.with = append(p.with, named{name, e.shape.kind, e.shape.list, e.plan, e.spot})
	}
	return nil
}

// paramHole begins a hole that a number of the pack fills.
const paramHole = "params."

// holes are the names between braces in a message.
func holes(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			_, rest, opens := strings.Cut(text, "{")
			end := strings.IndexAny(rest, "{}")
			if !opens || end < 0 {
				return
			}
			if text = rest[end:]; text[0] == '}' && !yield(rest[:end]) {
				return
			}
		}
	}
}

var holeForm = regexp.MustCompile(`\{([^{}]*)\}`)

func (r *ruleCompiler) messages(p *part, f partFile) error {
	for _, text := range []string{f.Says.En, f.Says.Fr, f.Says.Rw} {
		if text == "" {
			return r.fail(f.Part, "a message is missing: says: {en, fr, rw}")
		}
		for hole := range holes(text) {
			param, isParam := strings.CutPrefix(hole, paramHole)
			if _, known := r.pack.params[param]; isParam && known {
				continue
			}
			if !slices.ContainsFunc(p.with, func(n named) bool { return n.name == hole }) {
				return r.fail(f.Part, "the message shows {%s}, which neither with: nor the params give", clip(hole))
			}
		}
	}
	return nil
}
