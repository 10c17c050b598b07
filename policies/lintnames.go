package policies

import (
	"slices"
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
	used := map[string]bool{"param " + HoldYears: true, "set " + LiftedByCourt: true, "set " + LiftedByPerson: true, "set " + OfAdult: true}
	for _, f := range l.pack.written.files {
		for _, src := range f.expressions() {
			if n, err := l.pack.parse(src); err == nil {
				use(n, used)
			}
		}
		for _, r := range f.Rules {
			for _, p := range r.Parts {
				for _, text := range []string{p.Says.En, p.Says.Fr, p.Says.Rw} {
					for hole := range holes(text) {
						if name, ok := strings.CutPrefix(hole, paramHole); ok {
							used["param "+name] = true
						}
					}
				}
			}
		}
	}
	for _, name := range sorted(l.pack.written.where) {
		if kind, _, _ := strings.Cut(name, " "); slices.Contains([]string{"term", "param", "set"}, kind) && !used[name] {
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

// use notes the names of the pack that an expression speaks.
func use(n *node, used map[string]bool) {
	if n.op == opCall {
		used["term "+n.text] = true
	}
	if n.op == opSelect && n.args[0].op == opName {
		switch n.args[0].text {
		case "params":
			used["param "+n.text] = true
		case "sets":
			used["set "+n.text] = true
		}
	}
	for _, a := range n.args {
		use(a, used)
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
