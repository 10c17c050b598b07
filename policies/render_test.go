package policies_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/policies"
)

func TestAResultIsPutIntoThreeLanguages(t *testing.T) {
	is := is.New(t)
	p := rwanda(t)
	doc := documentOf(t, vignettes(t)["walk-institution-asked.json"].Case).with(t, facts{"panel": gone})
	r := policies.Check(p, read(t, p, doc.json(t)))
	seen := map[string]string{}
	for _, lang := range []string{"en", "fr", "rw", "de"} {
		messages := policies.Render(p, r, lang)
		is.Equal(len(messages), len(r.Findings))
		for i, m := range messages {
			is.Equal(m.Rule, r.Findings[i].Rule)
			is.True(!strings.Contains(m.Text, "{"))
			seen[lang+" "+m.Rule] = m.Text
		}
	}
	is.Equal(seen["en G12"], "The child is under 36 months old and belongs in a family.")
	is.Equal(seen["fr G12"], "L'enfant a moins de 36 mois et doit vivre dans une famille.")
	is.Equal(seen["rw G12"], "Umwana ari munsi y'amezi 36: akwiye kurererwa mu muryango.")
	is.Equal(seen["de G12"], seen["en G12"])
	is.True(strings.HasPrefix(seen["en G16"], "Not settled yet")) // the panel is not known
	is.True(p.Unchecked("rw"))
	is.True(!p.Unchecked("en"))
}

func TestAFindingOfAnotherVersionIsStillShown(t *testing.T) {
	is := is.New(t)
	m := policies.Render(rwanda(t), policies.Result{Findings: []policies.Finding{{Rule: "X1", Certain: true}}}, "en")
	is.Equal(m[0].Text, "A rule that this version of the policy pack does not hold.")
}
