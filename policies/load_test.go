package policies_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/matryer/is"

	"umuryango/policies"
)

// packs copies the packs of this package so that a test may change them.
func packs(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	root := os.DirFS("packs")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(root, name)
		out[name] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func change(t testing.TB, f fstest.MapFS, name, old, with string) {
	t.Helper()
	text := string(f[name].Data)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	f[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, with, 1))}
}

func loaded(t testing.TB, f fs.FS) *policies.Pack {
	t.Helper()
	l, err := policies.LoadFS(f)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.InForce("rwanda", time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTakingOutARuleChangesTheResult(t *testing.T) {
	is := is.New(t)
	f := packs(t)
	doc := vignettes(t)["walk-institution-asked.json"].Case
	before := loaded(t, f)
	is.Equal(policies.Check(before, read(t, before, doc)).DivertTo, []string{"kinship_formal", "foster_emergency"})
	delete(f, "base/rules/G12.yaml")
	after := loaded(t, f)
	is.Equal(policies.Check(after, read(t, after, doc)).DivertTo, []string{"kinship_formal"})
	is.True(before.Hash() != after.Hash())
}

func manyDecisions() string {
	var out strings.Builder
	for i := range 60 {
		fmt.Fprintf(&out, "    - {code: more_%d, en: more}\n", i)
	}
	return out.String()
}

func TestAPackWithAFaultIsRefusedWithItsFileAndLine(t *testing.T) {
	const g12 = "base/rules/G12.yaml"
	for _, tt := range []struct {
		name, file, old, with string
		line                  int
		want                  string
	}{
		{"an unknown key of a rule", g12, "    cites:", "    sites:", 4, "sites"},
		{"an unknown key of a part", g12, "        divert_always:", "        divert_allways:", 0, "divert_allways"},
		{"an unknown part of the pack", "rwanda/pack.yaml", "decides:", "decider:", 0, "decider"},
		{"a key twice", g12, "    class: presumption", "    class: presumption\n    class: absolute", 0, "class"},
		{"an unknown class", g12, "class: presumption", "class: hint", 8, `"hint" is no class`},
		{"an unknown decision", g12, "ratification, review]", "ratification, removal]", 8, "is no decision"},
		{"a decision twice", g12, "ratification, review]", "ratification, placement]", 8, "stands there twice"},
		{"a misspelled path", g12, "age_lower() <", "child.age <", 10, `no key "age"`},
		{"a misspelled code", g12, "siblings_together", "siblings", 10, "not in the list exceptions"},
		{"an unknown care type", g12, "care: foster_emergency", "care: orphanage", 8, "is no care type"},
		{"an effect of another class", "base/rules/G21.yaml", "        escalate_to: top", "        effect: divert\n        escalate_to: top", 8, "cannot have the effect"},
		{"a level with a country's name", "base/rules/G21.yaml", "escalate_to: top", "escalate_to: national", 8, "is none of"},
		{"a clock that is none", "base/rules/G24.yaml", "what: assess", "what: someday", 8, "has no clock"},
		{"an emergency that is none", g12, "emergency: exit_plan", "emergency: never", 8, "is no clock"},
		{"a message is missing", "base/rules/G26.yaml", "          fr:", "          # fr:", 8, "a message is missing"},
		{"a message shows what is not there", g12, "{params.under_three}", "{age}", 8, "shows {age}"},
		{"a missing path that is none", "base/rules/G01.yaml", "path: referral.similar_open", "path: referral.similar", 8, "is no path"},
		{"a rule twice", g12, "id: G12", "id: G10", 0, "rule G10 stands in"},
		{"a diverting part without a place", g12, "        divert_to: [{care: foster_emergency}]\n", "", 8, "names no place"},
		{"a number without a source", "rwanda/pack.yaml", `, source: "CRC art. 1"`, "", 0, "a source is missing"},
		{"a clock without a time", "rwanda/pack.yaml", "trace: {days: 14,", "trace: {", 0, "days or hours"},
		{"a base that is not here", "rwanda/pack.yaml", "inherits: base 1", "inherits: base 2", 0, "which is not here"},
		{"a newer language", "rwanda/pack.yaml", "language: 1", "language: 2", 0, "is written in language 2"},
		{"a level that does not decide", "rwanda/pack.yaml", "decides: district", "decides: province", 0, "is no level"},
		{"a wrong date", "rwanda/pack.yaml", `from: "2026-01-01"`, `from: "2026"`, 0, "a day as in"},
		{"a set with an unknown code", "base/sets.yaml", "[abandonment, relinquishment]", "[abandonment, lost]", 0, "is not in the list"},
		{"a term that calls itself", "base/terms.yaml", "is: care in sets.at_home", "is: at_home(care)", 0, "calls itself"},
		{"a list is missing", "base/lists.yaml", "  licences:", "  licences_of_places:", 0, "lacks code lists: licences"},
		{"a code without a label", "base/lists.yaml", `en: "girl", `, "", 0, "has no English label"},
		{"more decisions than a check tells apart", "base/lists.yaml", "  decisions:\n", "  decisions:\n" + manyDecisions(), 0, "at most 64"},
		{"no YAML", "rwanda/lists.yaml", "lists:", "lists: [", 0, "rwanda/lists.yaml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := packs(t)
			change(t, f, tt.file, tt.old, tt.with)
			_, err := policies.LoadFS(f)
			var bad *policies.PackError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v, want a *PackError", err)
			}
			if !strings.Contains(err.Error(), tt.want) || bad.File == "" || tt.line > 0 && bad.Line != tt.line {
				t.Errorf("got file %q, line %d: %v", bad.File, bad.Line, err)
			}
		})
	}
}

