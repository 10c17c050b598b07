package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/policies"
)

// marked are names that nobody has: wherever one turns up, it came from here.
func marked(n int) RecordRequest {
	m := func(what string) string { return fmt.Sprintf("Qxz%d%s", n, what) }
	return RecordRequest{
		Identity: engine.Identity{Name: m("Child"), AlsoKnownAs: m("Alias"), BirthDate: "2025-05-09", Address: m("Street"), Contact: m("Phone")},
		Note:     m("Note"),
		Reporter: engine.Reporter{Name: m("Reporter"), Contact: m("Call"), Relation: m("Neighbour")},
		Adults:   []engine.Adult{{Role: "mother", Name: m("Mother"), Contact: m("Mobile")}},
	}
}

// mark begins every marked name.
const mark = "Qxz"

func (w *town) raiseMarked(n int) Done {
	w.t.Helper()
	done, err := w.client.Raise(w.t.Context(), "", RaiseRequest{
		ActRequest: by(village, "IZU-1"), To: cell, Source: "izu", Facts: events.Facts(factsRaised), Record: marked(n),
	})
	must(w.t, err)
	return done
}

func (w *town) reads(ref string) []ReadEntry {
	w.t.Helper()
	out, err := w.client.Reads(w.t.Context(), ref)
	must(w.t, err)
	return out
}

// Who does not say who they are reads codes: on every page and in every answer.
func TestWithoutAnActorNothingIsOpened(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	for _, path := range []string{
		"/", "/?office=" + village, "/cases/" + done.Case, "/cases/" + done.Code, "/reads", "/api/v1/referrals", "/api/v1/inbox?office=" + cell,
		"/api/v1/referrals/" + done.Code, "/api/v1/answers?office=" + village, "/api/v1/reads", "/api/v1/status", "/api/v1/quarantine",
	} {
		got := w.send("GET", path, "")
		is.Equal(got.status, http.StatusOK)
		is.True(!strings.Contains(string(got.body), mark))
	}
	one, err := w.client.Case(t.Context(), done.Code)
	is.NoErr(err)
	is.Equal(one.Record.Status, statusActor)
	is.Equal(one.Record.AgeBand, "0-2") // what is counted by stays readable
	is.Equal(len(w.reads("")), 0)
	w.tells(w.page("/cases/"+done.Code), "give your worker's code to read this")
}

// Whoever says who they are reads a name, and stands on record with its page.
func TestAnOpenedCaseIsOnRecord(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	page := w.page("/cases/" + done.Code + "?office=" + cell + "&actor=CEL-1")
	w.tells(page, "Qxz1Child", "Qxz1Alias", "2025-05-09", "Qxz1Street", "Qxz1Phone", "Qxz1Note", "mother: Qxz1Mother", "girl", "0-2 years")
	is.True(!strings.Contains(page, "Qxz1Reporter")) // asked for by itself
	read := w.reads(done.Code)
	is.Equal(len(read), 1)
	is.Equal(read[0].Actor, "CEL-1")
	is.Equal(read[0].Office, cell)
	is.Equal(read[0].Page, engine.PageCase)
	is.Equal(read[0].Codes, []string{done.Code})
	w.tells(w.page("/reads"), "CEL-1, ", done.Code)
	one, err := w.client.CaseAs(t.Context(), done.Code, by(district, "DIS-3"))
	is.NoErr(err)
	is.Equal(one.Record.Identity, &engine.Identity{Name: "Qxz1Child", AlsoKnownAs: "Qxz1Alias", BirthDate: "2025-05-09", Address: "Qxz1Street", Contact: "Qxz1Phone"})
	is.Equal(one.Record.Adults[0].Name, "Qxz1Mother")
	is.True(engine.ValidKeyID(one.Record.Adults[0].Key))
	is.Equal(one.Trail[0].Texts, engine.Narrative{engine.NoteKey: "Qxz1Note"})
	is.Equal(len(w.reads("")), 2)
	is.Equal(w.send("GET", "/cases/"+done.Code+"?actor=Marie+Keza", "").status, http.StatusBadRequest)
	is.True(!strings.Contains(w.log.String(), mark))
}

