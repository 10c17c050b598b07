package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
)

var (
	namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)\(`)
)

// unkept lists the rows of a page's tables of promises that name no test, and
// the tests that are named and are not there.
func unkept(page string, there map[string]bool) (out []string) {
	promises := false
	for line := range strings.Lines(page) {
		row := strings.HasPrefix(line, "|")
		promises = row && (promises || strings.HasPrefix(line, "| promise |"))
		if promises && !strings.HasPrefix(line, "| promise |") && !strings.HasPrefix(line, "| ---") && !namedTest.MatchString(line) {
			out = append(out, "no test: "+strings.TrimSpace(line))
		}
		for _, m := range namedTest.FindAllStringSubmatch(line, -1) {
			if !there[m[1]] {
				out = append(out, "no such test: "+m[1])
			}
		}
	}
	return out
}

// TestEveryPromiseHasItsTest: whatever SECURITY.md promises names a test, and
// every test that it names is there.
func TestEveryPromiseHasItsTest(t *testing.T) {
	is := is.New(t)
	there := map[string]bool{}
	is.NoErr(filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllStringSubmatch(string(raw), -1) {
			there[m[1]] = true
		}
		return err
	}))
	is.True(len(there) > 100)
	page, err := os.ReadFile(filepath.Join("..", "engine", "keys", "SECURITY.md"))
	is.NoErr(err)
	is.True(strings.Count(string(page), "| promise | test |") >= 5)
	for _, fault := range unkept(string(page), there) {
		t.Error(fault)
	}
}

// TestAnUnkeptPromiseIsFound: a row without a test, and a test that is not there.
func TestAnUnkeptPromiseIsFound(t *testing.T) {
	const page = "| promise | test |\n| --- | --- |\n| good | `TestA` |\n| bare | nothing |\n| old | `TestGone` |\n\n| file | what |\n| a | b |\n"
	is.New(t).Equal(unkept(page, map[string]bool{"TestA": true}), []string{"no test: | bare | nothing |", "no such test: TestGone"})
}
