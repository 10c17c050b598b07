package policies

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// TestSplit: texts come out under their paths, and nothing else changes.
func TestSplit(t *testing.T) {
	for name, tt := range map[string]struct {
		part, recorded string
		texts          map[string]string
	}{
		"nothing":   {`{}`, `{}`, map[string]string{}},
		"no texts":  {`{"child":{"sex":"female","age_months":30},"reasons":["poverty"]}`, `{"child":{"sex":"female","age_months":30},"reasons":["poverty"]}`, map[string]string{}},
		"none told": {`{"court_order":"","request":{"contact_plan":"*"}}`, `{"court_order":"","request":{"contact_plan":"*"}}`, map[string]string{}},
		"a text":    {`{"court_order":"order 12"}`, `{"court_order":"*"}`, map[string]string{"court_order": "order 12"}},
		"in lists": {
			`{"request":{"plan":{"goals":["read","","*"]},"alternatives_ruled_out":[{"care":"kinship_formal"},{"care":"foster_long","why":"<none> \"free\""}]}}`,
			`{"request":{"plan":{"goals":["*","","*"]},"alternatives_ruled_out":[{"care":"kinship_formal"},{"care":"foster_long","why":"*"}]}}`,
			map[string]string{"request.plan.goals[0]": "read", "request.alternatives_ruled_out[1].why": `<none> "free"`},
		},
		"what is no text":   {`{"child":{"name":"Aline"},"court_order":{"a":"b"},"siblings":"two"}`, `{"child":{"name":"Aline"},"court_order":{"a":"b"},"siblings":"two"}`, map[string]string{}},
		"a text and spaces": {"{ \"court_order\" : \"order 12\" , \"support\": [ ] }", `{"court_order":"*","support":[ ]}`, map[string]string{"court_order": "order 12"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			recorded, texts, err := Split([]byte(tt.part))
			is.NoErr(err)
			is.Equal(string(recorded), tt.recorded)
			is.Equal(texts, tt.texts)
			again, none, err := Split(recorded)
			is.NoErr(err)
			is.Equal(string(again), tt.recorded)
			is.Equal(len(none), 0)
		})
	}
	for _, bad := range []string{`{"request":{"plan":`, `{"request":{"plan":{"goals":["a" "b"]}}}`} {
		is := is.New(t)
		_, _, err := Split([]byte(bad))
		var wrong *Error
		is.True(errors.As(err, &wrong))
	}
}

// TestCheckOfTheRecordedDocument: the recorded document of every public case, in
// which texts stand elsewhere, is checked to the same bytes as the full one.
func TestCheckOfTheRecordedDocument(t *testing.T) {
	l, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	cases, err := EmbeddedCases()
	if err != nil {
		t.Fatal(err)
	}
	files, err := caseFiles(cases)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			f, err := readCase(cases, name)
			is.NoErr(err)
			p, full, err := l.Open(f.Case, Instead{})
			is.NoErr(err)
			recorded, texts, err := Split(f.Case)
			is.NoErr(err)
			told += len(texts)
			c, err := p.Read(recorded)
			is.NoErr(err)
			is.Equal(string(c.JSON()), string(full.WithoutTexts().JSON()))
			is.Equal(string(Check(p, c).JSON()), string(Check(p, full).JSON()))
			for path, text := range texts {
				is.True(json.Valid(recorded) && !strings.Contains(string(recorded), text)) // what was told at path
				is.True(path != "" && text != "")
			}
		})
	}
	is.New(t).True(told > len(files)/2) // there is something to hide
}
