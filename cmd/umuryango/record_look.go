package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
)

// lookFlags say who looks.
type lookFlags struct{ office, actor string }

func (f *lookFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.office, "office", "", "the office that looks (default: the node's own)")
	c.Flags().StringVar(&f.actor, "actor", "", "your worker's code (default $UMURYANGO_ACTOR)")
}

// look is who looks, who must say so, and the node that is asked.
func (f *lookFlags) look(a *app) (web.ActRequest, *web.Client, error) {
	by, client, err := f.glance(a)
	if err == nil && by.Actor == "" {
		err = &inputError{errors.New("--actor: your worker's code is missing: what is opened is put on record; give it once for all with $UMURYANGO_ACTOR")}
	}
	return by, client, err
}

// glance is who looks, where they say so.
func (f *lookFlags) glance(a *app) (web.ActRequest, *web.Client, error) {
	by := web.ActRequest{Office: f.office, Actor: f.actor}
	if by.Actor == "" {
		by.Actor = a.getenv("UMURYANGO_ACTOR")
	}
	client, err := a.client(f.office)
	return by, client, err
}

func newReporterCommand(a *app) *cobra.Command {
	var reason string
	f := &lookFlags{}
	c := &cobra.Command{
		Use:   "reporter CASE --reason CODE",
		Short: "Open who reported: at the supervisor's node alone, and on record",
		Args:  oneArgument(aCase),
		RunE: func(c *cobra.Command, args []string) error {
			by, client, err := f.look(a)
			if err != nil {
				return err
			}
			told, err := client.Reporter(c.Context(), args[0], web.ReasonRequest{ActRequest: by, Reason: reason})
			if err != nil {
				return err
			}
			var rows [][]string
			for _, r := range told.Reporters {
				rows = append(rows, []string{localTime(r.At), r.Name, r.Contact, r.Relation})
			}
			return a.printList(told, "TOLD|NAME|CONTACT|RELATION", rows, "nobody was named who reported")
		},
	}
	f.register(c)
	c.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	return c
}

func newHoldersCommand(a *app) *cobra.Command {
	f := &lookFlags{}
	c := &cobra.Command{
		Use:   "holders CASE",
		Short: "Tell which nodes can open a case, and how far an erasure of it has come",
		Args:  oneArgument(aCase),
		RunE: func(c *cobra.Command, args []string) error {
			by, client, err := f.glance(a)
			if err != nil {
				return err
			}
			h, err := client.Holders(c.Context(), args[0], by)
			if err != nil {
				return err
			}
			return a.printHolders(h)
		},
	}
	f.register(c)
	return c
}

func (a *app) printHolders(h web.HoldersView) error {
	var rows [][]string
	for _, one := range h.Holders {
		rows = append(rows, []string{one.NodeName, classNames(one.Classes), localTime(one.Heard), mark(!one.HasKey, "has no key to wrap to yet")})
	}
	if err := a.printList(h, "NODE|MAY OPEN|LAST HEARD|", rows, "no node can open this case"); err != nil || a.output == outputJSON {
		return err
	}
	for _, e := range h.Erasures {
		what := "the whole record"
		if e.Key != "" {
			what = "what it holds of one adult"
		}
		fmt.Fprintf(a.stdout, "\nerased by %s on %s: %s (%s)\n", e.ByName, localTime(e.At), what, joinMarks(e.GroundText, e.Document))
		for _, n := range e.Done {
			fmt.Fprintf(a.stdout, "  keys destroyed at %s on %s\n", n.NodeName, localTime(n.At))
		}
		for _, n := range e.Still {
			fmt.Fprintf(a.stdout, "  erasing: still readable at %s, not heard from since %s\n", n.NodeName, neverOr(localTime(n.At)))
		}
		if len(e.Still) == 0 {
			fmt.Fprintln(a.stdout, "  every holder has destroyed its keys")
		}
	}
	return nil
}

func neverOr(when string) string {
	if when == "" {
		return "the beginning"
	}
	return when
}

func classNames(classes []engine.Class) string {
	var out []string
	for _, c := range classes {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}

func newExposureCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "exposure NODE",
		Short: "List which children's records a lost machine could open, by their codes",
		Long: `Lists every case of which the node of this office was ever given keys, and the
classes of what they open. A machine that is lost while locked opens nothing
without its passphrase; this says what is at stake.`,
		Args: oneArgument("the office whose node is lost"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			e, err := client.Exposure(c.Context(), args[0])
			if err != nil {
				return err
			}
			var rows [][]string
			for _, one := range e.Cases {
				rows = append(rows, []string{one.Code, classNames(one.Classes), mark(one.Erasing, "erasing")})
			}
			return a.printList(e, "CASE|COULD OPEN|", rows, "it was never given the keys of a case")
		},
	}
}
