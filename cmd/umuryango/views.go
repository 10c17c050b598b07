package main

import "github.com/spf13/cobra"

func newViewsCommand(a *app) *cobra.Command {
	return group("views", "What a node's pages are made from", &cobra.Command{
		Use:   "rebuild",
		Short: "Throw the views away and make them anew from the stream",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			rebuilt, err := client.Rebuild(c.Context())
			if err != nil {
				return err
			}
			return a.print(rebuilt, "HASH OF THE SORTED KEYS AND VALUES", [][]string{{rebuilt.Hash}})
		},
	})
}
