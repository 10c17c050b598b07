package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/projections"
)

func newListCommand(a *app) *cobra.Command {
	var office string
	var waiting, answers bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the cases of an office and of those below it, what waits, or the answers",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client(office)
			switch {
			case waiting && answers:
				return &inputError{errors.New("--waiting and --answers are two lists: ask for one")}
			case err != nil:
				return err
			case waiting:
				list, err := client.Inbox(c.Context(), office)
				if err != nil {
					return err
				}
				return a.print(list, "WHAT|CASE|WITH|FROM|SINCE|DUE|", inboxRows(list))
			case answers:
				list, err := client.Answers(c.Context(), office)
				if err != nil {
					return err
				}
				return a.print(list, "CASE|ANSWER|BY|WHEN|", answerRows(list))
			}
			list, err := client.Cases(c.Context(), office)
			if err != nil {
				return err
			}
			return a.print(list, "CASE|HOME|WITH|ANSWERS FOR THE CHILD|", caseRows(list))
		},
	}
	c.Flags().StringVar(&office, "office", "", "the office whose list it is (default: the node's own)")
	c.Flags().BoolVar(&waiting, "waiting", false, "what waits for the office, and what is late below it")
	c.Flags().BoolVar(&answers, "answers", false, "the answers to the referrals that the office raised")
	return c
}

func caseRows(list []web.CaseEntry) [][]string {
	var rows [][]string
	for _, e := range list {
		marks := joinMarks(mark(e.Waits, "not yet received"), e.Care, mark(e.LateActs > 0, "late act"),
			mark(e.Unjoined > 0, "not yet joined"), mark(e.Newer, "written by a newer program"))
		rows = append(rows, []string{e.Code, e.PlaceName, e.PenName, e.ResponsibleName, marks})
	}
	return rows
}

func inboxRows(list []web.InboxEntry) [][]string {
	var rows [][]string
	for _, e := range list {
		marks := joinMarks(mark(e.Late, "late"), mark(e.Escalated > 0, "escalated"), mark(e.LateActs > 0, "late act"),
			mark(e.Uncovered > 0, "told since the decision"), mark(e.Newer, "written by a newer program"))
		rows = append(rows, []string{e.What, e.Code, e.PenName, e.FromName, localTime(e.Since), localTime(e.Due), marks})
	}
	return rows
}

func answerRows(list []web.AnswerEntry) [][]string {
	var rows [][]string
	for _, e := range list {
		text := e.Text
		if e.Waiting {
			text = "waiting for an answer"
		}
		rows = append(rows, []string{e.Code, text, e.ByName, localTime(e.At), joinMarks(e.ReasonText, mark(e.Replaces, "replaces an earlier answer"), mark(e.InDoubt, "in doubt"))})
	}
	return rows
}

func newShowCommand(a *app) *cobra.Command {
	var office string
	c := &cobra.Command{
		Use:   "show CASE",
		Short: "Show one case: where it stands, its trail and its answers",
		Args:  oneArgument(aCase),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.client(office)
			if err != nil {
				return err
			}
			one, err := client.Case(c.Context(), args[0])
			if err != nil {
				return err
			}
			return a.printCase(one)
		},
	}
	c.Flags().StringVar(&office, "office", "", "of the demo's nodes the one of this office (default: the village)")
	return c
}

func (a *app) printCase(c web.CaseView) error {
	if a.output == outputJSON {
		return a.printJSON(c)
	}
	fmt.Fprintf(a.stdout, "%s, home %s\nid %s\n%s\n\n", c.Code, c.PlaceName, c.Case, standing(c))
	var rows [][]string
	for _, e := range c.Trail {
		marks := joinMarks(mark(e.Standing != projections.StandsInLine, e.Standing), mark(e.To != "", "to "+e.ToName), e.CareText, e.ReasonText,
			mark(e.Check != nil, gateText(e.Check)), mark(e.Taken != nil, gateText(e.Taken)),
			mark(e.InDoubt, "clock in doubt"), mark(e.KeptOnlyHere, "kept only here"))
		rows = append(rows, []string{localTime(e.Time), e.OfficeName, e.Actor, actName(e.Type), marks})
	}
	if err := a.print(nil, "WHEN|OFFICE|ACTOR|ACT|", rows); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	for _, e := range c.Answers {
		if e.Answer == "" {
			fmt.Fprintln(a.stdout, "the answer that ends the referral is still to come")
			continue
		}
		fmt.Fprintf(a.stdout, "answer of %s: %s\n", localTime(e.At), joinMarks(e.Text, e.ReasonText, mark(e.Replaces, "replaces an earlier answer"), mark(e.InDoubt, "in doubt")))
	}
	return nil
}

// standing says who has the case and who answers for the child.
func standing(c web.CaseView) string {
	switch {
	case c.Newer:
		return "written by a newer program: update this node to act here"
	case c.Pen == "":
		return "its beginning has not arrived here yet"
	case c.NotYetReceived:
		return fmt.Sprintf("with %s, sent on to %s, not yet received", c.ResponsibleName, c.PenName)
	}
	return fmt.Sprintf("with %s; %s answers for the child", c.PenName, c.ResponsibleName)
}

// actName is the word in a type: "rw.umuryango.case.assessed.v1" → "assessed".
func actName(t string) string {
	parts := strings.Split(t, ".")
	return parts[max(0, len(parts)-2)]
}

func gateText(c *web.CheckView) string {
	if c == nil {
		return ""
	}
	return strings.TrimSuffix("policy check: "+c.Outcome+" "+strings.Join(c.DivertTo, ", "), " ")
}

func (a *app) printDone(d web.Done) error {
	if a.output == outputJSON {
		return a.printJSON(d)
	}
	fmt.Fprintf(a.stdout, "%s: accepted and stored%s%s\n", d.Code, mark(d.Again, ", as before"),
		mark(d.KeptOnlyHere, ", and kept only here until the link has passed it on"))
	fmt.Fprintf(a.stdout, "case %s\n%s\n", d.Case, standing(web.CaseView{
		Pen: d.Pen, PenName: d.PenName, ResponsibleName: d.ResponsibleName, NotYetReceived: d.NotYetReceived,
	}))
	a.printCheck(d.Check)
	a.printCheck(d.Taken)
	fmt.Fprintf(a.stdout, "follow it with: umuryango referral show %s\n", d.Code)
	return nil
}

func (a *app) printCheck(c *web.CheckView) {
	if c == nil {
		return
	}
	fmt.Fprintf(a.stdout, "%s%s\n", gateText(c), mark(c.Care != "", " (on "+c.Care+")"))
	for _, m := range c.Messages {
		fmt.Fprintf(a.stdout, "  %s %s\n", m.Rule, m.Text)
	}
	if len(c.Missing) > 0 {
		fmt.Fprintf(a.stdout, "  still to be known: %s\n", joinMarks(c.Missing...))
	}
}
