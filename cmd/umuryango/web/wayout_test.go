package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// Whoever is refused, or wrote something wrong, is told what to do next.
func TestEveryProblemSaysWhatToDoNext(t *testing.T) {
	w := newTown(t)
	waiting, accepted, asked, decided := w.raise().Code, w.raise().Code, w.proposed().Code, w.proposed().Code
	w.accepted(accepted, cell)
	_, err := w.client.Decide(t.Context(), decided, "", sitting())
	must(t, err)
	on := func(ref, act string) string { return "/api/v1/referrals/" + ref + "/" + act }
	take := func(ref string) string { return "/api/v1/cases/" + ref + "/take-over" }
	by := func(place, more string) string { return `{"office":"` + place + `","actor":"W-1"` + more + `}` }
	raised := func(more string) string { return by(village, `,"to":"`+cell+`","source":"izu"`+more) }
	panel := func(change func(*DecideRequest)) string {
		in := sitting()
		change(&in)
		raw, err := json.Marshal(in)
		must(t, err)
		return string(raw)
	}
	unlicensed := strings.Replace(factsInstitution, `"licence":"valid"`, `"licence":"none"`, 1)
	for name, c := range map[string]struct{ path, body, field, next string }{
		"unknown place":              {"/api/v1/referrals", by("RW99", ""), "office", "no such place: rwanda-2.1.6 has no such id; the nearest is RW (Rwanda)"},
		"no name of a place":         {"/api/v1/referrals", raised(`,"home":"Keza Marie"`), "home", "no such place: rwanda-2.1.6 has no such name; write an id"},
		"many places":                {"/api/v1/referrals", raised(`,"home":"Keza/Marie"`), "home", "has no such place below it, but: Nyarugenge (RW11), "},
		"where to read them all":     {"/api/v1/referrals", raised(`,"home":"Keza/Marie"`), "home", "and 20 more; all of them: umuryango places find RW --below"},
		"place without an office":    {"/api/v1/referrals", by("RW5", ""), "office", "name a place in it"},
		"ambiguous name":             {"/api/v1/referrals", by("Kivumu", ""), "office", "write an id or the path"},
		"missing place":              {on(accepted, "forward"), by(cell, ""), "to", "its id, its path or its name"},
		"missing actor":              {on(waiting, "accept"), `{"office":"` + cell + `"}`, "actor", "a worker's code"},
		"unknown field":              {"/api/v1/referrals", raised(`,"urgency":1`), "urgency", "leave it out"},
		"unknown fact":               {"/api/v1/referrals", raised(`,"facts":{"child":{"shoe_size":12}}`), "facts.child.shoe_size", "leave it out"},
		"wrong field":                {"/api/v1/referrals", raised(`,"home":7`), "home", "a string is expected, not a number"},
		"wrong object":               {"/api/v1/referrals", `[]`, "body", "an object is expected, not a list"},
		"wrong list":                 {on(waiting, "decide"), `{"members":{}}`, "members", "a list is expected, not an object"},
		"wrong boolean":              {"/api/v1/referrals", raised(`,"record":{"note":true}`), "record.note", "a string is expected, not a boolean"},
		"half an hour":               {"/api/v1/records/" + waiting + "/open", by(country, `,"hours":0.5`), "hours", "a whole number within its bounds is expected"},
		"two values":                 {"/api/v1/referrals", raised("") + "{}", "body", "one act at a time"},
		"an event over 64 kB":        {"/api/v1/referrals", raised(`,"facts":{"kin_search":[` + strings.Repeat(aunt+",", 480) + aunt + `]}`), "", "say less"},
		"unknown source":             {"/api/v1/referrals", by(village, `,"to":"`+cell+`","source":"neighbour"`), "source", "write one of izu"},
		"unknown reason, sent back":  {on(waiting, "send-back"), by(cell, `,"reason":"busy"`), "reason", "write one of wrong_office"},
		"unknown reason, taken over": {take(accepted), by(district, `,"reason":"busy"`), "reason", "write one of unreachable"},
		"unknown kind":               {on(waiting, "contribute"), by(village, `,"kind":"rumour"`), "kind", "write one of note"},
		"unknown reason, decided":    {on(asked, "decide"), panel(func(r *DecideRequest) { r.Reason = "mood" }), "reason", "write one of kin_ready"},
		"unknown answer":             {on(asked, "decide"), panel(func(r *DecideRequest) { r.Answer = "with_the_aunt" }), "answer", "write one of acted_on, ended"},
		"answer of another act":      {on(asked, "decide"), panel(func(r *DecideRequest) { r.Answer = "received" }), "answer", "write one of acted_on, ended"},
		"somebody sits twice":        {on(asked, "decide"), panel(func(r *DecideRequest) { r.Members[1].ID = "w-11" }), "members[1].id", "each sits once"},
		"the panel is against it":    {on(asked, "decide"), panel(func(r *DecideRequest) { r.Members[0].Vote, r.Members[1].Vote = "reject", "reject" }), "", "propose what it would approve"},
		"unknown care":               {on(asked, "decide"), panel(func(r *DecideRequest) { r.Care = "boarding" }), "care", "write one of "},
		"unknown vote":               {on(asked, "decide"), panel(func(r *DecideRequest) { r.Members[0].Vote = "perhaps" }), "members[0].vote", "write one of "},
		"free text for a code":       {"/api/v1/referrals", raised(`,"facts":{"reasons":["her mother has died"]}`), "facts.reasons[0]", "write one of "},
		"no proposal in a proposal":  {on(accepted, "propose"), by(cell, `,"facts":{"request":{"care":""}}`), "facts.request.care", "care"},
		"office without the pen":     {on(waiting, "forward"), by(village, `,"to":"`+sector+`"`), "", "contribute, or ask that office; an office above it may take over"},
		"not accepted yet":           {on(waiting, "forward"), by(cell, `,"to":"`+sector+`"`), "", "accept it first"},
		"accepted already":           {on(accepted, "accept"), by(cell, ""), "", "assess it"},
		"sent back after accepting":  {on(accepted, "send-back"), by(cell, `,"reason":"incomplete"`), "", "forward it"},
		"forwarded down":             {on(accepted, "forward"), by(cell, `,"to":"`+village+`"`), "", "send it back"},
		"raised downwards":           {"/api/v1/referrals", by(cell, `,"to":"`+village+`","source":"izu"`), "", "name an office on the way up"},
		"an office off the path":     {on(waiting, "contribute"), by("RW56", `,"kind":"note"`), "", "only an office above"},
		"taken over from above":      {take(asked), by(sector, `,"reason":"urgent"`), "", "ask an office above"},
		"decided without a proposal": {on(accepted, "decide"), panel(func(r *DecideRequest) { r.Office = cell }), "", "propose one first"},
		"decided twice":              {on(decided, "decide"), panel(func(*DecideRequest) {}), "", "propose anew"},
		"against the policy check":   {on(asked, "decide"), panel(func(r *DecideRequest) { r.Care, r.Facts = "residential_institution", nil }), "", "decide on one of the care types"},
		"an unlicensed home":         {on(asked, "decide"), panel(func(r *DecideRequest) { r.Care, r.Facts = "residential_institution", events.Facts(unlicensed) }), "", "propose something else"},
		"unknown case":               {on("019ca000-0000-7000-8000-00000000ffff", "accept"), by(cell, ""), "", "look for its code"},
		"mistyped spoken code":       {on("K7Q-F2MA", "accept"), by(cell, ""), "case", "ask for it again"},
		"unknown act":                {on(waiting, "close"), by(cell, ""), "", "forward, accept, send-back"},
		"an invitation nobody dials": {"/api/v1/invitations", `{"place":"RW57"}`, "listen", "set listen in node.yaml"},
		"a recall of no node":        {"/api/v1/offices/RW57/recall", "", "", "--node"},
		"no such route":              {"/api/v1/orphanages", "{}", "", "/api/v1/referrals"},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.send("POST", c.path, c.body).problem(t)
			if p.Field != c.field || !strings.Contains(p.Detail, c.next) {
				t.Errorf("%q: %q does not name %q and say %q", p.Field, p.Detail, c.field, c.next)
			}
		})
	}
}

