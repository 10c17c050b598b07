package web

import (
	"testing"

	"github.com/matryer/is"

	"umuryango/projections"
)

// A referral walks from the village to the district's decision over the API,
// and its answer is read where it was raised.
func TestAReferralWalksToItsAnswer(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ctx, c := t.Context(), w.client
	asked := w.proposed()
	is.Equal(asked.Check.Outcome, "divert") // the gate's answer at the proposal
	is.True(len(asked.Check.Messages) > 0)  // in words

	done, err := c.Decide(ctx, asked.Code, "", sitting())
	is.NoErr(err)
	is.Equal(done.Check.Outcome, "divert") // on what was asked
	is.Equal(done.Taken.Care, "kinship_formal")
	is.Equal(done.Taken.Outcome, "no_objection") // on what was taken

	answers, err := c.Answers(ctx, village)
	is.NoErr(err)
	is.Equal(len(answers), 2)
	is.Equal([]string{answers[0].Answer, answers[1].Answer}, []string{"received", "acted_on"})
	is.True(answers[1].Replaces)

	seen, err := c.Case(ctx, asked.Code)
	is.NoErr(err)
	is.Equal(seen.Case, asked.Case)
	is.Equal(seen.PenName, "Bugesera")
	is.Equal(seen.Care, "kinship_formal")
	is.Equal(len(seen.Trail), 9)
	last := seen.Trail[8]
	is.Equal(last.Standing, projections.StandsInLine)
	is.True(last.KeptOnlyHere) // there is no second node
	is.Equal([]string{last.Reason, last.Answer, last.Care}, []string{"kin_ready", "acted_on", "kinship_formal"})
	is.Equal(len(last.Members), 3)
}

// What waits moves from office to office with the pen, by the pack's clocks.
func TestTheInboxFollowsThePen(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ctx, c := t.Context(), w.client
	done := w.raise()
	is.True(done.NotYetReceived)
	what := func(office string) string {
		t.Helper()
		items, err := c.Inbox(ctx, office)
		is.NoErr(err)
		if len(items) == 0 {
			return ""
		}
		is.Equal(items[0].Code, done.Code)
		return items[0].What
	}
	is.Equal(what(cell), "accept")
	is.Equal(what(sector), "") // nothing is late yet
	w.accepted(done.Code, cell)
	is.Equal(what(cell), "assess")

	second := w.raise()
	list, err := c.Inbox(ctx, cell)
	is.NoErr(err)
	is.Equal(len(list), 2)
	w.pass(30 * 24 * hour)
	late, err := c.Inbox(ctx, sector)
	is.NoErr(err)
	is.Equal(len(late), 2) // both have risen to the office above
	is.True(late[0].Late && late[0].Escalated > 0 && !late[0].Due.IsZero())
	_, err = c.SendBack(ctx, second.Code, "", ReasonRequest{by(cell, "CEL-1"), "incomplete"})
	is.NoErr(err)
	answers, err := c.Answers(ctx, village)
	is.NoErr(err)
	var told []string
	for _, a := range answers {
		if a.Case == second.Case {
			told = append(told, a.Answer+" "+a.Reason)
		}
	}
	is.Equal(told, []string{"sent_back incomplete"})
}

// Contributions need no pen; a take-over from above moves it, and the office
// below is told so by name.
func TestContributingAndTakingOver(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ctx, c := t.Context(), w.client
	done := w.raise()
	told, err := c.Contribute(ctx, done.Case, "", ContributeRequest{ActRequest: by(district, "DIS-3"), Kind: "sighting"})
	is.NoErr(err)
	is.Equal(told.Pen, cell) // as before
	taken, err := c.TakeOver(ctx, done.Case, "", ReasonRequest{by(district, "DIS-3"), "unreachable"})
	is.NoErr(err)
	is.Equal(taken.Pen, district)
	is.True(!taken.NotYetReceived)
	_, err = c.Accept(ctx, done.Case, "", by(cell, "CEL-1"))
	is.Equal(problemIn(t, err).Code, "no_pen")
	seen, err := c.Case(ctx, done.Case)
	is.NoErr(err)
	is.Equal(seen.Trail[1].Reason, "unreachable")
	is.Equal(seen.Trail[2].Standing, projections.StandsContribution)
	is.Equal(seen.Trail[2].Reason, "sighting")
}

// The reads that are no case: places, cases of a subtree, status, quarantine,
// codes, views.
func TestEveryOtherRead(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ctx, c := t.Context(), w.client
	done := w.raise()

	found, err := c.Places(ctx, "Bugesera/Rilima")
	is.NoErr(err)
	is.Equal(found[0].FullName, "Bugesera/Rilima")
	is.Equal(found[0].Level, "sector")
	several, err := c.Places(ctx, "Kivumu")
	is.NoErr(err)
	is.True(len(several) > 1) // all that bear the name

	for office, want := range map[string]int{village: 1, sector: 1, country: 1, "RW56": 0} {
		list, err := c.Cases(ctx, office)
		is.NoErr(err)
		is.Equal(len(list), want) // of the subtree
	}
	status, err := c.Status(ctx)
	is.NoErr(err)
	is.Equal(status.Place, country)
	is.Equal(status.KeptOnlyHere, 1)
	is.True(status.Enrolled && status.Linked)
	is.Equal(status.Applied, status.Head)

	kept, err := c.Quarantine(ctx)
	is.NoErr(err)
	is.Equal(len(kept), 0)

	policy, err := c.Policy(ctx)
	is.NoErr(err)
	is.Equal(policy.Pack, PackID)
	for list, codes := range policy.Lists {
		is.True(len(codes) > 0) // every list that is named has codes
		is.True(codes[0].Label != "")
		is.True(list != "")
	}
	is.Equal(len(policy.Lists), 13)

	before, err := w.server.Views.Hash()
	is.NoErr(err)
	rebuilt, err := c.Rebuild(ctx)
	is.NoErr(err)
	is.Equal(rebuilt.Hash, before) // the same keys and values
	is.Equal(w.send("GET", "/livez", "").status, 200)
	is.Equal(w.send("GET", "/readyz", "").status, 200)
	is.True(done.Code != "")
}

// A code is taken as it was spoken; a case is found by its id as well.
func TestACaseIsNamedByIDOrSpokenCode(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raise()
	for _, ref := range []string{done.Case, done.Code, lower(done.Code), done.Code[:3] + done.Code[4:]} {
		seen, err := w.client.Case(t.Context(), ref)
		is.NoErr(err)
		is.Equal(seen.Case, done.Case)
	}
}
