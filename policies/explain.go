package policies

import "strings"

// How a part of a rule stood to a case.
const (
	Fired    = "fired"
	Silent   = "silent"
	Unknown  = "unknown"
	NotAsked = "not_asked" // on this decision, or in an emergency
)

// Explanation is a result with every rule of the pack beside it, also those
// that found nothing: what an auditor reads to see that each was asked.
type Explanation struct {
	Result Result   `json:"result"`
	At     string   `json:"at"`
	Asked  string   `json:"decision"`
	Care   string   `json:"care,omitempty"`
	Rules  []Reason `json:"rules"`
}

// Reason is one part of one rule, and why it stood as it did.
type Reason struct {
	Rule  string `json:"rule"`
	Part  string `json:"part,omitempty"`
	Title string `json:"title"`
	Class string `json:"class"`
	Cites string `json:"cites"`
	State string `json:"state"`
	// Paths that made an unknown condition unknown.
	Paths []string `json:"paths,omitempty"`
	// Unknowable are those of them that the case says nobody can know.
	Unknowable []string `json:"unknowable,omitempty"`
	// Effect is what it gave the result; "" where it left no finding.
	Effect string `json:"effect,omitempty"`
	When   string `json:"when"`
	Says   string `json:"says,omitempty"`
}

// Explain checks the case and says of every part of every rule how it stood,
// with the pack's message in a language for what it found.
func Explain(p *Pack, c *Case, lang string) Explanation {
	r := Check(p, c)
	s := p.sit(c)
	defer s.rise()
	e := Explanation{Result: r, At: c.At().Format(timeForm(kindTime)), Asked: c.Decision(), Care: c.Care()}
	x := explainer{sitting: s, found: map[string]Finding{}, says: map[string]string{}}
	messages := Render(p, r, lang)
	for i, f := range r.Findings {
		key := f.Rule + " " + f.Part
		x.found[key], x.says[key] = f, messages[i].Text
	}
	for _, w := range p.written.all() {
		e.Rules = append(e.Rules, x.reason(w))
	}
	return e
}

type explainer struct {
	*sitting
	found map[string]Finding
	says  map[string]string
}

func (x *explainer) reason(w writtenPart) Reason {
	p := x.pack.byName[w.key()]
	f, found := x.found[w.key()]
	out := Reason{
		Rule: p.rule, Part: p.name, Title: w.rule.Title, Class: p.class, Cites: p.cites,
		When: strings.Join(strings.Fields(w.When.text), " "), State: NotAsked,
	}
	if found {
		out.Effect, out.Says = f.Effect, x.says[w.key()]
	}
	if !w.askedOn(x.doc.Decision()) || x.emergency && p.emergency == emergencyNot {
		return out
	}
	switch p.when.is(&x.frame) {
	case yes:
		out.State = Fired
	case no:
		out.State = Silent
	default:
		out.State = Unknown
		var d doubts
		d.why(&x.frame, p.when)
		out.Paths = d
		for _, path := range d {
			if _, rests := x.doc.covering(path); rests {
				out.Unknowable = append(out.Unknowable, path)
			}
		}
	}
	return out
}
