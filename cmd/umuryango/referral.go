package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

// actFlags are what every act takes.
type actFlags struct {
	office string
	actor  string
	id     string
	facts  factFlags
}

func newReferralCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "referral",
		Short: "Raise a referral, hand it on, decide, and follow it",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		newRaiseCommand(a), newForwardCommand(a), newAcceptCommand(a), newSendBackCommand(a),
		newAssessCommand(a), newProposeCommand(a), newDecideCommand(a), newContributeCommand(a),
		newListCommand(a), newShowCommand(a),
	)
	return c
}

// actCommand makes a command of one act on the case that its argument names.
func actCommand(a *app, use, short string, do func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error)) (*cobra.Command, *actFlags) {
	f := &actFlags{}
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  oneArgument("a case: its id or its spoken code"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.client(f.office)
			if err != nil {
				return err
			}
			done, err := do(c.Context(), client, args[0], *f, f.request(a))
			if err != nil {
				return err
			}
			return a.printDone(done)
		},
	}
	f.register(c)
	return c, f
}

// oneArgument asks for exactly one, and says what it is.
func oneArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return &inputError{fmt.Errorf("%s: %s is expected, once", c.CommandPath(), what)}
		}
		return nil
	}
}

func (f *actFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.office, "office", "", "the office that acts (default: the node's own)")
	c.Flags().StringVar(&f.actor, "actor", "", "your worker's code (default $UMURYANGO_ACTOR)")
	c.Flags().StringVar(&f.id, "id", "", "id of the act, to repeat one whose answer was lost: a UUID of version 7")
}

func (f *actFlags) request(a *app) web.ActRequest {
	actor := f.actor
	if actor == "" {
		actor = a.getenv("UMURYANGO_ACTOR")
	}
	return web.ActRequest{Office: f.office, Actor: actor}
}

func newRaiseCommand(a *app) *cobra.Command {
	f := &actFlags{}
	var home, to, source string
	c := &cobra.Command{
		Use:   "raise --to PLACE --source CODE",
		Short: "Raise a referral for a child",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			facts, err := f.facts.read(a)
			if err != nil {
				return err
			}
			client, err := a.client(f.office)
			if err != nil {
				return err
			}
			done, err := client.Raise(c.Context(), events.ID(f.id), web.RaiseRequest{ActRequest: f.request(a), Home: home, To: to, Source: source, Facts: facts})
			if err != nil {
				return err
			}
			return a.printDone(done)
		},
	}
	f.register(c)
	f.facts.register(c)
	c.Flags().StringVar(&home, "home", "", "where the child usually lives, or was found (default: the office)")
	c.Flags().StringVar(&to, "to", "", "the office that is to act: the next one up, or any above")
	c.Flags().StringVar(&source, "source", "", "who referred, a code: izu, clinic, police, school, …")
	return c
}

func newForwardCommand(a *app) *cobra.Command {
	var to string
	c, _ := actCommand(a, "forward CASE --to PLACE", "Hand the case on to an office above", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		return c.Forward(ctx, ref, events.ID(f.id), web.ForwardRequest{ActRequest: r, To: to})
	})
	c.Flags().StringVar(&to, "to", "", "the office above that is to act")
	return c
}

func newAcceptCommand(a *app) *cobra.Command {
	c, _ := actCommand(a, "accept CASE", "Take on the responsibility for the child", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		return c.Accept(ctx, ref, events.ID(f.id), r)
	})
	return c
}

func newSendBackCommand(a *app) *cobra.Command {
	var reason string
	c, _ := actCommand(a, "send-back CASE --reason CODE", "Return the referral to its sender", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		return c.SendBack(ctx, ref, events.ID(f.id), web.ReasonRequest{ActRequest: r, Reason: reason})
	})
	c.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	return c
}

func newListCommand(a *app) *cobra.Command {
	var office string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the cases of an office and of those below it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client(office)
			if err != nil {
				return err
			}
			list, err := client.Cases(c.Context(), office)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, e := range list {
				marks := joinMarks(mark(e.Waits, "not yet received"), mark(e.LateActs > 0, "late act"), e.Care)
				rows = append(rows, []string{e.Code, e.PlaceName, e.Pen, e.Responsible, marks})
			}
			return a.print(list, "CASE|HOME|WITH|ANSWERS FOR THE CHILD|", rows)
		},
	}
	c.Flags().StringVar(&office, "office", "", "the office whose cases are listed (default: the node's own)")
	return c
}

func newShowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "show CASE",
		Short: "Show one case: where it stands, its trail and its answers",
		Args:  oneArgument("a case: its id or its spoken code"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.client("")
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
	return c
}

func (a *app) printCase(c web.CaseView) error {
	if a.output == outputJSON {
		return a.printJSON(c)
	}
	fmt.Fprintf(a.stdout, "%s (%s), home %s\nwith %s%s; %s answers for the child\n\n", c.Code, c.Case, c.Place, c.Pen,
		mark(c.NotYetReceived, ", not yet received"), c.Responsible)
	var rows [][]string
	for _, e := range c.Trail {
		standing := mark(e.Standing != "line", e.Standing)
		check := ""
		if e.Check != nil {
			check = "policy check: " + e.Check.Outcome
		}
		rows = append(rows, []string{localTime(e.Time), e.Office, e.Actor, e.Type, joinMarks(standing, mark(e.To != "", "to "+e.To), e.Reason, check, mark(e.KeptOnlyHere, "kept only here"))})
	}
	if err := a.print(nil, "WHEN|OFFICE|ACTOR|ACT|", rows); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	for _, e := range c.Answers {
		fmt.Fprintf(a.stdout, "answer of %s: %s%s%s\n", localTime(e.At), e.Text, mark(e.Reason != "", ", "+e.Reason), mark(e.Replaces, " (replaces an earlier answer)"))
	}
	return nil
}

func (a *app) printDone(d web.Done) error {
	if a.output == outputJSON {
		return a.printJSON(d)
	}
	fmt.Fprintf(a.stdout, "%s: accepted and stored%s; the case is with %s, %s answers for the child\n", d.Code,
		joinMarks(mark(d.Again, " (as before)"), mark(d.KeptOnlyHere, " and kept only here until the link has passed it on")), d.Pen, d.Responsible)
	if d.Check != nil {
		a.printCheck("on "+d.Check.Care, d.Check)
	}
	if d.Taken != nil {
		a.printCheck("on "+d.Taken.Care, d.Taken)
	}
	fmt.Fprintf(a.stdout, "follow it with: umuryango referral show %s\n", d.Code)
	return nil
}

func (a *app) printCheck(on string, c *web.CheckView) {
	fmt.Fprintf(a.stdout, "policy check %s: %s %s\n", on, c.Outcome, joinMarks(c.DivertTo...))
	for _, m := range c.Messages {
		fmt.Fprintf(a.stdout, "  %s %s\n", m.Rule, m.Text)
	}
	if len(c.Missing) > 0 {
		fmt.Fprintf(a.stdout, "  still to be known: %s\n", joinMarks(c.Missing...))
	}
}