// An office on the path whose node has no key of a name yet is told so, in the list
// as on the page: the key is still to come.
func TestANameWhoseKeyIsStillToCome(t *testing.T) {
	is, w := is.New(t), newTown(t)
	sealed, err := w.server.History.Find(w.raiseMarked(1).Event)
	is.NoErr(err)
	subject := events.Subject{Place: sealed.Event.Subject.Place, Kind: events.KindCase, ID: string(newID(t))}
	w.write(events.TypeRaised, subject, sealed.Event.Office, events.Hash{}, string(sealed.Event.Body)) // of a case of which no key is here
	for _, office := range []string{village, cell, sector, district} {
		as := by(office, "W-1")
		seen, err := w.client.CaseAs(t.Context(), subject.ID, as)
		is.NoErr(err)
		is.Equal(seen.Record.Status, statusNoKey)
		list, err := w.client.CasesAs(t.Context(), as, 0)
		is.NoErr(err)
		i := slices.IndexFunc(list, func(c CaseEntry) bool { return c.Case == subject.ID })
		is.Equal(list[i].NameView, NameView{Status: statusNoKey})
		for _, path := range []string{"/cases/" + subject.ID + "?", "/?"} {
			w.tells(w.page(path+"office="+office+"&actor=W-1"), "name not readable here yet")
		}
	}
}

// A node of which nobody has heard yet reads what it wrote, in the list as on the
// page.
func TestANodeThatNobodyEnrolledReadsWhatItWrote(t *testing.T) {
	is := is.New(t)
	w := openTown(t, "RW.57", node.Config{Upper: node.Upper{Place: "RW", Address: "127.0.0.1:1", LinkKey: make([]byte, 32)}})
	done := w.raiseMarked(1)
	seen, err := w.client.CaseAs(t.Context(), done.Code, by(village, "IZU-1"))
	is.NoErr(err)
	is.Equal(seen.Record.Status, statusOpen)
	list, err := w.client.CasesAs(t.Context(), by(village, "IZU-1"), 0)
	is.NoErr(err)
	is.Equal(list[0].NameView, NameView{Name: "Qxz1Child", Status: statusOpen})
}

// What is told later is laid over what was told before, member by member.
func TestALaterNameStandsOverAnEarlierOne(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	w.accepted(done.Code, cell)
	_, err := w.client.Assess(t.Context(), done.Code, "", FactsRequest{
		ActRequest: by(cell, "CEL-1"), Record: RecordRequest{Identity: engine.Identity{Name: "Qxz2Child"}, Note: "Qxz2Note"},
	})
	is.NoErr(err)
	one, err := w.client.CaseAs(t.Context(), done.Code, by(cell, "CEL-1"))
	is.NoErr(err)
	is.Equal(one.Record.Identity.Name, "Qxz2Child")
	is.Equal(one.Record.Identity.Address, "Qxz1Street")
	list, err := w.client.CasesAs(t.Context(), by(cell, "CEL-1"), 0)
	is.NoErr(err)
	is.Equal(list[0].Name, "Qxz2Child")
}

// A list opens fifty names, which is one record; the next fifty are on the next
// page.
func TestAListOfNamesIsOneRecord(t *testing.T) {
	is, w := is.New(t), newTown(t)
	const cases = engine.ReadCodesMax + 3
	for n := range cases {
		w.raiseMarked(n)
	}
	page := w.page("/?office=" + village + "&actor=IZU-1")
	is.Equal(strings.Count(page, mark), engine.ReadCodesMax)
	read := w.reads("")
	is.Equal(len(read), 1)
	is.Equal(len(read[0].Codes), engine.ReadCodesMax)
	is.Equal(read[0].Page, engine.PageList)
	next := w.page("/?office=" + village + "&actor=IZU-1&from=50")
	is.Equal(strings.Count(next, mark), cases-engine.ReadCodesMax)
	w.tells(page, "more cases")
	w.tells(next, "the cases before")
	is.Equal(len(w.reads("")[0].Codes), cases-engine.ReadCodesMax)
	list, err := w.client.CasesAs(t.Context(), by(village, "IZU-1"), 50)
	is.NoErr(err)
	is.Equal(len(list), cases)
	is.Equal(list[0].Name, "")
	is.True(strings.HasPrefix(list[50].Name, mark))
	is.Equal(w.send("GET", "/?from=-1", "").status, http.StatusBadRequest)
}

