package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/events"
)

// Every mistake in a request is told by its kind and names its field.
func TestBadRequestsNameTheirField(t *testing.T) {
	w := newTown(t)
	done := w.raise()
	act := "/api/v1/referrals/" + done.Code + "/"
	good := `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"izu"`
	cases := map[string]struct {
		path, body  string
		status      int
		kind, field string
	}{
		"not JSON":            {"/api/v1/referrals", `{`, 400, kindInput, "body"},
		"an empty body":       {"/api/v1/referrals", ``, 400, kindInput, "body"},
		"two values":          {"/api/v1/referrals", good + `}{}`, 400, kindInput, "body"},
		"a list":              {"/api/v1/referrals", `[]`, 400, kindInput, "body"},
		"an unknown field":    {"/api/v1/referrals", good + `,"name":"Keza"}`, 400, kindInput, "name"},
		"a key twice":         {"/api/v1/referrals", good + `,"source":"police"}`, 400, kindInput, "body"},
		"a key in capitals":   {"/api/v1/referrals", strings.Replace(good, "actor", "ACTOR", 1) + `}`, 400, kindInput, "body"},
		"a fact twice":        {"/api/v1/referrals", good + `,"facts":{"child":{"age_months":18,"age_months":19}}}`, 400, kindInput, "body"},
		"an escaped fact":     {"/api/v1/referrals", good + `,"facts":{"ch\u0069ld":{"age_months":18}}}`, 400, kindInput, "body"},
		"a wrong type":        {"/api/v1/referrals", `{"actor":7}`, 400, kindInput, "actor"},
		"a wrong inner type":  {act + "decide", `{"members":[{"id":3}]}`, 400, kindInput, "members.id"},
		"a wrong instant":     {act + "accept", `{"actor":"W-1","time":"yesterday"}`, 400, kindInput, "time"},
		"no actor":            {act + "accept", `{"office":"` + cell + `"}`, 400, kindInput, "actor"},
		"a name as actor":     {act + "accept", `{"office":"` + cell + `","actor":"Marie Keza"}`, 400, kindInput, "actor"},
		"no addressee":        {"/api/v1/referrals", `{"office":"` + village + `","actor":"IZU-1","source":"izu"}`, 400, kindInput, "to"},
		"no source":           {"/api/v1/referrals", `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `"}`, 400, kindInput, "source"},
		"an unknown code":     {"/api/v1/referrals", `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"neighbour"}`, 400, kindInput, "source"},
		"an unknown place":    {act + "accept", `{"office":"Atlantis","actor":"W-1"}`, 400, kindInput, "office"},
		"an unknown id":       {act + "forward", `{"office":"` + cell + `","actor":"W-1","to":"RW99"}`, 400, kindInput, "to"},
		"a province":          {act + "forward", `{"office":"` + cell + `","actor":"W-1","to":"RW5"}`, 400, kindInput, "to"},
		"an ambiguous name":   {"/api/v1/referrals", strings.Replace(good, village, "Kivumu", 1) + `}`, 400, kindInput, "office"},
		"an unknown fact":     {"/api/v1/referrals", good + `,"facts":{"child":{"shoe_size":20}}}`, 400, kindInput, "facts.child.shoe_size"},
		"a fact of the node":  {"/api/v1/referrals", good + `,"facts":{"at":"2026-11-20T08:00:00Z"}}`, 400, kindInput, "facts.at"},
		"facts of no shape":   {"/api/v1/referrals", good + `,"facts":[1]}`, 400, kindInput, "facts"},
		"a bad birth date":    {"/api/v1/referrals", good + `,"record":{"identity":{"birth_date":"Keza, in spring"}}}`, 400, kindInput, "record.identity.birth_date"},
		"a name as role":      {"/api/v1/referrals", good + `,"record":{"adults":[{"role":"Keza Marie"}]}}`, 400, kindInput, "record.adults[0].role"},
		"a long name":         {"/api/v1/referrals", good + `,"record":{"identity":{"name":"` + strings.Repeat("Keza", 200) + `"}}}`, 400, kindInput, "record.identity.name"},
		"an empty reporter":   {"/api/v1/referrals", good + `,"record":{"reporter":{"name":"  "}}}`, 400, kindInput, "record.reporter.name"},
		"an unknown secret":   {"/api/v1/referrals", good + `,"record":{"identity":{"shoe":"Keza"}}}`, 400, kindInput, "shoe"},
		"a number as a name":  {"/api/v1/referrals", good + `,"record":{"identity":{"name":250788}}}`, 400, kindInput, "record.identity.name"},
		"too large":           {"/api/v1/referrals", `{"facts":"` + strings.Repeat("x", bodyMax) + `"}`, 413, kindTooLarge, ""},
		"an event over 64 kB": {"/api/v1/referrals", good + `,"facts":{"kin_search":[` + strings.TrimSuffix(strings.Repeat(aunt+",", 480), ",") + `]}}`, 413, kindTooLarge, ""},
		"no code":             {"/api/v1/referrals/hello/accept", `{"actor":"W-1"}`, 400, kindInput, "case"},
		"a code misheard":     {"/api/v1/referrals/K7Q-F2MD/accept", `{"actor":"W-1"}`, 400, kindInput, "case"},
		"a code of nobody":    {"/api/v1/referrals/" + events.NewCode(12345) + "/accept", `{"actor":"W-1"}`, 404, kindNotFound, ""},
		"an id of nobody":     {"/api/v1/referrals/" + string(newID(t)) + "/accept", `{"actor":"W-1"}`, 404, kindNotFound, ""},
		"an unknown act":      {act + "approve", `{"actor":"W-1"}`, 404, kindNoRoute, ""},
		"no such route":       {"/api/v1/orphanages", `{}`, 404, kindNoRoute, ""},
		"no place to invite":  {"/api/v1/invitations", `{}`, 400, kindInput, "place"},
		"a body on recall":    {"/api/v1/offices/" + village + "/recall", `{"place":"RW"}`, 400, kindInput, "place"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got := w.send("POST", c.path, c.body, "Content-Type", "application/json")
			p := got.problem(t)
			t.Log(p.Detail)
			is.Equal(got.status, c.status)
			is.Equal(p.Status, c.status)
			is.Equal(p.Kind, typePrefix+c.kind)
			is.Equal(p.Field, c.field)
			is.True(p.Title != "" && p.Detail != "")
			if strings.Contains(c.body, `"record"`) {
				is.True(!strings.Contains(string(got.body), "Keza")) // the path, never the value
				is.True(!strings.Contains(string(got.body), "250788"))
			}
		})
	}
	is := is.New(t)
	is.Equal(w.log.String(), "") // nothing of it is a fault of the node
	list, err := w.client.Cases(t.Context(), country)
	is.NoErr(err)
	is.Equal(len(list), 1) // nothing of it was stored
}