// An address that takes another method says which.
func TestAnotherMethodIsNamed(t *testing.T) {
	is, w := is.New(t), newTown(t)
	for _, c := range []struct{ method, path, allow string }{
		{"DELETE", "/api/v1/referrals", "GET, POST"},
		{"POST", "/api/v1/status", "GET"},
		{"GET", "/api/v1/cases/x/take-over", "POST"},
	} {
		got := w.send(c.method, c.path, "")
		p := got.problem(t)
		is.Equal([]any{p.Kind, got.status, got.header.Get("Allow")}, []any{typePrefix + kindMethod, 405, c.allow})
		is.True(strings.Contains(p.Detail, "use "+c.allow))
	}
	is.Equal(w.send("GET", "/raise", "").status, http.StatusMethodNotAllowed) // and of a page
	is.Equal(w.send("GET", "/nowhere", "").status, http.StatusNotFound)
}

// Two commands of one office at once: one is stored, the other is told whose
// pen it is now.
func TestOfTwoRacingCommandsOneIsStored(t *testing.T) {
	is, w := is.New(t), newTown(t)
	raised := w.raise()
	w.accepted(raised.Code, cell)
	head := w.server.Node.Journal.Head()
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, to := range []string{sector, district} {
		both.Go(func() {
			_, errs[i] = w.client.Forward(t.Context(), raised.Case, "", ForwardRequest{by(cell, "CEL-1"), to})
		})
	}
	both.Wait()
	is.Equal(w.server.Node.Journal.Head(), head+1)
	is.True((errs[0] == nil) != (errs[1] == nil))
	is.Equal(problemIn(t, errors.Join(errs...)).Code, "no_pen")
}

