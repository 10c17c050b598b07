package web

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/projections"
)

var (
	inCode  = regexp.MustCompile(`(?s)<code>.*?</code>`)
	inTag   = regexp.MustCompile(`(?s)<[^>]*>`)
	rawCode = regexp.MustCompile(`\b[a-z]+_[a-z_]+\b|\b[a-z]+\.v[0-9]\b|\b(what|level|outcome)\.[a-z]+`)
)

// words are what a person reads of a page.
func wordsOf(page string) string {
	return html.UnescapeString(inTag.ReplaceAllString(inCode.ReplaceAllString(page, ""), " "))
}

// decidedTown has a decided case, a waiting one and one that was sent back.
func decidedTown(t *testing.T) (*town, Done) {
	w := newTown(t)
	done := w.proposed()
	_, err := w.client.Decide(t.Context(), done.Code, "", sitting())
	must(t, err)
	sent := w.raise()
	_, err = w.client.SendBack(t.Context(), sent.Code, "", ReasonRequest{by(cell, "CEL-1"), "no_contact"})
	must(t, err)
	w.raise()
	return w, done
}

// Pages speak to people in three languages: no code of the program or of the
// pack stands where words belong.
func TestPagesSpeakInWords(t *testing.T) {
	w, done := decidedTown(t)
	for _, lang := range langs {
		for _, path := range []string{"/?office=" + village + "&", "/?office=" + cell + "&", "/?office=" + district + "&", "/?", "/cases/" + done.Case + "?", "/cases/" + done.Code + "?"} {
			t.Run(lang.Code+" "+path, func(t *testing.T) {
				is := is.New(t)
				got := w.send("GET", path+"lang="+lang.Code, "")
				is.Equal(got.status, http.StatusOK)
				page := string(got.body)
				is.True(strings.Contains(page, `<html lang="`+lang.Code+`">`))
				is.Equal(rawCode.FindAllString(wordsOf(page), -1), nil)
				is.True(!strings.Contains(page, "<script"))
				is.True(!regexp.MustCompile(`(src|href)="https?:`).MatchString(page)) // nothing from elsewhere
			})
		}
	}
}

// The page of a case tells who decided what and why, in local time.
func TestTheCasePageTellsWhatWasDecidedAndWhy(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.proposed()
	decided, err := w.client.Decide(t.Context(), done.Code, "", sitting())
	is.NoErr(err)
	page := wordsOf(string(w.send("GET", "/cases/"+done.Code+"?actor=DIS-3&office="+district, "").body))
	for _, told := range []string{
		done.Code, "Bugesera", w.server.named(village), "DIS-3", "W-12", "a relative is ready to care", "acted on", "kept only here",
		decided.Time.In(Local).Format("2006-01-02 15:04"), "no objection", "divert", "Times are local (UTC+2).", decided.Check.Messages[0].Text,
	} {
		if !strings.Contains(page, told) {
			t.Errorf("the page does not tell %q:\n%s", told, page)
		}
	}
}

// Forms raise, accept, forward and send back without a script; one that is sent
// twice acts once.
func TestForms(t *testing.T) {
	is, w := is.New(t), newTown(t)
	front := string(w.send("GET", "/?office="+village, "").body)
	form := url.Values{
		"key": {hidden(t, front, "key")}, "office": {hidden(t, front, "office")}, "actor": {"IZU-1"},
		"to": {cell}, "source": {"izu"}, "reason": {"poverty"}, "age_months": {"18"},
	}
	first := w.post("/raise?lang=rw", form)
	is.Equal(first.status, http.StatusSeeOther)
	case1 := first.header.Get("Location")
	is.True(strings.HasSuffix(case1, "?actor=IZU-1&lang=rw&office="+village))
	is.Equal(w.post("/raise?lang=rw", form).header.Get("Location"), case1) // sent twice

	page := string(w.send("GET", case1, "").body)
	is.True(strings.Contains(page, "/accept?lang=rw")) // this node speaks for the cell too
	_, act, _ := strings.Cut(page, "/accept?lang=rw")
	is.Equal(hidden(t, act, "office"), cell)
	path, _, _ := strings.Cut(case1, "?")
	is.Equal(w.post(path+"/accept", url.Values{"office": {cell}, "actor": {"CEL-1"}}).status, http.StatusSeeOther)
	is.Equal(w.post(path+"/forward", url.Values{"office": {cell}, "actor": {"CEL-1"}, "to": {sector}}).status, http.StatusSeeOther)
	is.Equal(w.post(path+"/send-back", url.Values{"office": {sector}, "actor": {"SEC-2"}, "reason": {"incomplete"}}).status, http.StatusSeeOther)
	seen, err := w.client.Cases(t.Context(), "")
	is.NoErr(err)
	is.Equal(len(seen), 1)
	is.Equal(seen[0].Pen, cell)

	front = string(w.send("GET", "/?office="+cell, "").body)
	is.True(strings.Contains(front, "Sent back: mend and send again"))
}

