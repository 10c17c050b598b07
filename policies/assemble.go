package policies

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// assembly puts the files of a pack and of the one that it inherits together.
// Nothing may be said twice: what a country pack changes of the base it must
// name as tightened or as a derogation.
type assembly struct {
	pack  *Pack
	rules []ruleOf
	tight []changeOf
	loose []changeOf
	where map[string]place // of every name, to find what is said twice

	emergency, strict         source
	emergencyFile, strictFile *packFile
	decides                   string
}

// ruleOf is a rule and the file that it stands in.
type ruleOf struct {
	ruleFile
	file *packFile
}

// changeOf is a change and where it stands.
type changeOf struct {
	changeFile
	at place
}

func assemble(base, own *folder) (*Pack, error) {
	from, err := time.Parse(time.DateOnly, own.header.From)
	if err != nil {
		return nil, own.at.fail("from: a day as in 2026-01-01 is expected, not %q", clip(own.header.From))
	}
	a := &assembly{where: make(map[string]place, 256), pack: &Pack{
		id: own.header.ID.text, version: own.header.Version, hash: hashOf(base, own), from: from,
		params: map[string]int64{}, clocks: map[string]time.Duration{}, sets: map[string]codeSet{}, lists: map[string]*codeList{},
		terms: map[string]*term{}, phrases: map[string]labels{}, parts: map[string][]*part{}, byName: map[string]*part{},
		unchecked: map[string]bool{}, written: written{nodes: make(map[string]*node, 256), parser: &parser{}},
	}}
	for _, d := range []*folder{base, own} {
		if d == nil {
			continue
		}
		a.pack.written.take(d)
		for _, f := range d.files {
			if err := a.add(f); err != nil {
				return nil, err
			}
		}
	}
	if err := a.finish(own.at); err != nil {
		return nil, err
	}
	a.pack.written.parser = nil // from now on nothing of the pack changes
	return a.pack, nil
}

// once refuses a name that is given twice.
func (a *assembly) once(kind, name string, at place) error {
	key := kind + " " + name
	if first, there := a.where[key]; there {
		return at.fail("%s stands in %s too", key, first.file)
	}
	a.where[key] = at
	return nil
}