// No record, no page: what was opened for it is not told in any other way.
func TestWithoutARecordThereIsNoPage(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	inbox, err := w.client.Inbox(t.Context(), cell) // the pages know of it
	is.NoErr(err)
	is.Equal(len(inbox), 1)
	w.unrecorded()
	for _, path := range []string{"/cases/" + done.Code, "/", "/api/v1/referrals", "/api/v1/referrals/" + done.Code, "/api/v1/inbox"} {
		got := w.send("GET", path+"?actor=NAT-1&office="+cell, "")
		is.Equal(got.status, http.StatusServiceUnavailable)
		is.True(!strings.Contains(string(got.body), mark))
		is.True(strings.Contains(string(got.body), "could not be put on record"))
		is.Equal(w.send("GET", path, "").status, http.StatusOK) // codes need none
	}
	for _, act := range []string{"reporter", "give"} {
		got := w.send("POST", "/api/v1/records/"+done.Code+"/"+act, `{"actor":"CEL-2","office":"`+cell+`","reason":"reporter_question"}`)
		is.Equal(got.status, http.StatusServiceUnavailable)
		is.True(!strings.Contains(string(got.body), mark))
	}
}

// Who reported is opened by itself, with a reason, and stands on record.
func TestTheReporterIsOpenedForAReason(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	told, err := w.client.Reporter(t.Context(), done.Code, ReasonRequest{by(cell, "CEL-1"), "reporter_question"})
	is.NoErr(err)
	is.Equal(told.Reporters[0].Name, "Qxz1Reporter")
	is.Equal(w.reads(done.Code)[0].Reason, "reporter_question")
	is.Equal(w.reads(done.Code)[0].Page, engine.PageReporter)
	for body, field := range map[string]string{
		`{"actor":"CEL-1","reason":"curious"}`:       "reason",
		`{"actor":"CEL-1"}`:                          "reason",
		`{"reason":"reporter_question"}`:             "actor",
		`{"actor":"A B","reason":"audit"}`:           "actor",
		`{"actor":"CEL-1","reason":"audit","to":""}`: "to",
	} {
		got := w.send("POST", "/api/v1/records/"+done.Code+"/reporter", body)
		is.Equal(got.status, http.StatusBadRequest)
		is.Equal(got.problem(t).Field, field)
	}
	page := w.post("/cases/"+done.Code+"/reporter", url.Values{"office": {cell}, "actor": {"CEL-1"}, "reason": {"reporter_question"}})
	is.Equal(page.status, http.StatusOK)
	w.tells(wordsOf(string(page.body)), "Qxz1Reporter", "Qxz1Call", "Qxz1Neighbour")
	is.Equal(len(w.reads(done.Code)), 2)
}

// The whole file is the person's own: who they are, the trail, what was written
// and answered, and nothing of others.
func TestTheWholeFileIsGiven(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	file, err := w.client.Give(t.Context(), done.Code, "en", ReasonRequest{by(district, "DIS-3"), "court_order"})
	is.NoErr(err)
	is.Equal(file.Record.Identity.Name, "Qxz1Child")
	is.Equal(file.Trail[0].Texts[engine.NoteKey], "Qxz1Note")
	is.Equal(len(file.Answers), 1)
	is.Equal(len(file.Record.Adults), 0)
	is.Equal(file.By, district)
	is.Equal(w.reads(done.Code)[0].Page, engine.PageFile)
}

// A file is in the language that was asked for, its acts and codes too, and says
// where no native speaker has read it.
func TestAFileIsInThePersonsLanguage(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	for lang, told := range map[string][]string{
		"en": {"Your file", "referral raised", "Qxz1Child"},
		"fr": {"Votre dossier", "signalement", "Qxz1Child", texts["unchecked"][1]},
		"rw": {"Dosiye yawe", "amakuru yatanzwe", "Qxz1Child", texts["unchecked"][2]},
	} {
		file, err := w.client.Give(t.Context(), done.Code, lang, ReasonRequest{by(district, "DIS-3"), "court_order"})
		is.NoErr(err)
		var out strings.Builder
		is.NoErr(file.Print(&out))
		is.True(strings.Contains(out.String(), `<html lang="`+lang+`">`))
		w.tells(wordsOf(out.String()), told...)
	}
}

// A locked node shows codes, says that it is locked, and gives nothing away.
func TestALockedNodeOpensNothing(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	w.server.Node.Lock()
	one, err := w.client.CaseAs(t.Context(), done.Code, by(cell, "CEL-1"))
	is.NoErr(err)
	is.Equal(one.Record.Status, statusLocked)
	w.tells(w.page("/cases/"+done.Code+"?actor=CEL-1&office="+cell), "this node is locked")
	_, err = w.client.Reporter(t.Context(), done.Code, ReasonRequest{by(cell, "CEL-1"), "reporter_question"})
	is.Equal(problemIn(t, err).Code, statusLocked)
	_, err = w.client.Give(t.Context(), done.Code, "en", ReasonRequest{by(district, "DIS-3"), "court_order"})
	is.Equal(problemIn(t, err).Code, statusLocked)
	is.Equal(len(w.reads("")), 0)
}

