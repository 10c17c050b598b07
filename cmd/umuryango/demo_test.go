package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cenkalti/backoff/v4"
	"github.com/matryer/is"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine/node"
	"umuryango/policies"
)

// asProgram makes the test binary behave as the program, so that tests can run
// nodes as processes of their own.
const asProgram = "UMURYANGO_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// freePorts finds the first of as many free ports as a demo takes.
func freePorts(t *testing.T) string {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		first := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if first+demoRoomOfPorts < 1<<16 && allFree(first) {
			return strconv.Itoa(first)
		}
	}
	t.Fatal("no free ports were found")
	return ""
}

func allFree(first int) bool {
	for i := range demoRoomOfPorts {
		l, err := net.Listen("tcp", loopback(first+i))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// command runs the program in this process.
func command(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	getenv := func(string) string { return "" }
	code = run(ctx, args, getenv, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// playScript plays the story into dir and returns what it told.
func playScript(t *testing.T, dir string, more ...string) string {
	t.Helper()
	t.Setenv(asProgram, "1")
	args := append([]string{"demo", "--script", "--data", dir, "--port", freePorts(t), "--log", "info"}, more...)
	code, out, errs := command(t.Context(), args...)
	if code != exitDone {
		t.Fatalf("demo --script ended with %d\n%s\n%s", code, out, errs)
	}
	return out
}

// The story: what is kept only here, what is not yet received, the
// late act, the diversion and the answer are all told.
func TestScriptTellsTheStory(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	out := playScript(t, dir)
	for _, told := range []string{
		"kept only here", "not yet received", "late", "divert → formal kinship care, emergency foster care",
		"Kivumu village", "Kimaranzara cell", "Rilima sector", "Bugesera district", "laws 1 to 5 hold over 5 stores",
		"the policy check was asked again 2 times", "2 proposals and decisions are of erased cases",
		"Kivumu village reads: Ineza Umuryango", "Bugesera district reads: Ineza Umuryango", "the nation reads: name not readable here: it is for those who answer for the child",
		"files of the nation's folder does her name occur", "Kivumu village has destroyed its keys", "Kivumu village shows: erased",
	} {
		if !strings.Contains(out, told) {
			t.Errorf("the story does not tell %q:\n%s", told, out)
		}
	}
	again := playScript(t, dir) // a second time continues on the same stores
	is.True(strings.Contains(again, "laws 1 to 5 hold over 5 stores"))
	flipEveryStore(t, dir)
}

func TestScriptInProcesses(t *testing.T) {
	is := is.New(t)
	out := playScript(t, t.TempDir(), "--processes")
	is.True(strings.Contains(out, "laws 1 to 5 hold over 5 stores"))
}

// What the check finds is data of the pack: without the rule on children under
// three, nothing sends her to an emergency foster family.
func TestWithoutG12TheStoryEndsOtherwise(t *testing.T) {
	is := is.New(t)
	packs := t.TempDir()
	is.NoErr(os.CopyFS(packs, os.DirFS("../../policies/packs")))
	whole := playScript(t, t.TempDir(), "--packs", packs)
	is.True(strings.Contains(whole, "emergency foster care"))
	is.NoErr(os.Remove(filepath.Join(packs, "base", "rules", "G12.yaml")))
	without := playScript(t, t.TempDir(), "--packs", packs)
	is.True(strings.Contains(without, "divert → formal kinship care"))
	is.True(!strings.Contains(without, "emergency foster care")) // the result is another one
}

// A decision is checked again under its own pack when no program carries that
// any more: the nodes have kept it.
func TestAPackOutlivesTheProgram(t *testing.T) {
	is := is.New(t)
	dir, packs := t.TempDir(), t.TempDir()
	playScript(t, dir) // under the packs of this program
	is.NoErr(os.CopyFS(packs, os.DirFS("../../policies/packs")))
	is.NoErr(os.Remove(filepath.Join(packs, "base", "rules", "G12.yaml")))
	out := playScript(t, dir, "--packs", packs) // which may know them no more
	is.True(strings.Contains(out, "laws 1 to 5 hold over 5 stores"))
	is.True(strings.Contains(out, "which only these folders hold")) // whose word the check rests on is told

	nodes, err := filepath.Glob(filepath.Join(dir, "RW*"))
	is.NoErr(err)
	kept, err := filepath.Glob(filepath.Join(dir, "RW*", dirPacks, "*"))
	is.NoErr(err)
	is.Equal(len(kept), 10) // two packs at each of five nodes, and nothing that was left half
	verify := append([]string{"node", "verify", "--packs", packs, "--passphrase-file", passphraseFile(t, string(demoPassphrase().text))}, nodes...)

	for _, k := range kept { // one changed byte, and it is not the pack any more
		file := filepath.Join(k, "pack", "pack.yaml")
		raw, err := os.ReadFile(file)
		is.NoErr(err)
		is.NoErr(os.WriteFile(file, append(raw, '\n'), 0o600))
	}
	code, told, errs := command(t.Context(), verify...)
	is.Equal(code, exitRefused) // nothing is damaged, and not all is checked
	is.True(strings.Contains(told, "passed over: read the policy pack kept in "+kept[0]))
	is.True(strings.Contains(told, "NOT CHECKED: at "))
	is.True(!strings.Contains(told, "BROKEN"))
	is.True(strings.Contains(errs, "--packs"))

	own, err := policies.Embedded()
	is.NoErr(err)
	is.NoErr(keepPack(nodes[0], own.Versions(web.PackID)[0])) // as at the next start of that node
	code, told, errs = command(t.Context(), verify...)
	is.Equal(errs, "")
	is.Equal(code, exitDone) // one node that has it is enough
	is.True(strings.Contains(told, "laws 1 to 5 hold over 5 stores"))

	for _, n := range nodes {
		is.NoErr(os.RemoveAll(filepath.Join(n, dirPacks)))
	}
	code, told, _ = command(t.Context(), verify...)
	is.Equal(code, exitRefused)
	is.True(strings.Contains(told, "is not at hand"))
}

// flipEveryStore changes one byte in the middle of each node's stream, in turn.
func flipEveryStore(t *testing.T, dir string) {
	t.Helper()
	is := is.New(t)
	nodes, err := filepath.Glob(filepath.Join(dir, "RW*"))
	is.NoErr(err)
	is.Equal(len(nodes), 5)
	args := append([]string{"node", "verify"}, nodes...)
	for _, n := range nodes {
		blocks, err := filepath.Glob(filepath.Join(n, "stream", "jetstream", "*", "streams", "EVENTS", "msgs", "*.blk"))
		is.NoErr(err)
		is.True(len(blocks) > 0)
		good, err := os.ReadFile(blocks[0])
		is.NoErr(err)
		for _, at := range []int{0, len(good) / 3, len(good) / 2, len(good) - 1} {
			bad := bytes.Clone(good)
			bad[at] ^= 0x20
			is.NoErr(os.WriteFile(blocks[0], bad, 0o600))
			code, out, _ := command(t.Context(), args...)
			if code != exitBroken {
				t.Errorf("%s, byte %d of %d changed: verify ends with %d\n%s", filepath.Base(n), at, len(good), code, out)
			}
		}
		is.NoErr(os.WriteFile(blocks[0], good, 0o600))
	}
	code, out, errs := command(t.Context(), args...)
	if code != exitDone {
		t.Errorf("the unchanged stores: verify ends with %d\n%s\n%s", code, out, errs)
	}
}

// Whose keys open a decision checks it again; the nation's open none, and what
// could not be checked is said.
func TestVerifySaysWhatItCouldNotOpen(t *testing.T) {
	dir := t.TempDir()
	playScript(t, dir)
	file := filepath.Join(dir, "passphrase")
	is.New(t).NoErr(os.WriteFile(file, demoPassphrase().text, 0o600))
	for name, tt := range map[string]struct {
		args []string
		want string
		not  string
	}{
		"the district":        {[]string{"RW57", "--passphrase-file", file}, "asked again 2 times", "sealed"},
		"the village":         {[]string{"RW57120311", "--passphrase-file", file}, "asked again 2 times", "sealed"},
		"the nation":          {[]string{"RW", "--passphrase-file", file}, "2 proposals and decisions are sealed, and no key at hand opens", "asked again"},
		"nobody's passphrase": {[]string{"RW57"}, "2 proposals and decisions are sealed, and no key at hand opens", "asked again"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			args := append([]string{"node", "verify", filepath.Join(dir, tt.args[0])}, tt.args[1:]...)
			code, out, errs := command(t.Context(), args...)
			is.Equal(code, exitDone)
			is.Equal(errs, "")
			is.True(strings.Contains(out, tt.want))
			is.True(!strings.Contains(out, tt.not))
		})
	}
	t.Run("a wrong one", func(t *testing.T) {
		is := is.New(t)
		is.NoErr(os.WriteFile(file, []byte("of another node"), 0o600))
		code, out, errs := command(t.Context(), "node", "verify", filepath.Join(dir, "RW57"), "--passphrase-file", file)
		is.Equal(code, exitRefused)
		is.Equal(out, "")
		is.True(strings.Contains(errs, "passphrase"))
	})
}

// startDemo runs the demo until the test ends and returns its nodes.
func startDemo(t *testing.T, dir, port string) []runningNode {
	t.Helper()
	_, nodes := startDemoAs(t, dir, func(string) string { return "" }, "--data", dir, "--port", port)
	return nodes
}

// startDemoAs runs the demo, whose folder is dir, in an environment; told is
// what it prints while it runs.
func startDemoAs(t *testing.T, dir string, getenv func(string) string, args ...string) (told string, nodes []runningNode) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		code := run(ctx, append([]string{"demo"}, args...), getenv, strings.NewReader(""), write, &errs)
		write.Close()
		ended <- code
	}()
	t.Cleanup(func() {
		cancel()
		go io.Copy(io.Discard, read)
		if code := <-ended; code != exitDone {
			t.Errorf("the demo ended with %d: %s", code, errs.String())
		}
	})
	lines := bufio.NewScanner(read)
	for !strings.HasPrefix(lines.Text(), "Ctrl-C ") { // the last that it tells
		if !lines.Scan() {
			t.Fatalf("the demo did not start: %v", lines.Err())
		}
		told += lines.Text() + "\n"
	}
	go io.Copy(io.Discard, read)
	raw, err := os.ReadFile(filepath.Join(dir, fileRunning))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &nodes); err != nil {
		t.Fatal(err)
	}
	return told, nodes
}