// aunt is one entry of a list of facts.
const aunt = `{"relation":"aunt","outcome":"suitable","place":"RW5705","visited_at":"2026-11-19T08:00:00Z","same_household":false,"child_agrees":true}`

// All places of a name are listed, each with what to write instead.
func TestAnAmbiguousPlaceListsAllCandidates(t *testing.T) {
	is, w := is.New(t), newTown(t)
	_, err := w.client.Raise(t.Context(), "", RaiseRequest{ActRequest: by("Kivumu", "IZU-1"), To: cell, Source: "izu"})
	p := problemIn(t, err)
	is.Equal(p.ExitCode(), 2)
	is.Equal(len(p.Candidates), len(w.server.Places.ByName("Kivumu")))
	is.True(strings.Contains(strings.Join(p.Candidates, "\n"), "Bugesera/Rilima/Kimaranzara/Kivumu (RW"))
}

// A code that is unknown comes with those that are not.
func TestAnUnknownCodeListsTheKnownOnes(t *testing.T) {
	is, w := is.New(t), newTown(t)
	_, err := w.client.Raise(t.Context(), "", RaiseRequest{ActRequest: by(village, "IZU-1"), To: cell, Source: "neighbour"})
	p := problemIn(t, err)
	is.Equal(p.Field, "source")
	is.True(slices.Contains(p.Candidates, "izu"))
	is.True(strings.Contains(p.Error(), "izu, clinic"))
}

