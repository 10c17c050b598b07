package projections

import (
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/events"
)

// TestLaw5ReferralWaitsUntilItIsAnswered: at every step it stands in the inbox
// of exactly the office that has the pen, with a clock, and the person who
// referred waits; only an event that carries the answer ends that.
func TestLaw5ReferralWaitsUntilItIsAnswered(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	c, told := raised(newPen(1), 0, village, cell), 0
	for _, step := range []struct {
		name   string
		act    func()
		pen    events.Place
		what   string
		since  time.Duration
		waits  bool
		answer string
	}{
		{"raised", func() {}, cell, WhatAccept, 0, true, ""},
		{"accepted", func() { c.accepted(cell) }, cell, WhatAssess, 1, true, "received"},
		{"forwarded", func() { c.forwarded(cell, sector) }, sector, WhatAccept, 2, true, "received"},
		{"sent back to the cell", func() { c.sentBack(sector, cell) }, cell, WhatSentBack, 3, true, "received"},
		{"forwarded again", func() { c.forwarded(cell, sector) }, sector, WhatAccept, 4, true, "received"},
		{"accepted by the sector", func() { c.accepted(sector) }, sector, WhatAssess, 5, true, "received"},
		{"assessed", func() { c.assessed(sector) }, sector, WhatPropose, 6, true, "received"},
		{"assessed again, no new clock", func() { c.assessed(sector) }, sector, WhatPropose, 6, true, "received"},
		{"proposed", func() { c.proposed(sector) }, sector, WhatDecide, 8, true, "received"},
		{"forwarded to the panel", func() { c.forwarded(sector, district) }, district, WhatAccept, 9, true, "received"},
		{"told meanwhile", func() { c.told(village, "") }, district, WhatAccept, 9, true, "received"},
		{"accepted by the panel", func() { c.accepted(district) }, district, WhatDecide, 11, true, "received"},
		{"decided, received is no answer", func() { c.decided(district, "received") }, district, WhatPropose, 12, true, "received"},
		{"proposed once more", func() { c.proposed(district) }, district, WhatDecide, 13, true, "received"},
		{"decided", func() { c.decided(district, "acted_on") }, "", "", 0, false, "acted_on"},
		{"taken over, nothing waits", func() { c.takenOver(nation, district) }, "", "", 0, false, "acted_on"},
		{"proposed anew", func() { c.proposed(nation) }, nation, WhatDecide, 16, false, "acted_on"},
		{"decided anew", func() { c.decided(nation, "ended") }, "", "", 0, false, "ended"},
	} {
		step.act()
		told = s.tell(c, told)
		for _, office := range []events.Place{nation, district, sector, cell, village} {
			items := s.inbox(office, 0, day)
			if office != step.pen {
				is.Equal(len(items), 0) // step: inbox of another office
				continue
			}
			is.Equal(len(items), 1) // step: inbox of the office with the pen
			i := items[0]
			is.Equal([]any{i.Case, i.Pen, i.What, i.Since, i.Code}, []any{c.subject, step.pen, step.what, origin.Add(step.since * time.Hour), c.all[0].Code})
			is.Equal(i.Due.IsZero(), step.what == WhatSentBack) // day has no clock for it
		}
		checkAnswers(is, s, step.waits, step.answer)
	}
	answers, err := s.Answers(village)
	is.NoErr(err)
	var codes []string
	for i, a := range answers {
		codes = append(codes, a.Answer)
		is.Equal(a.Replaces, i > 0) // a later answer replaces an earlier one visibly
	}
	is.Equal(codes, []string{"received", "received", "acted_on", "ended"})
}

// checkAnswers: the village has heard the last answer, and waits or does not.
func checkAnswers(is *is.I, s *shown, waits bool, answer string) {
	is.Helper()
	answers, err := s.Answers(village)
	is.NoErr(err)
	last := ""
	waiting := 0
	for _, a := range answers {
		if a.Waiting {
			waiting++
			is.Equal(a.Event, events.ID(""))
			continue
		}
		last = a.Answer
	}
	is.Equal(last, answer)
	is.Equal(waiting == 1, waits)
	others, err := s.Answers(cell)
	is.NoErr(err)
	is.Equal(len(others), 0) // only where it was raised
}

