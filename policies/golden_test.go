package policies_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file that stays as it is: these are wire forms.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got = append(got, '\n'); !bytes.Equal(got, want) {
		t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
	}
}

func TestTheDocumentAndTheResultHaveTheirGoldenForms(t *testing.T) {
	p := rwanda(t)
	for _, name := range []string{"walk-institution-asked", "07-beaten-at-night"} {
		c := read(t, p, vignettes(t)[name+".json"].Case)
		golden(t, name+".case.json", c.JSON())
		// the hash changes with every word of the pack: only its form is golden
		result := policies.Check(p, c).JSON()
		golden(t, name+".result.json", bytes.Replace(result, []byte(p.Hash()), []byte("sha256:0"), 1))
	}
}

func TestNoRuleIsNamedInGo(t *testing.T) {
	is := is.New(t)
	rule := regexp.MustCompile(`\bG[0-4][0-9]\b`)
	files := 0
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "oracle" {
			return fs.SkipDir // a module of its own, that says the rules anew to hold the pack against them
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(name)
		if at := rule.Find(raw); at != nil {
			t.Errorf("%s names rule %s: what a rule does belongs into a pack", name, at)
		}
		files++
		return err
	})
	is.NoErr(err)
	is.True(files > 20)
}
