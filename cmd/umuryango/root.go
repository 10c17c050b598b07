package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// app is what every command shares: the process around it and the flags that
// stand before the command.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
	lines  *bufio.Reader // of stdin, once a line of it was read

	node   string // --node: URL of the node to talk to
	output string // -o: table or json
}

// The forms in which a command prints.
const (
	outputTable = "table"
	outputJSON  = "json"
)

// flagError is what is wrong with a flag, without the words of the function that
// reads numbers.
func flagError(err error) error {
	var number *strconv.NumError
	if errors.As(err, &number) {
		return errors.New(strings.TrimSuffix(err.Error(), number.Error()) + "a whole number is expected")
	}
	return err
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "umuryango",
		Short: "Child-protection referral and gatekeeping, from village to nation",
		Long: `umuryango carries a child's referral from the village to the panel that must
decide, checks it against the gatekeeping policy in force, and brings the answer
back. Every office keeps its own node; nothing is lost while a link is down.

Begin with:  umuryango demo`,
		Args:          noArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.output != outputTable && a.output != outputJSON {
				return &inputError{fmt.Errorf("-o %s: %s or %s is expected", a.output, outputTable, outputJSON)}
			}
			return nil
		},
	}
	root.PersistentFlags().StringVar(&a.node, "node", "", "address of the node to talk to (default $UMURYANGO_NODE, else the running demo)")
	root.PersistentFlags().StringVarP(&a.output, "output", "o", outputTable, "how to print: table or json")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &inputError{fmt.Errorf("%w: see %s --help", flagError(err), c.CommandPath())}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newDemoCommand(a), newServeCommand(a), newReferralCommand(a), newCaseCommand(a), newRecordCommand(a), newNodeCommand(a),
		newPlacesCommand(a), newViewsCommand(a), newSimulateCommand(a), newPolicyCommand(a),
	)
	return root
}
