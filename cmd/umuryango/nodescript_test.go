package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/rogpeppe/go-internal/testscript"
)

// untilWithin bounds the wait for one thing to become true.
const untilWithin = 30 * time.Second

// The scripts of testdata/nodescript make nodes themselves and run them:
//
//	serve NAME ARGS…        run serve until the script or stop NAME ends it; $NAME is its address
//	stop NAME
//	until TEXT ARGS…        run a command again until its output contains the text
//	output NAME             put all of the last output into a variable
//	same NAME               the last output is that of the variable
//	private FILE…           nobody but its owner may read a file
func TestNodeScripts(t *testing.T) {
	var nodes nodesOfScript
	testscript.Run(t, testscript.Params{
		Dir: "testdata/nodescript",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_DATA_HOME", e.WorkDir) // no demo of this machine is found
			e.Setenv("UMURYANGO_ACTOR", "W-1")
			port := freePorts(t)
			e.Setenv("LINK", "127.0.0.1:"+port)
			e.Setenv("NOBODY", "127.0.0.1:1")
			e.Setenv(envPassphrase, passphraseFile(t, "a passphrase for tests"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"umuryango": func(ts *testscript.TestScript, neg bool, args []string) {
				if code := inScript(ts, args); (code == exitDone) == neg {
					ts.Fatalf("umuryango %s ended with %d", strings.Join(args, " "), code)
				}
			},
			"ends":  endsWith,
			"keep":  keep,
			"until": until,
			"serve": nodes.serve,
			"private": func(ts *testscript.TestScript, _ bool, args []string) {
				for _, name := range args {
					info, err := os.Stat(name)
					ts.Check(err)
					if info.Mode().Perm() != 0o600 {
						ts.Fatalf("%s has the mode %v", name, info.Mode())
					}
				}
			},
			"stop": nodes.stop,
			"output": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
			},
			"same": func(ts *testscript.TestScript, _ bool, args []string) {
				if now, before := strings.TrimSpace(ts.ReadFile("stdout")), ts.Getenv(args[0]); now != before {
					ts.Fatalf("the output is %q and was %q", now, before)
				}
			},
		},
	})
}

// nodesOfScript are those that run now, by the folder and name of their script.
type nodesOfScript struct {
	mu      sync.Mutex
	running map[string]func() int
}

func (n *nodesOfScript) serve(ts *testscript.TestScript, _ bool, args []string) {
	name := args[0]
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	ended := make(chan int, 1)
	var errs strings.Builder
	go func() {
		defer write.Close()
		ended <- run(ctx, append([]string{"serve", "--log", "error"}, args[1:]...), ts.Getenv, strings.NewReader(""), write, &errs)
	}()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		cancel()
		ts.Fatalf("%s did not start: it ended with %d: %s", name, <-ended, errs.String())
	}
	go io.Copy(io.Discard, read)
	words := strings.Fields(line)
	ts.Setenv(name, words[len(words)-1])
	key := ts.MkAbs(name)
	n.mu.Lock()
	if n.running == nil {
		n.running = map[string]func() int{}
	}
	n.running[key] = func() int { cancel(); return <-ended }
	n.mu.Unlock()
	ts.Defer(func() { n.end(ts, key) })
}

func (n *nodesOfScript) stop(ts *testscript.TestScript, _ bool, args []string) {
	n.end(ts, ts.MkAbs(args[0]))
}

func (n *nodesOfScript) end(ts *testscript.TestScript, key string) {
	n.mu.Lock()
	end := n.running[key]
	delete(n.running, key)
	n.mu.Unlock()
	if end == nil {
		return
	}
	if code := end(); code != exitDone {
		ts.Fatalf("serve ended with %d", code)
	}
}

var errNotSo = errors.New("the output does not contain it")

func until(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), untilWithin)
	defer cancel()
	var out, errs strings.Builder
	look := func() error {
		out.Reset()
		errs.Reset()
		run(ctx, args[1:], ts.Getenv, strings.NewReader(""), &out, &errs)
		if !strings.Contains(out.String(), args[0]) {
			return errNotSo
		}
		return nil
	}
	if err := backoff.Retry(look, backoff.WithContext(backoff.NewConstantBackOff(lookEvery), ctx)); err != nil {
		ts.Fatalf("%q did not come; the last of umuryango %s was\n%s%s", args[0], strings.Join(args[1:], " "), out.String(), errs.String())
	}
}