// An office that has a node of its own is not spoken for here.
func TestAnOfficeThatIsNotHostedIsRefused(t *testing.T) {
	is, w := is.New(t), newTown(t)
	n := w.server.Node
	_, err := n.Service.Enrol(t.Context(), engine.Enrolment{
		Stamped: engine.Stamped{ID: newID(t), Actor: "node", At: w.Now()}, Office: "RW.57",
		Host: engine.Host{Node: "RW.57", SignKey: n.ID.SignKey(), LinkKey: n.ID.LinkKey()},
	})
	is.NoErr(err)
	_, err = w.client.Raise(t.Context(), "", RaiseRequest{ActRequest: by(village, "IZU-1"), To: cell, Source: "izu"})
	p := problemIn(t, err)
	is.Equal([]any{p.Code, p.ExitCode()}, []any{"not_hosted", 1})
	is.True(strings.Contains(p.Detail, "has a node at RW57 (Bugesera)") && strings.Contains(p.Detail, "--node"))
}

// What a foreign page, or a program under another name, is told.
func TestForeignRequestsAreToldTheWayIn(t *testing.T) {
	is, w := is.New(t), newTown(t)
	is.True(strings.Contains(w.send("GET", "/", "", "Host", "rebound.example").problem(t).Detail, "127.0.0.1"))
	is.True(strings.Contains(w.send("POST", "/raise", "", "Origin", "null").problem(t).Detail, "own page"))
}

// Pages have words for every kind of problem, and exit codes are four.
func TestEveryKindOfProblemHasWords(t *testing.T) {
	is := is.New(t)
	for kind, row := range kinds {
		_, ok := texts["problem."+kind]
		is.True(ok)
		is.True(slices.Contains([]int{1, 2, 3, 4}, row.exit))
	}
}