func (a *assembly) add(f *packFile) error {
	at := place{file: f.name}
	if len(f.Levels) > 0 {
		if err := a.once("levels", "", at); err != nil {
			return err
		}
		a.pack.levels = f.Levels
	}
	if f.Decides != "" {
		if err := a.once("decides", "", at); err != nil {
			return err
		}
		a.decides = f.Decides
	}
	for _, add := range []func(*packFile, place) error{a.numbers, a.addClocks, a.addSets, a.addLists, a.addTerms, a.addTruths} {
		if err := add(f, at); err != nil {
			return err
		}
	}
	for _, r := range f.Rules {
		if err := a.once("rule", r.ID.text, f.at(r.ID)); err != nil {
			return err
		}
		a.rules = append(a.rules, ruleOf{r, f})
	}
	for _, c := range f.Tighten {
		a.tight = append(a.tight, changeOf{c, f.at(c.Rule)})
	}
	for _, c := range f.Derogations {
		a.loose = append(a.loose, changeOf{c, f.at(c.Rule)})
	}
	return nil
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (a *assembly) numbers(f *packFile, at place) error {
	for _, name := range sorted(f.Params) {
		if err := a.once("param", name, at); err != nil {
			return err
		}
		p := f.Params[name]
		if p.Value < 0 || p.Value > intMost {
			return at.fail("param %s: %d does not lie between 0 and %d", name, p.Value, intMost)
		}
		if err := a.assume(name, p.Source, p.Assumption, at); err != nil {
			return err
		}
		a.pack.params[name] = p.Value
	}
	return nil
}

// assume keeps what was said without a statute; everything else has a source.
func (a *assembly) assume(name, source string, assumption bool, at place) error {
	switch {
	case assumption:
		a.pack.assumptions = append(a.pack.assumptions, Assumption{name, source})
	case source == "":
		return at.fail("%s: a source is missing; what no statute was found for is marked assumption: true", name)
	}
	return nil
}

func (a *assembly) addClocks(f *packFile, at place) error {
	const daysMost = 3660
	for _, name := range sorted(f.Clocks) {
		if err := a.once("clock", name, at); err != nil {
			return err
		}
		c := f.Clocks[name]
		if (c.Days > 0) == (c.Hours > 0) || c.Days < 0 || c.Hours < 0 || c.Days > daysMost || c.Hours > daysMost {
			return at.fail("clock %s: days or hours are expected, one of the two, at most %d", name, daysMost)
		}
		if err := a.assume("clock "+name, c.Source, c.Assumption, at); err != nil {
			return err
		}
		a.pack.clocks[name] = time.Duration(c.Days)*24*time.Hour + time.Duration(c.Hours)*time.Hour
	}
	return nil
}

func (a *assembly) addSets(f *packFile, at place) error {
	for _, name := range sorted(f.Sets) {
		if err := a.once("set", name, at); err != nil {
			return err
		}
		s := f.Sets[name]
		if s.Assumption {
			a.pack.assumptions = append(a.pack.assumptions, Assumption{"set " + name, s.Source})
		}
		a.pack.sets[name] = codeSet{s.Of, s.Codes}
	}
	return nil
}

func (a *assembly) addLists(f *packFile, at place) error {
	for _, name := range sorted(f.Lists) {
		if err := a.once("list", name, at); err != nil {
			return err
		}
		codes := f.Lists[name]
		l := &codeList{codes: make([]string, 0, len(codes)), labels: make(map[string]labels, len(codes)), cells: make(map[string]cell, len(codes))}
		for _, c := range codes {
			if _, twice := l.labels[c.Code]; twice || !isCode(c.Code) {
				return at.fail("list %s: %q stands there twice or is no code of small letters, digits and _", name, clip(c.Code))
			}
			if c.En == "" {
				return at.fail("list %s: code %s has no English label", name, c.Code)
			}
			l.cells[c.Code] = firstWord + cell(len(l.codes))
			l.codes = append(l.codes, c.Code)
			l.labels[c.Code] = labels{c.En, c.Fr, c.Rw}
		}
		a.pack.lists[name] = l
	}
	return nil
}

func (a *assembly) addTerms(f *packFile, at place) error {
	for _, name := range sorted(f.Terms) {
		t := f.Terms[name]
		if err := a.once("term", name, f.at(t.Is)); err != nil {
			return err
		}
		if _, taken := functions[name]; taken || !isCode(name) {
			return f.at(t.Is).fail("term %s: a name of small letters that is no function of the language is expected", name)
		}
		body, err := a.pack.parse(t.Is.text)
		if err != nil {
			return inPack(f, t.Is, err)
		}
		a.pack.terms[name] = &term{params: t.Params, body: body}
	}
	for _, name := range sorted(f.Phrases) {
		if err := a.once("phrase", name, at); err != nil {
			return err
		}
		a.pack.phrases[name] = f.Phrases[name]
	}
	for lang, checked := range f.Checked {
		a.pack.unchecked[lang] = a.pack.unchecked[lang] || !checked
	}
	return nil
}

func (a *assembly) addTruths(f *packFile, _ place) error {
	if f.Emergency.text != "" {
		if err := a.once("emergency", "", f.at(f.Emergency)); err != nil {
			return err
		}
		a.emergency, a.emergencyFile = f.Emergency, f
	}
	if f.Strict.text != "" {
		if err := a.once("strict", "", f.at(f.Strict)); err != nil {
			return err
		}
		a.strict, a.strictFile = f.Strict, f
	}
	return nil
}

// inPack says in which file and line an expression is wrong.
func inPack(f *packFile, s source, err error) error {
	var e *exprError
	if errors.As(err, &e) {
		return &PackError{f.name, s.line + e.line - 1, "in the expression: " + strings.TrimSpace(e.Error())}
	}
	return f.at(s).fail("%s", err)
}

// finish checks what only the whole pack can show, and compiles it.
func (a *assembly) finish(at place) error {
	p := a.pack
	if err := a.checkLists(at); err != nil {
		return err
	}
	if err := a.checkLevels(at); err != nil {
		return err
	}
	for _, name := range sorted(p.sets) {
		s := p.sets[name]
		for _, code := range s.codes {
			if !p.Knows(s.list, code) {
				return a.where["set "+name].fail("set %s: %q is not in the list %q", name, clip(code), s.list)
			}
		}
	}
	p.begin()
	var err error
	if p.emergency, err = a.truthOf(a.emergencyFile, a.emergency, "emergency", at); err != nil {
		return err
	}
	if p.strict, err = a.truthOf(a.strictFile, a.strict, "strict", at); err != nil {
		return err
	}
	if err := a.compileRules(at); err != nil {
		return err
	}
	p.ready()
	return nil
}

func (a *assembly) truthOf(f *packFile, s source, name string, at place) (*plan, error) {
	if f == nil {
		return nil, at.fail("the pack does not say %s:", name)
	}
	when, err := compileTruth(a.pack, s.text)
	if err != nil {
		return nil, inPack(f, s, err)
	}
	return when, nil
}

// checkLists: every list that the case document speaks of is there.
func (a *assembly) checkLists(at place) error {
	var missing []string
	var visit func(*shape)
	visit = func(s *shape) {
		if s.kind == kindCode && len(a.pack.Codes(s.list)) == 0 && !slices.Contains(missing, s.list) {
			missing = append(missing, s.list)
		}
		if s.elem != nil {
			visit(s.elem)
		}
		for _, f := range s.fields {
			visit(f.shape)
		}
	}
	visit(caseShape)
	if len(missing) > 0 {
		return at.fail("the pack lacks code lists: %s", strings.Join(missing, ", "))
	}
	if n := len(a.pack.Codes(listDecisions)); n > decisionsMost {
		return at.fail("the list %s has %d codes, at most %d are expected", listDecisions, n, decisionsMost)
	}
	return nil
}

func (a *assembly) checkLevels(at place) error {
	p := a.pack
	for i, l := range p.levels {
		if l.Name == "" || l.Name == Court || (l.Digits > 0) != (i > 0) {
			return at.fail("level %d: a name, and digits below the first one, are expected", i)
		}
	}
	p.decides = slices.IndexFunc(p.levels, func(l levelFile) bool { return l.Name == a.decides })
	if p.decides < 1 {
		return at.fail("decides: %q is no level below the first one", clip(a.decides))
	}
	return nil
}
