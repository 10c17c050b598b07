package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts of testdata/script run commands against a node of this process
// that speaks for every office of the nation.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("UMURYANGO_NODE", servedNode(t, filepath.Join(e.WorkDir, "node")))
			e.Setenv("XDG_DATA_HOME", e.WorkDir) // no demo of this machine is found
			for _, name := range []string{"raised", "visited", "institution", "aunt"} {
				raw, err := facts(name, time.Now())
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(e.WorkDir, name+".json"), raw, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"umuryango": func(ts *testscript.TestScript, neg bool, args []string) {
				if code := inScript(ts, args); (code == exitDone) == neg {
					ts.Fatalf("umuryango %s ended with %d", strings.Join(args, " "), code)
				}
			},
			"ends": endsWith,
			"keep": keep,
			"mode": mode,
		},
	})
}

// inScript runs the program in a script's folder and environment.
func inScript(ts *testscript.TestScript, args []string) int {
	for i, a := range args {
		if ext := filepath.Ext(a); ext == ".json" || ext == ".html" {
			args[i] = ts.MkAbs(a)
		}
	}
	return run(context.Background(), args, ts.Getenv, strings.NewReader(ts.Getenv("STDIN")), ts.Stdout(), ts.Stderr())
}

// endsWith checks an exit code: ends 2 referral list nonsense.
func endsWith(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if code := inScript(ts, args[1:]); code != want {
		ts.Fatalf("umuryango %s ended with %d, not %d", strings.Join(args[1:], " "), code, want)
	}
}

// keep puts the first word of the last output that contains a text into a
// variable: keep CODE 'accepted and stored'.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if strings.Contains(line, args[1]) {
			ts.Setenv(args[0], strings.Trim(strings.Fields(line)[0], ":,"))
			return
		}
	}
	ts.Fatalf("no line of the output contains %q", args[1])
}

// mode checks who may read a file: mode 600 file.json.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}

// servedNode makes a nation's node in dir and serves it until the test ends.
func servedNode(t *testing.T, dir string) string {
	t.Helper()
	file := passphraseFile(t, "a passphrase for tests")
	getenv := func(string) string { return "" }
	if code, out, errs := command(t.Context(), "node", "init", "RW", "--dir", dir, "--pages", "127.0.0.1:0", "--passphrase-file", file); code != exitDone {
		t.Fatalf("node init ended with %d\n%s%s", code, out, errs)
	}
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		defer write.Close()
		ended <- run(ctx, []string{"serve", "--config", filepath.Join(dir, fileSettings), "--passphrase-file", file}, getenv, strings.NewReader(""), write, io.Discard)
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != exitDone {
			t.Errorf("serve ended with %d", code)
		}
	})
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("the node did not start: %v", err)
	}
	go io.Copy(io.Discard, read)
	words := strings.Fields(line)
	return words[len(words)-1]
}
