package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

var told1 = engine.Personal{
	Identity: engine.Identity{Name: "Keza <U.>", BirthDate: "2024-05", Address: "behind the mill", Contact: "0788"},
	Note:     "she cried \"mama\"",
	Reporter: engine.Reporter{Name: "Odile", Relation: "neighbour"},
	Adults:   []engine.Adult{{Role: "mother", Name: "Vestine"}, {Role: "foster_carer", Name: "Rose", WorkerCode: "W-9"}},
}

// TestSecrets: what is personal in an act stands in no clear body, and each kind
// of it in a field of its own.
func TestSecrets(t *testing.T) {
	facts := events.Facts(`{"child":{"age_months":18,"sex":"female"},"court_order":"order 7 of Keza","reasons":["poverty"]}`)
	hidden := `"facts":{"child":{"age_months":18,"sex":"female"},"court_order":"*","reasons":["poverty"]}`
	story := `{"court_order":"order 7 of Keza","note":"she cried \"mama\""}`
	wanted := append(facts[:len(facts)-1:len(facts)-1], `,"request":{"care":"kinship"}}`...)
	for name, tt := range map[string]struct {
		office events.Place
		before []act
		do     any
		body   string
		facts  string // begins with
	}{
		"raise": {village, nil, engine.Raise{To: cell, Source: "izu", Facts: facts, Personal: told1},
			`{"to":"RW571205","source":"izu","facts":{},"age_band":"0-2","sex":"female"}`, `{` + hidden + `}`},
		"assess": {cell, []act{opened, accepted}, engine.Assess{Facts: facts, Personal: told1}, `{"facts":{},"age_band":"0-2","sex":"female"}`, `{` + hidden + `}`},
		"contribute": {village, []act{opened}, engine.Contribute{Kind: "sighting", Facts: facts, Personal: told1},
			`{"kind":"sighting","age_band":"0-2","sex":"female"}`, `{` + hidden + `}`},
		"propose": {cell, []act{opened, accepted}, engine.Propose{Facts: wanted, Personal: told1},
			`{"decision":"placement","facts":{},"checked":{"outcome":"no_objection","pack_hash":"sha256:test"},"age_band":"0-2","sex":"female","care":"kinship"}`,
			`{` + hidden[:len(hidden)-1] + `,"request":{"care":"kinship"}},"asked":{"case":{`},
		"decide": {cell, []act{opened, accepted, proposed},
			engine.Decide{Care: "foster", Facts: facts, Panel: panel, Reason: "kin_found", Answer: "acted_on", Personal: told1},
			`{"care":"foster","asked":{"outcome":"no_objection","pack_hash":"sha256:test"},"taken":{"outcome":"no_objection","pack_hash":"sha256:test"},` +
				`"panel":[{"id":"W-2","discipline":"social_work","present":true,"recused":false,"interest":"","vote":"approve"}],"reason":"kin_found","answer":"acted_on","contributions":[]}`,
			`{"asked":{"case":{`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			d, err := engine.View{Gate: gate{}, Open: openClear}.Decide(fold(t, tt.before...), command(tt.office, tt.do))
			is.NoErr(err)
			is.Equal(string(d.Draft.Body), tt.body)
			for field, want := range map[string]string{
				"narrative": story,
				"identity":  `{"name":"Keza <U.>","birth_date":"2024-05","address":"behind the mill","contact":"0788"}`,
				"reporter":  `{"name":"Odile","relation":"neighbour"}`,
				"adult":     `{"role":"mother","name":"Vestine"}`,
				"adult.2":   `{"role":"foster_carer","name":"Rose","worker_code":"W-9"}`,
			} {
				is.Equal(secret(d, field), want)
			}
			is.True(strings.HasPrefix(secret(d, "facts"), tt.facts))
			is.True(!strings.Contains(secret(d, "facts"), "Keza"))
			for _, x := range d.Secrets {
				_, known := engine.ClassOf(x.Field)
				is.True(known)
			}

			// What is sealed is read again by who can open it, and by nobody else.
			draft := inTheClear(t, d)
			draft.Edition = "test"
			e, err := events.Sign(draft, author(tt.office, run(1), 90, "x"))
			is.NoErr(err)
			open, err := engine.Disclose(e, openClear)
			is.NoErr(err)
			is.Equal(*open.Identity, told1.Identity)
			is.Equal(*open.Reporter, told1.Reporter)
			is.Equal(open.Adults, told1.Adults)
			is.Equal(open.Narrative, engine.Narrative{"court_order": "order 7 of Keza", "note": told1.Note})
			is.Equal(len(open.Closed), 0)
			closed, err := engine.Disclose(e, nil)
			is.NoErr(err)
			is.True(closed.Identity == nil && closed.Reporter == nil && closed.Adults == nil && closed.Narrative == nil)
			is.Equal(len(closed.Closed), 6)
			is.True(errors.Is(closed.Closed["identity"], engine.ErrNoKey))
		})
	}
}

