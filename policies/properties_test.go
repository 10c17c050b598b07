package policies_test

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v4"

	"umuryango/policies"
)

// checked is what the gate says of a document; it must be readable.
func checked(t testing.TB, p *policies.Pack, d document) policies.Result {
	t.Helper()
	return policies.Check(p, read(t, p, d.json(t)))
}

func open(outcome string) bool {
	return outcome == policies.NoObjection || outcome == policies.Provisional
}

// Ignorance never helps: a key that is taken out never leaves nothing against
// what a rule objected to, nor lets an emergency pass where the licence or the
// accreditation of the place is not known.
func TestIgnoranceNeverHelps(t *testing.T) {
	p := rwanda(t)
	g := newGenerator(t, 11)
	tried := 0
	try := func(path string, doc document) {
		c, err := p.Read(doc.json(t))
		if err != nil {
			return // pack, at and decision must stand there
		}
		tried++
		switch r := policies.Check(p, c); r.Outcome {
		case policies.NoObjection:
			t.Errorf("without %s there is no objection any more: %s", path, doc.json(t))
		case policies.Provisional:
			e := policies.Explain(p, c, "en")
			for _, part := range []string{"G21 a", "G21 b", "G29"} {
				if reasonOf(t, e, part).State == policies.Unknown {
					t.Errorf("without %s it is provisional although %s is not known: %s", path, part, doc.json(t))
				}
			}
		}
	}
	g.disturbed(t, []string{"foster", "residential", "kafaalah", "move", "return", "night"}, func(path string, d document) { // only the fact that was replaced speaks against it
		if open(checked(t, p, d).Outcome) {
			return
		}
		for above := path; above != ""; above = above[:max(strings.LastIndexByte(above, '.'), 0)] {
			try(above, d.with(t, facts{above: gone}))
		}
	})
	for _, d := range g.all(t, 30) {
		if !open(checked(t, p, d).Outcome) {
			without(t, d, try)
		}
	}
	if tried < 5000 {
		t.Errorf("only %d documents were tried", tried)
	}
}