// TestLaw5SentBackIsAnAnswer: to the office that raised it, with its reason,
// until the referral goes on; it stays in that office's inbox.
func TestLaw5SentBackIsAnAnswer(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	c := raised(newPen(2), 0, village, sector).sentBack(sector, village)
	told := s.tell(c, 0)
	checkAnswers(is, s, false, "sent_back")
	answers, err := s.Answers(village)
	is.NoErr(err)
	is.Equal(answers[0], AnswerItem{
		Case: c.subject, Code: c.all[0].Code, Event: c.last().ID, By: sector, At: origin.Add(time.Hour), Answer: "sent_back", Reason: "incomplete",
	})
	items := s.inbox(village, 0, nil)
	is.Equal(len(items), 1)
	is.Equal(items[0].What, WhatSentBack)
	is.Equal(items[0].From, sector)

	c.forwarded(village, district)
	s.tell(c, told)
	checkAnswers(is, s, true, "sent_back")
	is.Equal(len(s.inbox(village, 0, nil)), 0)
	is.Equal(s.inbox(district, 0, nil)[0].What, WhatAccept)
}

// TestLaw2LateActStandsUntilReconciled: an act that could not know of the
// take-over has no effect and is not hidden: it stands on the inbox row, also
// of a case that is decided, and its answer is in doubt.
func TestLaw2LateActStandsUntilReconciled(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	c := raised(newPen(3), 0, village, sector).accepted(sector).proposed(sector).decided(sector, "ended")
	told := s.tell(c, 0)
	is.Equal(len(s.inbox(sector, 0, nil)), 0)
	checkAnswers(is, s, false, "ended")

	c.fork(2).takenOver(district, sector) // which the sector had not heard of
	told = s.tell(c, told)
	items := s.inbox(district, 0, nil)
	is.Equal(len(items), 1)
	is.Equal([]any{items[0].What, items[0].LateActs}, []any{WhatDecide, 1})
	answers, err := s.Answers(village)
	is.NoErr(err)
	is.Equal(len(answers), 3)
	is.Equal([]any{answers[1].Answer, answers[1].InDoubt, answers[2].Waiting}, []any{"ended", true, true})

	c.decided(district, "acted_on")
	s.tell(c, told)
	items = s.inbox(district, 0, nil)
	is.Equal(len(items), 1)
	is.Equal([]any{items[0].What, items[0].LateActs, items[0].Since}, []any{WhatReconcile, 1, origin.Add(3 * time.Hour)})
	checkAnswers(is, s, false, "ended") // in doubt, below the one that counts
	list, err := s.Cases(nation)
	is.NoErr(err)
	is.Equal([]any{list[0].LateActs, list[0].Care}, []any{1, "kinship_formal"})
}

// TestLaw8FactThatNoDecisionCovers: what is told after a decision, or by
// somebody of whom the panel had not heard, is raised to the office with the
// pen; what the decision lists is not.
func TestLaw8FactThatNoDecisionCovers(t *testing.T) {
	for name, c := range map[string]struct {
		tell func(c *child) *child
		want int
	}{
		"listed":              {func(c *child) *child { return c.told(village, `{}`).decided(sector, "ended", c.last().ID) }, 0},
		"a word before":       {func(c *child) *child { return c.told(village, "").decided(sector, "ended") }, 0},
		"not heard of before": {func(c *child) *child { return c.told(village, `{}`).decided(sector, "ended") }, 1},
		"a word after":        {func(c *child) *child { return c.decided(sector, "ended").told(village, "") }, 1},
		"facts after":         {func(c *child) *child { return c.decided(sector, "ended").told(village, `{}`).told(cell, `{}`) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := show(t, is)
			c2 := c.tell(raised(newPen(4), 0, village, sector).accepted(sector).proposed(sector))
			s.add(c2.all...)
			items := s.inbox(sector, 0, nil)
			is.Equal(len(items) > 0, c.want > 0)
			if c.want > 0 {
				is.Equal([]any{items[0].What, items[0].Uncovered}, []any{WhatContribution, c.want})
			}
		})
	}
}

