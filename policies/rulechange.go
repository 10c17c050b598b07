package policies

import (
	"errors"
	"slices"
	"strings"
)

func (a *assembly) compileRules(at place) error {
	if err := a.change(); err != nil {
		return err
	}
	slices.SortFunc(a.rules, func(x, y ruleOf) int { return strings.Compare(x.ID.text, y.ID.text) })
	w := &a.pack.written
	w.rules, w.tight, w.loose, w.where = a.rules, a.tight, a.loose, a.where
	var wrong []error
	for _, r := range a.rules {
		rc := ruleCompiler{a.pack, r}
		if err := rc.compile(); err != nil {
			wrong = append(wrong, err) // an author wants to see the faults of all rules at once
		}
	}
	switch {
	case len(wrong) == 1:
		return wrong[0]
	case len(a.rules) == 0:
		return at.fail("the pack has no rules")
	}
	return errors.Join(wrong...)
}

// change applies what a country pack tightens and what it derogates from.
func (a *assembly) change() error {
	for _, t := range a.tight {
		i := a.indexOf(t.Rule.text)
		if i < 0 || t.Why == "" {
			return t.at.fail("tighten: a rule of this pack and why are expected, not %q", clip(t.Rule.text))
		}
		a.rules[i].tighten()
	}
	for _, d := range a.loose {
		i := a.indexOf(d.Rule.text)
		if i < 0 || d.Why == "" {
			return d.at.fail("derogations: a rule of this pack and why are expected, not %q", clip(d.Rule.text))
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
