package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
)

// standHelp is what each act on a node below does.
var standHelp = map[string][2]string{
	"suspend": {"Take nothing more from the node of an office, for now", `Until it is resumed, nothing that the node writes is taken, and the office is
hosted above. The node takes down referrals and what happened, which wait there.`},
	"resume": {"Take from a suspended node again", `The node speaks for its office again. What it wrote while it was suspended
counts: revoke it instead if it may have been in wrong hands.`},
	"revoke": {"End the keys of a stolen or misused node", `Nothing counts that the node wrote after the last run and number that are known
here; its session is cut, its link key is refused at once, and the office is
hosted above until another machine joins with a new invitation.`},
}

func newStandCommand(a *app, do string) *cobra.Command {
	var in web.StandRequest
	c := &cobra.Command{
		Use:   do + " PLACE",
		Short: standHelp[do][0],
		Long:  standHelp[do][1],
		Args:  oneArgument("the office whose node it is"),
		RunE: func(c *cobra.Command, args []string) error {
			if in.Actor == "" {
				in.Actor = a.getenv("UMURYANGO_ACTOR")
			}
			client, err := a.client("")
			if err != nil {
				return err
			}
			s, err := client.Stand(c.Context(), args[0], do, in)
			if err != nil {
				return err
			}
			counts := "nothing"
			if s.Last != nil && !s.Last.Run.IsZero() {
				counts = fmt.Sprintf("%s run %s number %d", s.Last.Node, s.Last.Run, s.Last.Last)
			}
			return a.print(s, "OFFICE|NODE IS|COUNTS UP TO|EVENT", [][]string{{s.Place, string(s.Standing), counts, string(s.Event)}})
		},
	}
	c.Flags().StringVar(&in.Actor, "actor", "", "your worker's code (default $UMURYANGO_ACTOR)")
	if do != "resume" {
		c.Flags().StringVar(&in.Reason, "reason", "", "one of "+strings.Join(engine.StandReasons, ", "))
		c.Flags().BoolVar(&in.Whole, "whole", false, wholeUsage)
	}
	return c
}

func newRotateCommand(a *app) *cobra.Command {
	var file string
	var whole bool
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Give the node other keys",
		Long: `Makes other keys for signing, sealing and the link, under the same passphrase.
What was written stays signed by the old ones; what is written from then on is
signed by the new ones. The node above is asked over the link, at once or as
soon as it can be reached. A nation's node enrols its own.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			text, err := a.needPassphrase(file, "Passphrase of the node: ")
			if err != nil {
				return err
			}
			r, err := client.Rotate(c.Context(), web.RotateRequest{Passphrase: string(text), Whole: whole})
			if err != nil {
				return err
			}
			return a.print(r, "NODE|SIGNING KEY|", [][]string{{r.Place, r.Key, mark(r.Waiting, "the node above is asked when it can be reached")}})
		},
	}
	passphraseFlag(c, &file)
	c.Flags().BoolVar(&whole, "whole", false, "this store is no older copy, although not every node below has linked up since its start")
	return c
}

func newNodesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the nodes below, and how they stand",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			nodes, err := client.Nodes(c.Context())
			if err != nil {
				return err
			}
			var rows [][]string
			for _, n := range nodes {
				rows = append(rows, []string{n.Place, n.Name, string(n.Standing), n.Key})
			}
			return a.printList(nodes, "OFFICE||NODE IS|SIGNING KEY", rows, "no office below has a node of its own")
		},
	}
}
