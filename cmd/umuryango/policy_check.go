package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"umuryango/policies"
)

func newPolicyCheck(a *app, f *policyFlags) *cobra.Command {
	c := &cobra.Command{
		Use:   "check CASE.json|-",
		Short: "What the rules find in a case document",
		Long: `Prints what the rules find. It ends with 0 whatever they find, and with 2 where
the document cannot be read, naming the path. With -o json the result is printed
byte for byte as a decision records it; --lang adds the pack's messages.`,
		Args: oneArgument("a case document, or - for the standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			p, doc, err := f.open(a, args[0])
			if err != nil {
				return err
			}
			r := policies.Check(p, doc)
			switch {
			case a.output != outputJSON:
				return a.write(checkText(p, r, f.lang))
			case c.Flags().Changed("lang"):
				return a.printJSON(struct {
					policies.Result
					Messages []policies.Message `json:"messages"`
				}{r, policies.Render(p, r, f.lang)})
			}
			return a.write(string(r.JSON()) + "\n")
		},
	}
	f.document(c)
	return c
}

// checkText is a result for a person: the outcome first, then what it asks
// for, then each finding.
func checkText(p *policies.Pack, r policies.Result, lang string) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	line := func(head, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", head, text)
		}
	}
	line("outcome", r.Outcome)
	line("divert to", labelled(p, "care_types", r.DivertTo, lang))
	line("escalate to", r.EscalateTo)
	line("missing", strings.Join(r.Missing, ", "))
	for _, d := range r.Deadlines {
		line("due "+localTime(d.Due), labelled(p, "deadlines", []string{d.What}, lang))
	}
	line("unknowable", strings.Join(r.Unknowable, ", "))
	line("derogations", strings.Join(r.Derogations, ", "))
	line("pack", r.Pack+" "+r.PackVersion+" "+r.PackHash)
	w.Flush()
	messages := policies.Render(p, r, lang)
	for i, f := range r.Findings {
		fmt.Fprintf(&out, "\n%s  %s, %s%s\n  %s\n  %s\n", strings.TrimSpace(f.Rule+" "+f.Part), f.Class, f.Effect,
			mark(!f.Certain, ", not settled"), messages[i].Text, f.Cites)
	}
	return out.String()
}