// patient is umuryango for whoever pastes a row of commands: what the link has not
// brought yet is asked for again, instead of slept for.
const patient = `#!/bin/bash
in=$(mktemp) out=$(mktemp) err=$(mktemp)
cat >"$in"
for tries in {1..200}; do
	if %s=1 %q "$@" <"$in" >"$out" 2>"$err"; then cat "$out"; exit 0; fi
done
cat "$err" >&2
exit 1
`

// shell runs commands as a person who pastes them, with umuryango on the path,
// and returns what they print. The first that fails ends them.
func shell(t *testing.T, commands string, env ...string) string {
	t.Helper()
	is := is.New(t)
	self, err := os.Executable()
	is.NoErr(err)
	bin := t.TempDir()
	is.NoErr(os.WriteFile(filepath.Join(bin, "umuryango"), fmt.Appendf(nil, patient, asProgram, self), 0o700))
	is.NoErr(os.WriteFile(filepath.Join(bin, "sleep"), []byte("#!/bin/sh\n"), 0o700))
	c := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", commands)
	c.Dir = bin
	c.Env = append(append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "UMURYANGO_NODE=", "TMPDIR="+bin), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// The commands of README's walk are run as they stand there.
func TestTheWalkOfTheREADME(t *testing.T) {
	is := is.New(t)
	readme, err := os.ReadFile("../../README.md")
	is.NoErr(err)
	_, walk, found := strings.Cut(string(readme), "### The same by hand\n")
	is.True(found)
	walk, _, _ = strings.Cut(walk, "\n## ")
	var commands strings.Builder
	for line := range strings.Lines(walk) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			commands.WriteString(command)
		}
	}
	data := t.TempDir()
	getenv := func(name string) string { return map[string]string{"XDG_DATA_HOME": data}[name] }
	startDemoAs(t, filepath.Join(data, "umuryango", "demo"), getenv, "--port", freePorts(t))
	out := shell(t, commands.String(), "XDG_DATA_HOME="+data)
	is.True(strings.Contains(out, "policy check: no objection (on formal kinship care)"))
	is.NoErr(backoff.Retry(func() error { // the answer comes to the village
		if list := shell(t, "umuryango referral list --answers", "XDG_DATA_HOME="+data); !strings.Contains(list, "acted on") {
			return errors.New(list)
		}
		return nil
	}, backoff.WithMaxRetries(backoff.NewConstantBackOff(lookEvery), 200)))
}

