package policies

import (
	"slices"
	"strings"
)

// lookForUnreachable finds parts that no document fires, and places that no
// part can name.
func (l *linter) lookForUnreachable() {
	for i := range l.parts {
		p := &l.parts[i]
		if p.fires = l.possible(p.ways, p.when); p.fires == 0 {
			l.say(LintUnreachable, p.at(), p.key(), "no document meets its condition")
			continue
		}
		for _, d := range l.named(p, p.ways&^p.fires) {
			l.say(LintUnreachable, p.at(), p.key(), "it is asked on %s, where no document meets its condition", d)
		}
		l.lookAtPlaces(p)
	}
}

// named are the names of some decisions on which a part is asked.
func (l *linter) named(p *lintPart, some ways) []string {
	if some == 0 {
		return nil
	}
	var out []string
	for _, d := range p.decisions() {
		if l.pool.decisions([]string{d})&some != 0 {
			out = append(out, d)
		}
	}
	return out
}

// lookAtPlaces: the first place whose condition holds is named, so one without
// a condition hides those after it.
func (l *linter) lookAtPlaces(p *lintPart) {
	for i, t := range p.DivertTo {
		if t.When.text == "" {
			for _, hidden := range p.DivertTo[i+1:] {
				l.say(LintUnreachable, p.at(), p.key(), "it never names %s: %s stands before it without a condition", hidden.Care, t.Care)
			}
			return
		}
		n, err := l.pack.parse(t.When.text)
		if err == nil && !l.meet(p.ways, p.when, l.of(n, nil)) {
			l.say(LintUnreachable, p.at(), p.key(), "it never names %s: no document meets both conditions", t.Care)
		}
	}
}

// lookForContradictions compares the parts that object, two by two, on the
// decisions on which both are asked.
func (l *linter) lookForContradictions() {
	for i := range l.parts {
		if p := &l.parts[i]; p.objects {
			p.rests = l.possible(p.ways, l.negated(p.when))
		}
	}
	for i := range l.parts {
		p := &l.parts[i]
		for _, c := range l.conjuncts(p.when) {
			p.musts = append(p.musts, conjunct{c, l.print(c)})
		}
	}
	l.all = l.print(always)
	for i := range l.parts {
		a := &l.parts[i]
		if !a.objects {
			continue
		}
		if a.rests == 0 {
			l.say(LintContradiction, a.at(), a.key(), "it objects to every document")
			continue
		}
		for j := i + 1; j < len(l.parts); j++ {
			if b := &l.parts[j]; b.objects {
				l.compare(a, b)
			}
		}
		l.lookAtDiversions(a)
	}
}

func (l *linter) compare(a, b *lintPart) {
	shared := a.ways & b.ways
	if a.fires&shared == 0 || b.fires&shared == 0 || a.rests&shared == 0 || b.rests&shared == 0 {
		return // one that can never or must always fire is told of by itself
	}
	other := func() string { return strings.TrimSpace(b.key()) }
	on := func() string { return strings.Join(l.named(a, shared), ", ") }
	switch {
	case a.settled.class != b.settled.class && l.same(shared, a.when, b.when):
		l.say(LintContradiction, a.at(), a.key(), "on %s it holds exactly when %s does; one is %s, the other %s", on(), other(), a.settled.class, b.settled.class)
	case l.possible(shared, l.negated(a.when), l.negated(b.when)) != shared:
		l.say(LintContradiction, a.at(), a.key(), "on %s it or %s objects to every document", on(), other())
	case l.opposed(shared, a, b):
		l.say(LintContradiction, a.at(), a.key(), "on %s it objects to a fact and %s, under the same other conditions, to its opposite", on(), other())
	}
}

// opposed: the two differ in one conjunct only, and there they are opposites.
func (l *linter) opposed(shared ways, a, b *lintPart) bool {
	for i, x := range a.musts {
		for j, y := range b.musts {
			if x.print+y.print == l.all && l.exclusive(x.formula, y.formula) && l.same(shared, l.except(a.when, i), l.except(b.when, j)) {
				return true
			}
		}
	}
	return false
}

// except is a formula without one of its conjuncts.
func (l *linter) except(f formula, i int) formula {
	return l.both(slices.Delete(slices.Clone(l.conjuncts(f)), i, i+1)...)
}

// lookAtDiversions: a sends the child to a place to which another part objects
// whatever else is asked for and wherever in particular the child would go.
func (l *linter) lookAtDiversions(a *lintPart) {
	for i := range l.parts {
		b := &l.parts[i]
		if e := b.settled.effect; e != Blocked && e != Divert {
			continue
		}
		for _, t := range a.DivertTo {
			code, known := l.cares.set([]string{t.Care})
			if !known {
				continue // more words than lint can tell apart
			}
			care := code.first()
			both := a.fires & b.ways
			if ways := l.named(a, both&^l.open(both, a, b, care)); len(ways) > 0 {
				l.say(LintContradiction, a.at(), a.key(), "on %s it sends the child to %s, to which %s always objects then",
					strings.Join(ways, ", "), t.Care, strings.TrimSpace(b.key()))
			}
		}
	}
}

// open are the decisions on which b leaves a way to a care while a fires.
func (l *linter) open(asked ways, a, b *lintPart, care int) ways {
	var found ways
	for _, e := range l.examples {
		fires := e.on(a.when) & asked &^ found
		if fires == 0 {
			continue
		}
		if found |= fires &^ l.other(e, care).on(b.when); found == asked {
			return found
		}
	}
	return found | l.find(asked&^found, []formula{a.when, l.negated(l.asking(b.when, care))})
}
