package web

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// page is what a person reads at an address.
func (w *town) page(path string) string {
	w.t.Helper()
	got := w.send("GET", path, "")
	if got.status != http.StatusOK {
		w.t.Fatalf("%s: %d\n%s", path, got.status, got.body)
	}
	return wordsOf(string(got.body))
}

func (w *town) tells(page string, texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			w.t.Errorf("the page does not tell %q:\n%s", text, page)
		}
	}
}

// What has not arrived, what nobody else holds, what came too late.
func TestACasePageShowsHowThingsStand(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ref := w.raise().Case
	w.tells(w.page("/cases/"+ref), "not yet received", "kept only here", "waiting for an answer")
	w.tells(w.page("/?office="+cell), "acts are kept only here", "Accept or send back")
	accepted := w.accepted(ref, cell)
	is.True(!strings.Contains(w.page("/cases/"+ref), "not yet received"))
	w.tells(w.page("/cases/"+ref), "received", "waiting for an answer") // received does not end the waiting
	_, err := w.client.TakeOver(t.Context(), ref, "", ReasonRequest{by(district, "DIS-3"), "unreachable"})
	is.NoErr(err)
	before, err := w.server.History.Find(accepted.Event)
	is.NoErr(err)
	w.write(events.TypeAssessed, before.Event.Subject, before.Event.Office, before.Event.Hash(), `{"facts":{}}`)
	w.tells(w.page("/cases/"+ref), "late act: kept, without effect", "the office has not been heard from")
	is.True(strings.Contains(string(w.send("GET", "/cases/"+ref, "").body), `<tr class="late">`))
	w.tells(w.page("/?office="+district), "late act: kept, without effect")
}

// What an office raised for itself was sent on to nobody: it waits there to be
// accepted.
func TestWhatAnOfficeRaisedForItselfWaitsThere(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done, err := w.client.Raise(t.Context(), "", RaiseRequest{ActRequest: by(village, "IZU-1"), To: village, Source: "izu", Facts: events.Facts(factsRaised)})
	is.NoErr(err)
	for _, lang := range []string{"en", "fr", "rw"} {
		for _, path := range []string{"/cases/" + done.Code + "?", "/?office=" + village + "&"} {
			page := w.page(path + "lang=" + lang)
			w.tells(page, words(lang).T("notaccepted"))
			is.True(!strings.Contains(page, words(lang).T("senton")) && !strings.Contains(page, words(lang).T("notyet")))
		}
	}
	w.accepted(done.Code, village)
	is.True(!strings.Contains(w.page("/cases/"+done.Code), words("en").T("notaccepted")))
}

// An answer that an act without effect had given is in doubt, on the page of
// its case and where the referral was raised.
func TestALateAnswerIsInDoubt(t *testing.T) {
	is, w := is.New(t), newTown(t)
	raised := w.raise()
	_, err := w.client.TakeOver(t.Context(), raised.Case, "", ReasonRequest{by(district, "DIS-3"), "unreachable"})
	is.NoErr(err)
	before, err := w.server.History.Find(raised.Event)
	is.NoErr(err)
	w.write(events.TypeSentBack, before.Event.Subject, "RW.57.12.05", before.Event.Hash(), `{"to":"`+village+`","reason":"incomplete"}`)
	const told = "sent back (something is missing) · in doubt: given by an act without effect"
	w.tells(w.page("/cases/"+raised.Case), told)
	w.tells(w.page("/?office="+village), told)
}

// A clock that ran out is marked at the office that has it, and the case climbs
// to the offices above.
func TestWhatIsDueAndLateIsMarked(t *testing.T) {
	is, w := is.New(t), newTown(t)
	raised := w.raise()
	due := raised.Time.In(Local).AddDate(0, 0, 1).Format("2006-01-02 15:04")
	w.tells(w.page("/?office="+cell), due)
	is.True(!strings.Contains(w.page("/?office="+cell), due+" · late"))
	is.True(!strings.Contains(w.page("/?office="+sector), "escalated"))
	w.pass(25 * hour)
	w.tells(w.page("/?office="+cell), due+" · late")
	w.tells(w.page("/?office="+sector), "escalated", due+" · late", w.server.named(cell))
	is.True(!strings.Contains(w.page("/?office="+country), "escalated")) // one level with each period
	w.pass(100 * hour)
	w.tells(w.page("/?office="+country), "escalated")
}

// The answer to the person who referred says that something was done, and never
// where the child is, with whom, or what was found: neither on the page nor in
// the API.
func TestAnswersNameNoPlaceNoCarerNoFinding(t *testing.T) {
	w, _ := decidedTown(t)
	for _, lang := range []string{"en", "fr", "rw"} {
		_, told, _ := strings.Cut(html.UnescapeString(string(w.send("GET", "/?lang="+lang+"&office="+village, "").body)), words(lang).T("answers"))
		told, _, _ = strings.Cut(told, "</section>")
		api := string(w.send("GET", "/api/v1/answers?lang="+lang+"&office="+village, "").body)
		w.tells(api, "acted_on")
		w.tells(told, w.server.label(engine.ListAnswers, "acted_on", lang), words(lang).T("replaces"))
		for _, care := range []string{"kinship_formal", "residential_institution"} {
			for _, secret := range []string{"kin_", care, w.server.label(listCare, care, lang), w.server.label(engine.ListDecisions, "kin_ready", lang), "P-0107", "P-0042", "RW5705", "suitable", "divert"} {
				if strings.Contains(told, secret) || strings.Contains(api, secret) {
					t.Errorf("the answers tell %q:\n%s\n%s", secret, told, api)
				}
			}
		}
	}
}