// What the demo prints to begin with works as it stands, wherever its folder is.
func TestTheFirstStepsWorkAsPrinted(t *testing.T) {
	for _, named := range []bool{false, true} {
		t.Run(fmt.Sprint("--data ", named), func(t *testing.T) {
			is := is.New(t)
			data := t.TempDir()
			getenv := func(name string) string { return map[string]string{"XDG_DATA_HOME": data}[name] }
			dir, args := filepath.Join(data, "umuryango", "demo"), []string{"--port", freePorts(t)}
			if named {
				dir = filepath.Join(data, "elsewhere")
				args = append(args, "--data", dir)
			}
			told, _ := startDemoAs(t, dir, getenv, args...)
			var commands strings.Builder
			for line := range strings.Lines(told) {
				if command, ok := strings.CutPrefix(line, "  umuryango "); ok {
					command = strings.ReplaceAll(strings.TrimSpace(command), "CODE", "$CODE")
					fmt.Fprintf(&commands, "umuryango %s | tee told\nCODE=${CODE:-$(sed -n 's/: accepted and stored.*//p' told)}\n", command)
				}
			}
			// Each act says how to go on, and that works too.
			commands.WriteString("$(sed -n 's/^follow it with: //p' told)\n")
			out := shell(t, commands.String(), "XDG_DATA_HOME="+data)
			is.Equal(strings.Count(out, "accepted and stored"), 4)
			is.True(strings.Contains(out, "with Bugesera/Rilima; Bugesera/Rilima answers for the child"))
			is.True(strings.Contains(out, "the answer that ends the referral is still to come"))
		})
	}
}

