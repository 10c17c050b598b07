package integration

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// root is the folder of the module.
const root = ".."

// source is one parsed Go file.
type source struct {
	path string // from root
	file *ast.File
	at   *token.FileSet
}

func parse(path string, src any) (source, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	return source{path: path, file: file, at: set}, err
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }
func (s source) room() string { return filepath.ToSlash(filepath.Dir(s.path)) }
func (s source) say(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", s.path, s.at.Position(n.Pos()).Line) + fmt.Sprintf(format, args...)
}

// sources parses every Go file of the house, also those of the test modules.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		rel, relErr := filepath.Rel(root, path)
		raw, readErr := os.ReadFile(path)
		if err := errors.Join(relErr, readErr); err != nil {
			return err
		}
		s, err := parse(rel, raw)
		out = append(out, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// imports maps the names by which a file knows its packages to their paths.
func (s source) imports() map[string]string {
	out := map[string]string{}
	for _, i := range s.file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue // the parser has taken it, so it can be unquoted
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		out[name] = path
	}
	return out
}

// calls reports whether n is package.name of an import with this path.
func calls(n ast.Node, imports map[string]string, path string, names ...string) (string, bool) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok || imports[x.Name] != path || !slices.Contains(names, sel.Sel.Name) {
		return "", false
	}
	return sel.Sel.Name, true
}

// machines are what a pure room must not import, with all that lies below them.
var machines = []string{"os", "net", "log", "math/rand", "crypto/rand", "syscall", "unsafe"}

// clocks are the ways of package time to read a clock or to wait for one.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// impure names what a file of a pure room must not do.
func (s source) impure() []string {
	var out []string
	imports := s.imports()
	for _, i := range s.file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		for _, m := range machines {
			if path == m || strings.HasPrefix(path, m+"/") {
				out = append(out, s.say(i, "imports %s", path))
			}
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if _, ok := n.(*ast.GoStmt); ok {
			out = append(out, s.say(n, "starts a goroutine"))
		}
		if name, ok := calls(n, imports, "time", clocks...); ok {
			out = append(out, s.say(n, "reads the clock: time.%s", name))
		}
		return true
	})
	return out
}

var ruleID = regexp.MustCompile(`\bG[0-9]{2}\b`)

// rules names the rule ids in a file's strings and identifiers.
func (s source) rules() []string {
	var out []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		text := ""
		switch n := n.(type) {
		case *ast.BasicLit:
			text = n.Value
		case *ast.Ident:
			text = n.Name
		}
		if id := ruleID.FindString(text); id != "" {
			out = append(out, s.say(n, "names rule %s", id))
		}
		return true
	})
	return out
}

// lazy names tests that skip, and whatever waits for time to pass.
func (s source) lazy() []string {
	var out []string
	imports := s.imports()
	ast.Inspect(s.file, func(n ast.Node) bool {
		if _, ok := calls(n, imports, "time", "Sleep"); ok {
			out = append(out, s.say(n, "sleeps"))
		}
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && slices.Contains([]string{"t", "b", "f", "tb"}, x.Name) {
			out = append(out, s.say(n, "skips"))
		}
		return true
	})
	return out
}

func TestPureRoomsTouchNoMachine(t *testing.T) {
	is := is.New(t)
	looked := map[string]bool{}
	for _, s := range sources(t) {
		if slices.Contains(pure, s.room()) && !s.isTest() {
			looked[s.room()] = true
			is.Equal(s.impure(), nil)
		}
	}
	is.Equal(len(looked), len(pure)) // every one was looked at
}

func TestNoRuleIDInCode(t *testing.T) {
	is := is.New(t)
	looked := 0
	for _, s := range sources(t) {
		// the oracle says the rules anew, to hold the pack against them
		if !s.isTest() && s.room() != "integration/oracle" {
			looked++
			is.Equal(s.rules(), nil)
		}
	}
	is.True(looked > 50) // the whole house was looked at
}

func TestNothingSkipsAndNothingSleeps(t *testing.T) {
	is := is.New(t)
	for _, s := range sources(t) {
		is.Equal(s.lazy(), nil)
	}
}

// TestPlantedSourceIsFound: the three checks above can fail.
func TestPlantedSourceIsFound(t *testing.T) {
	is := is.New(t)
	planted, err := parse("engine/planted.go", `package engine

import (
	"log/slog"
	"math/rand/v2"
	"os"
	clock "time"
)

const G12 = "no"

var rule = "see G10"

func f(t interface{ Skip(...any) }) {
	slog.Info("", "at", clock.Now(), "n", rand.Int(), "args", os.Args)
	go f(t)
	clock.Sleep(1)
	t.Skip("later")
}
`)
	is.NoErr(err)
	is.Equal(len(planted.impure()), 6) // three imports, two clocks, one goroutine
	is.Equal(len(planted.rules()), 2)
	is.Equal(len(planted.lazy()), 2)

	clean, err := parse("engine/clean.go", `package engine

import "time"

const G123, HG12 = time.Second, "sha256:9G12A"

func f(at time.Time) bool { return at.After(time.Time{}) }
`)
	is.NoErr(err)
	is.Equal(append(append(clean.impure(), clean.rules()...), clean.lazy()...), nil)
}
