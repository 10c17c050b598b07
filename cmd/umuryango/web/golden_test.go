package web

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares JSON with a file of testdata. What is new in every run is
// counted instead: ids, codes, instants; what changes with a pack is left out.
func golden(t *testing.T, name string, raw []byte) {
	t.Helper()
	var out bytes.Buffer
	must(t, json.Indent(&out, raw, "", "  "))
	got := append(out.Bytes(), '\n')
	for _, k := range []struct{ kind, form string }{
		{"id", `[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`}, // before codes, which look like parts of it
		{"code", `\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{4}\b`},
		{"time", `"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"`},
		{"pack", `sha256:[0-9a-f]{64}`},
	} {
		seen := map[string]string{}
		got = regexp.MustCompile(k.form).ReplaceAllFunc(got, func(text []byte) []byte {
			if seen[string(text)] == "" {
				seen[string(text)] = fmt.Sprintf("<%s %d>", k.kind, len(seen)+1)
			}
			if k.kind == "time" { // how often a clock is looked at is nobody's business
				return []byte(`"<time>"`)
			}
			return []byte(seen[string(text)])
		})
	}
	goldenText(t, name, string(got))
}

// goldenText holds a text against its golden file.
func goldenText(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s has changed:\n%s\nwanted:\n%s", name, got, want)
	}
}

// short leaves of an answer of the gate what does not change with each pack.
func short(c *CheckView) {
	if c == nil {
		return
	}
	c.Rules = c.Rules[:min(1, len(c.Rules))]
	if len(c.Result) == 0 {
		return // closed
	}
	c.Result, c.DivertTo, c.Missing = json.RawMessage("{}"), c.DivertTo[:min(1, len(c.DivertTo))], c.Missing[:min(1, len(c.Missing))]
	c.DivertToText = c.DivertToText[:min(1, len(c.DivertToText))]
	c.Messages = c.Messages[:min(1, len(c.Messages))]
	for i := range c.Messages {
		c.Messages[i].Text = "…"
	}
}

// The wire forms that other programs read.
func TestWireFormsAreGolden(t *testing.T) {
	w := newTown(t)
	body := `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"izu"}`
	golden(t, "done.json", w.send("POST", "/api/v1/referrals", body).body)
	var done Done
	must(t, json.Unmarshal(w.send("POST", "/api/v1/referrals", body).body, &done))
	var problems []json.RawMessage
	for _, a := range []answer{
		w.send("POST", "/api/v1/referrals/"+done.Case+"/accept", `{"office":"`+village+`","actor":"A"}`),
		w.send("POST", "/api/v1/referrals/"+done.Case+"/accept", `{}`),
		w.send("GET", "/api/v1/inbox?office=Kimaranzara", ""),
	} {
		problems = append(problems, a.body)
	}
	raw, err := json.Marshal(problems)
	must(t, err)
	golden(t, "problems.json", raw)

	asked := w.proposed()
	_, err = w.client.Decide(t.Context(), asked.Case, "", sitting())
	must(t, err)
	one, err := w.client.Case(t.Context(), asked.Case)
	must(t, err)
	for _, e := range one.Trail {
		short(e.Check)
		short(e.Taken)
	}
	raw, err = json.Marshal(one)
	must(t, err)
	golden(t, "case.json", raw) // who does not say who they are reads codes
	one, err = w.client.CaseAs(t.Context(), asked.Case, by(district, "DIS-3"))
	must(t, err)
	for _, e := range one.Trail {
		short(e.Check)
		short(e.Taken)
	}
	raw, err = json.Marshal(one)
	must(t, err)
	golden(t, "case-open.json", raw)
}
