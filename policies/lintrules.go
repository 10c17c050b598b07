package policies

import (
	"slices"
	"strings"
)

// lookForUnreachable finds parts that no document fires, and places that no
// part can name.
func (l *linter) lookForUnreachable() {
	for _, p := range l.parts {
		if !satisfiable(l.on(p.decisions()...), p.when) {
			l.say(LintUnreachable, p.at(), p.key(), "no document meets its condition")
			continue
		}
		for _, d := range p.decisions() {
			if !satisfiable(l.on(d), p.when) {
				l.say(LintUnreachable, p.at(), p.key(), "it is asked on %s, where no document meets its condition", d)
			}
		}
		l.lookAtPlaces(p)
	}
}

// lookAtPlaces: the first place whose condition holds is named, so one without
// a condition hides those after it.
func (l *linter) lookAtPlaces(p lintPart) {
	for i, t := range p.DivertTo {
		if t.When.text == "" {
			for _, hidden := range p.DivertTo[i+1:] {
				l.say(LintUnreachable, p.at(), p.key(), "it never names %s: %s stands before it without a condition", hidden.Care, t.Care)
			}
			return
		}
		n, err := parse(t.When.text)
		if err == nil && !satisfiable(l.on(p.decisions()...), p.when, l.logic.of(n, nil)) {
			l.say(LintUnreachable, p.at(), p.key(), "it never names %s: no document meets both conditions", t.Care)
		}
	}
}

// lookForContradictions compares the parts that object, two by two, on the
// decisions on which both are asked.
func (l *linter) lookForContradictions() {
	for i, a := range l.parts {
		if !a.objects() {
			continue
		}
		if !satisfiable(l.on(a.decisions()...), negated(a.when)) {
			l.say(LintContradiction, a.at(), a.key(), "it objects to every document")
			continue
		}
		for _, b := range l.parts[i+1:] {
			if b.objects() {
				l.compare(a, b)
			}
		}
		for _, b := range l.parts {
			l.lookAtDiversion(a, b)
		}
	}
}

func (l *linter) compare(a, b lintPart) {
	var shared []string
	for _, d := range a.decisions() {
		if b.askedOn(d) {
			shared = append(shared, d)
		}
	}
	here := l.on(shared...)
	for _, f := range []*formula{a.when, b.when, negated(a.when), negated(b.when)} {
		if !satisfiable(here, f) {
			return // one that can never or must always fire is told of by itself
		}
	}
	ways := strings.Join(shared, ", ")
	other := strings.TrimSpace(b.key())
	switch {
	case a.settled.class != b.settled.class && l.equivalent(shared, a, b):
		l.say(LintContradiction, a.at(), a.key(), "on %s it holds exactly when %s does; one is %s, the other %s", ways, other, a.settled.class, b.settled.class)
	case !l.passable(shared, a, b):
		l.say(LintContradiction, a.at(), a.key(), "on %s it or %s objects to every document", ways, other)
	case l.opposed(shared, a, b):
		l.say(LintContradiction, a.at(), a.key(), "on %s it objects to a fact and %s, under the same other conditions, to its opposite", ways, other)
	}
}

func (l *linter) equivalent(shared []string, a, b lintPart) bool {
	return !satisfiable(l.on(shared...), a.when, negated(b.when)) && !satisfiable(l.on(shared...), b.when, negated(a.when))
}

// passable: on each shared decision some document meets neither.
func (l *linter) passable(shared []string, a, b lintPart) bool {
	return !slices.ContainsFunc(shared, func(d string) bool { return !satisfiable(l.on(d), negated(a.when), negated(b.when)) })
}

// opposed: the two differ in one conjunct only, and there they are opposites.
func (l *linter) opposed(shared []string, a, b lintPart) bool {
	left, right := conjuncts(a.when), conjuncts(b.when)
	for i, x := range left {
		for j, y := range right {
			if exclusive(x, y) && l.same(shared, except(left, i), except(right, j)) {
				return true
			}
		}
	}
	return false
}

func conjuncts(f *formula) []*formula {
	if f.claim != nil || f.any {
		return []*formula{f}
	}
	var out []*formula
	for _, p := range f.parts {
		out = append(out, conjuncts(p)...)
	}
	return out
}

func except(list []*formula, i int) []*formula { return slices.Delete(slices.Clone(list), i, i+1) }

// exclusive: of the two exactly one is true of any document.
func exclusive(x, y *formula) bool {
	return !satisfiable(x, y) && !satisfiable(negated(x), negated(y))
}

// same: two lists of conjuncts hold of the same documents.
func (l *linter) same(shared []string, a, b []*formula) bool {
	return !satisfiable(l.on(shared...), both(a...), negated(both(b...))) && !satisfiable(l.on(shared...), both(b...), negated(both(a...)))
}

// lookAtDiversion: a sends the child to a place to which b objects whatever
// else is asked for and wherever in particular the child would go.
func (l *linter) lookAtDiversion(a, b lintPart) {
	if e := b.settled.effect; e != Blocked && e != Divert {
		return
	}
	for _, t := range a.DivertTo {
		to := negated(asking(b.when, t.Care))
		var ways []string
		for _, d := range a.decisions() {
			if b.askedOn(d) && satisfiable(l.on(d), a.when) && !satisfiable(l.on(d), a.when, to) {
				ways = append(ways, d)
			}
		}
		if len(ways) > 0 {
			l.say(LintContradiction, a.at(), a.key(), "on %s it sends the child to %s, to which %s always objects then",
				strings.Join(ways, ", "), t.Care, strings.TrimSpace(b.key()))
		}
	}
}

// asking is the formula of another request, for this care: what it says of
// request and provider is said of others.
func asking(f *formula, care string) *formula {
	c := f.claim
	switch {
	case c == nil:
		out := &formula{any: f.any}
		for _, p := range f.parts {
			out.parts = append(out.parts, asking(p, care))
		}
		return out
	case c.value == "request.care":
		return constantly(slices.Contains(c.words, care))
	}
	other := *c
	other.value = strings.NewReplacer("request.", "other request.", "provider.", "other provider.").Replace(c.value)
	return &formula{claim: &other}
}
