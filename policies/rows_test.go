package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"umuryango/policies"
)

// row disturbs a quiet case in one way and says what one part of one rule
// must answer: "effect certain" or "effect open"; "" is no finding.
type row struct {
	base   string
	facts  facts
	part   string // rule and part: "G04 a"
	want   string
	fills  []string // missing paths, places, deadlines and the level, as "divert:kinship_formal"
	lacks  []string
	result string // outcome, where the row is about it
}

const (
	caresFor  = `json:[{"relation":"mother","status":"present","consent":"given","consulted":true}]`
	inWard    = `json:[{"relation":"mother","status":"hospitalised","consent":"given","consulted":true,"expected_back":"2026-12-24"},{"relation":"father","status":"imprisoned","consent":"given","consulted":true,"expected_back":"2026-12-20"}]`
	readyAunt = `json:[{"relation":"aunt","outcome":"suitable","visited_at":"2026-11-15T08:00:00Z","same_household":false,"child_agrees":true}]`
	urgent    = `json:{"members":[{"id":"W-1","discipline":"social_work","present":true,"recused":false,"interest":""},{"id":"W-2","discipline":"health","present":true,"recused":false,"interest":""}]}`
)

// alarm makes a placement an emergency.
func alarm(more facts) facts {
	out := facts{"request.emergency": true, "danger.imminent": true, "danger.ground": "violence", "request.authorised_by": "W-7"}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func TestEveryPartOfEveryRuleAnswersAsItsRowSays(t *testing.T) {
	p := rwanda(t)
	bases := quiet(t)
	asked := map[string]bool{}
	for i, r := range slices.Concat(rowsOne, rowsTwo, rowsThree) {
		asked[r.part] = asked[r.part] || r.want != ""
		t.Run(fmt.Sprintf("%03d %s %s", i, r.part, r.base), func(t *testing.T) {
			doc := bases[r.base].with(t, r.facts).json(t)
			got := policies.Check(p, read(t, p, doc))
			r.compare(t, got)
			if t.Failed() {
				t.Logf("%v\n%s", r.facts, got.JSON())
			}
		})
	}
	for _, part := range p.Parts() {
		if !asked[part] {
			t.Errorf("no row makes part %q answer", part)
		}
	}
}

func (r row) compare(t *testing.T, got policies.Result) {
	t.Helper()
	answer := ""
	for _, f := range got.Findings {
		if strings.TrimSpace(f.Rule+" "+f.Part) == r.part {
			answer = f.Effect + map[bool]string{true: " certain", false: " open"}[f.Certain]
		}
	}
	if answer != r.want {
		t.Errorf("answers %q, want %q", answer, r.want)
	}
	if r.result != "" && got.Outcome != r.result {
		t.Errorf("outcome %s, want %s", got.Outcome, r.result)
	}
	all := filled(got)
	for _, want := range r.fills {
		if !slices.Contains(all, want) {
			t.Errorf("the result lacks %s: %v", want, all)
		}
	}
	for _, not := range r.lacks {
		if slices.Contains(all, not) {
			t.Errorf("the result holds %s: %v", not, all)
		}
	}
}

// filled lists everything that a result fills.
func filled(r policies.Result) []string {
	out := append([]string{"to:" + r.EscalateTo}, r.Missing...)
	for _, d := range r.DivertTo {
		out = append(out, "divert:"+d)
	}
	for _, d := range r.Deadlines {
		out = append(out, d.What, d.What+" "+d.Due.Format("2006-01-02T15:04"))
	}
	for _, u := range r.Unknowable {
		out = append(out, "unknowable:"+u)
	}
	return out
}

func TestAQuietCaseRaisesNoObjection(t *testing.T) {
	p := rwanda(t)
	for name, d := range quiet(t) {
		t.Run(name, func(t *testing.T) {
			want := "no_objection"
			if name == "night" {
				want = "provisional"
			}
			if name == "ratify" || name == "review" {
				return // from and the urgent quorum are asked in their rows
			}
			if r := policies.Check(p, read(t, p, d.json(t))); r.Outcome != want {
				t.Errorf("%s", r.JSON())
			}
		})
	}
}
