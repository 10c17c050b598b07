package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

func newRecordCommand(a *app) *cobra.Command {
	return group("record", "Who reads a child's record: keep it from others, open it, see who opened it",
		newRestrictCommand(a), newOpenRecordCommand(a), newReporterCommand(a), newHoldersCommand(a), newEraseCommand(a), newGiveCommand(a), newReadsCommand(a),
	)
}

func newRestrictCommand(a *app) *cobra.Command {
	var keep []string
	var none bool
	c := actCommand(a, act{
		use:   "restrict CASE --keep-from OFFICE[/PERSON]:REASON…",
		short: "Say from whom a case is kept: they neither see it nor hold its keys",
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			named, err := parseRestrictions(keep)
			if err != nil {
				return web.Done{}, err
			}
			if none == (len(named) > 0) {
				return web.Done{}, &inputError{fmt.Errorf("name with --keep-from from whom the case is kept, or lift all with --none")}
			}
			return c.Restrict(ctx, ref, s.id, web.RestrictRequest{ActRequest: s.ActRequest, Restrictions: named})
		},
	})
	registerKeep(c, &keep)
	c.Flags().BoolVar(&none, "none", false, "keep the case from nobody any more")
	return c
}

// registerKeep is the flag of a restriction.
func registerKeep(c *cobra.Command, keep *[]string) {
	c.Flags().StringArrayVar(keep, "keep-from", nil, "an office on the path, or one person of it, and why: RW571205:accused_there or RW571205@CEL-4:family_there; once for each")
}

// parseRestrictions reads "RW571205:accused_there" and "RW571205@CEL-4:family_there".
func parseRestrictions(texts []string) ([]events.Restriction, error) {
	var out []events.Restriction
	for _, text := range texts {
		who, reason, ok := strings.Cut(text, ":")
		if !ok || who == "" || reason == "" {
			return nil, &inputError{fmt.Errorf("--keep-from %s: office:reason or office@person:reason is expected", text)}
		}
		office, person, _ := strings.Cut(who, "@")
		out = append(out, events.Restriction{Office: office, Person: person, Reason: reason})
	}
	return out, nil
}

func newOpenRecordCommand(a *app) *cobra.Command {
	var reason string
	var hours int
	c := actCommand(a, act{
		use:   "open CASE --reason CODE",
		short: "Open a case for hours that this office does not hold; the district is told",
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.OpenRecord(ctx, ref, s.id, web.OpenRequest{ActRequest: s.ActRequest, Reason: reason, Hours: hours})
		},
	})
	c.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	c.Flags().IntVar(&hours, "hours", 0, "for how long, within what the policy pack allows (default 8)")
	return c
}

func newEraseCommand(a *app) *cobra.Command {
	var in web.EraseRequest
	c := actCommand(a, act{
		use:   "erase CASE --ground CODE --document NUMBER",
		short: "Order that the keys of a record are destroyed wherever they are; its trail stays",
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			in.ActRequest = s.ActRequest
			return c.Erase(ctx, ref, s.id, in)
		},
	})
	c.Flags().StringVar(&in.Ground, "ground", "", "legal ground, a code of the policy pack")
	c.Flags().StringVar(&in.Document, "document", "", "number of the order or request on paper, never a text")
	c.Flags().StringVar(&in.Key, "adult-key", "", "only what the record holds of one adult: the id of their key, as referral show -o json tells it")
	return c
}

func newReadsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "reads [CASE]",
		Short: "List the pages that were opened at the node: who read what, when and why",
		Args:  atMostOne(aCase),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			list, err := client.Reads(c.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			var rows [][]string
			for _, r := range list {
				rows = append(rows, []string{localTime(r.At), r.Actor, r.OfficeName, string(r.Page), strings.Join(r.Codes, " "), r.ReasonText})
			}
			return a.printList(list, "WHEN|WHO|OFFICE|PAGE|CASES|WHY", rows, "no page with a name was opened here")
		},
	}
}
