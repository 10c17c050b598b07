package policies_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/policies"
)

func reasonOf(t testing.TB, e policies.Explanation, part string) policies.Reason {
	t.Helper()
	for _, r := range e.Rules {
		if strings.TrimSpace(r.Rule+" "+r.Part) == part {
			return r
		}
	}
	t.Fatalf("the explanation does not speak of %s", part)
	return policies.Reason{}
}

func TestEveryPartIsExplainedOnceAndAgreesWithTheResult(t *testing.T) {
	p := rwanda(t)
	for name, d := range everyCase(t) {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			e := policies.Explain(p, read(t, p, d.json(t)), "en")
			is.Equal(len(e.Rules), len(p.Parts()))
			states := map[string]policies.Reason{}
			for _, r := range e.Rules {
				states[r.Rule+" "+r.Part] = r
				is.Equal(r.State == policies.Unknown, len(r.Paths) > 0) // unknown is always because of a path
				is.True(r.Title != "" && r.When != "")
			}
			is.Equal(len(states), len(e.Rules))
			for _, f := range e.Result.Findings {
				r := states[f.Rule+" "+f.Part]
				is.Equal(r.Effect, f.Effect)
				is.True(r.Says != "")
				is.Equal(r.State == policies.Fired, f.Certain) // no certain finding but of a rule that fired
			}
		})
	}
}

func TestAnExplanationNamesThePathsThatMattered(t *testing.T) {
	is := is.New(t)
	p := rwanda(t)
	d := quiet(t)["foster"].with(t, facts{"child.views": gone, "child.age_months": gone, "unknowable": `json:[{"path":"child.age_months"}]`})
	e := policies.Explain(p, read(t, p, d.json(t)), "fr")
	heard := reasonOf(t, e, "G02 a")
	is.Equal(heard.State, policies.Unknown)
	is.Equal(heard.Paths, []string{"child.views"})
	is.Equal(heard.Effect, policies.NeedInformation)
	age := reasonOf(t, e, "G40 a")
	is.Equal(age.State, policies.Unknown)
	is.Equal(age.Paths, []string{"child.age_months"})
	is.Equal(age.Unknowable, age.Paths)
	is.Equal(reasonOf(t, e, "G26").State, policies.Silent)
	is.Equal(reasonOf(t, e, "G36 a").State, policies.NotAsked)
	is.True(strings.HasPrefix(heard.Says, "Pas encore établi"))
}

func TestARuleThatAnEmergencyDoesNotAskIsShownAsSuch(t *testing.T) {
	is := is.New(t)
	p := rwanda(t)
	e := policies.Explain(p, read(t, p, quiet(t)["night"].json(t)), "en")
	is.Equal(reasonOf(t, e, "G33 a").State, policies.Fired)
	is.Equal(reasonOf(t, e, "G33 b-ground").State, policies.NotAsked)
}
