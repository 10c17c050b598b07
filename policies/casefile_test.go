package policies_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"umuryango/policies"
)

const smallFile = `{"name":"n","why":"w","case":{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"closure"},"want":{"outcome":"need_information"}}`

func TestACaseFileIsReadStrictlyAndAnErrorNamesThePath(t *testing.T) {
	for _, c := range []struct{ name, file, path, problem string }{
		{"empty", "", "", "not JSON"},
		{"a list", "[]", "", "an object is expected"},
		{"cut off", `{"name":"n"`, "", "not JSON"},
		{"something after it", smallFile + "{}", "", "follows its end"},
		{"unknown key", strings.Replace(smallFile, `"why"`, `"because"`, 1), "because", "unknown key"},
		{"a key twice", strings.Replace(smallFile, `"why":"w"`, `"name":"w"`, 1), "name", "twice"},
		{"null", strings.Replace(smallFile, `"why":"w"`, `"why":null`, 1), "why", "null"},
		{"no name", strings.Replace(smallFile, `"name":"n",`, "", 1), "name", "missing"},
		{"no case", `{"name":"n","want":{"outcome":"divert"}}`, "case", "missing"},
		{"no outcome", strings.Replace(smallFile, `"outcome":"need_information"`, "", 1), "want.outcome", "missing"},
		{"misspelled want", strings.Replace(smallFile, `"outcome"`, `"outcomes"`, 1), "want.outcomes", "unknown key"},
		{"a want twice", strings.Replace(smallFile, `{"outcome"`, `{"outcome":"divert","outcome"`, 1), "want.outcome", "twice"},
		{"wrong type", strings.Replace(smallFile, `"need_information"`, `7`, 1), "want.outcome", "cannot unmarshal"},
		{"too large", strings.Repeat(" ", 300<<10), "", "at most"},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			_, err := policies.ReadCaseFile([]byte(c.file))
			var bad *policies.CaseFileError
			is.True(errors.As(err, &bad))
			is.Equal(bad.Path, c.path)
			is.True(strings.Contains(bad.Problem, c.problem)) // the problem is named
		})
	}
}

// A want that speaks of what no pack knows would be met, or missed, for a
// reason that nobody sees.
func TestAWantOfAnUnknownCodeIsAnError(t *testing.T) {
	p := rwanda(t)
	for path, want := range map[string]string{
		"want.outcome":              `"outcome":"diverted"`,
		"want.escalate_to":          `"outcome":"divert","escalate_to":"province"`,
		"want.divert_to[1]":         `"outcome":"divert","divert_to":["kinship_formal","kin"]`,
		"want.findings_include[0]":  `"outcome":"divert","findings_include":["G99"]`,
		"want.findings_exclude[0]":  `"outcome":"divert","findings_exclude":["G1"]`,
		"want.deadlines_include[0]": `"outcome":"divert","deadlines_include":["someday"]`,
		"want.missing_includes[0]":  `"outcome":"divert","missing_includes":["child.view"]`,
	} {
		t.Run(path, func(t *testing.T) {
			is := is.New(t)
			f, err := policies.ReadCaseFile([]byte(strings.Replace(smallFile, `"outcome":"need_information"`, want, 1)))
			is.NoErr(err)
			_, err = f.Test(p)
			var bad *policies.CaseFileError
			is.True(errors.As(err, &bad))
			is.Equal(bad.Path, path)
		})
	}
}

func TestEveryKindOfDifferenceIsNamed(t *testing.T) {
	is := is.New(t)
	f, err := policies.ReadCaseFile([]byte(strings.Replace(smallFile, `"outcome":"need_information"`,
		`"outcome":"divert","escalate_to":"court","divert_to":["kafaalah"],"missing_includes":["reasons"],
		 "findings_include":["G12"],"findings_exclude":["G02"],"deadlines_include":["trace"]`, 1)))
	is.NoErr(err)
	differs, err := f.Test(rwanda(t))
	is.NoErr(err)
	is.Equal(differs, []string{
		"outcome is need_information, wanted is divert", `escalate_to is "national", wanted is "court"`, "divert_to lacks kafaalah",
		"missing lacks reasons", "findings lacks G12", "deadlines lacks trace", "findings hold G02, which is not wanted",
	})
}

func TestAFolderOfCasesIsTestedAndABrokenFileHoldsUpNoOther(t *testing.T) {
	is := is.New(t)
	l, err := policies.Embedded()
	is.NoErr(err)
	tested, err := l.TestCases(fstest.MapFS{
		"a.json":    {Data: []byte("{")},
		"b.json":    {Data: []byte(smallFile)},
		"c.json":    {Data: []byte(strings.Replace(smallFile, "need_information", "divert", 1))},
		"d.json":    {Data: []byte(strings.Replace(smallFile, `"closure"`, `"closing"`, 1))},
		"e.json":    {Data: []byte(strings.Replace(smallFile, `"rwanda"`, `"elsewhere"`, 1))},
		"README.md": {Data: []byte("no case")},
	})
	is.NoErr(err)
	is.Equal(len(tested), 5)
	is.True(strings.Contains(tested[0].Wrong, "not JSON"))
	is.True(tested[1].Wrong == "" && tested[1].Differs == nil && tested[1].Name == "n")
	is.Equal(tested[2].Differs, []string{"outcome is need_information, wanted is divert"})
	is.True(strings.Contains(tested[3].Wrong, "decision"))
	is.True(strings.Contains(tested[4].Wrong, "elsewhere"))

	_, err = l.TestCases(fstest.MapFS{})
	is.True(err != nil) // a folder without cases proves nothing
}

func TestTheProgramCarriesThePublicCases(t *testing.T) {
	is := is.New(t)
	f, err := policies.EmbeddedCases()
	is.NoErr(err)
	cases, err := policies.ReadCases(f)
	is.NoErr(err)
	is.Equal(len(cases), len(vignettes(t)))
	_, err = policies.ReadCases(fstest.MapFS{"x.json": {Data: []byte("{")}})
	is.True(err != nil && strings.Contains(err.Error(), "x.json"))
}

func FuzzReadCaseFile(f *testing.F) {
	files, err := os.ReadDir("testdata/cases")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range files {
		raw, err := os.ReadFile("testdata/cases/" + e.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(smallFile))
	f.Add([]byte(strings.Repeat(`{"case":`, 2000)))
	p := rwanda(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := policies.ReadCaseFile(raw)
		if err != nil {
			var bad *policies.CaseFileError
			if !errors.As(err, &bad) {
				t.Fatalf("not a *CaseFileError: %v", err)
			}
			return
		}
		if c.Want.Outcome == "" || len(c.Case) == 0 {
			t.Fatal("a file without a case or an outcome was read")
		}
		doc, err := p.Read(c.Case)
		if err != nil {
			return
		}
		r := policies.Check(p, doc)
		met := policies.Want{Outcome: r.Outcome, EscalateTo: &r.EscalateTo, DivertTo: r.DivertTo, MissingIncludes: r.Missing}
		if d := met.Differences(r); d != nil {
			t.Fatalf("a result differs from itself: %v", d)
		}
		if e := policies.Explain(p, doc, "en"); !slices.Equal(e.Result.JSON(), r.JSON()) {
			t.Fatal("the explanation gives another result")
		}
	})
}
