package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/events"
)

// TestAClockThatStandsBeforeAnyPolicyPack: a machine whose battery is dead shows
// its pages and takes down what happened; it decides nothing.
func TestAClockThatStandsBeforeAnyPolicyPack(t *testing.T) {
	is, w := is.New(t), newTown(t)
	asked := w.proposed().Code
	w.pass(time.Unix(0, 0).Sub(began))
	for _, path := range []string{
		"/", "/?office=" + cell + "&actor=CEL-1&lang=rw", "/cases/" + asked, "/cases/" + asked + "?office=" + district + "&actor=DIS-3", "/nodes",
		"/api/v1/referrals", "/api/v1/referrals/" + asked + "?office=" + district + "&actor=DIS-3", "/api/v1/inbox?office=" + cell, "/api/v1/answers?office=" + village,
		"/api/v1/policy", "/api/v1/status", "/api/v1/records/" + asked + "/holders", "/api/v1/nodes/" + country + "/exposure",
	} {
		if got := w.send("GET", path, ""); got.status != http.StatusOK {
			t.Errorf("%s answers %d: %s", path, got.status, got.body)
		}
	}

	ctx, c := t.Context(), w.client
	ref := w.accepted(w.raise().Code, cell).Code
	_, err := c.Assess(ctx, ref, "", FactsRequest{ActRequest: by(cell, "CEL-1"), Facts: events.Facts(factsVisited)})
	is.NoErr(err)
	_, err = c.Contribute(ctx, asked, "", ContributeRequest{ActRequest: by(village, "IZU-1"), Kind: "sighting"})
	is.NoErr(err)
	proposed, err := c.Propose(ctx, ref, "", FactsRequest{ActRequest: by(cell, "CEL-1"), Facts: events.Facts(factsInstitution)})
	is.NoErr(err)
	is.True(proposed.Check != nil && proposed.Check.PackHash != "") // it says which pack answered

	_, err = c.Decide(ctx, asked, "", sitting())
	p := problemIn(t, err)
	is.Equal([]any{p.Code, p.ExitCode()}, []any{"no_policy", 1})
	is.True(strings.Contains(p.Detail, "Date the decision on the day on which it is taken"))
}