func TestASecondStartContinues(t *testing.T) {
	is := is.New(t)
	dir, port := t.TempDir(), freePorts(t)
	t.Run("first", func(t *testing.T) {
		nodes := startDemo(t, dir, port)
		is.Equal(len(nodes), 5)
		code, out, errs := command(t.Context(), "--node", nodes[villageAt].URL, "referral", "raise",
			"--actor", "IZU-1", "--to", nodes[cellAt].Place, "--source", "izu", "--reason", "poverty", "--age-months", "18")
		if code != exitDone {
			t.Fatalf("raise ends with %d\n%s\n%s", code, out, errs)
		}
	})
	t.Run("second", func(t *testing.T) {
		nodes := startDemo(t, dir, port)
		code, out, _ := command(t.Context(), "--node", nodes[villageAt].URL, "-o", "json", "referral", "list")
		is.Equal(code, exitDone)
		is.True(strings.Contains(out, nodes[cellAt].Place)) // the referral is still there
	})
}

// A node that was killed has lost nothing, and verify does not say that it has.
func TestVerifyAfterAKill(t *testing.T) {
	is := is.New(t)
	dir, port := t.TempDir(), freePorts(t)
	self, err := os.Executable()
	is.NoErr(err)
	demo := exec.Command(self, "demo", "--data", dir, "--port", port)
	demo.Env = append(os.Environ(), asProgram+"=1")
	told, err := demo.StdoutPipe()
	is.NoErr(err)
	is.NoErr(demo.Start())
	_, err = told.Read(make([]byte, 1)) // it tells when all nodes are up
	is.NoErr(err)
	first, err := strconv.Atoi(port)
	is.NoErr(err)
	code, _, errs := command(t.Context(), "--node", loopback(first+villageAt), "referral", "raise",
		"--actor", "IZU-1", "--to", "RW571203", "--source", "izu", "--reason", "poverty", "--age-months", "18")
	is.Equal(code, exitDone)
	is.Equal(errs, "")
	is.NoErr(demo.Process.Kill())
	is.True(demo.Wait() != nil) // it did not end by itself
	nodes, err := filepath.Glob(filepath.Join(dir, "RW*"))
	is.NoErr(err)
	code, out, errs := command(t.Context(), append([]string{"node", "verify"}, nodes...)...)
	if code != exitDone {
		t.Errorf("verify ends with %d\n%s\n%s", code, out, errs)
	}
}

