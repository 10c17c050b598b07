package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/projections"
)

func newListCommand(a *app) *cobra.Command {
	var office string
	var waiting, answers bool
	var from int
	var actor string
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
				list, err := client.InboxAs(c.Context(), web.ActRequest{Office: office, Actor: actor})
				if err != nil {
					return err
				}
				return a.printList(list, "WHAT|CASE|WITH|FROM|SINCE|DUE||NAME", inboxRows(list), "nothing waits here")
			case answers:
				list, err := client.Answers(c.Context(), office)
				if err != nil {
					return err
				}
				return a.printList(list, "CASE|ANSWER|BY|WHEN|", answerRows(list), "no referral was raised here")
			}
			list, err := client.CasesAs(c.Context(), web.ActRequest{Office: office, Actor: actor}, from)
			if err != nil {
				return err
			}
			return a.printList(list, "CASE|HOME|WITH|ANSWERS FOR THE CHILD||NAME", caseRows(list), "no case here")
		},
	}
	c.Flags().StringVar(&office, "office", "", "the office whose list it is (default: the node's own)")
	c.Flags().StringVar(&actor, "actor", "", "your worker's code: opens the names of 50 cases, which is put on record")
	c.Flags().IntVar(&from, "from", 0, "with --actor: the entry from which on names are opened")
	c.Flags().BoolVar(&waiting, "waiting", false, "what waits for the office, and what is late below it")
	c.Flags().BoolVar(&answers, "answers", false, "the answers to the referrals that the office raised")
	return c
}

func caseRows(list []web.CaseEntry) [][]string {
	var rows [][]string
	for _, e := range list {
		own := e.Pen == e.Responsible // raised for itself, and sent on to nobody
		marks := joinMarks(mark(e.Waits && !own, "not yet received"), mark(e.Waits && own, "not accepted yet"), e.CareText, mark(e.LateActs > 0, "late act"),
			mark(e.Unjoined > 0, "not yet joined"), mark(e.Newer, "written by a newer program"))
		rows = append(rows, []string{e.Code, e.PlaceName, e.PenName, e.ResponsibleName, marks, nameText(e.NameView)})
	}
	return rows
}

// nameText is a name in a list, or why there is none.
func nameText(n web.NameView) string {
	if n.Name != "" || n.Status == "" || n.Status == "none" {
		return n.Name
	}
	return whyClosed(n.Status)
}

