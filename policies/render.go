package policies

import (
	"fmt"
	"strings"
)

// Message is a finding in a language, for a page or a terminal.
type Message struct {
	Rule   string `json:"rule"`
	Class  string `json:"class"`
	Effect string `json:"effect"`
	Text   string `json:"text"`
}

// The phrases of a pack that messages are put together with.
const (
	phraseUnsettled = "unsettled"
	phraseUnknown   = "unknown_rule"
)

// Render puts a result into words: en, fr or rw; any other language is English.
func Render(p *Pack, r Result, lang string) []Message {
	out := make([]Message, 0, len(r.Findings))
	for _, f := range r.Findings {
		text := p.phrase(phraseUnknown, lang)
		if part, ok := p.byName[f.Rule+" "+f.Part]; ok {
			text = p.fill(part, f, lang)
		}
		if !f.Certain {
			text = p.phrase(phraseUnsettled, lang) + " " + text
		}
		out = append(out, Message{f.Rule, f.Class, f.Effect, text})
	}
	return out
}

// Unchecked reports whether no native speaker has read the pack's texts in
// this language yet.
func (p *Pack) Unchecked(lang string) bool { return p.unchecked[lang] }

func (p *Pack) phrase(name, lang string) string {
	l := p.phrases[name]
	if s := l.in(lang); s != "" {
		return s
	}
	return l.En
}

// fill puts what a finding rests on into its message.
func (p *Pack) fill(part *part, f Finding, lang string) string {
	return holeForm.ReplaceAllStringFunc(part.says.in(lang), func(hole string) string {
		name := hole[1 : len(hole)-1]
		if param, ok := strings.CutPrefix(name, paramHole); ok {
			return fmt.Sprint(p.params[param])
		}
		v := f.With.Of(name)
		if v == nil {
			return "?"
		}
		for _, n := range part.with {
			if n.name == name && n.kind == kindCode {
				return p.Label(n.list, fmt.Sprint(v), lang)
			}
		}
		return fmt.Sprint(v)
	})
}