// What is not allowed now is refused with a code and a way out.
func TestRefusals(t *testing.T) {
	w := newTown(t)
	ctx, c := t.Context(), w.client
	done := w.raise()
	asked := w.proposed()
	wrong := sitting()
	wrong.Care, wrong.Facts = "residential_institution", nil
	cases := map[string]struct {
		code string
		err  error
	}{
		"without the pen":         {"no_pen", second(c.Accept(ctx, done.Code, "", by(sector, "SEC-2")))},
		"off the path":            {"not_on_path", second(c.Accept(ctx, done.Code, "", by("RW56", "DIS-9")))},
		"before acceptance":       {"not_accepted", second(c.Assess(ctx, done.Code, "", FactsRequest{ActRequest: by(cell, "CEL-1")}))},
		"down":                    {"wrong_office", second(c.Forward(ctx, asked.Code, "", ForwardRequest{by(district, "DIS-3"), cell}))},
		"from below":              {"not_above", second(c.TakeOver(ctx, asked.Code, "", ReasonRequest{by(cell, "CEL-1"), "urgent"}))},
		"against the gate":        {"gate_divert", second(c.Decide(ctx, asked.Code, "", wrong))},
		"a node that has none":    {"not_hosted", second(c.Recall(ctx, village, RecallRequest{}))},
		"an invitation of itself": {"not_below", second(c.Invite(ctx, InviteRequest{Place: country}))},
	}
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			p := problemIn(t, r.err)
			is.Equal(p.Code, r.code)
			is.Equal(p.Status, http.StatusConflict)
			is.Equal(p.ExitCode(), 1)
		})
	}
	is := is.New(t)
	p := problemIn(t, cases["against the gate"].err)
	is.Equal(p.Check.Outcome, "divert")
	is.True(len(p.Check.Messages) > 0)
	is.True(strings.Contains(p.Error(), p.Check.Messages[0].Text)) // whoever is refused reads why
	is.True(!strings.Contains(p.Detail, "{"))                      // in words
}

// Offices stand in a sentence as people write and call them.
func TestNamedOffices(t *testing.T) {
	list, err := events.Rwanda()
	must(t, err)
	for sentence, want := range map[string]string{
		"the pen is with RW.57.12.03.11.": "the pen is with RW57120311 (Bugesera/Rilima/Kimaranzara/Kivumu).",
		"RW is locked":                    "RW (Rwanda) is locked",
		"RW57 and RW.57":                  "RW57 and RW57 (Bugesera)", // an id stays as it was written
		"an office at RW.99.1":            "an office at RW991",       // of another edition
		"an ID, a PIN and TLS 1.3":        "an ID, a PIN and TLS 1.3",
		"":                                "",
	} {
		t.Run(sentence, func(t *testing.T) {
			is.New(t).Equal(Named(list, sentence), want)
		})
	}
}

func second[T any](_ T, err error) error { return err }

// A node without a listener cannot invite; the error says what to set.
func TestAnInvitationNeedsAListener(t *testing.T) {
	is, w := is.New(t), newTown(t)
	_, err := w.client.Invite(t.Context(), InviteRequest{Place: district})
	is.Equal(problemIn(t, err).Field, "listen")
	i, err := w.client.Invite(t.Context(), InviteRequest{Place: district, Address: "127.0.0.1:7411"})
	is.NoErr(err)
	is.Equal(i.Place, district)
	is.True(i.Code != "")
}

// The same key with the same command acts once and is answered alike; with
// another command it is refused.
func TestTheSameKeyActsOnce(t *testing.T) {
	is, w := is.New(t), newTown(t)
	key := string(newID(t))
	post := func(path, body string) answer {
		return w.send("POST", path, body, HeaderKey, key, "Content-Type", "application/json")
	}
	body := `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"izu","time":"2026-11-20T07:00:00Z"}`
	first := post("/api/v1/referrals", body)
	is.Equal(first.status, http.StatusCreated)
	var one, two Done
	is.NoErr(json.Unmarshal(first.body, &one))
	is.Equal(string(one.Event), key)
	is.True(!one.Again)

	// The same, written otherwise: places by other names, the instant in another zone.
	again := post("/api/v1/referrals", `{"time":"2026-11-20T09:00:00+02:00","source":"izu","to":"RW.57.12.05","actor":"IZU-1","office":"57120503"}`)
	is.Equal(again.status, http.StatusOK)
	is.NoErr(json.Unmarshal(again.body, &two))
	is.True(two.Again)
	two.Again = false
	is.Equal(one, two)

	for name, other := range map[string]string{
		"another source": strings.Replace(body, "izu", "clinic", 1),
		"another actor":  strings.Replace(body, "IZU-1", "IZU-2", 1),
		"another office": strings.Replace(body, village, cell, 1),
		"another time":   strings.Replace(body, "07:00", "06:00", 1),
	} {
		got := post("/api/v1/referrals", other)
		t.Log(name)
		is.Equal(got.status, http.StatusUnprocessableEntity)
		is.Equal(got.problem(t).Kind, typePrefix+kindRepeated)
	}
	got := post("/api/v1/referrals/"+one.Code+"/accept", `{"office":"`+cell+`","actor":"CEL-1"}`)
	is.Equal(got.status, http.StatusUnprocessableEntity) // also for another act

	bad := w.send("POST", "/api/v1/referrals", body, HeaderKey, "1234")
	is.Equal(bad.status, http.StatusBadRequest)
	is.Equal(bad.problem(t).Field, HeaderKey)
	list, err := w.client.Cases(t.Context(), country)
	is.NoErr(err)
	is.Equal(len(list), 1)
}

