package policies_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"umuryango/policies"
)

// generator makes case documents: a case with some facts replaced by those of
// other cases, and by codes of the pack that no case may speak.
type generator struct {
	random *rand.Rand
	names  []string
	cases  map[string]document
	paths  []string
	values map[string][]any // by path: what may stand there
}

func newGenerator(t testing.TB, seed uint64) *generator {
	t.Helper()
	t.Logf("seed %d", seed)
	g := &generator{random: rand.New(rand.NewPCG(seed, 3)), cases: everyCase(t), values: map[string][]any{}}
	g.names = slices.Sorted(maps.Keys(g.cases))
	for _, name := range g.names {
		g.collect(g.cases[name], "")
	}
	g.add(rwanda(t), map[string]string{
		"decision": "decisions", "request.care": "care_types", "history.current_care": "care_types", "provider.kind": "provider_kinds",
		"from.kind": "provider_kinds", "provider.licence": "licences", "from.licence": "licences", "harm_by": "harm_sources",
		"danger.ground": "reasons", "request.exception": "exceptions", "request.escort": "escorts", "child.justice": "justice_statuses",
		"child.separated": "separations", "child.religion": "religions",
	})
	for _, reason := range rwanda(t).Codes("reasons") {
		g.values["reasons"] = append(g.values["reasons"], []any{reason}, []any{"poverty", reason})
	}
	for _, months := range []int{0, 20, 36, 83, 84, 191, 192, 215, 216} {
		g.values["child.age_months"] = append(g.values["child.age_months"], months)
	}
	g.paths = slices.Sorted(maps.Keys(g.values))
	return g
}

// add puts in every code of a list, and "" where a case may say it.
func (g *generator) add(p *policies.Pack, lists map[string]string) {
	for path, list := range lists {
		for _, code := range p.Codes(list) {
			g.values[path] = append(g.values[path], code)
		}
	}
}

// collect takes the facts of a case; a list is one fact.
func (g *generator) collect(at map[string]any, prefix string) {
	for key, v := range at {
		path := prefix + key
		switch v := v.(type) {
		case map[string]any:
			g.collect(v, path+".")
		case bool:
			g.values[path] = []any{true, false}
		default:
			if path != "pack" && path != "at" && path != "unknowable" {
				g.values[path] = append(g.values[path], v)
			}
		}
	}
}

// next is a document with one to a dozen facts replaced, seldom many: where
// little stands against a case, a rule that falls silent shows.
func (g *generator) next(t testing.TB) document {
	changes := facts{}
	for range 1 + g.random.IntN(1+g.random.IntN(12)) {
		path := g.paths[g.random.IntN(len(g.paths))]
		changes[path] = g.values[path][g.random.IntN(len(g.values[path]))]
	}
	return g.cases[g.names[g.random.IntN(len(g.names))]].with(t, changes)
}

// all are the cases and n generated documents.
func (g *generator) all(t testing.TB, n int) []document {
	out := make([]document, 0, len(g.names)+n)
	for _, name := range g.names {
		out = append(out, g.cases[name])
	}
	for range n {
		out = append(out, g.next(t))
	}
	return out
}

// disturbed are quiet cases with one fact replaced, by the path of it.
func (g *generator) disturbed(t testing.TB, names []string, visit func(path string, d document)) {
	calm := quiet(t)
	for _, name := range names {
		for _, path := range g.paths {
			seen := map[string]bool{}
			for _, v := range g.values[path] {
				if raw, err := json.Marshal(v); err == nil && !seen[string(raw)] {
					seen[string(raw)] = true
					visit(path, calm[name].with(t, facts{path: v}))
				}
			}
		}
	}
}

// strictness orders outcomes as case.md does; the higher the more stands
// against it.
func strictness(t testing.TB, outcome string) int {
	t.Helper()
	i := slices.Index([]string{
		policies.NoObjection, policies.Provisional, policies.Escalate, policies.NeedInformation, policies.Divert, policies.Blocked,
		policies.WithoutDecision, policies.Void, policies.OutOfScope,
	}, outcome)
	if i < 0 {
		t.Fatalf("%q is no outcome", outcome)
	}
	return i
}

// objections are the parts that speak against what is asked.
func objections(r policies.Result) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Effect != policies.EffectDeadline && f.Effect != policies.EffectNotice && f.Effect != policies.Provisional {
			out = append(out, f.Rule+" "+f.Part)
		}
	}
	return out
}
