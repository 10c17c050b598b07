package main

import (
	"context"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

func newCaseCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "case",
		Short: "What an upper office may do with a case",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var reason string
	takeOver, _ := actCommand(a, "take-over CASE --reason CODE", "Take a case from an office below that is lost or unheard", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		return c.TakeOver(ctx, ref, events.ID(f.id), web.ReasonRequest{ActRequest: r, Reason: reason})
	})
	takeOver.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	c.AddCommand(takeOver)
	return c
}
