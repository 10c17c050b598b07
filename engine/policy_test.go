package engine_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

func packGate(t *testing.T) engine.Gate {
	t.Helper()
	l, err := policies.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.InForce("rwanda", time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return engine.PackGate(p)
}

func TestTheGateKnowsEveryListThatTheEngineAsksFor(t *testing.T) {
	g := packGate(t)
	for _, tt := range []struct{ list, code string }{
		{engine.ListSources, "izu"}, {engine.ListSendBack, "incomplete"}, {engine.ListDecisions, "kin_ready"},
		{engine.ListTakeOver, "unreachable"}, {engine.ListContributions, "sighting"}, {engine.ListAnswers, "acted_on"},
	} {
		t.Run(tt.list, func(t *testing.T) {
			is := is.New(t)
			is.True(g.Knows(tt.list, tt.code))
			is.True(!g.Knows(tt.list, "no such code"))
		})
	}
}

func TestTheGateSaysWhichDocumentsTheEngineMayNotStore(t *testing.T) {
	const head = `{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"intake",`
	for _, tt := range []struct{ name, doc, path string }{
		{"an unknown key", head + `"child":{"name":"x"}}`, "child.name"},
		{"a free text", head + `"court_order":"order 12 of 2026"}`, "court_order"},
		{"a free text in a list", head + `"request":{"alternatives_ruled_out":[{"care":"foster_long","why":"none free"}]}}`, "request.alternatives_ruled_out[0].why"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			_, err := packGate(t).Read([]byte(tt.doc))
			var bad *engine.Invalid
			is.True(errors.As(err, &bad))
			is.Equal(bad.Field, tt.path)
		})
	}
	t.Run("a hidden text is stored", func(t *testing.T) {
		is := is.New(t)
		doc, err := packGate(t).Read([]byte(head + `"court_order":"*"}`))
		is.NoErr(err)
		is.Equal(string(doc), head+`"court_order":"*"}`)
	})
}

func TestTheGateAnswersWithTheDocumentTheResultAndThePack(t *testing.T) {
	is := is.New(t)
	g := packGate(t)
	doc, err := g.Read([]byte(`{"decision":"placement","at":"2026-11-22T09:00:00Z","pack":"rwanda","child":{"age_months":18},"request":{"care":"residential_institution","exception":""}}`))
	is.NoErr(err)
	f, err := g.Check(doc)
	is.NoErr(err)
	is.Equal(string(f.Case), string(doc))
	is.Equal(f.Care, "residential_institution")
	is.Equal(f.Outcome, "divert")
	var r policies.Result
	is.NoErr(json.Unmarshal(f.Result, &r))
	is.Equal(r.PackHash, f.PackHash)
	is.Equal(r.Outcome, f.Outcome)
}

func TestOnlyAnOfficeAboveTheDistrictStandsAboveTheLevelThatDecides(t *testing.T) {
	is := is.New(t)
	g := packGate(t)
	is.True(g.LevelAbove(events.Place("RW")))
	is.True(!g.LevelAbove(events.Place("RW.57")))
	is.True(!g.LevelAbove(events.Place("RW.57.12.05.03")))
}