// TestNothingToSeal: an act that tells nothing personal seals nothing.
func TestNothingToSeal(t *testing.T) {
	for name, do := range map[string]any{
		"accept": engine.Accept{}, "forward": engine.Forward{To: sector}, "send back": engine.SendBack{Reason: "other_office"},
		"contribute": engine.Contribute{Kind: "sighting"}, "assess": engine.Assess{Facts: events.Facts(`{}`)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			before := []act{opened}
			if name == "forward" || name == "assess" {
				before = append(before, accepted)
			}
			d, err := engine.View{Gate: gate{}}.Decide(fold(t, before...), command(cell, do))
			is.NoErr(err)
			is.Equal(len(d.Secrets), 0)
		})
	}
}

// TestPersonalRefused: what cannot be meant, by its path.
func TestPersonalRefused(t *testing.T) {
	long := strings.Repeat("a", 9<<10)
	text := func(n int) events.Facts {
		return events.Facts(`{"request":{"plan":{"goals":["` + strings.Join(strings.Split(strings.Repeat(strings.Repeat("a", 8000)+" ", n), " ")[:n], `","`) + `"]}}}`)
	}
	for field, do := range map[string]engine.Contribute{
		"identity.name":               {Personal: engine.Personal{Identity: engine.Identity{Name: long}}},
		"identity.also_known_as":      {Personal: engine.Personal{Identity: engine.Identity{AlsoKnownAs: "  "}}},
		"identity.contact":            {Personal: engine.Personal{Identity: engine.Identity{Contact: "\xff"}}},
		"identity.birth_date":         {Personal: engine.Personal{Identity: engine.Identity{BirthDate: "last spring"}}},
		"note":                        {Personal: engine.Personal{Note: long}},
		"reporter.name":               {Personal: engine.Personal{Reporter: engine.Reporter{Name: long}}},
		"adults":                      {Personal: engine.Personal{Adults: make([]engine.Adult, 17)}},
		"adults[0].role":              {Personal: engine.Personal{Adults: []engine.Adult{{Role: "Vestine"}}}},
		"adults[1].worker_code":       {Personal: engine.Personal{Adults: []engine.Adult{{Role: "mother"}, {Role: "carer", WorkerCode: "Rose N."}}}},
		"adults[0].birth_date":        {Personal: engine.Personal{Adults: []engine.Adult{{Role: "mother", BirthDate: "1.2.1990"}}}},
		"adults[0].address":           {Personal: engine.Personal{Adults: []engine.Adult{{Role: "mother", Address: long}}}},
		"facts.court_order":           {Facts: events.Facts(`{"court_order":"` + long + `"}`)},
		"facts":                       {Facts: text(4)},
		"facts.panel":                 {Facts: events.Facts(`{"panel":{}}`)},
		"facts.request.plan.goals[0]": {Facts: events.Facts(`{"request":{"plan":{"goals":[" "]}}}`)},
	} {
		t.Run(field, func(t *testing.T) {
			is := is.New(t)
			do.Kind = "sighting"
			_, err := engine.View{Gate: gate{}}.Decide(fold(t, opened), command(village, do))
			var invalid *engine.Invalid
			is.True(errors.As(err, &invalid))
			is.Equal(invalid.Field, field)
		})
	}
}

