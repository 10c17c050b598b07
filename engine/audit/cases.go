package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"umuryango/engine"
	"umuryango/events"
)

// otherOrders is in how many other orders a case is folded: turned around, and
// begun elsewhere.
const otherOrders = 3

// cases folds every case on every node and checks laws 2, 3 and 5 on it.
func (a *auditor) cases() {
	first := map[string]held{} // by case and the events that are held of it
	for _, s := range a.stores {
		for _, c := range subjects(s) {
			h := a.hold(s, c)
			a.line(h)
			a.orders(h)
			a.answers(h)
			before, again := first[h.set]
			if !again {
				first[h.set] = h
				continue
			}
			a.same(before, h)
		}
	}
}

// held is one case as one node holds it.
type held struct {
	node    events.Place
	subject events.Subject
	events  []events.Event
	state   engine.State
	digest  string
	set     string // names the case and the events that are held of it, in no order
}

func subjects(s *store) []events.Subject {
	var out []events.Subject
	seen := map[events.Subject]bool{}
	for _, e := range s.entries {
		if c := e.Event.Subject; c.Kind == events.KindCase && !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

func (a *auditor) hold(s *store, c events.Subject) held {
	h := held{node: s.Node, subject: c}
	var hashes []events.Hash
	for _, e := range s.entries {
		if e.Event.Subject == c {
			h.events, hashes = append(h.events, e.Event), append(hashes, e.hash)
		}
	}
	slices.SortFunc(hashes, func(a, b events.Hash) int { return bytes.Compare(a[:], b[:]) })
	h.set = fmt.Sprint(c, slices.Compact(hashes))
	h.state = a.fold(c, h.events)
	h.digest = Digest(h.state)
	return h
}

// Digest writes a state down, so that two can be compared: everything that an
// office could see of it.
func Digest(s engine.State) string {
	var out strings.Builder
	ids := func(what string, list []events.Event) {
		fmt.Fprintf(&out, "%s", what)
		for _, e := range list {
			fmt.Fprintf(&out, " %s", e.ID)
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%s %s pen %s responsible %s awaiting %t sender %s referrer %s actor %s source %s\n",
		s.Subject, s.Code, s.Pen, s.Responsible, s.Awaiting, s.Sender, s.Referrer, s.Actor, s.Source)
	ids("line", s.Line)
	ids("late", s.Late)
	ids("unjoined", s.Unjoined)
	ids("contributions", s.Contributions)
	ids("unread", s.Unread)
	for _, t := range s.Facts {
		fmt.Fprintf(&out, "facts %s %s sealed %d\n", t.Event.ID, t.Facts, len(t.Sealed))
	}
	for _, answer := range s.Answers {
		fmt.Fprintf(&out, "answer %s %s %s\n", answer.Event.ID, answer.Code, answer.Reason)
	}
	for _, part := range []any{s.Proposed, s.Decided} {
		text, err := json.Marshal(part)
		fmt.Fprintf(&out, "%s %v\n", text, err)
	}
	return out.String()
}

// line walks the line of a case once more, apart from the fold: each event
// follows the one before, and its office had the pen or took it from above; a
// decision stands until something new is proposed.
func (a *auditor) line(h held) {
	var pen events.Place
	var prev events.Hash
	decided := false
	for i, e := range h.state.Line {
		switch {
		case e.Prev != prev:
			a.breach(LawOnePen, h.node, "event %s of %s does not follow the one before it in the line", e.ID, h.subject)
		case i > 0 && e.Office != pen && !(e.Type == events.TypeTakenOver && e.Office.Above(pen)):
			a.breach(LawOnePen, h.node, "event %s of %s is in effect, and %s did not have the pen", e.ID, h.subject, e.Office)
		case decided && e.Type == events.TypeDecided:
			a.breach(LawOnePen, h.node, "two decisions of %s are in effect, with nothing proposed between them", h.subject)
		}
		if to, hands := handsTo(e); hands {
			pen = to
		}
		if e.Type == events.TypeDecided || e.Type == events.TypeProposed {
			decided = e.Type == events.TypeDecided
		}
		prev = e.Hash()
	}
	if pen != h.state.Pen {
		a.breach(LawOnePen, h.node, "the pen of %s is shown with %q, and its line says %q", h.subject, h.state.Pen, pen)
	}
}

func handsTo(e events.Event) (events.Place, bool) {
	var b struct {
		To string `json:"to"`
	}
	switch e.Type {
	case events.TypeTakenOver:
		return e.Office, true
	case events.TypeRaised, events.TypeForwarded, events.TypeSentBack:
		if json.Unmarshal(e.Body, &b) != nil {
			return "", false
		}
		return e.Subject.Place.On(b.To)
	}
	return "", false
}

// orders folds the same events in other orders, and counts that each of them is
// shown once.
func (a *auditor) orders(h held) {
	turned := slices.Clone(h.events)
	slices.Reverse(turned)
	for i := range otherOrders {
		if Digest(a.fold(h.subject, turned)) != h.digest {
			a.breach(LawSameState, h.node, "%s folds to another state when its events come in another order (%d)", h.subject, i)
		}
		cut := len(h.events) * (i + 1) / otherOrders
		turned = append(slices.Clone(h.events[cut:]), h.events[:cut]...)
	}
	s := h.state
	shown := len(s.Line) + len(s.Late) + len(s.Unjoined) + len(s.Contributions) + len(s.Unread)
	different := map[events.Hash]bool{}
	for _, e := range h.events {
		different[e.Hash()] = true
	}
	if shown != len(different) {
		a.breach(LawNothingLost, h.node, "%s has %d events and shows %d", h.subject, len(different), shown)
	}
}

// same: two nodes with the same events of a case show the same.
func (a *auditor) same(x, y held) {
	if x.digest == y.digest {
		return
	}
	law := LawSameState
	if x.state.Pen != y.state.Pen {
		law = LawOnePen
	}
	a.breach(law, y.node, "%s is shown otherwise than at %s, with the same events", x.subject, x.node)
}

// answers: a referral ends only by an event with an answer, which is shown where
// it was raised or is on its way there; until then somebody has the pen.
func (a *auditor) answers(h held) {
	s := h.state
	if s.Known() && s.Pen == "" {
		a.breach(LawHearsBack, h.node, "%s has ended up with nobody: no office has its pen", h.subject)
	}
	for _, e := range s.Line {
		if e.Type == events.TypeDecided && !slices.ContainsFunc(s.Answers, func(x engine.Answer) bool { return x.Event.ID == e.ID && x.Code != "" }) {
			a.breach(LawHearsBack, h.node, "decision %s of %s carries no answer", e.ID, h.subject)
		}
	}
	for _, answer := range s.Answers {
		a.heard(h, answer.Event)
	}
}

// heard: no node between here and the person who referred has passed over the
// answer.
func (a *auditor) heard(h held, answer events.Event) {
	hash := answer.Hash()
	for node, missing := range a.missing {
		if missing[hash] && node.Covers(h.state.Referrer) {
			a.breach(LawHearsBack, node, "answer %s of %s does not reach %s, where it was raised", answer.ID, h.subject, h.state.Referrer)
		}
	}
}