// A page gives nothing back as it came that could act in a browser: neither
// what a request says, nor what another node may have written.
func TestPagesEscapeHostileValues(t *testing.T) {
	is, w := is.New(t), newTown(t)
	const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	check := &CheckView{Care: hostile, Outcome: hostile, DivertTo: []string{hostile}, EscalateTo: hostile, Missing: []string{hostile}, Messages: []CheckMessage{{Rule: hostile, Text: hostile}}}
	data := struct {
		shown
		Case CaseView
		Acts bool
		May  mayDo
	}{Acts: true, May: mayDo{Restrict: []string{hostile}, Reporter: true, Open: true}, Case: CaseView{
		Restricted: []RestrictionView{{events.Restriction{Office: hostile, Person: hostile, Reason: hostile}, hostile, hostile}},
		Record: RecordView{
			Status: statusOpen, Sex: hostile, AgeBand: hostile, Closed: map[string]string{hostile: hostile},
			Identity: &engine.Identity{Name: hostile, AlsoKnownAs: hostile, BirthDate: hostile, Address: hostile, Contact: hostile},
			Adults:   []AdultView{{Adult: engine.Adult{Role: hostile, Name: hostile, BirthDate: hostile, Address: hostile, Contact: hostile, WorkerCode: hostile}}},
		},
		Case: hostile, Code: hostile, PlaceName: hostile, Pen: cell, PenName: hostile, ResponsibleName: hostile, Care: hostile,
		Trail: []TrailEntry{{
			Type: hostile, Standing: hostile, OfficeName: hostile, Actor: hostile, To: hostile, ToName: hostile, ReasonText: hostile, Care: hostile,
			CareText: hostile, Answer: hostile, AnswerText: hostile, Members: []events.Member{{ID: hostile, Discipline: hostile, Present: true, Vote: hostile}}, Check: check, Taken: check, Texts: engine.Narrative{hostile: hostile},
		}},
		Answers: []AnswerEntry{{Text: hostile, ReasonText: hostile}},
	}}
	var err error
	data.shown, err = w.server.shown(httptest.NewRequest("GET", "/", nil))
	is.NoErr(err)
	made := httptest.NewRecorder()
	is.NoErr(w.server.render(made, "case.html", http.StatusOK, data))
	form := url.Values{"office": {hostile}, "actor": {hostile}, "to": {hostile}, "source": {hostile}, "reason": {hostile}, "key": {hostile}}
	for name, body := range map[string][]byte{
		"case":    made.Body.Bytes(),
		"path":    w.send("GET", "/cases/"+url.PathEscape(hostile), "").body,
		"route":   w.send("GET", "/"+url.PathEscape(hostile), "").body,
		"lang":    w.send("GET", "/?lang="+url.QueryEscape(hostile), "").body,
		"office":  w.send("GET", "/?office="+url.QueryEscape(hostile), "").body,
		"form":    w.post("/raise", form).body,
		"forward": w.post("/cases/"+url.PathEscape(hostile)+"/forward", form).body,
	} {
		if page := string(body); !strings.Contains(page, "</html>") || strings.Contains(page, "<script") || strings.Contains(page, "<img") {
			t.Errorf("%s comes back as it was:\n%s", name, page)
		}
	}
}

// The links to other languages lead to the same page, also from the answer to a
// form, whose own address cannot be asked for.
func TestLanguagesLeadBackToThePage(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ref := w.raise().Case
	is.True(strings.Contains(string(w.send("GET", "/", "").body), `href="/?lang=fr&amp;office=RW"`))
	refused := w.post("/cases/"+ref+"/accept?lang=rw", url.Values{"actor": {"A"}})
	is.Equal(refused.status, http.StatusConflict)
	for _, to := range []string{`href="/cases/` + ref + `?lang=fr`, `href="/cases/` + ref + `?lang=rw"`} {
		is.True(strings.Contains(string(refused.body), to))
	}
	w.tells(wordsOf(string(refused.body)), "Ntibyemewe ubu", "an office above it may take over")
	is.True(strings.Contains(string(w.send("GET", "/cases/hello", "").body), `<a href="/?lang=en">Back`)) // not where it was
	is.Equal(w.post("/raise", url.Values{"actor": {"\xff"}}).status, http.StatusBadRequest)
	is.Equal(w.send("POST", "/raise", "actor=%", "Content-Type", "application/x-www-form-urlencoded").status, http.StatusBadRequest)
}