// TestInterestIsTold: what a member said of an interest of theirs is told apart.
func TestInterestIsTold(t *testing.T) {
	is := is.New(t)
	do := decide
	do.Panel = []events.Member{{ID: "W-2", Interest: "her cousin"}, {ID: "W-3", Interest: "*"}, {ID: "W-4", Present: true, Vote: "approve"}}
	d, err := engine.View{Gate: gate{}, Open: openClear}.Decide(fold(t, opened, accepted, proposed), command(cell, do))
	is.NoErr(err)
	is.Equal(secret(d, "narrative"), `{"panel.members[0].interest":"her cousin"}`)
	is.True(!strings.Contains(string(d.Draft.Body)+secret(d, "facts"), "cousin"))
	is.Equal(strings.Count(string(d.Draft.Body), `"interest":"*"`), 2)
	is.Equal(do.Panel[0].Interest, "her cousin") // the command stays as it was
}

// TestAgeBand: bands in clear, whatever a pack's ages are.
func TestAgeBand(t *testing.T) {
	for facts, want := range map[string]string{
		`{"child":{"age_months":0}}`: `"age_band":"0-2"`, `{"child":{"age_months":35}}`: `"age_band":"0-2"`, `{"child":{"age_months":36}}`: `"age_band":"3-5"`,
		`{"child":{"age_months":143}}`: `"age_band":"6-11"`, `{"child":{"age_months":144}}`: `"age_band":"12-17"`, `{"child":{"age_months":216}}`: `"age_band":"18+"`,
		`{"child":{"age_months_min":40,"age_months_max":50}}`: `"age_band":"3-5"`, `{"child":{"age_months_min":30,"age_months_max":50}}`: "", `{"child":{"age_months_min":30}}`: "",
		`{"reasons":["poverty"]}`: "", `{"child":"gone"}`: "",
	} {
		t.Run(facts, func(t *testing.T) {
			is := is.New(t)
			d, err := engine.View{Gate: gate{}}.Decide(fold(t, opened), command(village, engine.Contribute{Kind: "sighting", Facts: events.Facts(facts)}))
			is.NoErr(err)
			is.Equal(strings.Contains(string(d.Draft.Body), "age_band"), want != "")
			is.True(strings.Contains(string(d.Draft.Body), want))
			is.True(!strings.Contains(string(d.Draft.Body), "age_months"))
		})
	}
}

