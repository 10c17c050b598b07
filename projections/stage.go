package projections

import (
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// What waits in an inbox. The first ones are the names of a pack's clocks too.
const (
	WhatAccept       = "accept"       // a referral that came, until it is accepted or sent back
	WhatAssess       = "assess"       // accepted, nothing found out yet
	WhatPropose      = "propose"      // assessed, and no proposal waits for a decision
	WhatDecide       = "decide"       // proposed, not decided
	WhatSentBack     = "sent_back"    // came back with a reason: mend it and send it again
	WhatReconcile    = "reconcile"    // late acts in a case in which nothing else waits
	WhatContribution = "contribution" // told since, and covered by no decision (law 8)
	WhatNewer        = "newer"        // written by a newer program: update this node
)

// stage is what a case waits for, and since when; it follows from the events in
// effect alone.
type stage struct {
	what     string
	since    time.Time
	answered bool // the person who referred has an answer that ends the waiting

	assessed, proposed bool // since the last decision
	decided            bool
}

// waits reads the line of a case.
func waits(s engine.State) stage {
	answers := map[events.ID]string{}
	for _, a := range s.Answers {
		answers[a.Event.ID] = a.Code
	}
	var st stage
	for _, e := range s.Line {
		st.step(e, answers[e.ID])
	}
	st.beside(s)
	return st
}

func (st *stage) step(e events.Event, answer string) {
	if e.Type == events.TypeRestricted {
		return // says who sees the case, and moves nothing
	}
	st.answered = st.decided // an answer that a referral was sent back lasts until it goes on
	switch e.Type {
	case events.TypeRaised, events.TypeForwarded:
		st.set(WhatAccept, e)
	case events.TypeSentBack:
		st.answered = st.decided || answer != ""
		st.set(WhatSentBack, e)
	case events.TypeAccepted:
		st.set(st.next(), e)
	case events.TypeTakenOver:
		if st.what != "" {
			st.set(st.next(), e)
		}
	case events.TypeAssessed:
		if st.assessed = true; st.what != "" {
			st.turn(st.next(), e)
		}
	case events.TypeProposed:
		st.proposed = true
		st.turn(WhatDecide, e)
	case events.TypeDecided:
		if answer == engine.AnswerReceived { // does not end the waiting
			st.assessed, st.proposed = true, false
			st.set(st.next(), e)
			return
		}
		*st = stage{decided: true, answered: true}
	}
}

// next is what the office has to do that answers for the child now.
func (st *stage) next() string {
	switch {
	case st.proposed:
		return WhatDecide
	case st.assessed:
		return WhatPropose
	}
	return WhatAssess
}

// set begins a stage, also the same one at another office.
func (st *stage) set(what string, e events.Event) { st.what, st.since = what, e.Time }

// turn begins a stage unless it lasts already: doing the same once more gives
// no more time.
func (st *stage) turn(what string, e events.Event) {
	if st.what != what {
		st.set(what, e)
	}
}

// beside finds what is to be done in a case in which the line waits for nothing.
func (st *stage) beside(s engine.State) {
	told := uncovered(s)
	for _, next := range []struct {
		what string
		all  []events.Event
	}{{WhatNewer, s.Unread}, {WhatReconcile, s.Late}, {WhatContribution, told}} {
		if st.what != "" || len(next.all) == 0 || !s.Known() {
			continue
		}
		st.set(next.what, next.all[0])
		for _, e := range next.all {
			if e.Time.Before(st.since) {
				st.since = e.Time
			}
		}
	}
}

// uncovered lists the contributions that the decision in effect does not cover:
// with facts that it does not list, or told by somebody who had seen it.
func uncovered(s engine.State) []events.Event {
	if s.Decided == nil {
		return nil
	}
	listed := map[events.ID]bool{}
	for _, id := range s.Decided.Contributions {
		listed[id] = true
	}
	after, decided := map[events.Hash]bool{}, false
	for _, e := range s.Line {
		if decided = decided || e.Type == events.TypeDecided; decided {
			after[e.Hash()] = true
		}
	}
	var out []events.Event
	for _, e := range s.Contributions {
		if e.Type != events.TypeContributed {
			continue // openings and erasures are shown for themselves
		}
		var b events.Contributed
		unread := e.Decode(&b) != nil
		_, sealed := b.Sealed.Part(events.FieldFacts)
		if !listed[e.ID] && (after[e.Prev] || unread || len(b.Facts) > 0 || sealed) {
			out = append(out, e)
		}
	}
	return out
}
