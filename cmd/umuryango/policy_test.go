package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

const publicCases = "../../policies/testdata/cases"

// caseOf writes the case of a public case file where a command can read it.
func caseOf(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(publicCases, name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := policies.ReadCaseFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, string(f.Case))
}

func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "case.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// said runs a command that must end with a code, and returns what it printed.
func said(t *testing.T, code int, args ...string) string {
	t.Helper()
	got, out, errs := command(t.Context(), args...)
	if got != code {
		t.Fatalf("%v ended with %d, not %d\n%s%s", args, got, code, out, errs)
	}
	return out + errs
}

// golden holds a text against a file; the hash changes with every word of a
// pack and is left out.
func golden(t *testing.T, name, text string) {
	t.Helper()
	text = regexp.MustCompile(`sha256:[0-9a-f]{64}`).ReplaceAllString(text, "sha256:…")
	file := filepath.Join("testdata/policy", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s holds other words than the command printed:\n%s", file, text)
	}
}

func TestPolicyCheckEndsWithZeroWhateverTheOutcome(t *testing.T) {
	files, err := filepath.Glob(publicCases + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no public cases: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			raw, err := os.ReadFile(file)
			is.NoErr(err)
			f, err := policies.ReadCaseFile(raw)
			is.NoErr(err)
			var r policies.Result
			out := said(t, exitDone, "policy", "check", caseOf(t, name), "-o", "json")
			is.NoErr(json.Unmarshal([]byte(out), &r))
			is.Equal(r.Outcome, f.Want.Outcome)
			is.Equal(out, string(r.JSON())+"\n") // byte for byte the recorded form
			is.True(strings.HasPrefix(said(t, exitDone, "policy", "check", caseOf(t, name)), "outcome"))
		})
	}
}

func TestPolicyCheckReadsTheStandardInput(t *testing.T) {
	is := is.New(t)
	raw, err := os.ReadFile(caseOf(t, "walk-aunt-taken.json"))
	is.NoErr(err)
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"policy", "check", "-"}, func(string) string { return "" }, bytes.NewReader(raw), &out, &errs)
	is.Equal(code, exitDone)
	is.True(strings.Contains(out.String(), "no_objection"))
}

func TestPolicyCheckSpeaksThreeLanguagesAndAsksAsOnAnotherDay(t *testing.T) {
	is := is.New(t)
	file := caseOf(t, "17-funding-ends-if-child-leaves.json")
	for lang, word := range map[string]string{"en": "paid", "fr": "payé", "rw": "umwana"} {
		is.True(strings.Contains(said(t, exitDone, "policy", "check", file, "--lang", lang), word))
	}
	out := said(t, exitDone, "policy", "check", file, "--lang", "fr", "-o", "json")
	var with struct {
		Outcome  string
		Findings []policies.Finding
		Messages []policies.Message
	}
	is.NoErr(json.Unmarshal([]byte(out), &with))
	is.True(with.Outcome != "" && len(with.Messages) == len(with.Findings) && with.Messages[0].Text != "")

	day := said(t, exitDone, "policy", "check", file, "-o", "json", "--at", "2027-05-01", "--pack", "rwanda")
	is.True(strings.Contains(day, `"due":"2027-07-30T00:00:00Z"`)) // 90 days later
}

func TestWhatCannotBeReadEndsWithTwoAndNamesThePath(t *testing.T) {
	file := caseOf(t, "walk-aunt-taken.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(old, new string) string {
		if !bytes.Contains(raw, []byte(old)) {
			t.Fatalf("the case does not hold %s", old)
		}
		return written(t, strings.Replace(string(raw), old, new, 1))
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "pack.yaml"), []byte("pack: {id: x, version: \"1\", language: 1, abstracted: true}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"unknown key", []string{"check", changed(`"sex"`, `"gender"`)}, "child.gender: unknown key"},
		{"unknown code", []string{"explain", changed(`"female"`, `"girl"`)}, "child.sex"},
		{"wrong type", []string{"check", changed(`"age_months": 18`, `"age_months": "18"`)}, "child.age_months"},
		{"no file", []string{"check", filepath.Join(broken, "none.json")}, "none.json"},
		{"no argument", []string{"check"}, "a case document"},
		{"two arguments", []string{"test", "a", "b"}, "at most one"},
		{"no such language", []string{"check", file, "--lang", "de"}, "rw, en or fr"},
		{"no instant", []string{"check", file, "--at", "noon"}, "--at noon"},
		{"no such pack", []string{"check", file, "--pack", "atlantis"}, "atlantis"},
		{"no such form", []string{"check", file, "-o", "xml"}, "text or json"},
		{"no such folder of packs", []string{"check", file, "--packs", filepath.Join(broken, "none")}, filepath.Join(broken, "none") + ": there is no such folder"},
		{"a file as folder of packs", []string{"lint", "base", "--packs", file}, file + ": there is no such folder"},
		{"a folder without packs", []string{"check", file, "--packs", filepath.Dir(file)}, "--packs " + filepath.Dir(file) + ": "},
		{"no such folder of cases", []string{"test", filepath.Join(broken, "none")}, filepath.Join(broken, "none") + ": there is no such folder"},
		{"a broken pack", []string{"check", file, "--packs", broken}, "pack.yaml:1"},
		{"a folder without cases", []string{"test", broken}, "no *.json"},
		{"a file that is no case file", []string{"test", filepath.Dir(file)}, "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := said(t, exitInput, append([]string{"policy"}, c.args...)...); !strings.Contains(got, c.says) {
				t.Errorf("it does not say %q: %s", c.says, got)
			}
		})
	}
}

