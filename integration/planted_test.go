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
			is := is.New(t)
			dir := t.TempDir()
			path, err := filepath.Abs(filepath.Join("..", "engine", "link", tt.file))
			is.NoErr(err)
			raw, err := os.ReadFile(path)
			is.NoErr(err)
			is.Equal(strings.Count(string(raw), tt.good), 1)
			altered := filepath.Join(dir, tt.file)
			is.NoErr(os.WriteFile(altered, []byte(strings.Replace(string(raw), tt.good, tt.bad, 1)), 0o600))
			overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: altered}})
			is.NoErr(err)
			list := filepath.Join(dir, "overlay.json")
			is.NoErr(os.WriteFile(list, overlay, 0o600))
			binary := filepath.Join(dir, "link.test")
			build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-fuzz", ".", "-overlay", list, "-o", binary, "../engine/link")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
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
