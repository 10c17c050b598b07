package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/events"
)

// raisedPast raises a referral in the village that is kept from its cell and
// from one person of the sector.
func (w *town) raisedPast() Done {
	w.t.Helper()
	done, err := w.client.Raise(w.t.Context(), "", RaiseRequest{
		ActRequest: by(village, "IZU-1"), Source: "izu", Facts: events.Facts(factsRaised),
		Restricted: []events.Restriction{{Office: "Bugesera/Rilima/Nyabagendwa", Reason: "accused_there"}, {Office: sector, Person: "SEC-9", Reason: "family_there"}},
	})
	must(w.t, err)
	return done
}

// To an office that a case is kept from it is nowhere: no list, no page, no
// code, no id, no act. Everybody else on the path has it.
func TestARestrictedCaseIsNowhere(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raisedPast()
	is.Equal(done.Pen, sector) // straight to the next office up
	for _, as := range []string{"office=" + cell, "office=" + sector + "&actor=SEC-9"} {
		for _, path := range []string{"/api/v1/referrals?", "/api/v1/inbox?", "/api/v1/answers?", "/?"} {
			got := w.send("GET", path+as, "")
			is.Equal(got.status, http.StatusOK)
			is.True(!strings.Contains(string(got.body), done.Code))
			is.True(!strings.Contains(string(got.body), done.Case))
		}
		for _, path := range []string{"/api/v1/referrals/" + done.Code, "/api/v1/referrals/" + done.Case, "/cases/" + done.Code, "/cases/" + done.Case, "/api/v1/reads?case=" + done.Code} {
			joint := "?"
			if strings.Contains(path, "?") {
				joint = "&"
			}
			is.Equal(w.send("GET", path+joint+as, "").status, http.StatusNotFound)
		}
	}
	for _, as := range []ActRequest{by(cell, "CEL-1"), by(sector, "SEC-9")} {
		_, err := w.client.Accept(t.Context(), done.Code, "", as)
		is.Equal(problemIn(t, err).Kind, kindNotFound)
		_, err = w.client.OpenRecord(t.Context(), done.Code, "", OpenRequest{ActRequest: as, Reason: "audit"})
		is.Equal(problemIn(t, err).Kind, kindNotFound)
	}
	for _, as := range []string{"office=" + village, "office=" + sector, "office=" + district, "office=" + sector + "&actor=SEC-2"} {
		is.True(strings.Contains(string(w.send("GET", "/api/v1/referrals?"+as, "").body), done.Code))
		is.Equal(w.send("GET", "/cases/"+done.Code+"?"+as, "").status, http.StatusOK)
	}
	is.True(strings.Contains(string(w.send("GET", "/api/v1/answers?office="+village, "").body), done.Code)) // the village hears back
	w.accepted(done.Code, sector)
}

// Of a node that speaks for several offices each opens what is its own: another
// village's page, and the nation's, open nothing of a case, wherever its keys lie.
func TestAnOfficeOpensItsOwnCasesOnly(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	for _, as := range []ActRequest{by("RW5701", "SEC-7"), by("RW57120501", "IZU-7"), by(country, "NAT-1"), by("RW11", "DIS-7")} {
		one, err := w.client.CaseAs(t.Context(), done.Code, as)
		is.NoErr(err)
		is.Equal(one.Record.Status, statusNoRight)
		is.Equal(string(one.Trail[0].Facts), "{}")
		for _, path := range []string{"/cases/" + done.Code, "/?", "/api/v1/referrals/" + done.Code, "/api/v1/referrals?", "/api/v1/inbox?"} {
			got := w.send("GET", strings.TrimSuffix(path, "?")+"?office="+as.Office+"&actor="+as.Actor, "")
			is.Equal(got.status, http.StatusOK)
			is.True(!strings.Contains(string(got.body), mark))
		}
		_, err = w.client.Reporter(t.Context(), done.Code, ReasonRequest{as, "reporter_question"})
		is.Equal(problemIn(t, err).Code, statusNoRight)
		_, err = w.client.Give(t.Context(), done.Code, "en", ReasonRequest{as, "court_order"})
		is.Equal(problemIn(t, err).Code, statusNoRight)
	}
	_, err := w.client.Reporter(t.Context(), done.Code, ReasonRequest{by(district, "DIS-3"), "reporter_question"}) // another than the supervisor
	is.Equal(problemIn(t, err).Code, statusNoRight)
	is.Equal(len(w.reads("")), 0)
}

