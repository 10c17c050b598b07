package policies_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"umuryango/policies"
)

func publicCases(t testing.TB) []*policies.CaseFile {
	t.Helper()
	f, err := policies.EmbeddedCases()
	if err != nil {
		t.Fatal(err)
	}
	cases, err := policies.ReadCases(f)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// laid puts a planted file beside the real packs.
func laid(t testing.TB, f fstest.MapFS, name, under string) fstest.MapFS {
	t.Helper()
	raw, err := os.ReadFile("testdata/lint/" + name)
	if err != nil {
		t.Fatal(err)
	}
	f[under+"/"+name] = &fstest.MapFile{Data: raw}
	return f
}

func goldenLint(t *testing.T, name string, found []policies.LintFinding) {
	t.Helper()
	var text strings.Builder
	for _, f := range found {
		text.WriteString(f.String() + "\n")
	}
	file := "testdata/lint/" + name
	if *update {
		if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("%s holds other findings than:\n%s", file, text.String())
	}
}

func TestBothPacksAreClean(t *testing.T) {
	l, err := policies.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"base", "rwanda"} {
		found, err := l.Lint(id, publicCases(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if !f.Note {
				t.Errorf("pack %s: %s", id, f)
			}
		}
	}
}

func TestEveryKindOfFindingIsFoundWhereItIsPlanted(t *testing.T) {
	is := is.New(t)
	f := laid(t, laid(t, packs(t), "planted.yaml", "base"), "changes.yaml", "rwanda")
	found, err := policies.LintFS(f, "rwanda", publicCases(t))
	is.NoErr(err)
	goldenLint(t, "planted.txt", found)
	kinds := map[string]bool{}
	for _, f := range found {
		kinds[f.Kind] = true
	}
	for _, kind := range []string{
		policies.LintUnreachable, policies.LintContradiction, policies.LintUntested, policies.LintTranslation,
		policies.LintUnused, policies.LintDerogation,
	} {
		is.True(kinds[kind]) // each kind is planted
	}
}

func TestAllFaultsOfRulesAreNamedAtOnce(t *testing.T) {
	is := is.New(t)
	found, err := policies.LintFS(laid(t, packs(t), "faults.yaml", "base"), "rwanda", nil)
	is.NoErr(err)
	goldenLint(t, "faults.txt", found)
	is.Equal(len(found), 2)
}

// A rule of an abstract pack is looked at through the packs that inherit it,
// and what belongs to those alone is not laid at its door.
func TestAnAbstractPackIsLintedThroughItsHeirs(t *testing.T) {
	is := is.New(t)
	f := laid(t, packs(t), "changes.yaml", "rwanda")
	found, err := policies.LintFS(f, "base", nil)
	is.NoErr(err)
	is.True(len(found) > 50) // without cases nothing is tested
	for _, f := range found {
		is.True(strings.HasPrefix(f.File, "base/"))
	}
	_, err = policies.LintFS(f, "atlantis", nil)
	is.True(err != nil && strings.Contains(err.Error(), "atlantis"))
	found, err = policies.LintFS(fstest.MapFS{}, "rwanda", nil)
	is.NoErr(err)
	is.Equal(len(found), 1) // that no pack is there is a fault like others
	is.Equal(found[0].Kind, policies.LintFault)
}
