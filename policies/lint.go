package policies

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Kinds of what a lint finds.
const (
	LintFault         = "fault"         // a type, a code, a form: the pack cannot be used
	LintUnreachable   = "unreachable"   // it can never fire, or never be named
	LintContradiction = "contradiction" // rules that no document can satisfy together
	LintUntested      = "untested"      // no test case fires it
	LintTranslation   = "translation"   // a text is missing in a language
	LintUnused        = "unused"        // a name that no rule uses
	LintDerogation    = "derogation"    // a base rule that this country changes
)

// LintFinding is something in a pack that its author should look at.
type LintFinding struct {
	Kind    string `json:"kind"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Part    string `json:"part,omitempty"` // the rule, and its part
	Problem string `json:"problem"`
	Note    bool   `json:"note,omitempty"` // to be seen, not to be mended
}

func (f LintFinding) String() string {
	var out strings.Builder
	if f.File != "" {
		out.WriteString(f.File + ":")
		if f.Line > 0 {
			fmt.Fprintf(&out, "%d:", f.Line)
		}
		out.WriteString(" ")
	}
	out.WriteString(f.Kind + ": ")
	if f.Part != "" {
		out.WriteString(f.Part + ": ")
	}
	out.WriteString(f.Problem)
	if f.Note {
		out.WriteString(" (note)")
	}
	return out.String()
}

// LintFS lints a pack of a folder of packs. Where the folder cannot be loaded
// its faults are the findings: those of all rules, not only the first.
func LintFS(f fs.FS, id string, cases []*CaseFile) ([]LintFinding, error) {
	l, err := LoadFS(f)
	if err == nil {
		return l.Lint(id, cases)
	}
	if faults := faultsIn(err); len(faults) > 0 {
		return faults, nil
	}
	return nil, err
}

func faultsIn(err error) []LintFinding {
	var out []LintFinding
	var visit func(error)
	visit = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				visit(e)
			}
			return
		}
		var bad *PackError
		if errors.As(err, &bad) {
			out = append(out, LintFinding{Kind: LintFault, File: bad.File, Line: bad.Line, Problem: bad.Problem})
			return
		}
		if inner := errors.Unwrap(err); inner != nil {
			visit(inner)
		}
	}
	visit(err)
	return out
}

// Lint looks at every version of a pack. An abstract pack is looked at through
// the packs that inherit it: a rule of it is tested where any of them tests it.
func (l *Library) Lint(id string, cases []*CaseFile) ([]LintFinding, error) {
	var out []LintFinding
	var heirs [][]LintFinding
	found := false
	for _, p := range l.packs {
		switch id {
		case p.id:
			found = true
			out = append(out, p.lint(cases)...)
		case p.written.base:
			found = true
			heirs = append(heirs, within(p.written.baseDir, p.lint(cases)))
		}
	}
	if !found {
		return nil, fmt.Errorf("lint policy pack %q: there is no such pack here, and none that inherits it", clip(id))
	}
	for i, mine := range heirs {
		for _, f := range mine {
			if f.Kind != LintUntested || inAll(heirs, f) {
				if i == 0 || !slices.Contains(out, f) {
					out = append(out, f)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b LintFinding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Kind, b.Kind))
	})
	return slices.Compact(out), nil
}

func within(dir string, all []LintFinding) []LintFinding {
	return slices.DeleteFunc(all, func(f LintFinding) bool { return !strings.HasPrefix(f.File, dir+"/") })
}

func inAll(lists [][]LintFinding, f LintFinding) bool {
	return !slices.ContainsFunc(lists, func(l []LintFinding) bool { return !slices.Contains(l, f) })
}

// lint collects the findings of one version of a pack.
func (p *Pack) lint(cases []*CaseFile) []LintFinding {
	l := &linter{pool: newPool(p)}
	l.lookAtParts()
	l.lookForUnreachable()
	l.lookForContradictions()
	l.lookForUntested(cases)
	l.lookForTranslations()
	l.lookForUnused()
	l.listChanges()
	l.accept()
	return l.found
}

// accept makes a note of what the author of a part has looked at and means; an
// acceptance of what is not found is itself something to mend.
func (l *linter) accept() {
	for _, p := range l.parts {
		for _, kind := range sorted(p.Accepts) {
			met := false
			for i, f := range l.found {
				if f.Kind == kind && f.Part == strings.TrimSpace(p.key()) && p.Accepts[kind] != "" {
					met = true
					l.found[i].Note = true
					l.found[i].Problem += "; accepted: " + p.Accepts[kind]
				}
			}
			if !met {
				l.say(LintUnused, p.at(), p.key(), "it accepts a finding of the kind %q, and gives no reason or there is none", clip(kind))
			}
		}
	}
}

// linter is one look at a pack.
type linter struct {
	*pool
	parts []lintPart
	all   uint64 // the print of what every example meets
	found []LintFinding
}

// conjunct is one of a condition, and its print.
type conjunct struct {
	formula
	print uint64
}

// lintPart is a part and the formula of its condition.
type lintPart struct {
	writtenPart
	settled *part
	when    formula
	musts   []conjunct
	objects bool
	ways    ways // the decisions on which it is asked
	fires   ways // those of them on which some document meets it
	rests   ways // those on which some document does not
}

func objects(p *part) bool { return slices.Contains(outcomes, p.effect) && p.effect != Provisional }

func (l *linter) lookAtParts() {
	var objections []formula
	all := l.pack.written.all()
	l.parts = make([]lintPart, 0, len(all))
	for _, w := range all {
		n, err := l.pack.parse(w.When.text)
		if err != nil {
			continue // the pack was compiled: there is none
		}
		settled := l.pack.byName[w.key()]
		p := lintPart{writtenPart: w, settled: settled, when: l.of(n, nil), objects: objects(settled), ways: l.decisions(w.decisions())}
		l.parts = append(l.parts, p)
		if p.objects {
			objections = append(objections, p.when)
		}
	}
	l.quiet(objections)
}

func (l *linter) say(kind string, at place, part, format string, args ...any) {
	l.found = append(l.found, LintFinding{
		Kind: kind, File: at.file, Line: at.line, Part: strings.TrimSpace(part), Problem: fmt.Sprintf(format, args...),
	})
}

// note is something to be seen and not to be mended.
func (l *linter) note(kind string, at place, part, format string, args ...any) {
	l.say(kind, at, part, format, args...)
	l.found[len(l.found)-1].Note = true
}

// lookForUntested runs the cases and looks which parts none of them fires.
func (l *linter) lookForUntested(cases []*CaseFile) {
	fired := map[*part]bool{}
	for _, f := range cases {
		c, err := l.pack.Read(f.Case)
		if err != nil {
			continue // a case of another pack
		}
		l.pack.fires(c, fired)
	}
	for _, p := range l.parts {
		if !fired[p.settled] {
			l.say(LintUntested, p.at(), p.key(), "no test case fires it")
		}
	}
}

// fires notes the parts whose condition the case certainly meets.
func (p *Pack) fires(c *Case, fired map[*part]bool) {
	s := p.sit(c)
	defer s.rise()
	for _, a := range s.agenda {
		if !fired[a.part] && !(s.emergency && a.part.emergency == emergencyNot) && a.of(&s.frame) == yes {
			fired[a.part] = true
		}
	}
}
