package policies_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/policies"
)

const head = `{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"intake"`

func TestADocumentIsReadStrictlyAndAnErrorNamesThePath(t *testing.T) {
	p := rwanda(t)
	for _, tt := range []struct{ name, doc, path, problem string }{
		{"an unknown key", head + `,"children":1}`, "children", "unknown key"},
		{"an unknown key inside", head + `,"child":{"name":"x"}}`, "child.name", "unknown key"},
		{"a key in another case", head + `,"Child":{}}`, "Child", "unknown key"},
		{"a key twice", head + `,"child":{"age_months":1,"age_months":2}}`, "child.age_months", "twice"},
		{"an unknown code", head + `,"harm_by":"neighbour"}`, "harm_by", "not in the list harm_sources"},
		{"an unknown code in a list", head + `,"reasons":["poverty","hunger"]}`, "reasons[1]", "not in the list"},
		{"an unknown care type", head + `,"request":{"care":"orphanage"}}`, "request.care", "not in the list care_types"},
		{"no code where one is needed", head + `,"harm_by":""}`, "harm_by", "not in the list"},
		{"a string for a number", head + `,"child":{"age_months":"30"}}`, "child.age_months", "a whole number is expected, not a string"},
		{"a fraction", head + `,"child":{"age_months":30.5}}`, "child.age_months", "not a whole number"},
		{"a negative age", head + `,"child":{"age_months":-1}}`, "child.age_months", "does not lie between"},
		{"a number beyond an int", head + `,"child":{"age_months":99999999999999999999}}`, "child.age_months", "not a whole number"},
		{"a number for a truth", head + `,"danger":{"imminent":1}}`, "danger.imminent", "true or false is expected"},
		{"a list for an object", head + `,"child":[]}`, "child", "an object is expected, not a list"},
		{"an object for a list", head + `,"reasons":{}}`, "reasons", "a list is expected, not an object"},
		{"an object for a code", head + `,"harm_by":{}}`, "harm_by", "a code is expected, not an object"},
		{"null", head + `,"harm_by":null}`, "harm_by", "leave the key out"},
		{"a wrong date", head + `,"request":{"starts":"22/11/2026"}}`, "request.starts", "a date as in"},
		{"a day that is not", head + `,"request":{"starts":"2026-02-30"}}`, "request.starts", "a date as in"},
		{"an instant without a zone", head + `,"assessment":{"at":"2026-11-22T09:00:00"}}`, "assessment.at", "an instant as in"},
		{"a name for an id", head + `,"assessment":{"by":"Jean Bosco"}}`, "assessment.by", "is not an id"},
		{"a name for a place", head + `,"provider":{"place":"Kigali"}}`, "provider.place", "is not a place code"},
		{"the third entry", head + `,"siblings":[{},{},{"placed_together":"yes"}]}`, "siblings[2].placed_together", "true or false is expected"},
		{"another pack", `{"pack":"kenya","at":"2026-11-22T09:00:00Z","decision":"intake"}`, "pack", `this is pack "rwanda"`},
		{"no pack", `{"at":"2026-11-22T09:00:00Z","decision":"intake"}`, "pack", "missing"},
		{"no instant", `{"pack":"rwanda","decision":"intake"}`, "at", "missing"},
		{"an empty instant", `{"pack":"rwanda","at":"","decision":"intake"}`, "at", "an instant as in"},
		{"no decision", `{"pack":"rwanda","at":"2026-11-22T09:00:00Z"}`, "decision", "missing"},
		{"an unknown decision", `{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"removal"}`, "decision", "not in the list"},
		{"an unknowable path that is none", head + `,"unknowable":[{"path":"child.name"}]}`, "unknowable[0].path", "is no path"},
		{"an unknowable path into a code", head + `,"unknowable":[{"path":"harm_by.who"}]}`, "unknowable[0].path", "is no path"},
		{"an unknowable entry of no list", head + `,"unknowable":[{"path":"child[0]"}]}`, "unknowable[0].path", "is no path"},
		{"an office's own fact", head + `,"unknowable":[{"path":"provider.licence"}]}`, "unknowable[0].path", "the offices' own fact"},
		{"danger is an office's own fact", head + `,"unknowable":[{"path":"danger"}]}`, "unknowable[0].path", "the offices' own fact"},
		{"the court order is one too", head + `,"unknowable":[{"path":"court_order"}]}`, "unknowable[0].path", "the offices' own fact"},
		{"an unknowable entry without a path", head + `,"unknowable":[{"why":"*"}]}`, "unknowable[0].path", "missing"},
		{"too many entries", head + `,"siblings":[` + strings.Repeat("{},", 600) + `{}]}`, "siblings", "more than"},
		{"deep nesting", head + `,"siblings":` + strings.Repeat("[", 100000) + `}`, "siblings[0]", "an object is expected, not a list"},
		{"something behind", head + `} {}`, "", "something follows"},
		{"the middle", head + `,"child":{"age_months":`, "child.age_months", "ends in the middle"},
		{"no object", `[]`, "", "an object is expected"},
		{"nothing", ``, "", "ends in the middle"},
		{"no JSON", `{pack}`, "", "not JSON"},
		{"not UTF-8", head + ",\"court_order\":\"\xff\"}", "", "not UTF-8"},
		{"far too long", head + strings.Repeat(" ", 300<<10) + "}", "", "at most"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := p.Read([]byte(tt.doc))
			var bad *policies.Error
			if !errors.As(err, &bad) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if bad.Path != tt.path || !strings.Contains(bad.Problem, tt.problem) {
				t.Errorf("got path %q, problem %q", bad.Path, bad.Problem)
			}
		})
	}
}

func TestADocumentHasOneForm(t *testing.T) {
	is := is.New(t)
	p := rwanda(t)
	doc := `{ "danger": {"ground":"", "imminent":false}, "decision":"intake", "at":"2026-11-22T11:00:00+02:00",
		"request":{"starts":"","why_this_care":"a < b"}, "unknowable":[{"why":"foundling","path":"child.age_months"}], "pack":"rwanda", "siblings":[] }`
	c := read(t, p, []byte(doc))
	want := head + `,"danger":{"imminent":false,"ground":""},"siblings":[],"request":{"starts":"","why_this_care":"a \u003c b"},` +
		`"unknowable":[{"path":"child.age_months","why":"foundling"}]}`
	is.Equal(string(c.JSON()), want)
	is.Equal(string(read(t, p, c.JSON()).JSON()), want)
}

func TestTextsAreFoundAndHidden(t *testing.T) {
	is := is.New(t)
	p := rwanda(t)
	c := read(t, p, []byte(head+`,"court_order":"","request":{"plan":{"goals":["*","learn to read"]}},"unknowable":[{"path":"child.age_months","why":"no record"}]}`))
	path, found := c.FreeText()
	is.True(found)
	is.Equal(path, "request.plan.goals[1]")
	hidden := c.WithoutTexts()
	_, found = hidden.FreeText()
	is.True(!found)
	is.Equal(string(hidden.JSON()), head+`,"court_order":"","request":{"plan":{"goals":["*","*"]}},"unknowable":[{"path":"child.age_months","why":"*"}]}`)
	path, _ = c.FreeText()
	is.Equal(path, "request.plan.goals[1]") // the document itself stays as it was
}
