package policies

import (
	"io/fs"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/matryer/is"
)

func eachPackFile(t testing.TB, visit func(name string, raw []byte)) {
	t.Helper()
	err := fs.WalkDir(embedded, "packs", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(embedded, name)
		visit(name, raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryFileOfThePacksIsReadQuickly(t *testing.T) {
	eachPackFile(t, func(name string, raw []byte) {
		if _, ok := new(quick).read(string(raw)); !ok {
			t.Errorf("%s is left to the library", name)
		}
	})
}

// yamlSamples are written as packs are, and in ways that only the library knows.
var yamlSamples = []string{
	"a: b\n", "a:\n  - b\n  - c: d\n    e: f\n", "a:\n- b\n- c\n", "a: [b, 'c d', \"e\"]\n", "a: {b: c, d: [e, {f: g}]}\n",
	"a: >-\n  b\n  c\nd: e\n", "a: |\n  b\n  c\n\n\nd: e\n", "a: |-\n  b\n   c\n", "a: >\n  b\n\n  c\n", "a: >-\n  b\n# c\nd: e\n",
	"# a\n\na: b # c\nd: \"e # f\" # g\n", "a: 'b''c'\nd: \"e\\\"f\"\n", "a: \"b\\nc\"\n", "a: b\n  c\n", "a: b: c\n", "a:\n", "a: ~\n", "a: null\nb: 1\n",
	"a: &x b\nc: *x\n", "a: !!str 5\n", "---\na: b\n", "a: b\n---\nc: d\n", "a:\tb\n", "a: b\r\n", "a: b", "- a\n- b\n", "? a\n: b\n",
	"a: -1\n", "a: - b\n", "a: [b: c]\n", "a: [b,]\n", "a: []\nb: {}\n", "a: {b}\n", "a: b, c\n", "a: b}\n", "a: \"b\" c\n", "a: 'b\n  c'\n", "\"a\": b\n", "a: #b\n",
	"a: b#c\n", "a:  b  \n", "a:\n  b: c\n d: e\n", "a:\n    b: c\n  d: e\n", "a: |2\n   b\n", "a: | # c\n  b\n", "a: >-\n  b\n c: d\n", "a: |\n  b\n  \n  c\n", "a: |\n\n  b\n",
	"a:\n  - b: >-\n      c\n    d: e\n", "a:\n  -\n    b: c\n", "a:\n  - - b\n", "a: @b\n", "a: %b\n", "a: b\n...\n", "a: \u0085\n", "a: \ufeffb\n", "<<: {a: b}\n",
	"a: http://b\nc: [http://d]\n", "a: [b # c\n, d]\n", "1: 2\ntrue: no\nnull: x\n", "a: b\na: c\n", "a: {b: c}}\n", "a: >-\n  # b\n  c\n", "a: |\n  b\n    # c\n",
	"a: >-\n\n\nb: c\n", "a: |\n  b\n\n   # c\nd: e\n", "a: - \n", "a: ''\nb: \"\"\n", "a: b -\n", "a:\n  - 'b': c\n", "a:\n  - b:\n      c\n", "---a: b\n", "...a: b\n",
}

// agree: what the quick reader reads, the library reads so too.
func agree(t *testing.T, raw []byte) (quickly bool) {
	t.Helper()
	quick, ok := new(quick).read(string(raw))
	if !ok {
		return false
	}
	slow, err := libraryYAML("x.yaml", raw)
	if err != nil {
		t.Fatalf("only the quick reader takes %q: %v", raw, err)
	}
	if !reflect.DeepEqual(quick, slow) {
		t.Fatalf("%q\nquick:   %+v\nlibrary: %+v", raw, quick, slow)
	}
	return true
}

func TestWhatIsReadQuicklyIsReadAsTheLibraryDoes(t *testing.T) {
	is := is.New(t)
	eachPackFile(t, func(_ string, raw []byte) { is.True(agree(t, raw)) })
	quickly := 0
	for _, s := range yamlSamples {
		if agree(t, []byte(s)) {
			quickly++
		}
	}
	is.True(quickly > 15 && quickly < len(yamlSamples)-15) // both readers are asked
}

func FuzzYAML(f *testing.F) {
	eachPackFile(f, func(_ string, raw []byte) { f.Add(raw) })
	for _, s := range yamlSamples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { agree(t, raw) })
}

// yamlBits are put together at random: most of what they make is no YAML, or
// only the library's.
var yamlBits = []string{
	"a: ", "b:", "c: d", "- ", "-", "\n", "\n", "\n  ", "\n  ", "\n    ", " ", "[", "]", "{", "}", ",", ", ", "'", "\"", "\\\"", "''", "#", " # e", ">-", "|", ">", "|-",
	"\n- ", "\n  - ", "f", "1", "true", "\na: ", "\n  b: ", "\n  c: >-\n    ", "{g: h}", "[i, j]", "\"k l\"", "'m'", "é",
}

func TestChanceFindsNoFileThatTheReadersReadApart(t *testing.T) {
	is := is.New(t)
	r := rand.New(rand.NewPCG(3, 1))
	quickly := 0
	for range chances {
		raw := []byte([]string{"a: ", "a:\n  b: ", "a:\n  - ", "- ", ""}[r.IntN(5)])
		for range 1 + r.IntN(14) {
			raw = append(raw, yamlBits[r.IntN(len(yamlBits))]...)
		}
		if agree(t, append(raw, '\n')) {
			quickly++
		}
	}
	is.True(quickly > chances/50) // enough are read quickly to tell
}

const chances = 20_000
