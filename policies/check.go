package policies

import "time"

// Check asks every rule of the pack that belongs to the case's decision. It
// changes nothing and reads nothing but its two arguments.
func Check(p *Pack, c *Case) Result {
	s := p.sit(c)
	defer s.rise()
	for i := range s.agenda {
		a := &s.agenda[i]
		if t := a.of(&s.frame); t != no {
			s.ask(a.part, t)
		}
	}
	return s.result()
}

// sitting is one asking of the gate. It is used again and again: what it fills
// while it asks never leaves it.
type sitting struct {
	frame
	pack      *Pack
	agenda    []asked
	emergency bool
	strict    bool // the safest value is the one that counts against the care asked for
	gathered
	doubts doubts
}

// sit opens a sitting on a case.
func (p *Pack) sit(c *Case) *sitting {
	s := p.sittings.Get().(*sitting)
	if c.book != p.book {
		c = c.under(p.book)
	}
	s.pack = p
	s.open(c)
	s.clear()
	s.agenda = p.agendas[c.cells[caseDecision]]
	s.emergency = p.emergency.truth(&s.frame) == yes
	s.strict = p.strict.truth(&s.frame) == yes
	return s
}

// rise ends the sitting and keeps nothing of the case.
func (s *sitting) rise() {
	s.doc, s.cells = nil, nil
	s.pack.sittings.Put(s)
}

// asked is a part as a decision asks it: what one look settles comes first.
type asked struct {
	first test
	rest  *clause // nil: first is all
	part  *part
}

func (a *asked) of(f *frame) truth {
	t := a.first.passes(f.cells[a.first.at])
	if t == no || a.rest == nil {
		return t
	}
	return t.and(a.rest.of(f))
}

// ask settles one part: false leaves nothing, true what the part says, and
// unknown a question, except where the part or an emergency says otherwise.
func (s *sitting) ask(p *part, t truth) {
	switch {
	case s.emergency && p.emergency == emergencyNot:
	case t == yes:
		s.settle(p, true)
	case p.unknown != unknownSilent:
		s.doubts = s.doubts[:0]
		s.doubts.why(&s.frame, p.when)
		s.settleOpen(p, s.doubts)
	}
}

// clockInstead is the clock that an emergency sets instead of what p would do.
func (s *sitting) clockInstead(p *part, certain bool) (int, bool) {
	switch {
	case !s.emergency || p.emergency == "" || p.emergency == emergencyStays:
		return 0, false
	case p.emergency == emergencyIfTrue:
		return s.pack.emergencyClock, !certain
	}
	return p.clock, true
}

// settle records a part that is true, or that counts as if it were.
func (s *sitting) settle(p *part, certain bool) {
	gives := p.gives
	if clock, instead := s.clockInstead(p, certain); instead {
		gives = givesDeadline
		s.runs.set(clock)
	}
	for i := range p.missing {
		s.want(&p.missing[i])
	}
	s.name(p)
	s.record(p, gives, certain)
}

// settleOpen records a part that cannot be settled.
func (s *sitting) settleOpen(p *part, missing []string) {
	known, resting := s.split(missing)
	clock, instead := s.clockInstead(p, false)
	switch {
	case instead:
		s.runs.set(clock)
		s.record(p, givesDeadline, false)
	case p.unknown == unknownClock:
		s.record(p, givesDeadline, false)
		return
	case resting:
		s.unknowable(p)
		return
	default:
		s.record(p, givesQuestion, false)
	}
	for _, path := range known {
		s.wanted = append(s.wanted, p.whole(path))
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
	ask = missing[:0]
	for _, path := range missing {
		if u, ok := s.doc.covering(path); ok {
			s.rested = append(s.rested, u)
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
		s.wanted = append(s.wanted, p.alwaysAsk...)
		s.record(p, givesQuestion, false)
	case s.strict && (p.class == ClassAbsolute || p.class == ClassPresumption):
		s.settle(p, false)
	case s.strict && p.class == ClassInformation:
		s.raise(s.pack.levelAt(s.pack.decides - 1))
		s.record(p, givesEscalation, false)
	default:
		if p.always {
			s.name(p)
		}
		s.record(p, givesDeadline, false)
	}
}

// name puts the first place that fits into the result.
func (s *sitting) name(p *part) {
	for i := range p.divert {
		if t := &p.divert[i]; t.when == nil || t.when.truth(&s.frame) == yes {
			s.places.set(int(t.cell))
			return
		}
	}
}

func (s *sitting) want(m *each) {
	if m.at == nil {
		s.wanted = append(s.wanted, m.path)
		return
	}
	s.each(m, func() { s.wanted = append(s.wanted, s.path(m.at)) })
}

// each visits the entries of a list that certainly belong to it and certainly
// meet a condition.
func (s *sitting) each(m *each, visit func()) {
	n, entry, _ := m.walk.entries(&s.frame)
	for ; n > 0; n-- {
		s.entries[eachLoop] = entry
		if m.meets.of(&s.frame) == yes && m.walk.keeps(&s.frame, entry) == yes {
			visit()
		}
		entry += m.walk.width
	}
}

// record adds the finding and what it fills whether it is certain or not.
func (s *sitting) record(p *part, gives effect, certain bool) {
	for i := range p.deadlines {
		d := &p.deadlines[i]
		if d.when != nil && d.when.truth(&s.frame) != yes {
			continue
		}
		s.start(d)
	}
	s.raise(p.escalate)
	s.found = append(s.found, found{p, gives, certain})
	if n := len(p.with); n > 0 {
		s.figures, s.showing = s.figures+n, s.showing+1
	}
}

// start starts a clock, or lets it run to the earliest of some dates of the
// document.
func (s *sitting) start(d *deadline) {
	var first time.Time
	if d.earliest != nil {
		s.each(d.earliest, func() {
			if v := s.at(d.earliest.at); v >= firstWord {
				if at := s.doc.instant(v); first.IsZero() || at.Before(first) {
					first = at
				}
			}
		})
	}
	if first.IsZero() {
		s.runs.set(d.clock)
		return
	}
	s.dates = append(s.dates, dated{d.clock, first})
}