func TestTakenPortAndHeldFolderAreNamed(t *testing.T) {
	is := is.New(t)
	dir, port := t.TempDir(), freePorts(t)
	startDemo(t, dir, port)

	other := t.TempDir()
	code, _, errs := command(t.Context(), "demo", "--init-only", "--data", other, "--port", port)
	is.Equal(code, exitRefused)
	is.True(strings.Contains(errs, "in use"))
	is.True(strings.Contains(errs, "--port N")) // the way out
	left, err := filepath.Glob(filepath.Join(other, "RW*"))
	is.NoErr(err)
	is.Equal(len(left), 0) // nothing was made on ports that it cannot have
	moved := freePorts(t)
	code, _, errs = command(t.Context(), "demo", "--init-only", "--data", other, "--port", moved)
	is.Equal(errs, "")
	is.Equal(code, exitDone)

	// A node of the folder is held, whatever ports it is to have.
	held := filepath.Join(dir, "RW", fileSettings)
	raw, err := os.ReadFile(held)
	is.NoErr(err)
	for _, text := range []string{string(raw), movedPorts(t, string(raw), port, moved)} {
		is.NoErr(os.WriteFile(held, []byte(text), 0o600))
		code, _, errs = command(t.Context(), "serve", "--config", held)
		is.Equal(code, exitRefused)
		is.True(strings.Contains(errs, "another node holds this folder"))
	}
	is.NoErr(os.WriteFile(held, raw, 0o600))
}

// movedPorts are the nation's settings on other ports.
func movedPorts(t *testing.T, text, from, to string) string {
	t.Helper()
	is := is.New(t)
	first, err := strconv.Atoi(from)
	is.NoErr(err)
	second, err := strconv.Atoi(to)
	is.NoErr(err)
	return strings.NewReplacer(loopback(first), loopback(second), loopback(first+demoLinkOffset), loopback(second+demoLinkOffset)).Replace(text)
}

// Whatever else is started on the folder of a demo that runs says that it is
// held, and takes nothing from that demo.
func TestAFolderOnWhichADemoRunsIsHeld(t *testing.T) {
	dir, port := t.TempDir(), freePorts(t)
	t.Setenv(asProgram, "1")
	nodes := startDemo(t, dir, port)
	for _, more := range [][]string{nil, {"--processes"}, {"--script"}, {"--script", "--processes"}, {"--port", freePorts(t)}, {"--init-only"}} {
		t.Run(strings.Join(more, " "), func(t *testing.T) {
			is := is.New(t)
			code, out, errs := command(t.Context(), append([]string{"demo", "--data", dir}, more...)...)
			is.Equal(code, exitRefused)
			is.Equal(out, "")
			is.True(strings.Contains(errs, "another node holds this folder: a demo runs on it"))
			is.True(strings.Contains(errs, "--data"))
			_, err := os.Stat(filepath.Join(dir, fileRunning))
			is.NoErr(err) // commands still find the demo that runs
		})
	}
	is := is.New(t)
	code, out, _ := command(t.Context(), "--node", nodes[villageAt].URL, "-o", "json", "referral", "list")
	is.Equal(code, exitDone)
	is.Equal(out, "[]\n") // no story was played on it
}

