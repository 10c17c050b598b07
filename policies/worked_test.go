package policies_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"umuryango/policies"
)

// block is the first fenced block of a language after a heading of DESIGN.md.
func block(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "```"+language+"\n")
	body, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("DESIGN.md has no %s block there", language)
	}
	return body
}

// The worked example of DESIGN.md is a pack that loads and a case that holds,
// and the case does not hold without the rule.
func TestTheWorkedExample(t *testing.T) {
	is := is.New(t)
	raw, err := os.ReadFile("DESIGN.md")
	is.NoErr(err)
	_, example, ok := strings.Cut(string(raw), "## A worked example\n")
	is.True(ok)
	packs := fstest.MapFS{}
	is.NoErr(fs.WalkDir(os.DirFS("packs"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile("packs/" + name)
		packs[name] = &fstest.MapFile{Data: data}
		return err
	}))
	cases := fstest.MapFS{"infant.json": {Data: []byte(block(t, example, "json"))}}

	without, err := policies.LoadFS(packs)
	is.NoErr(err)
	tested, err := without.TestCases(cases)
	is.NoErr(err)
	is.True(len(tested[0].Differs) > 0 || tested[0].Wrong != "") // the rule is what makes the difference

	packs["rwanda/rules/infants.yaml"] = &fstest.MapFile{Data: []byte(block(t, example, "yaml"))}
	with, err := policies.LoadFS(packs)
	is.NoErr(err)
	tested, err = with.TestCases(cases)
	is.NoErr(err)
	is.Equal(len(tested), 1)
	is.Equal(tested[0].Wrong, "")
	is.Equal(len(tested[0].Differs), 0) // the case holds
}
