package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// planted are faults of which the fuzzing must find each.
var planted = map[string]struct {
	file, good, bad string // what stands in the decoder, and what is put there
	target, tells   string
}{
	"a length that nobody checks": {
		"wire.go", `if n > uint64(most) || n > uint64(len(r.in)) {
		r.fail(errShort)`, `if n > uint64(most) {
		r.fail(errShort)`,
		"FuzzDecode", "slice bounds out of range",
	},
	"an event that nobody checks": {
		"ingest.go", `if f := in.authority.Check(e); f != "" {`, `if f := in.authority.Check(e); f == "never" {`,
		"FuzzIngest", "is stored, which is refused as",
	},
	"a wrap that is none": {
		"wraps.go", `&& w.Check() == nil {`, `{`,
		"FuzzIngest", "is kept: a",
	},
}

// tries bounds the executions within which a planted fault must be found.
const tries = "300000x"

// TestTheFuzzingFindsWhatIsPlanted: the very targets that .ci/fuzz runs, with
// their own seeds, find a bounds bug and two missing checks in the code that
// they try. The altered files exist for the compiler alone.
func TestTheFuzzingFindsWhatIsPlanted(t *testing.T) {
	for name, tt := range planted {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			list := overlay(t, dir, tt.file, tt.good, tt.bad)
			binary := filepath.Join(dir, "link.test")
			build(t, "test", "-c", "-vet=off", "-fuzz", ".", "-overlay", list, "-o", binary, "../engine/link")
			fuzz := exec.CommandContext(t.Context(), binary, "-test.run", "^$", "-test.fuzz", "^"+tt.target+"$", "-test.fuzztime", tries,
				"-test.fuzzminimizetime", "10x", "-test.parallel", "1", "-test.fuzzcachedir", filepath.Join(dir, "cache"))
			fuzz.Dir = dir // what it finds is written there
			out, err := fuzz.CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte(tt.tells)) {
				t.Fatalf("the fault was not found: %v\n%s", err, out)
			}
		})
	}
}

// TestAPlantedFaultOfTheLinkIsSeen: a node that never sends a neighbour back what
// that neighbour has lost turns the simulator red, and real nodes, as both run the
// same code.
func TestAPlantedFaultOfTheLinkIsSeen(t *testing.T) {
	dir := t.TempDir()
	list := overlay(t, dir, "link.go", `return from.Run == s.peer.Run || kept && from.Seq <= last`, `return kept || last == 0`)
	program, nodes := filepath.Join(dir, "umuryango"), filepath.Join(dir, "nodes.test")
	build(t, "build", "-overlay", list, "-o", program, "../cmd/umuryango")
	build(t, "test", "-c", "-vet=off", "-overlay", list, "-o", nodes, ".")
	out, err := exec.CommandContext(t.Context(), program, "simulate", "--seeds", "20").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("BROKEN")) {
		t.Fatalf("the simulator does not see it: %v\n%s", err, out)
	}
	const enough = "10s" // it would wait for ever
	out, err = exec.CommandContext(t.Context(), nodes, "-test.run", "^TestAStoreRestoredFromAnOlderCopyThatWritesBeforeItLinks$/^RW57$", "-test.timeout", enough).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("test timed out")) {
		t.Fatalf("five nodes do not see it: %v\n%s", err, out)
	}
}

// overlay writes an altered file of engine/link for the compiler alone.
func overlay(t *testing.T, dir, file, good, bad string) (list string) {
	t.Helper()
	is := is.New(t)
	path, err := filepath.Abs(filepath.Join("..", "engine", "link", file))
	is.NoErr(err)
	raw, err := os.ReadFile(path)
	is.NoErr(err)
	is.Equal(strings.Count(string(raw), good), 1)
	altered := filepath.Join(dir, file)
	is.NoErr(os.WriteFile(altered, []byte(strings.Replace(string(raw), good, bad, 1)), 0o600))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: altered}})
	is.NoErr(err)
	list = filepath.Join(dir, "overlay.json")
	is.NoErr(os.WriteFile(list, replace, 0o600))
	return list
}

func build(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
