package policies

import (
	"strings"
)

// languages of a pack's texts beside English, which every text has.
var languages = []string{"fr", "rw"}

// lookForTranslations finds labels and phrases that a language lacks, and
// messages that only repeat the English.
func (l *linter) lookForTranslations() {
	for _, f := range l.pack.written.files {
		for _, name := range sorted(f.Lists) {
			for _, c := range f.Lists[name] {
				for _, lang := range languages {
					if (labels{c.En, c.Fr, c.Rw}).in(lang) == "" {
						l.say(LintTranslation, place{file: f.name}, "", "code %s of the list %s has no label in %s", c.Code, name, lang)
					}
				}
			}
		}
		for _, name := range sorted(f.Phrases) {
			l.lookAtText(f.Phrases[name], place{file: f.name}, "", "the phrase "+name)
		}
	}
	for _, p := range l.parts {
		l.lookAtText(p.Says, p.at(), p.key(), "the message")
	}
	for _, lang := range sorted(l.pack.unchecked) {
		if l.pack.unchecked[lang] {
			l.note(LintTranslation, l.header(), "", "no native speaker has read its texts in %s", lang)
		}
	}
}

func (l *linter) lookAtText(text labels, at place, part, what string) {
	for _, lang := range languages {
		switch s := text.in(lang); {
		case s == "":
			l.say(LintTranslation, at, part, "%s is missing in %s", what, lang)
		case s == text.En && strings.Contains(s, " "):
			l.say(LintTranslation, at, part, "%s in %s repeats the English", what, lang)
		}
	}
}

// header is where the pack itself begins: its last header, since the one that
// it inherits stands before.
func (l *linter) header() place {
	var at place
	for _, f := range l.pack.written.files {
		if f.Pack != nil {
			at = f.at(f.Pack.ID)
		}
	}
	return at
}

// lookForUnused finds terms, parameters and sets that nothing of the pack uses:
// most often the sign of a misspelled condition.
func (l *linter) lookForUnused() {
	u := uses{ // the program itself reads some of them
		terms: map[string]bool{}, params: map[string]bool{HoldYears: true},
		sets: map[string]bool{LiftedByCourt: true, LiftedByPerson: true, OfAdult: true},
	}
	for _, f := range l.pack.written.files {
		for _, src := range f.expressions() {
			if src == "" {
				continue
			}
			if n, err := l.pack.parse(src); err == nil {
				u.in(n)
			}
		}
		for _, r := range f.Rules {
			for _, p := range r.Parts {
				u.inText(p.Says)
			}
		}
	}
	of := map[string]map[string]bool{"term": u.terms, "param": u.params, "set": u.sets}
	for _, name := range sorted(l.pack.written.where) {
		kind, short, _ := strings.Cut(name, " ")
		if used, known := of[kind]; known && !used[short] {
			l.say(LintUnused, l.pack.written.where[name], "", "nothing uses the %s", name)
		}
	}
}

// expressions are all conditions and figures of a file.
func (f *packFile) expressions() []string {
	out := []string{f.Emergency.text, f.Strict.text}
	for _, name := range sorted(f.Terms) {
		out = append(out, f.Terms[name].Is.text)
	}
	for _, r := range f.Rules {
		for _, p := range r.Parts {
			out = append(out, p.expressions()...)
		}
	}
	return out
}

func (p partFile) expressions() []string {
	out := []string{p.When.text}
	for _, t := range p.DivertTo {
		out = append(out, t.When.text)
	}
	for _, m := range p.Missing {
		out = append(out, m.Each.text, m.When.text)
	}
	for _, d := range p.Deadlines {
		out = append(out, d.When.text)
		if d.Earliest != nil {
			out = append(out, d.Earliest.Each.text, d.Earliest.When.text)
		}
	}
	for _, name := range sorted(p.With) {
		out = append(out, p.With[name].text)
	}
	return out
}

// uses are the names of the pack that something uses.
type uses struct{ terms, params, sets map[string]bool }

func (u uses) in(n *node) {
	switch {
	case n.op == opCall:
		u.terms[n.text] = true
	case n.op == opSelect && n.args[0].op == opName && n.args[0].text == "params":
		u.params[n.text] = true
	case n.op == opSelect && n.args[0].op == opName && n.args[0].text == "sets":
		u.sets[n.text] = true
	}
	for _, a := range n.args {
		u.in(a)
	}
}

func (u uses) inText(says labels) {
	for _, text := range []string{says.En, says.Fr, says.Rw} {
		for hole := range holes(text) {
			if name, ok := strings.CutPrefix(hole, paramHole); ok {
				u.params[name] = true
			}
		}
	}
}

// listChanges names what the country pack changes of the base, so that nobody
// has to look for it.
func (l *linter) listChanges() {
	for _, c := range l.pack.written.loose {
		l.note(LintDerogation, c.at, c.Rule.text, "it is not asked in this country: %s", c.Why)
	}
	for _, c := range l.pack.written.tight {
		l.note(LintDerogation, c.at, c.Rule.text, "it is stricter in this country: %s", c.Why)
	}
}