// A person from whom a case is kept is known by the code, whichever office of the
// node they name, however they write it.
func TestARestrictedPersonIsKnownByTheCode(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raisedPast()
	for _, as := range []ActRequest{by(sector, "sec-9"), by(district, "SEC-9"), by(village, "Sec-9"), by("RW571203", "SEC-1"), by(country, "SEC-9"), by(cell, "CEL-2")} {
		got := w.send("GET", "/cases/"+done.Code+"?office="+as.Office+"&actor="+as.Actor, "")
		is.Equal(got.status, http.StatusNotFound)
		_, err := w.client.Contribute(t.Context(), done.Code, "", ContributeRequest{ActRequest: as, Kind: "sighting"})
		is.Equal(problemIn(t, err).Kind, kindNotFound)
		got = w.send("POST", "/api/v1/referrals/"+done.Code+"/accept", `{"office":"`+as.Office+`","actor":"`+as.Actor+`"}`, HeaderKey, done.Case)
		is.Equal(got.status, http.StatusNotFound) // nor does a repeated id tell that it is here
	}
}

// Who has the pen keeps a case from others, says so in the trail, and lifts it.
func TestRestrictAndLift(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ref := w.accepted(w.raise().Code, cell).Code
	_, err := w.client.Restrict(t.Context(), ref, "", RestrictRequest{ActRequest: by(cell, "CEL-1"), Restrictions: []events.Restriction{{Office: sector, Reason: "interest_there"}}})
	is.NoErr(err)
	is.Equal(w.send("GET", "/cases/"+ref+"?office="+sector, "").status, http.StatusNotFound)
	w.tells(w.page("/cases/"+ref+"?office="+cell), "kept from others")
	_, err = w.client.Forward(t.Context(), ref, "", ForwardRequest{by(cell, "CEL-1"), sector})
	is.Equal(problemIn(t, err).Code, "restricted_office")
	_, err = w.client.Restrict(t.Context(), ref, "", RestrictRequest{ActRequest: by(cell, "CEL-1")})
	is.NoErr(err)
	is.Equal(w.send("GET", "/cases/"+ref+"?office="+sector, "").status, http.StatusOK)
	_, err = w.client.Restrict(t.Context(), ref, "", RestrictRequest{ActRequest: by(cell, "CEL-1"), Restrictions: []events.Restriction{{Office: district, Reason: "interest_there"}}})
	is.Equal(problemIn(t, err).Code, "restricts_deciding")
	_, err = w.client.Restrict(t.Context(), ref, "", RestrictRequest{ActRequest: by(cell, "CEL-1"), Restrictions: []events.Restriction{{Office: sector, Reason: "because"}}})
	is.Equal(problemIn(t, err).Field, "restrictions.reason")
	is.True(len(problemIn(t, err).Candidates) > 3)
}

// Breaking the glass stands in the inbox of the district and of the nation, with
// its reason and its end, and in no inbox below.
func TestAnOpeningStandsInTheDistrictsInbox(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ref := w.raise().Code
	done, err := w.client.OpenRecord(t.Context(), ref, "", OpenRequest{ActRequest: by(country, "NAT-1"), Reason: "complaint", Hours: 2})
	is.NoErr(err)
	inbox, err := w.client.Inbox(t.Context(), district)
	is.NoErr(err)
	is.Equal(inbox[0].What, "opened")
	is.Equal(inbox[0].Reason, "complaint")
	is.Equal(inbox[0].Due.Sub(done.Time).Round(hour), 2*hour)
	w.tells(w.page("/?office="+district), "Opened from outside its path (a complaint about this case)")
	w.tells(w.page("/cases/"+ref), "opened from outside", "a complaint about this case")
	is.True(!strings.Contains(w.page("/?office="+cell), "Opened from outside"))
	_, err = w.client.OpenRecord(t.Context(), ref, "", OpenRequest{ActRequest: by(district, "DIS-3"), Reason: "complaint"})
	is.Equal(problemIn(t, err).Code, "already_holder")
	_, err = w.client.OpenRecord(t.Context(), ref, "", OpenRequest{ActRequest: by(country, "NAT-1"), Reason: "complaint", Hours: 25})
	is.Equal(problemIn(t, err).Field, "hours")
	w.pass(8 * 24 * hour)
	is.True(!strings.Contains(w.page("/?office="+district), "Opened from outside"))
}