// TestDocumentOfSealedFacts: the case document is built of what opens here; what
// does not is not known here, and keeps nobody from acting.
func TestDocumentOfSealedFacts(t *testing.T) {
	is := is.New(t)
	sealed := func(facts string) events.Sealed {
		return events.Sealed{{Field: "facts", Key: "AAAAAAAAAAAAAAAA", Data: []byte(facts)}}
	}
	first := act{"raise", "", village, events.Raised{To: cell.ID(), Source: "izu", Facts: events.Facts(`{}`), Sealed: sealed(`{"facts":{"reasons":["poverty"],"child":{"sex":"female"}}}`)}, 1}
	second := act{"assess", "accept", cell, events.Assessed{Facts: events.Facts(`{}`), Sealed: sealed(`{"facts":{"child":{"age_months":19}}}`)}, 1}
	broken := act{"broken", "assess", cell, events.Assessed{Facts: events.Facts(`{}`), Sealed: sealed(`{"facts":{"child":{"age_months":20}},"more":1}`)}, 1}
	asked := act{"asks", "broken", cell, events.Proposed{Decision: "placement", Facts: events.Facts(`{}`), Shown: events.Shown{Care: "kinship"}, Sealed: sealed(`{"facts":{"request":{"care":"kinship"}}}`)}, 1}
	seen := act{"seen", "raise", village, events.Contributed{Kind: "sighting", Sealed: sealed(`{"facts":{"danger":{"imminent":true}}}`)}, 1}
	s := fold(t, first, accepted, second, broken, asked, seen)
	for name, tt := range map[string]struct {
		open  engine.Opener
		parts string
		told  int
	}{
		"open":   {openClear, `"child":{"age_months":19,"sex":"female"},"danger":{"imminent":true}`, 1},
		"closed": {func(events.Event, events.SealedPart) ([]byte, error) { return nil, engine.ErrNotLinked }, "", 0},
		"none":   {nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			d, err := engine.View{Gate: gate{}, Open: tt.open}.Decide(s, command(cell, decide))
			is.NoErr(err)
			doc := string(recorded(t, d).Asked.Case)
			if tt.open == nil || tt.parts == "" {
				is.True(!strings.Contains(doc, "child") && !strings.Contains(doc, "danger"))
			}
			is.True(strings.Contains(doc, tt.parts))
			is.Equal(strings.Count(string(d.Draft.Body), `"contributions":["`), tt.told)
		})
	}
	for name, tt := range map[string]struct {
		open engine.Opener
		told bool
	}{"closed": {nil, true}, "open": {openClear, false}} {
		t.Run("information is needed, facts are "+name, func(t *testing.T) {
			is := is.New(t)
			_, err := engine.View{Gate: gate{outcome: "need_information"}, Open: tt.open}.Decide(s, command(cell, decide))
			var refusal *engine.Refusal
			is.True(errors.As(err, &refusal))
			is.Equal(refusal.Code, "gate_need_information")
			is.Equal(strings.Contains(refusal.Detail, "not readable here yet"), tt.told)
		})
	}
	old := act{"raise", "", village, events.Raised{To: cell.ID(), Source: "izu", Facts: events.Facts(`{"reasons":["poverty"]}`)}, 1}
	d, err := engine.View{Gate: gate{}}.Decide(fold(t, old, accepted), command(cell, engine.Assess{}))
	is.NoErr(err)
	is.True(strings.Contains(string(d.Advice.Case), `"reasons":["poverty"]`)) // as it was written before there were keys
}

// TestGoldenRecorded: sealed facts are written and read the same for ever.
func TestGoldenRecorded(t *testing.T) {
	is := is.New(t)
	const golden = `{"facts":{"child":{"age_months":18}},"asked":{"case":{"at":"x"},"result":{"outcome":"divert"}},"taken":{"case":{},"result":{}}}`
	raw, err := events.Encode(engine.Recorded{
		Facts: events.Facts(`{"child":{"age_months":18}}`),
		Asked: &engine.Asked{Case: []byte(`{"at":"x"}`), Result: []byte(`{"outcome":"divert"}`)},
		Taken: &engine.Asked{Case: []byte(`{}`), Result: []byte(`{}`)},
	})
	is.NoErr(err)
	is.Equal(string(raw), golden)
	body, err := events.Encode(events.Decided{
		Care: "kinship", Asked: events.Checked{Outcome: "divert", PackHash: "sha256:x"}, Taken: &events.Checked{Outcome: "no_objection", PackHash: "sha256:x"},
		Sealed: events.Sealed{{Field: "facts", Key: "AAAAAAAAAAAAAAAA", Data: []byte(golden)}},
	})
	is.NoErr(err)
	d, err := engine.Disclose(events.Event{Draft: events.Draft{Type: events.TypeDecided, Body: body}}, openClear)
	is.NoErr(err)
	is.Equal(string(d.Facts), `{"child":{"age_months":18}}`)
	is.Equal([]string{string(d.Asked.Case), string(d.Asked.Result), d.Asked.Outcome, d.Asked.PackHash}, []string{`{"at":"x"}`, `{"outcome":"divert"}`, "divert", "sha256:x"})
	is.Equal([]string{string(d.Taken.Case), string(d.Taken.Result), d.Taken.Outcome}, []string{`{}`, `{}`, "no_objection"})
}