func TestPolicyExplainPrintsEveryRuleAsTextAndAsAPage(t *testing.T) {
	for _, name := range []string{"17-funding-ends-if-child-leaves", "walk-institution-asked"} {
		file := caseOf(t, name+".json")
		golden(t, name+".txt", said(t, exitDone, "policy", "explain", file, "-o", "text"))
		golden(t, name+".html", said(t, exitDone, "policy", "explain", file, "--html", "--lang", "fr"))
	}
}

func TestPolicyExplainGivesTheSameResultInJSON(t *testing.T) {
	is := is.New(t)
	file := caseOf(t, "walk-institution-asked.json")
	var e policies.Explanation
	is.NoErr(json.Unmarshal([]byte(said(t, exitDone, "policy", "explain", file, "-o", "json")), &e))
	is.Equal(string(e.Result.JSON())+"\n", said(t, exitDone, "policy", "check", file, "-o", "json"))
}

func TestPolicyTestPassesOnThePublicCasesAndSaysWhatDiffers(t *testing.T) {
	is := is.New(t)
	is.Equal(said(t, exitDone, "policy", "test"), said(t, exitDone, "policy", "test", publicCases))

	raw, err := os.ReadFile(filepath.Join(publicCases, "walk-aunt-taken.json"))
	is.NoErr(err)
	dir := t.TempDir()
	raw = bytes.Replace(raw, []byte(`"no_objection"`), []byte(`"divert"`), 1)
	is.NoErr(os.WriteFile(filepath.Join(dir, "aunt.json"), raw, 0o600))
	out := said(t, exitRefused, "policy", "test", dir)
	is.True(strings.Contains(out, "outcome is no_objection, wanted is divert"))
	var tested []policies.Tested
	code, asJSON, _ := command(t.Context(), "policy", "test", dir, "-o", "json")
	is.Equal(code, exitRefused)
	is.NoErr(json.Unmarshal([]byte(asJSON), &tested))
	is.Equal(len(tested), 1)
	is.Equal(tested[0].Differs, []string{"outcome is no_objection, wanted is divert"})
}

// A folder of packs stands for those in the program.
func TestPolicyCommandsTakeTheirPacksFromAFolder(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	is.NoErr(os.CopyFS(dir, os.DirFS("../../policies/packs")))
	file := filepath.Join(dir, "base/rules/G12.yaml")
	is.NoErr(os.Remove(file))
	out := said(t, exitDone, "policy", "check", caseOf(t, "walk-institution-asked.json"), "--packs", dir, "-o", "json")
	is.True(!strings.Contains(out, `"G12"`) && strings.Contains(out, `"G10"`))
}

func TestPolicyLintIsCleanOnBothPacksAndEndsWithOneWhereThereIsSomethingToMend(t *testing.T) {
	is := is.New(t)
	for _, id := range []string{"base", "rwanda"} {
		is.True(strings.HasSuffix(said(t, exitDone, "policy", "lint", id), "policy pack "+id+" is clean\n"))
	}
	dir := t.TempDir()
	is.NoErr(os.CopyFS(dir, os.DirFS("../../policies/packs")))
	raw, err := os.ReadFile("../../policies/testdata/lint/planted.yaml")
	is.NoErr(err)
	is.NoErr(os.WriteFile(filepath.Join(dir, "base", "planted.yaml"), raw, 0o600))
	out := said(t, exitRefused, "policy", "lint", "rwanda", "--packs", dir, "--cases", publicCases)
	is.True(strings.Contains(out, "base/planted.yaml:21: unreachable: X1 a-never"))

	var found []policies.LintFinding
	code, asJSON, _ := command(t.Context(), "policy", "lint", "rwanda", "--packs", dir, "-o", "json")
	is.Equal(code, exitRefused)
	is.NoErr(json.Unmarshal([]byte(asJSON), &found))
	is.True(len(found) > 10)

	is.NoErr(os.WriteFile(filepath.Join(dir, "base", "planted.yaml"), []byte("rules: 7\n"), 0o600))
	is.True(strings.Contains(said(t, exitRefused, "policy", "lint", "rwanda", "--packs", dir), "base/planted.yaml:1: fault"))
	is.True(strings.Contains(said(t, exitInput, "policy", "lint", "atlantis"), "atlantis"))
	is.True(strings.Contains(said(t, exitInput, "policy", "lint", "rwanda", "--cases", dir), "no *.json"))
}

func TestPolicySchemaPrintsTheJSONSchemaOfPacks(t *testing.T) {
	is := is.New(t)
	var schema map[string]any
	is.NoErr(json.Unmarshal([]byte(said(t, exitDone, "policy", "schema")), &schema))
	is.Equal(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
	said(t, exitInput, "policy", "schema", "rwanda")
}