// A mistake in a form is told on a page, with its field.
func TestFormsTellTheirProblems(t *testing.T) {
	is, w := is.New(t), newTown(t)
	for name, c := range map[string]struct {
		form   url.Values
		status int
		told   string
	}{
		"no actor":  {url.Values{"office": {village}, "to": {cell}, "source": {"izu"}}, 400, "actor"},
		"no to":     {url.Values{"office": {village}, "actor": {"IZU-1"}, "source": {"izu"}}, 400, "to"},
		"wrong age": {url.Values{"office": {village}, "actor": {"IZU-1"}, "to": {cell}, "source": {"izu"}, "age_months": {"-1"}}, 400, "age_months"},
		"too large": {url.Values{"office": {strings.Repeat("x", bodyMax)}}, 413, "64 kB"},
		"script":    {url.Values{"office": {"<script>alert(1)</script>"}, "to": {cell}}, 400, "office"},
		"markup":    {url.Values{"office": {village}, "actor": {"IZU-1"}, "to": {cell}, "source": {"<script>"}}, 400, "what was sent is not in the list"},
	} {
		got := w.post("/raise", c.form)
		t.Log(name)
		is.Equal(got.status, c.status)
		is.Equal(got.header.Get("Content-Type"), "text/html; charset=utf-8")
		is.True(strings.Contains(string(got.body), c.told))
		is.True(!strings.Contains(string(got.body), "<script>"))
	}
	is.Equal(w.post("/cases/"+w.raise().Case+"/decide", url.Values{}).status, http.StatusNotFound) // no button for it
	is.Equal(w.send("GET", "/nowhere", "").status, http.StatusNotFound)
	is.Equal(w.send("GET", "/cases/hello", "").status, http.StatusBadRequest)
	is.Equal(w.send("GET", "/?office=Atlantis", "").status, http.StatusBadRequest)
}

// Every text is there in every language, and everything that can wait or be
// found has one.
func TestTextsAreComplete(t *testing.T) {
	is := is.New(t)
	for key, text := range texts {
		for i, s := range text {
			if s == "" && !(key == "unchecked" && i == 0) { // English is checked
				t.Errorf("%s has no text in language %d", key, i)
			}
		}
	}
	for _, what := range []string{
		projections.WhatAccept, projections.WhatAssess, projections.WhatPropose, projections.WhatDecide,
		projections.WhatSentBack, projections.WhatReconcile, projections.WhatContribution, projections.WhatNewer,
	} {
		_, ok := texts["what."+what]
		is.True(ok) // what waits has a text
	}
	for _, outcome := range []string{"out_of_scope", "void", "without_decision", "blocked", "divert", "need_information", "escalate", "provisional", "no_objection"} {
		_, ok := texts["outcome."+outcome]
		is.True(ok) // what is found has a text
	}
	is.Equal(words("fr").T("nowhere"), "nowhere")
	is.True(!reflect.DeepEqual(words("fr").T("inbox"), words("en").T("inbox")))
}

// A language without a reader who grew up with it says so.
func TestUncheckedLanguagesSaySo(t *testing.T) {
	is, w := is.New(t), newTown(t)
	is.True(strings.Contains(string(w.send("GET", "/?lang=rw", "").body), "ntarasomwa"))
	is.True(!strings.Contains(string(w.send("GET", "/?lang=en", "").body), `class="warn"`))
	is.True(strings.Contains(string(w.send("GET", "/?lang=xx", "").body), `<html lang="en">`)) // an unknown one is English
}

func (w *town) post(path string, form url.Values) answer {
	w.t.Helper()
	return w.send("POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", w.url, "Sec-Fetch-Site", "same-origin")
}

// hidden is the value of the first hidden field with this name.
func hidden(t *testing.T, page, name string) string {
	t.Helper()
	found := regexp.MustCompile(fmt.Sprintf(`name="%s" value="([^"]*)"`, name)).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no field %q in\n%s", name, page)
	}
	return found[1]
}
