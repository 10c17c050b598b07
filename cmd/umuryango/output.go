package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

// client is the node that a command talks to: --node, else $UMURYANGO_NODE,
// else the running demo's node of this office, or its village.
func (a *app) client(office string) (*web.Client, error) {
	address := a.node
	if address == "" {
		address = a.getenv("UMURYANGO_NODE")
	}
	if address != "" {
		return web.NewClient(address), nil
	}
	nodes := running(a.getenv)
	if len(nodes) == 0 {
		return nil, &unreachableError{}
	}
	at := len(nodes) - 1 // the village
	if office != "" {
		list, err := events.Rwanda()
		if err != nil {
			return nil, err
		}
		place, err := list.Resolve(office)
		if err != nil {
			return nil, fmt.Errorf("--office: %w", err)
		}
		for i, n := range nodes {
			if n.Place == place.ID {
				at = i
			}
		}
	}
	return web.NewClient(nodes[at].URL), nil
}

// unreachableError: there is no node to talk to.
type unreachableError struct{}

func (*unreachableError) Error() string {
	return `no node is named and no demo runs: give --node URL or $UMURYANGO_NODE, or start one with "umuryango demo"`
}
func (*unreachableError) ExitCode() int { return exitUnreachable }

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// print writes v as JSON, or the rows as a table, as -o asks.
func (a *app) print(v any, head string, rows [][]string) error {
	if a.output == outputJSON {
		return a.printJSON(v)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if len(rows) > 0 {
		fmt.Fprintln(w, strings.ReplaceAll(head, "|", "\t"))
	}
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// printList is print of a list; where it is empty, a person reads what that means.
func (a *app) printList(v any, head string, rows [][]string, nothing string) error {
	if len(rows) == 0 && a.output != outputJSON {
		return a.write(nothing + "\n")
	}
	return a.print(v, head, rows)
}

// localTime is how a person reads an instant; empty for none.
func localTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(web.Local).Format("2006-01-02 15:04")
}

// mark is text where yes holds, else nothing.
func mark(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// counted is a number with what it counts.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// joinMarks puts together what is not empty.
func joinMarks(marks ...string) string {
	var out []string
	for _, m := range marks {
		if m != "" {
			out = append(out, m)
		}
	}
	return strings.Join(out, ", ")
}

// noArguments refuses what stands behind a command that takes nothing, or that
// only has commands below it.
func noArguments(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case c.HasSubCommands():
		return &inputError{fmt.Errorf("%s has no command %q: see %s --help", c.CommandPath(), args[0], c.CommandPath())}
	}
	return &inputError{fmt.Errorf("%s takes no argument %q: see %s --help", c.CommandPath(), args[0], c.CommandPath())}
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

// atMostOne asks for one or none, and says what it is.
func atMostOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return &inputError{fmt.Errorf("%s: %s is expected, at most one", c.CommandPath(), what)}
		}
		return nil
	}
}

// atLeastOne asks for one or several, and says what they are.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return &inputError{fmt.Errorf("%s: %s is expected, at least one", c.CommandPath(), what)}
		}
		return nil
	}
}

// group is a command that only has others below it.
func group(use, short string, below ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: noArguments, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(below...)
	return c
}