// A retry that comes after others have acted still has its own answer.
func TestARetryAfterOthersActed(t *testing.T) {
	is, w := is.New(t), newTown(t)
	key := newID(t)
	in := RaiseRequest{ActRequest: by(village, "IZU-1"), To: cell, Source: "izu"}
	first, err := w.client.Raise(t.Context(), key, in)
	is.NoErr(err)
	w.accepted(first.Code, cell)
	again, err := w.client.Raise(t.Context(), key, in)
	is.NoErr(err)
	is.True(again.Again)
	is.Equal(again.Event, first.Event)
	is.True(!again.NotYetReceived) // and how the case stands now
}

// Every kind of error has a status, a title and an exit code in the one table.
func TestTheTableOfProblems(t *testing.T) {
	for name, c := range map[string]struct {
		err          error
		kind         string
		status, exit int
	}{
		"invalid":    {&engine.Invalid{Field: "x", Problem: "y"}, kindInput, 400, 2},
		"unknown":    {&events.UnknownPlaceError{Text: "x"}, kindInput, 400, 2},
		"ambiguous":  {&events.AmbiguousPlaceError{Text: "x"}, kindInput, 400, 2},
		"large body": {&http.MaxBytesError{Limit: 1}, kindTooLarge, 413, 2},
		"large":      {events.ErrTooLarge, kindTooLarge, 413, 2},
		"refused":    {&engine.Refusal{Code: "no_pen", Detail: "x"}, kindRefused, 409, 1},
		"repeated":   {engine.ErrRepeated, kindRepeated, 422, 2},
		"not found":  {engine.ErrNotFound, kindNotFound, 404, 2},
		"race":       {engine.ErrConflict, kindRace, 503, 3},
		"unsettled":  {fmt.Errorf("%w: %w", engine.ErrUnsettled, engine.ErrBroken), kindUnsettled, 503, 3},
		"full":       {engine.ErrFull, kindFull, 507, 1},
		"broken":     {engine.ErrBroken, kindBroken, 500, 4},
		"stopping":   {fmt.Errorf("append after 7: nothing was stored: %w", nats.ErrConnectionClosed), kindUnreachable, 503, 3},
		"cancelled":  {context.Canceled, kindUnreachable, 503, 3},
		"too slow":   {context.DeadlineExceeded, kindUnreachable, 503, 3},
		"unforeseen": {errors.New("disk on fire"), kindInternal, 500, 4},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var log strings.Builder
			s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil))}
			recorder := httptest.NewRecorder()
			s.problem(recorder, httptest.NewRequest("GET", "/api/v1/status", nil), fmt.Errorf("read the case: %w", c.err))
			var p Problem
			is.NoErr(json.Unmarshal(recorder.Body.Bytes(), &p))
			is.Equal(recorder.Code, c.status)
			is.Equal(p.Kind, typePrefix+c.kind)
			is.Equal((&Problem{Kind: c.kind}).ExitCode(), c.exit)
			is.Equal(log.Len() > 0, c.exit == 4)                 // the node's own faults are logged
			is.True(!strings.Contains(p.Detail, "disk on fire")) // and told to the log alone
		})
	}
	for kind, row := range kinds {
		t.Run(kind, func(t *testing.T) {
			is := is.New(t)
			is.True(row.status >= 400 && row.exit >= 1 && row.exit <= 4 && row.title != "")
		})
	}
}
