// Command umuryango is the whole program in one binary: a node of any level,
// its pages, and the command line that talks to it. It wires the rooms
// together and holds no rule of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/events"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return exitDone // Ctrl-C is how a node and the demo are stopped
	}
	fmt.Fprintln(stderr, "umuryango:", told(err))
	return exitCode(err)
}

// told is an error in the words of who typed the command: offices by id and name,
// and where a list of places that was cut short can be read whole.
func told(err error) string {
	var refusal *engine.Refusal
	var unknown *events.UnknownPlaceError
	switch {
	case errors.As(err, &refusal):
		if list, none := events.Rwanda(); none == nil {
			return web.Named(list, err.Error())
		}
	case errors.As(err, &unknown) && unknown.More():
		return err.Error() + web.AllBelow(unknown)
	}
	return err.Error()
}
