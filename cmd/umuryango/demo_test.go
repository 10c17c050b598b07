package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
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
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		code := run(ctx, []string{"demo", "--data", dir, "--port", port}, func(string) string { return "" }, strings.NewReader(""), write, &errs)
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
	first := make([]byte, 1)
	if _, err := read.Read(first); err != nil {
		t.Fatalf("the demo did not start: %v", err)
	}
	go io.Copy(io.Discard, read)
	raw, err := os.ReadFile(filepath.Join(dir, fileRunning))
	if err != nil {
		t.Fatal(err)
	}
	var nodes []runningNode
	if err := json.Unmarshal(raw, &nodes); err != nil {
		t.Fatal(err)
	}
	return nodes
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

// TestAHeldFolderIsNamed: a second demo in the folder of a running one starts
// nothing, plays nothing and hides nothing, however it is asked for.
func TestAHeldFolderIsNamed(t *testing.T) {
	is := is.New(t)
	dir, port := t.TempDir(), freePorts(t)
	nodes := startDemo(t, dir, port)
	for _, more := range [][]string{nil, {"--processes"}, {"--script"}, {"--script", "--processes"}, {"--port", freePorts(t)}} {
		code, out, errs := command(t.Context(), append([]string{"demo", "--data", dir}, more...)...)
		is.Equal(code, exitRefused)
		is.True(strings.Contains(errs, "another node holds this folder: stop that one, or name another folder with --data"))
		is.Equal(out, "")
		is.Equal(runningIn(dir), nodes)
	}
	code, out, _ := command(t.Context(), "referral", "list", "--node", dir, "-o", "json") // the folder names its nodes
	is.Equal(code, exitDone)
	is.Equal(strings.TrimSpace(out), "[]")
	code, _, errs := command(t.Context(), "referral", "list", "--node", t.TempDir())
	is.Equal(code, exitUnreachable)
	is.True(strings.Contains(errs, "no demo runs in"))
	code, _, errs = command(t.Context(), "serve", "--config", filepath.Join(dir, "RW", fileSettings))
	is.Equal(code, exitRefused)
	is.True(strings.Contains(errs, "in use") || strings.Contains(errs, "another node holds this folder"))
}

// TestATakenPortIsNamed: before anything is made, with the way out, which works;
// also for a folder that was made with other ports.
func TestATakenPortIsNamed(t *testing.T) {
	is := is.New(t)
	taken, dir := freePorts(t), t.TempDir()
	first, _ := strconv.Atoi(taken)
	busy, err := net.Listen("tcp", loopback(first+demoLinkOffset+2))
	is.NoErr(err)
	defer busy.Close()
	for _, more := range [][]string{nil, {"--processes"}, {"--script"}, {"--init-only"}} {
		code, out, errs := command(t.Context(), append([]string{"demo", "--data", dir, "--port", taken}, more...)...)
		is.Equal(code, exitRefused)
		is.True(strings.Contains(errs, busy.Addr().String()) && strings.Contains(errs, "in use") && strings.Contains(errs, "--port"))
		is.Equal(out, "")
		_, err := os.Stat(filepath.Join(dir, "RW"))
		is.True(errors.Is(err, os.ErrNotExist))
	}
	for range 2 { // made, and moved
		free := freePorts(t)
		code, _, errs := command(t.Context(), "demo", "--init-only", "--data", dir, "--port", free)
		is.Equal(errs, "")
		is.Equal(code, exitDone)
	}
	before, _, err := readSettings(filepath.Join(dir, "RW57", fileSettings))
	is.NoErr(err)
	port := freePorts(t)
	nodes := startDemo(t, dir, port)
	is.Equal(nodes[0].URL, "http://127.0.0.1:"+port)
	after, _, err := readSettings(filepath.Join(dir, "RW57", fileSettings))
	is.NoErr(err)
	is.True(after.Pages != before.Pages && after.Upper.Address != before.Upper.Address)
	is.Equal(after.Upper.LinkKey, before.Upper.LinkKey)
	is.Equal(strconv.Itoa(portIn(dir, 1)), port) // the next start finds them without being told
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "file")
	is.NoErr(os.WriteFile(file, nil, 0o600))
	code, _, errs := command(t.Context(), "demo", "--init-only", "--data", filepath.Join(file, "demo"), "--port", freePorts(t))
	is.Equal(code, exitInput)
	is.True(strings.Contains(errs, filepath.Join(file, "demo"))) // the error names the folder
}
