package engine_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// command is an act of an office on the case of these tests.
func command(office events.Place, do any) engine.Command {
	return engine.Command{Act: engine.Act{ID: id(900), Office: office, Actor: "W-1", Time: noon, Recorded: noon}, Case: child, Do: do}
}

var (
	care     = events.Facts(`{"request":{"care":"kinship"}}`)
	proposed = act{"propose", "accept", cell, events.Proposed{Decision: engine.DecisionPlacement, Facts: care}, 1}
	over     = act{"over", "propose", nation, unheard, 1}
	newer    = act{"new", "raise", cell, struct{}{}, 1}
	done     = act{"done", "propose", cell, events.Decided{Care: "kinship", Panel: []events.Member{{ID: "W-2"}}, Reason: "kin_found", Answer: "acted_on", Contributions: []events.ID{}}, 1}
	panel    = []events.Member{{ID: "W-2", Discipline: "social_work", Present: true, Vote: "approve"}}
	decide   = engine.Decide{Care: "kinship", Panel: panel, Reason: "kin_found", Answer: "acted_on"}
)

// TestDecideAllows: each act, where it may be done, makes one event that follows
// the last in effect and takes effect.
func TestDecideAllows(t *testing.T) {
	for name, tt := range map[string]struct {
		before []act
		office events.Place
		do     any
		gate   gate
		want   events.Type
		body   string
		pen    events.Place
	}{
		"raise":                 {nil, village, engine.Raise{To: sector, Source: "izu"}, gate{}, events.TypeRaised, `{"to":"RW5712","source":"izu","facts":{}}`, sector},
		"raise for oneself":     {nil, village, engine.Raise{To: village, Source: "izu"}, gate{}, events.TypeRaised, `{"to":"RW57120503","source":"izu","facts":{}}`, village},
		"accept":                {[]act{opened}, cell, engine.Accept{}, gate{}, events.TypeAccepted, `{}`, cell},
		"send back":             {[]act{opened}, cell, engine.SendBack{Reason: "other_office"}, gate{}, events.TypeSentBack, `{"to":"RW57120503","reason":"other_office"}`, village},
		"forward":               {[]act{opened, accepted}, cell, engine.Forward{To: nation}, gate{}, events.TypeForwarded, `{"to":"RW"}`, nation},
		"assess":                {[]act{opened, accepted}, cell, engine.Assess{}, gate{}, events.TypeAssessed, `{"facts":{}}`, cell},
		"propose":               {[]act{opened, accepted}, cell, engine.Propose{Facts: care}, gate{}, events.TypeProposed, "", cell},
		"decide":                {[]act{opened, accepted, proposed}, cell, decide, gate{}, events.TypeDecided, "", cell},
		"decide provisionally":  {[]act{opened, accepted, proposed}, cell, decide, gate{outcome: "provisional"}, events.TypeDecided, "", cell},
		"override from above":   {[]act{opened, accepted, proposed, over}, nation, decide, gate{outcome: "divert"}, events.TypeDecided, "", nation},
		"escalated to above":    {[]act{opened, accepted, proposed, over}, nation, decide, gate{outcome: "escalate"}, events.TypeDecided, "", nation},
		"take over":             {[]act{opened, accepted}, district, engine.TakeOver{Reason: "unheard"}, gate{}, events.TypeTakenOver, `{"from":"RW571205","reason":"unheard"}`, district},
		"contribute":            {[]act{opened}, nation, engine.Contribute{Kind: "sighting"}, gate{}, events.TypeContributed, `{"kind":"sighting"}`, cell},
		"contribute to a newer": {[]act{opened, newer}, village, engine.Contribute{Kind: "sighting"}, gate{}, events.TypeContributed, `{"kind":"sighting"}`, cell},
		"contribute unjoined":   {[]act{{"far", "?", cell, assessed, 1}}, village, engine.Contribute{Kind: "sighting"}, gate{}, events.TypeContributed, `{"kind":"sighting"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := fold(t, tt.before...)
			d, err := engine.View{Gate: tt.gate, Linked: true}.Decide(s, command(tt.office, tt.do))
			is.NoErr(err)
			is.Equal(d.Draft.Type, tt.want)
			is.Equal(d.Draft.Prev, s.Head())
			is.Equal(d.Draft.Subject, child)
			is.True(d.Draft.Code != "")
			if tt.body != "" {
				is.Equal(string(d.Draft.Body), tt.body)
			}
			d.Draft.Edition = "test"
			e, err := events.Sign(d.Draft, author(tt.office, run(1), 90, "x"))
			is.NoErr(err) // what is decided can be written
			var all []events.Event
			for _, before := range [][]events.Event{s.Line, s.Unread, s.Unjoined} {
				all = append(all, before...)
			}
			is.Equal(engine.Fold(child, append(all, e)).Pen, tt.pen)
		})
	}
}

// TestDecideRefuses: what is not allowed now, by its code.
func TestDecideRefuses(t *testing.T) {
	on := act{"on", "accept", cell, to(district), 1}
	for name, tt := range map[string]struct {
		before []act
		office events.Place
		do     any
		gate   gate
		code   string
	}{
		"an office off the path":         {[]act{opened}, foreign, engine.Accept{}, gate{}, "not_on_path"},
		"a contribution off the path":    {[]act{opened}, foreign, engine.Contribute{Kind: "sighting"}, gate{}, "not_on_path"},
		"raised twice":                   {[]act{opened}, village, engine.Raise{To: cell, Source: "izu"}, gate{}, "already_raised"},
		"raised downwards":               {nil, cell, engine.Raise{To: village, Source: "izu"}, gate{}, "wrong_office"},
		"raised sideways":                {nil, village, engine.Raise{To: foreign, Source: "izu"}, gate{}, "wrong_office"},
		"accepted without the pen":       {[]act{opened}, village, engine.Accept{}, gate{}, "no_pen"},
		"assessed without the pen":       {[]act{opened, accepted}, sector, engine.Assess{}, gate{}, "no_pen"},
		"forwarded by the sender":        {[]act{opened, accepted, on}, cell, engine.Forward{To: sector}, gate{}, "no_pen"},
		"accepted twice":                 {[]act{opened, accepted}, cell, engine.Accept{}, gate{}, "already_accepted"},
		"sent back after accepting":      {[]act{opened, accepted}, cell, engine.SendBack{Reason: "other_office"}, gate{}, "already_accepted"},
		"sent back to oneself":           {[]act{{"raise", "", village, raised(village), 1}}, village, engine.SendBack{Reason: "other_office"}, gate{}, "wrong_office"},
		"assessed before accepting":      {[]act{opened}, cell, engine.Assess{}, gate{}, "not_accepted"},
		"forwarded before accepting":     {[]act{opened}, cell, engine.Forward{To: sector}, gate{}, "not_accepted"},
		"proposed before accepting":      {[]act{opened}, cell, engine.Propose{Facts: care}, gate{}, "not_accepted"},
		"decided before accepting":       {[]act{opened}, cell, decide, gate{}, "not_accepted"},
		"forwarded to itself":            {[]act{opened, accepted}, cell, engine.Forward{To: cell}, gate{}, "wrong_office"},
		"forwarded down":                 {[]act{opened, accepted}, cell, engine.Forward{To: village}, gate{}, "wrong_office"},
		"decided with nothing proposed":  {[]act{opened, accepted}, cell, decide, gate{}, "nothing_proposed"},
		"decided twice":                  {[]act{opened, accepted, proposed, done}, cell, decide, gate{}, "already_decided"},
		"decided against an absolute":    {[]act{opened, accepted, proposed}, cell, decide, gate{outcome: "blocked"}, "gate_blocked"},
		"an absolute from above":         {[]act{opened, accepted, proposed, over}, nation, decide, gate{outcome: "blocked"}, "gate_blocked"},
		"decided without information":    {[]act{opened, accepted, proposed}, cell, decide, gate{outcome: "need_information"}, "gate_need_information"},
		"a presumption at its own level": {[]act{opened, accepted, proposed}, cell, decide, gate{outcome: "divert"}, "gate_divert"},
		"a sitting that does not count":  {[]act{opened, accepted, proposed}, cell, decide, gate{outcome: "void"}, "gate_void"},
		"taken over from below":          {[]act{opened}, village, engine.TakeOver{Reason: "unheard"}, gate{}, "not_above"},
		"taken over by who has it":       {[]act{opened}, cell, engine.TakeOver{Reason: "unheard"}, gate{}, "not_above"},
		"line act on a newer case":       {[]act{opened, newer}, cell, engine.Accept{}, gate{}, "newer_program"},
		"taken over on a newer case":     {[]act{opened, newer}, sector, engine.TakeOver{Reason: "unheard"}, gate{}, "newer_program"},
		"line act before the beginning":  {[]act{{"far", "?", cell, assessed, 1}}, cell, engine.Accept{}, gate{}, "not_joined"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := engine.View{Gate: tt.gate, Linked: true}.Decide(fold(t, tt.before...), command(tt.office, tt.do))
			var refusal *engine.Refusal
			is.True(errors.As(err, &refusal)) // it can be read and is not allowed
			is.Equal(refusal.Code, tt.code)
			is.True(refusal.Error() != "")
		})
	}
}

// TestTakeOverBeforeLinking: a store that may be an older copy takes nothing
// over.
func TestTakeOverBeforeLinking(t *testing.T) {
	is := is.New(t)
	_, err := engine.View{Gate: gate{}}.Decide(fold(t, opened), command(sector, engine.TakeOver{Reason: "unheard"}))
	var refusal *engine.Refusal
	is.True(errors.As(err, &refusal))
	is.Equal(refusal.Code, "not_linked")
}

// TestDecideInvalid: what cannot be read, by the field that is wrong.
func TestDecideInvalid(t *testing.T) {
	ready := []act{opened, accepted, proposed}
	withFacts := func(text string) engine.Assess { return engine.Assess{Facts: events.Facts(text)} }
	for name, tt := range map[string]struct {
		before []act
		office events.Place
		do     any
		field  string
	}{
		"unknown source":               {nil, village, engine.Raise{To: cell, Source: "rumour"}, "source"},
		"unknown reason to return":     {[]act{opened}, cell, engine.SendBack{Reason: "because"}, "reason"},
		"unknown take-over reason":     {[]act{opened}, sector, engine.TakeOver{Reason: "because"}, "reason"},
		"unknown decision reason":      {ready, cell, engine.Decide{Care: "kinship", Panel: panel, Reason: "because", Answer: "acted_on"}, "reason"},
		"unknown answer":               {ready, cell, engine.Decide{Care: "kinship", Panel: panel, Reason: "kin_found", Answer: "placed at P-9"}, "answer"},
		"nobody sat":                   {ready, cell, engine.Decide{Care: "kinship", Reason: "kin_found", Answer: "acted_on"}, "panel"},
		"two codes: the first":         {ready, cell, engine.Decide{Care: "kinship", Panel: panel, Reason: "because", Answer: "so"}, "reason"},
		"unknown contribution":         {[]act{opened}, village, engine.Contribute{Kind: strings.Repeat("x", 90)}, "kind"},
		"facts that are a list":        {[]act{opened, accepted}, cell, withFacts(`[]`), "facts"},
		"facts that are null":          {[]act{opened, accepted}, cell, withFacts(`null`), "facts"},
		"facts that say a thing twice": {[]act{opened, accepted}, cell, withFacts(`{"reasons":[],"reasons":["poverty"]}`), "facts"},
		"facts with a hidden key":      {[]act{opened, accepted}, cell, withFacts(`{"r\u0065asons":[]}`), "facts"},
		"facts that are broken":        {[]act{opened, accepted}, cell, withFacts(`{`), "facts"},
		"a key of the program":         {[]act{opened, accepted}, cell, withFacts(`{"home":"RW"}`), "facts.home"},
		"an unknown key":               {[]act{opened, accepted}, cell, withFacts(`{"colour":1}`), "case.colour"},
		"raised with unknown key":      {nil, village, engine.Raise{To: cell, Source: "izu", Facts: events.Facts(`{"colour":1}`)}, "case.colour"},
		"contributed unknown key":      {[]act{opened}, village, engine.Contribute{Kind: "sighting", Facts: events.Facts(`{"colour":1}`)}, "case.colour"},
		"nothing proposed":             {[]act{opened, accepted}, cell, engine.Propose{}, "facts.request.care"},
		"two cares":                    {ready, cell, engine.Decide{Care: "foster", Facts: care, Panel: panel, Reason: "kin_found", Answer: "acted_on"}, "facts.request.care"},
		"an unknown act":               {[]act{opened, accepted}, cell, struct{}{}, "do"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := engine.View{Gate: gate{}, Linked: true}.Decide(fold(t, tt.before...), command(tt.office, tt.do))
			var invalid *engine.Invalid
			is.True(errors.As(err, &invalid))
			is.Equal(invalid.Field, tt.field)
			is.True(strings.Contains(invalid.Error(), tt.field))
			is.True(len(invalid.Error()) < 200) // hostile input does not fill a page
		})
	}
}

// TestDecideNotFound: nothing is done to a case that is not here.
func TestDecideNotFound(t *testing.T) {
	is := is.New(t)
	for _, do := range []any{engine.Accept{}, engine.TakeOver{Reason: "unheard"}, engine.Contribute{Kind: "sighting"}} {
		_, err := engine.View{Gate: gate{}, Linked: true}.Decide(fold(t), command(cell, do))
		is.True(errors.Is(err, engine.ErrNotFound))
	}
}

// TestActIsChecked: who, for which office, when; and never a name.
func TestActIsChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*engine.Act)
		field  string
	}{
		"no id":           {func(a *engine.Act) { a.ID = "" }, "id"},
		"id of version 4": {func(a *engine.Act) { a.ID = "01a1f795-4f80-4000-8000-000000000001" }, "id"},
		"no actor":        {func(a *engine.Act) { a.Actor = "" }, "actor"},
		"a name":          {func(a *engine.Act) { a.Actor = "Mukamana Claudine" }, "actor"},
		"no office":       {func(a *engine.Act) { a.Office = "" }, "office"},
		"no time":         {func(a *engine.Act) { a.Time = time.Time{} }, "time"},
		"not recorded":    {func(a *engine.Act) { a.Recorded = time.Time{} }, "time"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := command(cell, engine.Accept{})
			tt.change(&c.Act)
			_, err := engine.View{Gate: gate{}}.Decide(fold(t, opened), c)
			var invalid *engine.Invalid
			is.True(errors.As(err, &invalid))
			is.Equal(invalid.Field, tt.field)
		})
	}
}

// TestNoTimeDecides: law 9. An act that happened long ago, or lies ahead, is
// decided like any other.
func TestNoTimeDecides(t *testing.T) {
	is := is.New(t)
	for _, at := range []time.Time{noon.AddDate(-40, 0, 0), noon.AddDate(40, 0, 0)} {
		c := command(cell, engine.Accept{})
		c.Time = at
		d, err := engine.View{Gate: gate{}}.Decide(fold(t, opened), c)
		is.NoErr(err)
		is.Equal(d.Draft.Time, at)
	}
}

// TestDecisionCarriesItsReasons: law 4. What was asked, what is taken where it
// differs, who sat, why, the answer, and what it was built from.
func TestDecisionCarriesItsReasons(t *testing.T) {
	is := is.New(t)
	note := act{"note", "raise", village, events.Contributed{Kind: "sighting", Facts: events.Facts(`{"danger":{"imminent":false}}`)}, 1}
	odd := act{"odd", "raise", village, events.Contributed{Kind: "sighting", Facts: events.Facts(`{"colour":1}`)}, 1}
	s := fold(t, opened, accepted, proposed, note, odd)
	view := engine.View{Gate: gate{}}

	d, err := view.Decide(s, command(cell, decide))
	is.NoErr(err)
	is.Equal(d.Draft.Policy, "2026.1")
	var b events.Decided
	is.NoErr(json.Unmarshal(d.Draft.Body, &b))
	is.Equal(b.Panel, panel)
	is.Equal(b.Reason, "kin_found")
	is.Equal(b.Answer, "acted_on")
	is.Equal(b.Contributions, []events.ID{id(4)}) // what cannot be read adds nothing
	is.Equal(b.Asked.PackHash, "sha256:test")
	is.True(b.Taken == nil)
	is.Equal(b.Asked.Outcome, "no_objection")
	is.Equal(len(b.Asked.Case)+len(b.Asked.Result), 0) // sealed
	r := recorded(t, d)
	is.True(r.Taken == nil && r.Facts == nil)
	is.Equal(string(r.Asked.Case), `{"at":"2026-11-22T10:00:00Z","danger":{"imminent":false},"decision":"placement","home":"RW57120503","pack":"test",`+
		`"panel":{"members":[{"discipline":"social_work","id":"W-2","interest":"","present":true,"recused":false,"vote":"approve"}]},"referral":{"source":"izu"},"request":{"care":"kinship"}}`)

	other := decide
	other.Care, other.Facts = "foster", events.Facts(`{"reasons":["poverty"]}`)
	d, err = view.Decide(s, command(cell, other))
	is.NoErr(err)
	is.NoErr(json.Unmarshal(d.Draft.Body, &b))
	is.True(b.Taken != nil)
	r = recorded(t, d)
	is.True(strings.Contains(string(r.Asked.Case), `"care":"kinship"`)) // what was asked stays
	is.True(strings.Contains(string(r.Taken.Case), `"care":"foster"`))
	is.True(strings.Contains(string(r.Taken.Case), `"reasons":["poverty"]`))
}

// TestAdvice: at an assessment the gate advises and nothing of it is recorded.
func TestAdvice(t *testing.T) {
	is := is.New(t)
	d, err := engine.View{Gate: gate{outcome: "blocked"}}.Decide(fold(t, opened, accepted), command(cell, engine.Assess{Facts: care}))
	is.NoErr(err) // advice binds nobody
	is.True(strings.Contains(string(d.Advice.Case), `"decision":"intake"`))
	is.Equal(string(d.Draft.Body), `{"facts":{},"care":"kinship"}`)
	is.Equal(secret(d, "facts"), `{"facts":{"request":{"care":"kinship"}}}`)
}

// TestDocument: later facts replace earlier ones key by key, lists whole, and
// what stands in an event but cannot be read keeps nobody from deciding.
func TestDocument(t *testing.T) {
	is := is.New(t)
	first := act{"raise", "", village, events.Raised{To: cell.ID(), Source: "izu", Facts: events.Facts(`{"child":{"age_months":18,"sex":"female"},"reasons":["poverty","illness"]}`)}, 1}
	second := act{"assess", "accept", cell, events.Assessed{Facts: events.Facts(`{"child":{"age_months":19},"reasons":["neglect"]}`)}, 1}
	odd := act{"odd", "assess", cell, events.Assessed{Facts: events.Facts(`{"colour":"red"}`)}, 1}
	list := act{"list", "odd", cell, events.Assessed{Facts: events.Facts(`[1]`)}, 1}
	d, err := engine.View{Gate: gate{}}.Decide(fold(t, first, accepted, second, odd, list), command(cell, engine.Assess{Facts: events.Facts(`{"danger":{"ground":"*"},"child":"gone"}`)}))
	is.NoErr(err)
	is.Equal(string(d.Advice.Case), `{"at":"2026-11-22T10:00:00Z","child":"gone","danger":{"ground":"*"},"decision":"intake","home":"RW57120503","pack":"test",`+
		`"reasons":["neglect"],"referral":{"source":"izu"}}`)
	d, err = engine.View{Gate: gate{}}.Decide(fold(t, first, accepted, second), command(cell, engine.Assess{}))
	is.NoErr(err)
	is.True(strings.Contains(string(d.Advice.Case), `"child":{"age_months":19,"sex":"female"}`))
}
