package main

import (
	"context"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
)

func newCaseCommand(a *app) *cobra.Command {
	var reason string
	takeOver := actCommand(a, act{
		use: "take-over CASE --reason CODE", short: "Take a case from an office below that is lost or unheard",
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.TakeOver(ctx, ref, s.id, web.ReasonRequest{ActRequest: s.ActRequest, Reason: reason})
		},
	})
	takeOver.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	return group("case", "What an upper office may do with a case", takeOver)
}
