package main

import (
	"embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/policies"
)

//go:embed policy_explain.html
var explainFile embed.FS

var explainPage = template.Must(template.New("policy_explain.html").Funcs(template.FuncMap{
	"join": strings.Join, "state": func(s string) string { return stateWords[s] },
}).ParseFS(explainFile, "policy_explain.html"))

// stateWords are how a rule stood, in words.
var stateWords = map[string]string{
	policies.Fired: "fired", policies.Silent: "silent", policies.Unknown: "unknown", policies.NotAsked: "not asked",
}

func newPolicyExplain(a *app, f *policyFlags) *cobra.Command {
	var html bool
	c := &cobra.Command{
		Use:   "explain CASE.json|-",
		Short: "How every rule stood to a case: fired, silent, unknown because of which path",
		Args:  oneArgument("a case document, or - for the standard input"),
		RunE: func(_ *cobra.Command, args []string) error {
			p, doc, err := f.open(a, args[0])
			if err != nil {
				return err
			}
			e := policies.Explain(p, doc, f.lang)
			switch {
			case html:
				return a.explainHTML(e, f.lang)
			case a.output == outputJSON:
				return a.printJSON(e)
			}
			return a.write(explainText(e))
		},
	}
	f.document(c)
	c.Flags().BoolVar(&html, "html", false, "one HTML page to print or to file")
	return c
}

// explainText lists the rules that were asked, and names the others in a line.
func explainText(e policies.Explanation) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s at %s%s: %s\npack %s %s %s\n\n", e.Asked, e.At, mark(e.Care != "", ", "+e.Care), e.Result.Outcome,
		e.Result.Pack, e.Result.PackVersion, e.Result.PackHash)
	var notAsked []string
	for _, r := range e.Rules {
		name := strings.TrimSpace(r.Rule + " " + r.Part)
		if r.State == policies.NotAsked {
			notAsked = append(notAsked, name)
			continue
		}
		fmt.Fprintf(&out, "%-16s %-8s %s%s\n", name, stateWords[r.State], r.Title, mark(r.Effect != "", " → "+r.Effect))
		for _, detail := range []struct{ head, text string }{
			{"because of", strings.Join(r.Paths, ", ")}, {"unknowable", strings.Join(r.Unknowable, ", ")}, {"says", r.Says},
			{"cites", mark(r.State != policies.Silent, r.Cites)},
		} {
			if detail.text != "" {
				fmt.Fprintf(&out, "%25s %s: %s\n", "", detail.head, detail.text)
			}
		}
	}
	if len(notAsked) > 0 {
		fmt.Fprintf(&out, "\nnot asked here: %s\n", strings.Join(notAsked, ", "))
	}
	return out.String()
}

func (a *app) explainHTML(e policies.Explanation, lang string) error {
	page := struct {
		policies.Explanation
		Lang   string
		States []string
	}{e, lang, []string{policies.Fired, policies.Unknown, policies.Silent, policies.NotAsked}}
	if err := explainPage.Execute(a.stdout, page); err != nil {
		return fmt.Errorf("print the page: %w", err)
	}
	return nil
}