func inboxRows(list []web.InboxEntry) [][]string {
	var rows [][]string
	for _, e := range list {
		marks := joinMarks(mark(e.Late, "late"), mark(e.Escalated > 0, "escalated"), mark(e.LateActs > 0, "late act"),
			mark(e.Uncovered > 0, "told since the decision"), mark(e.Newer, "written by a newer program"))
		rows = append(rows, []string{e.What, e.Code, e.PenName, e.FromName, localTime(e.Since), localTime(e.Due), marks, nameText(e.NameView)})
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
	f := &lookFlags{}
	c := &cobra.Command{
		Use:   "show CASE",
		Short: "Show one case: where it stands, its record, its trail and its answers",
		Long: `Shows one case. Names and texts are opened for a worker who says who they are
(--actor or $UMURYANGO_ACTOR), where the node holds the keys; that they were opened
stands on record (record reads). Without an actor codes are shown.`,
		Args: oneArgument(aCase),
		RunE: func(c *cobra.Command, args []string) error {
			by, client, err := f.glance(a)
			if err != nil {
				return err
			}
			one, err := client.CaseAs(c.Context(), args[0], by)
			if err != nil {
				return err
			}
			return a.printCase(one)
		},
	}
	f.register(c)
	return c
}

func (a *app) printCase(c web.CaseView) error {
	if a.output == outputJSON {
		return a.printJSON(c)
	}
	fmt.Fprintf(a.stdout, "%s, home %s\nid %s\n%s\n", c.Code, c.PlaceName, c.Case, standing(c))
	a.printRecord(c.Record)
	for _, one := range c.Restricted {
		fmt.Fprintf(a.stdout, "kept from %s\n", joinMarks(one.OfficeName, one.Person, one.ReasonText))
	}
	fmt.Fprintln(a.stdout)
	var rows [][]string
	for _, e := range c.Trail {
		marks := joinMarks(mark(e.Standing != projections.StandsInLine, e.Standing), mark(e.To != "", "to "+e.ToName), e.CareText, e.ReasonText,
			mark(e.Check != nil, gateText(e.Check)), mark(e.Taken != nil, gateText(e.Taken)),
			mark(e.InDoubt, "clock in doubt"), mark(e.KeptOnlyHere, "kept only here"), texts(e.Texts))
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

// printRecord tells who the child is, as far as that is open.
func (a *app) printRecord(r web.RecordView) {
	clear := joinMarks(r.Sex, mark(r.AgeBand != "", r.AgeBand+" years"))
	if i := r.Identity; i != nil {
		fmt.Fprintf(a.stdout, "name %s\n", joinMarks(i.Name, mark(i.AlsoKnownAs != "", "also known as "+i.AlsoKnownAs), mark(i.BirthDate != "", "born "+i.BirthDate), i.Address, i.Contact, clear))
	} else {
		fmt.Fprintf(a.stdout, "%s\n", joinMarks(whyClosed(r.Status), clear))
	}
	for _, one := range r.Adults {
		fmt.Fprintf(a.stdout, "%s %s\n", one.Role, joinMarks(one.Name, mark(one.BirthDate != "", "born "+one.BirthDate), one.Address, one.Contact, one.WorkerCode))
	}
	for _, class := range slices.Sorted(maps.Keys(r.Closed)) {
		fmt.Fprintf(a.stdout, "its %s: %s\n", class, strings.TrimPrefix(whyClosed(r.Closed[class]), "name "))
	}
}

// whyClosed says why what is sealed is not open.
func whyClosed(status string) string {
	switch status {
	case "none":
		return "no name was told"
	case "actor":
		return "name sealed: say who you are with --actor to open it"
	case "no_key":
		return "name not readable here yet"
	case "no_right":
		return "name not readable here: it is for those who answer for the child; where your office does, name it with --office"
	case "erased":
		return "erased"
	case "locked":
		return "locked: unlock this node with umuryango node unlock"
	case "not_linked":
		return "not readable before this node has linked up since its start"
	}
	return "this is not what was sealed: " + status
}

// texts are what an event tells in words.
func texts(n engine.Narrative) string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(n)) {
		out = append(out, mark(path != engine.NoteKey, path+": ")+"“"+n[path]+"”")
	}
	return strings.Join(out, " ")
}

// standing says who has the case and who answers for the child.
func standing(c web.CaseView) string {
	switch {
	case c.Newer:
		return "written by a newer program: update this node to act here"
	case c.Pen == "":
		return "its beginning has not arrived here yet"
	case c.NotYetReceived && c.Pen == c.Responsible:
		return fmt.Sprintf("with %s, which raised it for itself and has not accepted it yet", c.PenName)
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
	text := "policy check: " + c.OutcomeText
	if to := joinMarks(append(slices.Clone(c.DivertToText), c.EscalateText)...); to != "" {
		text += " → " + to
	}
	return text
}

// where are the flags of a command, said again for the next one: without them it
// would ask another node.
func (a *app) where(office string) string {
	var out string
	if a.node != "" {
		out += " --node " + a.node
	}
	if office != "" {
		if strings.ContainsAny(office, " '") {
			office = strconv.Quote(office)
		}
		out += " --office " + office
	}
	return out
}

func (a *app) printDone(d web.Done, office string) error {
	if a.output == outputJSON {
		return a.printJSON(d)
	}
	fmt.Fprintf(a.stdout, "%s: accepted and stored%s%s\n", d.Code, mark(d.Again, ", as before"),
		mark(d.KeptOnlyHere, ", and kept only here until the link has passed it on"))
	fmt.Fprintf(a.stdout, "case %s\n%s\n", d.Case, standing(web.CaseView{
		Pen: d.Pen, PenName: d.PenName, Responsible: d.Responsible, ResponsibleName: d.ResponsibleName, NotYetReceived: d.NotYetReceived,
	}))
	a.printCheck(d.Check)
	a.printCheck(d.Taken)
	fmt.Fprintf(a.stdout, "follow it with: umuryango referral show %s%s\n", d.Code, a.where(office))
	return nil
}

func (a *app) printCheck(c *web.CheckView) {
	if c == nil {
		return
	}
	fmt.Fprintf(a.stdout, "%s%s\n", gateText(c), mark(c.Care != "", " (on "+c.CareText+")"))
	for _, m := range c.Messages {
		fmt.Fprintf(a.stdout, "  %s %s\n", m.Rule, m.Text)
	}
	if len(c.Missing) > 0 {
		fmt.Fprintf(a.stdout, "  still to be known: %s\n", joinMarks(c.Missing...))
	}
}
