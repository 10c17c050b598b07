package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"umuryango/policies"
)

func newPolicySchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "The JSON Schema of a policy pack's files",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &inputError{fmt.Errorf("%s takes no argument", c.CommandPath())}
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return a.write(string(policies.Schema())) },
	}
}
