package policies_test

import (
	"os"
	"path/filepath"
	"testing"

	"umuryango/policies"
)

// vignettes are the public cases, by the name of their file.
func vignettes(t testing.TB) map[string]*policies.CaseFile {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	out := map[string]*policies.CaseFile{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if out[filepath.Base(f)], err = policies.ReadCaseFile(raw); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
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

func TestEveryVignetteGetsTheResultThatItWants(t *testing.T) {
	p := rwanda(t)
	for name, v := range vignettes(t) {
		t.Run(name, func(t *testing.T) {
			differs, err := v.Test(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range differs {
				t.Error(d)
			}
			if t.Failed() {
				t.Logf("%s\n%s", v.Why, policies.Check(p, read(t, p, v.Case)).JSON())
			}
		})
	}
}
