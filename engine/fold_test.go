package engine_test

import (
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// fold makes the state after each of a row of acts, and returns the last.
func fold(t testing.TB, acts ...act) engine.State {
	byName := sign(t, acts)
	var all []events.Event
	for _, a := range acts {
		all = append(all, byName[a.name])
	}
	return engine.Fold(child, all)
}

// TestCustody: the pen passes at once, responsibility when the next office
// accepts.
func TestCustody(t *testing.T) {
	on := act{"on", "accept", cell, to(district), 1}
	for name, tt := range map[string]struct {
		acts                     []act
		pen, responsible, sender events.Place
		awaiting                 bool
	}{
		"raised":     {[]act{opened}, cell, village, village, true},
		"accepted":   {[]act{opened, accepted}, cell, cell, village, false},
		"forwarded":  {[]act{opened, accepted, on}, district, cell, cell, true},
		"received":   {[]act{opened, accepted, on, {"in", "on", district, events.Accepted{}, 1}}, district, district, cell, false},
		"sent back":  {[]act{opened, accepted, on, {"back", "on", district, events.SentBack{To: cell.ID(), Reason: "other_office"}, 1}}, cell, cell, district, false},
		"taken over": {[]act{opened, {"over", "raise", sector, unheard, 1}}, sector, sector, sector, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := fold(t, tt.acts...)
			is.Equal(s.Pen, tt.pen)
			is.Equal(s.Responsible, tt.responsible)
			is.Equal(s.Sender, tt.sender)
			is.Equal(s.Awaiting, tt.awaiting)
			is.Equal(s.Referrer, village)
			is.Equal(s.Source, "izu")
			is.Equal(s.Code, events.CodeOf(id(1)))
		})
	}
}

// TestAnswers: the person who referred is told that it was received, that it
// came back, and what was decided; a later answer stands after an earlier one.
func TestAnswers(t *testing.T) {
	is := is.New(t)
	proposed := act{"propose", "accept", cell, events.Proposed{Decision: engine.DecisionPlacement, Facts: events.Facts(`{}`)}, 1}
	decided := func(name, prev, answer string) act {
		return act{name, prev, cell, events.Decided{Care: "kinship", Panel: []events.Member{{ID: "W-2"}}, Reason: "kin_found", Answer: answer, Contributions: []events.ID{}}, 1}
	}
	codes := func(s engine.State) (out []string) {
		for _, a := range s.Answers {
			out = append(out, a.Code+a.Reason)
		}
		return out
	}
	is.Equal(codes(fold(t, opened)), nil)
	is.Equal(codes(fold(t, opened, accepted)), []string{"received"})
	is.Equal(codes(fold(t, opened, act{"back", "raise", cell, events.SentBack{To: village.ID(), Reason: "other_office"}, 1})), []string{"sent_backother_office"})
	s := fold(t, opened, accepted, proposed, decided("first", "propose", "acted_on"), decided("second", "first", "ended"))
	is.Equal(codes(s), []string{"received", "acted_on", "ended"})
	is.Equal(s.Decided.Answer, "ended") // one is in effect
	on := act{"on", "accept", cell, to(sector), 1}
	is.Equal(codes(fold(t, opened, accepted, on, act{"in", "on", sector, events.Accepted{}, 1})), []string{"received"}) // once
	is.Equal(codes(fold(t, opened, accepted, on, act{"back", "on", sector, events.SentBack{To: cell.ID(), Reason: "other_office"}, 1})), []string{"received"})
}

// TestBesideTheLine: contributions and what a newer program wrote are shown and
// move nothing.
func TestBesideTheLine(t *testing.T) {
	is := is.New(t)
	s := fold(t, opened, act{"note", "raise", district, events.Contributed{Kind: "sighting"}, 1}, act{"new", "raise", cell, struct{}{}, 1})
	is.Equal(len(s.Line), 1)
	is.Equal(len(s.Contributions), 1)
	is.Equal(len(s.Unread), 1)
	is.True(s.Newer())
	is.Equal(s.Pen, cell)
	last, ok := s.Last()
	is.True(ok)
	is.Equal(last.Hash(), s.Head())

	empty := engine.Fold(child, nil)
	is.True(!empty.Known())
	is.Equal(empty.Head(), events.Hash{})
	_, ok = empty.Last()
	is.True(!ok)
}