// A name goes with a form's body and into no address.
func TestAFormsNameIsSealed(t *testing.T) {
	is, w := is.New(t), newTown(t)
	got := w.post("/raise", url.Values{
		"office": {village}, "actor": {"IZU-1"}, "to": {cell}, "source": {"izu"}, "name": {"Qxz7Child"}, "birth_date": {"2021"}, "note": {"Qxz7Note"},
		"adult_role": {"mother"}, "adult_name": {"Qxz7Mother"}, "reporter_name": {"Qxz7Reporter"}, "keep_from": {cell}, "keep_reason": {"family_there"},
	})
	is.Equal(got.status, http.StatusSeeOther)
	is.True(!strings.Contains(got.header.Get("Location"), mark))
	page := w.page(got.header.Get("Location"))
	w.tells(page, "Qxz7Child", "2021", "Qxz7Note", "Qxz7Mother", "kept from:", w.server.named(cell))
	is.Equal(w.send("GET", strings.Split(got.header.Get("Location"), "?")[0]+"?office="+cell, "").status, http.StatusNotFound)
	list, err := w.client.Cases(t.Context(), village)
	is.NoErr(err)
	is.Equal(list[0].Pen, sector) // past the office that it is kept from
}

// One adult's data go alone: the child's stay readable, and the others'.
func TestOneAdultIsErasedAlone(t *testing.T) {
	is, w := is.New(t), newTown(t)
	told := marked(1)
	told.Adults = append(told.Adults, engine.Adult{Role: "aunt", Name: "Qxz1Aunt"})
	done, err := w.client.Raise(t.Context(), "", RaiseRequest{ActRequest: by(village, "IZU-1"), To: cell, Source: "izu", Record: told})
	is.NoErr(err)
	one, err := w.client.CaseAs(t.Context(), done.Code, by(district, "DIS-3"))
	is.NoErr(err)
	is.Equal(len(one.Record.Adults), 2)
	key := one.Record.Adults[0].Key
	is.True(key != one.Record.Adults[1].Key)
	erase := EraseRequest{ActRequest: by(district, "DIS-3"), Ground: "adult_asks", Document: "A-7", Key: key}
	_, err = w.client.Erase(t.Context(), done.Code, "", erase)
	is.NoErr(err)
	one, err = w.client.CaseAs(t.Context(), done.Code, by(district, "DIS-3"))
	is.NoErr(err)
	is.Equal(len(one.Record.Adults), 1)
	is.Equal(one.Record.Adults[0].Name, "Qxz1Aunt")
	is.Equal(one.Record.Closed, map[string]string{"adult": statusErased})
	is.Equal(one.Record.Identity.Name, "Qxz1Child")
	list, err := w.client.CasesAs(t.Context(), by(district, "DIS-3"), 0)
	is.NoErr(err)
	is.Equal(list[0].Name, "Qxz1Child")
	held, err := w.client.Holders(t.Context(), done.Code, by(district, "DIS-3"))
	is.NoErr(err)
	is.Equal(held.Erasures[0].Key, key)
	is.Equal(held.Erasures[0].GroundText, "an adult asks for their own data")
}

// The page of an erased case says so, and offers nothing that would need a key.
func TestAnErasedCaseSaysSo(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	is.Equal(w.post("/cases/"+done.Case+"/erase", url.Values{"office": {district}, "actor": {"DIS-3"}, "ground": {"recorded_by_mistake"}}).status, http.StatusSeeOther)
	page := w.page("/cases/" + done.Case + "?actor=DIS-3&office=" + district)
	w.tells(page, "erased", "recorded by mistake")
	is.True(!strings.Contains(page, mark))
	whole := string(w.send("GET", "/cases/"+done.Case+"?actor=DIS-3&office="+district, "").body)
	is.True(!strings.Contains(whole, `/reporter?`))
	is.True(!strings.Contains(whole, `/erase?`))
	list := w.page("/?actor=DIS-3&office=" + district)
	w.tells(list, done.Code, "erased")
	is.True(!strings.Contains(list, mark))
}