func TestAnEmptyFolderIsNoLibrary(t *testing.T) {
	is := is.New(t)
	_, err := policies.LoadFS(fstest.MapFS{})
	is.True(err != nil)
}

func TestThePackInForceIsChosenByTheInstant(t *testing.T) {
	is := is.New(t)
	f := packs(t)
	for name, file := range packs(t) {
		if rest, ok := strings.CutPrefix(name, "rwanda/"); ok {
			f["rwanda-2027/"+rest] = file
		}
	}
	change(t, f, "rwanda-2027/pack.yaml", `version: "2026.1"`, `version: "2027.1"`)
	change(t, f, "rwanda-2027/pack.yaml", `from: "2026-01-01"`, `from: "2027-01-01"`)
	l, err := policies.LoadFS(f)
	is.NoErr(err)
	for at, version := range map[string]string{"2026-01-01": "2026.1", "2026-12-31": "2026.1", "2027-01-01": "2027.1"} {
		day, err := time.Parse(time.DateOnly, at)
		is.NoErr(err)
		p, err := l.InForce("rwanda", day)
		is.NoErr(err)
		is.Equal(p.Version(), version)
		near, err := l.Nearest("rwanda", day)
		is.NoErr(err)
		is.Equal(near, p)
		same, ok := l.ByHash(p.Hash())
		is.True(ok)
		is.Equal(same, p)
	}
	_, err = l.InForce("rwanda", time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC))
	is.True(err != nil) // not in force yet
	for _, before := range []time.Time{time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), time.Unix(0, 0), {}} {
		near, err := l.Nearest("rwanda", before)
		is.NoErr(err)
		is.Equal(near.Version(), "2026.1")
	}
	_, err = l.Nearest("kenya", time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	is.True(err != nil)
	_, err = l.InForce("kenya", time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	is.True(err != nil) // not here
	_, ok := l.ByHash("sha256:00")
	is.True(!ok)
	change(t, f, "rwanda-2027/pack.yaml", `from: "2027-01-01"`, `from: "2026-01-01"`)
	_, err = policies.LoadFS(f)
	is.True(err != nil) // two of one date
}

func TestACountryMayTightenAndADerogationIsShownInEveryResult(t *testing.T) {
	is := is.New(t)
	f := packs(t)
	doc := vignettes(t)["walk-institution-asked.json"].Case
	f["rwanda/changes.yaml"] = &fstest.MapFile{Data: []byte("tighten:\n  - {rule: G12, why: a national instruction}\nderogations:\n  - {rule: G10, why: a test}\n")}
	p := loaded(t, f)
	r := policies.Check(p, read(t, p, doc))
	is.Equal(r.Outcome, "blocked")
	is.Equal(r.Derogations, []string{"G10"})
	is.Equal(r.DivertTo, []string{"foster_emergency"})
	f["rwanda/changes.yaml"] = &fstest.MapFile{Data: []byte("derogations:\n  - rule: G99\n    why: a test\n")}
	_, err := policies.LoadFS(f)
	var bad *policies.PackError
	is.True(errors.As(err, &bad))
	is.Equal(bad.File, "rwanda/changes.yaml")
	is.Equal(bad.Line, 2)
}

func TestWhatHasNoStatuteIsMarkedAsAnAssumption(t *testing.T) {
	is := is.New(t)
	names := map[string]bool{}
	for _, a := range rwanda(t).Assumptions() {
		names[a.Name] = true
	}
	is.True(names["consultation_age"])
	is.True(names["clock ratify"])
	is.True(names["set panel_local"])
	is.True(!names["under_three"])  // ¶22
	is.True(!names["clock review"]) // ¶67
}
