package policies

import (
	"slices"
	"strings"
	"time"
)

// Check asks every rule of the pack that belongs to the case's decision. It
// changes nothing and reads nothing but its two arguments.
func Check(p *Pack, c *Case) Result {
	s := &sitting{
		pack: p, doc: c, due: map[string]time.Time{}, places: map[string]bool{}, asked: map[string]bool{}, rested: map[string]bool{},
		frame: frame{document: value{known: true, object: c.root}, locals: make([]value, loopMost)},
	}
	s.emergency = p.emergency(&s.frame).isTrue()
	s.strict = p.strict(&s.frame).isTrue()
	for _, part := range p.parts[c.Decision()] {
		s.ask(part)
	}
	return s.result()
}

// sitting is one asking of the gate.
type sitting struct {
	pack      *Pack
	doc       *Case
	frame     frame
	emergency bool
	strict    bool // the safest value is the one that counts against the care asked for

	findings []Finding
	due      map[string]time.Time
	places   map[string]bool
	asked    map[string]bool
	rested   map[string]bool // unknowable paths that a finding rests on
	escalate string
}

// ask settles one part: false leaves nothing, true what the part says, and
// unknown a question, except where the part or an emergency says otherwise.
func (s *sitting) ask(p *part) {
	if s.emergency && p.emergency == emergencyNot {
		return
	}
	v := p.when(&s.frame)
	switch {
	case v.isFalse():
	case v.isTrue():
		s.settle(p, true)
	default:
		s.open(p, v.missing)
	}
}

// clockInstead is the clock that an emergency sets instead of what p would do.
func (s *sitting) clockInstead(p *part, certain bool) (string, bool) {
	switch {
	case !s.emergency || p.emergency == "" || p.emergency == emergencyStays:
		return "", false
	case p.emergency == emergencyIfTrue:
		return emergencyClock, !certain
	}
	return p.emergency, true
}

// settle records a part that is true, or that counts as if it were.
func (s *sitting) settle(p *part, certain bool) {
	effect := p.effect
	if clock, instead := s.clockInstead(p, certain); instead {
		effect = EffectDeadline
		s.setClock(clock, s.pack.due(clock, s.doc.at))
	}
	for _, m := range p.missing {
		s.want(m)
	}
	s.name(p)
	s.record(p, effect, certain)
}

// open records a part that cannot be settled.
func (s *sitting) open(p *part, missing []string) {
	if p.unknown == unknownSilent {
		return
	}
	known, resting := s.split(missing)
	clock, instead := s.clockInstead(p, false)
	switch {
	case instead:
		s.setClock(clock, s.pack.due(clock, s.doc.at))
		s.record(p, EffectDeadline, false)
	case p.unknown == unknownClock:
		s.record(p, EffectDeadline, false)
		return
	case resting:
		s.unknowable(p)
		return
	default:
		s.record(p, NeedInformation, false)
	}
	for _, path := range known {
		s.asked[p.whole(path)] = true
	}
	if p.always {
		s.name(p)
	}
}

// whole is the path to ask for instead of one below it: a panel is asked for as
// a whole.
func (p *part) whole(path string) string {
	for _, above := range p.askWhole {
		if covers(above, path) {
			return above
		}
	}
	return path
}

// split drops the paths that cannot be known; resting says that none is left.
func (s *sitting) split(missing []string) (ask []string, resting bool) {
	for _, path := range missing {
		if u, ok := s.doc.covering(path); ok {
			s.rested[u] = true
			continue
		}
		ask = append(ask, path)
	}
	return ask, len(ask) == 0 && len(missing) > 0
}

// unknowable takes the value that is safest for the child: it never helps
// towards the care that the pack is strict about, and hinders no other.
func (s *sitting) unknowable(p *part) {
	switch {
	case len(p.alwaysAsk) > 0:
		for _, path := range p.alwaysAsk {
			s.asked[path] = true
		}
		s.record(p, NeedInformation, false)
	case s.strict && (p.class == ClassAbsolute || p.class == ClassPresumption):
		s.settle(p, false)
	case s.strict && p.class == ClassInformation:
		s.raise(s.pack.Level(s.pack.decides - 1))
		s.record(p, Escalate, false)
	default:
		if p.always {
			s.name(p)
		}
		s.record(p, EffectDeadline, false)
	}
}