// A node of the folder that runs by itself is named, before any port.
func TestADemoNamesTheNodeThatRunsByItself(t *testing.T) {
	is := is.New(t)
	dir, port := t.TempDir(), freePorts(t)
	code, _, errs := command(t.Context(), "demo", "--init-only", "--data", dir, "--port", port)
	is.Equal(errs, "")
	is.Equal(code, exitDone)
	held, err := node.Hold(filepath.Join(dir, "RW57"))
	is.NoErr(err)
	code, _, errs = command(t.Context(), "demo", "--data", dir)
	is.Equal(code, exitRefused)
	is.True(strings.Contains(errs, filepath.Join(dir, "RW57")+": another node holds this folder"))
	code, _, errs = command(t.Context(), "demo", "--init-only", "--data", dir)
	is.Equal(errs, "") // what is made is made, also while the nodes run
	is.Equal(code, exitDone)
	is.NoErr(held.Close())
}

// A process that cannot start is not taken for another one that answers in its
// place.
func TestAnotherNodesAnswerIsNotTakenForAProcess(t *testing.T) {
	is := is.New(t)
	t.Setenv(asProgram, "1")
	dir, port := t.TempDir(), freePorts(t)
	startDemo(t, dir, port)
	var errs bytes.Buffer
	a := &app{stdout: io.Discard, stderr: &errs}
	l, err := a.openLand("", "error")
	is.NoErr(err)
	first, err := strconv.Atoi(port)
	is.NoErr(err)
	d, err := newLayout(l.places, dir, first, "")
	is.NoErr(err)
	_, err = startProcesses(t.Context(), a, d, nil)
	is.True(errors.Is(err, errEnded))
	is.True(strings.Contains(errs.String(), "another node holds this folder"))
}

// --port moves a folder that is there: the pages, the links and what dials them.
func TestPortMovesAFolder(t *testing.T) {
	dir, port := t.TempDir(), freePorts(t)
	var ref string
	t.Run("made", func(t *testing.T) {
		nodes := startDemo(t, dir, port)
		code, out, errs := command(t.Context(), "--node", nodes[villageAt].URL, "referral", "raise",
			"--actor", "IZU-1", "--to", nodes[cellAt].Place, "--source", "izu")
		if code != exitDone {
			t.Fatalf("raise ends with %d\n%s", code, errs)
		}
		ref = strings.Trim(strings.Fields(out)[0], ":,")
	})
	moved := freePorts(t)
	held, err := net.Listen("tcp", "127.0.0.1:"+port) // its old place is taken for good
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	t.Run("moved", func(t *testing.T) {
		is := is.New(t)
		nodes := startDemo(t, dir, moved)
		is.Equal(nodes[nationAt].URL, "http://127.0.0.1:"+moved)
		eventually(t, ref, "--node", nodes[cellAt].URL, "referral", "list")
		code, _, errs := command(t.Context(), "--node", nodes[cellAt].URL, "referral", "accept", ref, "--actor", "CEL-1")
		is.Equal(errs, "")
		is.Equal(code, exitDone)
		eventually(t, "CEL-1", "--node", nodes[nationAt].URL, "referral", "show", ref) // every link is up again
		first, err := strconv.Atoi(moved)
		is.NoErr(err)
		s, _, err := readSettings(filepath.Join(dir, "RW57", fileSettings))
		is.NoErr(err)
		is.Equal([]string{s.Pages, s.Listen, s.Upper.Address}, []string{loopback(first + districtAt), loopback(first + demoLinkOffset + districtAt), loopback(first + demoLinkOffset)})
	})
	t.Run("stays", func(t *testing.T) {
		is := is.New(t)
		nodes := startDemo(t, dir, "0") // as if --port were not given
		is.Equal(nodes[nationAt].URL, "http://127.0.0.1:"+moved)
	})
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "file")
	is.NoErr(os.WriteFile(file, nil, 0o600))
	code, _, errs := command(t.Context(), "demo", "--init-only", "--data", filepath.Join(file, "demo"), "--port", freePorts(t))
	is.Equal(code, exitInput)
	is.True(strings.Contains(errs, filepath.Join(file, "demo"))) // the error names the folder
}