// What a person typed where a code belongs may be a name: no answer repeats it.
func TestErrorsRepeatNoValue(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	for path, body := range map[string]string{
		"/api/v1/referrals":                              `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"Qxz1 Child"}`,
		"/api/v1/referrals?":                             `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"izu","facts":{"reasons":["Qxz1 Child is alone"]}}`,
		"/api/v1/referrals??":                            `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"izu","facts":{"request":{"provider":"Qxz1 Child"}}}`,
		"/api/v1/referrals???":                           `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"izu","facts":{"home":{"name":"Qxz1 Child"}}}`,
		"/api/v1/referrals/Qxz1%20Child/accept":          `{"office":"` + cell + `","actor":"CEL-1"}`,
		"/api/v1/referrals/" + done.Code + "/accept":     `{"office":"` + cell + `","actor":"Qxz1 Child"}`,
		"/api/v1/records/" + done.Code + "/erase":        `{"office":"` + district + `","actor":"DIS-3","ground":"Qxz1 Child"}`,
		"/api/v1/records/" + done.Code + "/erase?":       `{"office":"` + district + `","actor":"DIS-3","ground":"court_order","document":"Qxz1 Child"}`,
		"/api/v1/records/" + done.Code + "/erase??":      `{"office":"` + district + `","actor":"DIS-3","ground":"court_order","document":"A-1","key":"Qxz1 Child"}`,
		"/api/v1/records/" + done.Code + "/reporter":     `{"office":"` + cell + `","actor":"CEL-1","reason":"Qxz1 Child"}`,
		"/api/v1/records/" + done.Code + "/open":         `{"office":"` + country + `","actor":"NAT-1","reason":"Qxz1 Child"}`,
		"/api/v1/records/" + done.Code + "/restrict":     `{"office":"` + cell + `","actor":"CEL-1","restrictions":[{"office":"` + sector + `","person":"Qxz1 Child","reason":"family_there"}]}`,
		"/api/v1/referrals/" + done.Code + "/contribute": `{"office":"` + cell + `","actor":"CEL-1","kind":"Qxz1 Child"}`,
	} {
		got := w.send("POST", strings.TrimRight(path, "?"), body)
		is.True(got.status >= http.StatusBadRequest)
		if strings.Contains(string(got.body), mark) {
			t.Errorf("%s repeats a value: %s", path, got.body)
		}
	}
	is.True(!strings.Contains(w.log.String(), mark))
}

// Nobody's page can put a worker on record who did not look.
func TestAnotherOriginOpensNothing(t *testing.T) {
	is, w := is.New(t), newTown(t)
	done := w.raiseMarked(1)
	got := w.send("GET", "/cases/"+done.Code+"?actor=CEL-1", "", "Sec-Fetch-Site", "cross-site")
	is.Equal(got.status, http.StatusForbidden)
	is.True(!strings.Contains(string(got.body), mark))
	is.Equal(len(w.reads("")), 0)
	is.Equal(w.send("GET", "/cases/"+done.Code, "", "Sec-Fetch-Site", "cross-site").status, http.StatusOK) // codes, as before
	is.Equal(w.send("GET", "/cases/"+done.Code+"?actor=CEL-1", "", "Sec-Fetch-Site", "same-origin").status, http.StatusOK)
}

// An act that is stored is told as done, also where what it opens cannot be put on
// record: without that.
func TestAnActNeedsNoRecordOfReading(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ref := w.accepted(w.raiseMarked(1).Code, cell).Code
	w.unrecorded()
	assess := FactsRequest{ActRequest: by(cell, "CEL-1"), Facts: events.Facts(factsVisited)}
	done, err := w.client.Assess(t.Context(), ref, "", assess)
	is.NoErr(err)
	is.Equal(done.Check, nil)
	is.True(done.Event != "")
}

// TestAnActIsDoneThoughItsAnswerCannotBeRead: what the gate answered is missing
// then, and the log says why.
func TestAnActIsDoneThoughItsAnswerCannotBeRead(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ref := w.accepted(w.raise().Code, cell).Code
	w.server.Packs = &policies.Library{} // of which no answer can be put into words
	key := newID(t)
	in := FactsRequest{ActRequest: by(cell, "CEL-1"), Facts: events.Facts(factsInstitution)}
	done, err := w.client.Propose(t.Context(), ref, key, in)
	is.NoErr(err)
	is.True(done.Event != "" && !done.Again)
	is.Equal(done.Check, nil)
	is.True(strings.Contains(w.log.String(), "an act is answered without what it opened"))
	again, err := w.client.Propose(t.Context(), ref, key, in)
	is.NoErr(err)
	is.True(again.Again) // it is stored
	is.Equal(again.Event, done.Event)
}