// TestNewerProgramIsShown: its event is raised to the office with the pen, and
// every other row goes on.
func TestNewerProgramIsShown(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	p := newPen(5)
	odd := raised(p, 0, village, sector).accepted(sector).proposed(sector).decided(sector, "ended").newer(sector)
	open := raised(p, 9*time.Hour, village, sector).newer(village)
	s.add(slices.Concat(odd.all, open.all)...)
	items := s.inbox(sector, 0, nil)
	is.Equal(len(items), 2)
	is.Equal([]any{items[0].What, items[0].Newer}, []any{WhatNewer, true})
	is.Equal([]any{items[1].What, items[1].Newer}, []any{WhatAccept, true})
}

// TestLaw9TimeRaisesAndWritesNothing: what is late is shown one level further
// up with each period, up to the nation and no further; looking changes no row;
// an act in time takes the alarm back; without a clock nothing is late.
func TestLaw9TimeRaisesAndWritesNothing(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	c := raised(newPen(6), 0, village, cell)
	told := s.tell(c, 0)
	before := s.hash()
	path := []events.Place{cell, sector, district, nation}
	for _, at := range []struct {
		after     time.Duration
		escalated int
		late      bool
	}{
		{-time.Hour, 0, false}, // a clock that runs backwards
		{0, 0, false}, {24*time.Hour - 1, 0, false}, {24 * time.Hour, 1, true}, {48*time.Hour - 1, 1, true},
		{48 * time.Hour, 2, true}, {72 * time.Hour, 3, true}, {96 * time.Hour, 3, true}, {100 * 365 * 24 * time.Hour, 3, true},
	} {
		for level, office := range path {
			items := s.inbox(office, at.after, day)
			if level > at.escalated {
				is.Equal(len(items), 0) // not escalated that far
				continue
			}
			is.Equal(len(items), 1) // escalated to here
			i := items[0]
			is.Equal([]any{i.Late, i.Escalated, i.Pen, i.Due}, []any{at.late, at.escalated, cell, origin.Add(24 * time.Hour)})
		}
		is.Equal(len(s.inbox(village, at.after, day)), 0)             // it never goes down
		is.Equal(len(s.inbox("RW.57.12.06", at.after, day)), 0)       // nor aside
		is.Equal(s.inbox(cell, at.after, nil)[0].Due, time.Time{})    // no clock
		is.True(!s.inbox(cell, at.after, none)[0].Late)               // none for this
		is.Equal(len(s.inbox(sector, at.after, none)), 0)             // and so no alarm
		is.Equal(len(s.inbox(nation, at.after, nil)), 0)              // of any kind
		is.Equal(s.inbox(cell, at.after, zero)[0].Escalated, 0)       // a period of nothing is no clock
		is.Equal(s.inbox(cell, at.after, day)[0].Since.UTC(), origin) // time changes nothing
	}
	is.Equal(s.hash(), before) // and wrote nothing
	is.Equal(s.src.Head(), uint64(1))

	c.accepted(cell) // it happened in time, and is heard of late
	s.tell(c, told)
	is.Equal(len(s.inbox(nation, 24*time.Hour, day)), 0)
	is.Equal(s.inbox(cell, 24*time.Hour, day)[0].What, WhatAssess)
	is.True(!s.inbox(cell, 24*time.Hour, day)[0].Late)
}

func none(string) (time.Duration, bool) { return 0, false }
func zero(string) (time.Duration, bool) { return 0, true }

// TestInboxOrder: what is late first, then what waits longest.
func TestInboxOrder(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	p := newPen(7)
	slow := raised(p, 0, village, sector).sentBack(sector, village).forwarded(village, sector).accepted(sector) // since 3 h
	quick := raised(p, 5*time.Hour, village, sector)
	s.add(append(quick.all, slow.all...)...)
	clocks := func(what string) (time.Duration, bool) { return time.Hour, what == WhatAccept }
	items := s.inbox(sector, 0, clocks)
	is.Equal([]string{items[0].What, items[1].What}, []string{WhatAssess, WhatAccept})
	items = s.inbox(sector, 6*time.Hour, clocks)
	is.Equal([]string{items[0].What, items[1].What}, []string{WhatAccept, WhatAssess})
}