// What nobody can know never helps towards residential care: whatever objected
// still does.
func TestUnknowableNeverHelpsTowardsResidentialCare(t *testing.T) {
	p := rwanda(t)
	tried := 0
	try := func(doc document, before policies.Result, path string) {
		after, err := p.Read(doc.with(t, facts{"unknowable": []any{map[string]any{"path": path}}}).json(t))
		if err != nil {
			return // an office's own fact cannot be unknowable
		}
		tried++
		r := policies.Check(p, after)
		for _, o := range objections(before) {
			if !slices.Contains(objections(r), o) {
				t.Errorf("with %s unknowable %s objects no more: %s", path, o, doc.json(t))
			}
		}
		if open(r.Outcome) && !open(before.Outcome) {
			t.Errorf("with %s unknowable the outcome is %s: %s", path, r.Outcome, doc.json(t))
		}
	}
	for _, d := range newGenerator(t, 12).all(t, 60) {
		d = d.with(t, facts{"request.care": "residential_institution", "unknowable": gone})
		for _, cut := range []string{"child.age_months", "child.views", "kin_search", "caregivers", "harm_by", "tracing", "reasons", "neglect", "history", "support"} {
			doc := d.with(t, facts{cut: gone})
			before := checked(t, p, doc)
			for _, path := range before.Missing {
				try(doc, before, path)
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d documents were tried", tried)
	}
}

// The money of a place may resist a return: that alone of its faults asks for
// the national level, as the row says, and holds no child there.
func TestAWorsePlaceToLeaveNeverMakesAReturnOrAMoveStricter(t *testing.T) {
	p := rwanda(t)
	worse := []facts{
		{"from.licence": "expired"}, {"from.licence": "none"}, {"from.licence": gone}, {"from.kind": "closed_or_transit_centre"},
		{"from.open_allegation": true}, {"from.solicits_children": true}, {"from.occupied": 90, "from.capacity": 3},
		{"from.overdue_reviews": 9}, {"from.accredited_until": "2020-01-01"}, {"from": gone},
		{"from.licence": "none", "from.open_allegation": true, "from.solicits_children": true, "from.occupied": 90, "from.capacity": 3},
	}
	for _, d := range newGenerator(t, 13).all(t, 150) {
		for _, decision := range []string{"return", "move"} {
			good := d.with(t, facts{"decision": decision, "from": `json:{"kind":"institution","licence":"valid","accredited_until":"2029-01-01",
				"capacity":20,"occupied":3,"includes_child":true,"open_allegation":false,"solicits_children":false,"paid_per_child":false,"overdue_reviews":0}`})
			before := checked(t, p, good)
			paid := checked(t, p, good.with(t, facts{"from.paid_per_child": true}))
			if most := max(strictness(t, before.Outcome), strictness(t, policies.Escalate)); strictness(t, paid.Outcome) > most {
				t.Errorf("money makes a %s %s, not %s: %s", decision, paid.Outcome, before.Outcome, good.json(t))
			}
			for _, w := range worse {
				if _, whole := w["from"]; whole && decision == "return" {
					continue // whether the place is paid for each child is then unknown, and asked
				}
				if after := checked(t, p, good.with(t, w)); strictness(t, after.Outcome) > strictness(t, before.Outcome) {
					t.Errorf("%v makes a %s %s, not %s: %s", w, decision, after.Outcome, before.Outcome, good.json(t))
				}
			}
		}
	}
}

func TestASuitableRelativeIsNeverCheckedMoreStrictlyThanAnInstitution(t *testing.T) {
	p := rwanda(t)
	compare := func(decision string, d document) {
		d = d.with(t, facts{"decision": decision, "history.current_care": ""})
		kin := checked(t, p, d.with(t, facts{"request.care": "kinship_formal", "provider.kind": "relative"}))
		home := checked(t, p, d.with(t, facts{"request.care": "residential_institution", "provider.kind": "institution"}))
		if strictness(t, kin.Outcome) > strictness(t, home.Outcome) {
			t.Errorf("on %s a relative is %s, an institution %s: %s", decision, kin.Outcome, home.Outcome, d.json(t))
		}
	}
	g := newGenerator(t, 14)
	g.disturbed(t, []string{"residential"}, func(_ string, d document) { compare("placement", d) })
	for _, d := range g.all(t, 200) {
		for _, decision := range []string{"placement", "admission", "ratification", "move"} {
			compare(decision, d)
		}
	}
}

func TestAnUnlicensedInstitutionIsNeverBetterThanALicensedOne(t *testing.T) {
	p := rwanda(t)
	for _, d := range newGenerator(t, 15).all(t, 400) {
		d = d.with(t, facts{"request.care": "residential_institution", "provider.kind": "institution", "provider.licence": "valid"})
		licensed := checked(t, p, d)
		for _, licence := range []any{"expired", "suspended", "none", gone} {
			r := checked(t, p, d.with(t, facts{"provider.licence": licence}))
			if strictness(t, r.Outcome) < strictness(t, licensed.Outcome) {
				t.Errorf("licence %v is %s, valid is %s: %s", licence, r.Outcome, licensed.Outcome, d.json(t))
			}
		}
	}
}

// bare is the pack of Rwanda with its numbers and levels, and without anything
// that it adds to the rules of the base pack or takes from them.
func bare(t testing.TB) *policies.Pack {
	t.Helper()
	f := packs(t)
	for name, file := range f {
		if !strings.HasPrefix(name, "rwanda/") {
			continue
		}
		var tree map[string]any
		if err := yaml.Unmarshal(file.Data, &tree); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"rules", "tighten", "derogations"} {
			delete(tree, key)
		}
		raw, err := yaml.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		f[name] = &fstest.MapFile{Data: raw}
	}
	return loaded(t, f)
}

func TestNothingPassesInRwandaThatTheBasePackObjectsTo(t *testing.T) {
	base := bare(t)
	derogating := loaded(t, laid(t, packs(t), "changes.yaml", "rwanda"))
	asItIs := rwanda(t)
	shown := 0
	all := append(newGenerator(t, 16).all(t, 600), quiet(t)["move"].with(t, facts{"history.moves_12_months": 5}))
	for _, d := range all {
		want := checked(t, base, d)
		for name, p := range map[string]*policies.Pack{"as it is": asItIs, "derogating": derogating} {
			got := checked(t, p, d)
			if strictness(t, got.Outcome) >= strictness(t, want.Outcome) {
				continue
			}
			shown++
			if len(got.Derogations) == 0 {
				t.Errorf("%s: %s, the base pack says %s and no derogation is named: %s", name, got.Outcome, want.Outcome, d.json(t))
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows what the derogation lets pass")
	}
}

var indexForm = regexp.MustCompile(`\[\d+\]`)

// settled is a result without what may change with the order: the places of
// entries in a list, and the hash of the pack.
func settled(t testing.TB, r policies.Result) string {
	t.Helper()
	for i, path := range r.Missing {
		r.Missing[i] = indexForm.ReplaceAllString(path, "[]")
	}
	slices.Sort(r.Missing)
	r.PackHash = ""
	return string(r.JSON())
}

func TestTheOrderOfEntriesAndKeysDoesNotChangeTheResult(t *testing.T) {
	p := rwanda(t)
	g := newGenerator(t, 17)
	for _, d := range g.all(t, 600) {
		mixed := documentOf(t, d.json(t))
		shuffle(g, map[string]any(mixed))
		a, b := settled(t, checked(t, p, d)), settled(t, policies.Check(p, read(t, p, backwards(t, mixed))))
		if a != b {
			t.Errorf("in another order the result is another:\n%s\n%s\n%s", a, b, d.json(t))
		}
	}
}

func shuffle(g *generator, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			shuffle(g, e)
		}
	case []any:
		g.random.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
	}
}

// backwards writes the keys of every object in the opposite order.
func backwards(t testing.TB, v any) []byte {
	t.Helper()
	switch v := v.(type) {
	case document:
		return backwards(t, map[string]any(v))
	case map[string]any:
		var parts []string
		for key, e := range v {
			name, _ := json.Marshal(key)
			parts = append(parts, string(name)+":"+string(backwards(t, e)))
		}
		slices.Sort(parts)
		slices.Reverse(parts)
		return []byte("{" + strings.Join(parts, ",") + "}")
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, string(backwards(t, e)))
		}
		return []byte("[" + strings.Join(parts, ",") + "]")
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTheOrderOfRulesDoesNotChangeTheResult(t *testing.T) {
	f := packs(t)
	files, err := fs.Glob(f, "base/rules/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files of rules: %v", len(files), err)
	}
	var all []string // one file, the last rule first
	for _, name := range slices.Backward(files) {
		_, rules, ok := strings.Cut(string(f[name].Data), "rules:\n")
		if !ok {
			t.Fatalf("%s holds no rules", name)
		}
		all = append(all, rules)
		delete(f, name)
	}
	f["base/backwards.yaml"] = &fstest.MapFile{Data: []byte("rules:\n" + strings.Join(all, "\n"))}
	p, q := rwanda(t), loaded(t, f)
	for _, d := range newGenerator(t, 18).all(t, 800) {
		if a, b := settled(t, checked(t, p, d)), settled(t, checked(t, q, d)); a != b {
			t.Errorf("with the rules in another order the result is another:\n%s\n%s", a, b)
		}
	}
}