// name puts the first place that fits into the result.
func (s *sitting) name(p *part) {
	for _, t := range p.divert {
		if t.when == nil || t.when(&s.frame).isTrue() {
			s.places[t.care] = true
			return
		}
	}
}

func (s *sitting) want(m each) {
	if m.list == nil {
		s.asked[m.path] = true
		return
	}
	s.entries(m, func(o *object) { s.asked[o.pathOf(m.slot)] = true })
}

// entries visits those of a list that certainly meet a condition.
func (s *sitting) entries(m each, visit func(*object)) {
	list := m.list(&s.frame)
	for _, v := range list.list {
		s.frame.locals[0] = v
		if m.when(&s.frame).isTrue() {
			visit(v.object)
		}
	}
}

func (s *sitting) setClock(what string, due time.Time) {
	if before, there := s.due[what]; !there || due.Before(before) {
		s.due[what] = due
	}
}

func (s *sitting) raise(level string) {
	if level != "" && s.pack.height(level) > s.pack.height(s.escalate) {
		s.escalate = level
	}
}

// record adds the finding and what it fills whether it is certain or not.
func (s *sitting) record(p *part, effect string, certain bool) {
	for _, d := range p.deadlines {
		if d.when != nil && !d.when(&s.frame).isTrue() {
			continue
		}
		s.setClock(d.what, s.dueOf(d))
	}
	s.raise(p.escalate)
	s.findings = append(s.findings, Finding{
		Rule: p.rule, Part: p.name, Class: p.class, Effect: effect, Certain: certain, Cites: p.cites, With: s.figures(p),
	})
}

func (s *sitting) dueOf(d deadline) time.Time {
	due := s.pack.due(d.what, s.doc.at)
	if d.earliest == nil {
		return due
	}
	var first time.Time
	s.entries(*d.earliest, func(o *object) {
		if v := o.slots[d.earliest.slot]; v.known && v.text != "" && (first.IsZero() || v.at.Before(first)) {
			first = v.at
		}
	})
	if first.IsZero() {
		return due
	}
	return first
}

func (s *sitting) figures(p *part) map[string]any {
	var out map[string]any
	for _, n := range p.with {
		v := n.run(&s.frame)
		if !v.known {
			continue
		}
		if out == nil {
			out = map[string]any{}
		}
		switch n.kind {
		case kindBool:
			out[n.name] = v.yes
		case kindInt:
			out[n.name] = v.lo
		default:
			out[n.name] = v.text
		}
	}
	return out
}

func (s *sitting) result() Result {
	r := Result{
		Outcome: s.outcome(), DivertTo: keys(s.places), EscalateTo: s.escalate, Missing: keys(s.asked), Deadlines: []Deadline{},
		Unknowable: keys(s.rested), Derogations: append([]string{}, s.pack.derogations...), Findings: s.findings,
		Pack: s.pack.id, PackVersion: s.pack.version, PackHash: s.pack.hash,
	}
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
	slices.SortFunc(r.DivertTo, func(a, b string) int { return s.pack.rank(a) - s.pack.rank(b) })
	for what, due := range s.due {
		r.Deadlines = append(r.Deadlines, Deadline{what, due.UTC()})
	}
	slices.SortFunc(r.Deadlines, func(a, b Deadline) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return strings.Compare(a.What, b.What)
	})
	return r
}

func keys(m map[string]bool) []string {
	return append([]string{}, sorted(m)...)
}

func (s *sitting) outcome() string {
	for _, o := range outcomes {
		if slices.ContainsFunc(s.findings, func(f Finding) bool { return f.Effect == o }) {
			return o
		}
	}
	return NoObjection
}
