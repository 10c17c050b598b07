package policies_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"umuryango/policies"
)

// vignette is a case with the result that it wants; a key that is absent from
// want is not checked.
type vignette struct {
	Name string          `json:"name"`
	Why  string          `json:"why"`
	Case json.RawMessage `json:"case"`
	Want want            `json:"want"`
}

type want struct {
	Outcome          string   `json:"outcome"`
	EscalateTo       *string  `json:"escalate_to"`
	DivertTo         []string `json:"divert_to"`
	MissingIncludes  []string `json:"missing_includes"`
	FindingsInclude  []string `json:"findings_include"`
	FindingsExclude  []string `json:"findings_exclude"`
	DeadlinesInclude []string `json:"deadlines_include"`
}

func vignettes(t testing.TB) map[string]vignette {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	out := map[string]vignette{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var v vignette
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		out[filepath.Base(f)] = v
	}
	return out
}

func read(t testing.TB, p *policies.Pack, doc []byte) *policies.Case {
	t.Helper()
	c, err := p.Read(doc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rules(r policies.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Rule)
	}
	return out
}

func whats(r policies.Result) []string {
	var out []string
	for _, d := range r.Deadlines {
		out = append(out, d.What)
	}
	return out
}

func TestEveryVignetteGetsTheResultThatItWants(t *testing.T) {
	p := rwanda(t)
	for name, v := range vignettes(t) {
		t.Run(name, func(t *testing.T) {
			r := policies.Check(p, read(t, p, v.Case))
			v.Want.compare(t, r)
			if t.Failed() {
				t.Logf("%s\n%s", v.Why, r.JSON())
			}
		})
	}
}

func (w want) compare(t *testing.T, r policies.Result) {
	t.Helper()
	if r.Outcome != w.Outcome {
		t.Errorf("outcome %s, want %s", r.Outcome, w.Outcome)
	}
	if w.EscalateTo != nil && r.EscalateTo != *w.EscalateTo {
		t.Errorf("escalate_to %q, want %q", r.EscalateTo, *w.EscalateTo)
	}
	for what, sets := range map[string][2][]string{
		"divert_to": {w.DivertTo, r.DivertTo}, "missing": {w.MissingIncludes, r.Missing},
		"findings": {w.FindingsInclude, rules(r)}, "deadlines": {w.DeadlinesInclude, whats(r)},
	} {
		for _, item := range sets[0] {
			if !slices.Contains(sets[1], item) {
				t.Errorf("%s lacks %s: %v", what, item, sets[1])
			}
		}
	}
	for _, id := range w.FindingsExclude {
		if slices.Contains(rules(r), id) {
			t.Errorf("rule %s is among the findings", id)
		}
	}
}
