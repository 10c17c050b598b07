package web

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// Sealed fields are opened in one place, so that none comes to stand on a page
// without its record.
func TestSealedFieldsAreOpenedInOnePlace(t *testing.T) {
	is := is.New(t)
	files, err := filepath.Glob("*.go")
	is.NoErr(err)
	where := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		is.NoErr(err)
		for _, call := range []string{"Sealer.Open(", "Service.Opener(", "engine.Disclose("} {
			for range strings.Count(string(raw), call) {
				where[call] = append(where[call], file)
			}
		}
	}
	is.Equal(where, map[string][]string{
		"Sealer.Open(": {"access.go"}, "engine.Disclose(": {"opened.go", "opened.go"}, // with openPart
	})
}
