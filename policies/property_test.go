package policies_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/matryer/is"

	"umuryango/policies"
)

// everyCase is every vignette and every quiet case.
func everyCase(t testing.TB) map[string]document {
	t.Helper()
	out := quiet(t)
	for name, v := range vignettes(t) {
		out[name] = documentOf(t, v.Case)
	}
	return out
}

// without calls visit with a copy of the document for every single key that is
// taken out of it.
func without(t testing.TB, d document, visit func(path string, doc document)) {
	var walk func(v any, path string)
	walk = func(v any, path string) {
		switch v := v.(type) {
		case document:
			walk(map[string]any(v), path)
		case map[string]any:
			for key, value := range v {
				delete(v, key)
				visit(path+"."+key, d)
				v[key] = value
				walk(value, path+"."+key)
			}
		case []any:
			for i, e := range v {
				walk(e, path+"["+strconv.Itoa(i)+"]")
			}
		}
	}
	walk(d, "")
}

// thinner is a case from which one key was taken out, and what the gate says.
type thinner struct {
	name, path string
	doc        *policies.Case
	full, got  policies.Result
}

var (
	thinnersOnce sync.Once
	thinnersMade []thinner
)

// thinners are made once: several properties are asked of them.
func thinners(t *testing.T) []thinner {
	t.Helper()
	thinnersOnce.Do(func() { thinnersMade = makeThinners(t) })
	return thinnersMade
}

func makeThinners(t *testing.T) []thinner {
	t.Helper()
	p := rwanda(t)
	var out []thinner
	for name, d := range everyCase(t) {
		full := policies.Check(p, read(t, p, d.json(t)))
		without(t, d, func(path string, doc document) {
			if c, err := p.Read(doc.json(t)); err == nil { // pack, at and decision must stand there
				out = append(out, thinner{name, path, c, full, policies.Check(p, c)})
			}
		})
	}
	return out
}

func TestTakingAKeyOutNeverRemovesTheLastObjection(t *testing.T) {
	for _, c := range thinners(t) {
		if c.full.Outcome == policies.NoObjection || c.full.Outcome == policies.Provisional {
			continue
		}
		if c.got.Outcome == policies.NoObjection {
			t.Errorf("%s without %s: no objection", c.name, c.path)
		}
	}
}

func TestARecordedDocumentGivesTheBytesOfTheFullOne(t *testing.T) {
	p := rwanda(t)
	for _, c := range thinners(t) {
		if a, b := c.got.JSON(), policies.Check(p, c.doc.WithoutTexts()).JSON(); !bytes.Equal(a, b) {
			t.Errorf("%s without %s:\n%s\n%s", c.name, c.path, a, b)
		}
	}
}

func TestTheSameDocumentAndPackGiveTheSameBytes(t *testing.T) {
	p, q := rwanda(t), rwanda(t)
	for name, d := range everyCase(t) {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := read(t, p, d.json(t))
			first := policies.Check(p, c).JSON()
			is.Equal(first, policies.Check(p, c).JSON())
			is.Equal(first, policies.Check(q, read(t, q, c.JSON())).JSON())
			var back policies.Result
			is.NoErr(json.Unmarshal(first, &back))
			is.Equal(back.JSON(), first)
		})
	}
}

// Knowing more never changes what was certain: whatever is filled in for an
// absent key, a finding that was certain without it stays.
func TestWhatIsCertainStaysCertainWhenMoreIsKnown(t *testing.T) {
	for _, c := range thinners(t) {
		if provisional(c.full) || bounds(c.path) {
			continue // an emergency is active only when its four facts are certain
		}
		for _, f := range c.got.Findings {
			if f.Certain && !holds(c.full, f) {
				t.Errorf("%s without %s: %s %s is certain, and is not when the key is there", c.name, c.path, f.Rule, f.Part)
			}
		}
	}
}

func provisional(r policies.Result) bool {
	return slices.ContainsFunc(r.Findings, func(f policies.Finding) bool { return f.Effect == policies.Provisional })
}

// bounds: the age bounds are read only where the age itself is absent.
func bounds(path string) bool { return path == ".child.age_months" }

func holds(r policies.Result, f policies.Finding) bool {
	return slices.ContainsFunc(r.Findings, func(g policies.Finding) bool {
		return g.Rule == f.Rule && g.Part == f.Part && g.Effect == f.Effect && g.Certain
	})
}

// Several keys away at once: the gate answers, and never with a text.
func TestManyKeysAwayStillGiveAnAnswer(t *testing.T) {
	p := rwanda(t)
	random := rand.New(rand.NewPCG(7, 26))
	for name, d := range everyCase(t) {
		for range 60 {
			doc := thinned(random, documentOf(t, d.json(t)))
			c, err := p.Read(document(doc).json(t))
			if err != nil {
				continue
			}
			r := policies.Check(p, c)
			if r.Outcome == policies.NoObjection && len(r.Missing) > 0 {
				t.Errorf("%s: no objection, and something is missing: %s", name, r.JSON())
			}
			for _, lang := range []string{"en", "fr", "rw"} {
				for _, m := range policies.Render(p, r, lang) {
					if m.Text == "" {
						t.Errorf("%s: rule %s says nothing in %s", name, m.Rule, lang)
					}
				}
			}
		}
	}
}

func thinned(random *rand.Rand, d map[string]any) map[string]any {
	for key, v := range d {
		if key == "pack" || key == "at" || key == "decision" {
			continue
		}
		if random.IntN(6) == 0 {
			delete(d, key)
			continue
		}
		if inner, ok := v.(map[string]any); ok {
			thinned(random, inner)
		}
	}
	return d
}
