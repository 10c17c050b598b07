package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"umuryango/cmd/umuryango/web"
)

// client is the node that a command talks to: --node, else $UMURYANGO_NODE,
// else the running demo's node of this office, or its village.
func (a *app) client(office string) (*web.Client, error) {
	address := a.node
	if address == "" {
		address = a.getenv("UMURYANGO_NODE")
	}
	if address == "" {
		nodes := running(a.getenv)
		for _, n := range nodes {
			address = n.URL // the last is the village
			if n.Place == office {
				break
			}
		}
	}
	if address == "" {
		return nil, &unreachableError{}
	}
	return web.NewClient(address), nil
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

// localTime is how a person reads an instant; empty for none.
func localTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(kigali).Format("2006-01-02 15:04")
}

// mark is text where yes holds, else nothing.
func mark(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// join puts together what is not empty.
func joinMarks(marks ...string) string {
	var out []string
	for _, m := range marks {
		if m != "" {
			out = append(out, m)
		}
	}
	return strings.Join(out, ", ")
}
