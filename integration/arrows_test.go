package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

const module = "umuryango"

// arrows says for each room which other rooms it may import (engine/DESIGN.md §2). What
// has no row here is no room of this house.
var arrows = map[string][]string{
	"events":                     {},
	"events/internal/makeplaces": {"events"},
	"policies":                   {},
	"engine":                     {"events", "policies"},
	"engine/link":                {"events", "engine"},
	"engine/memory":              {"events", "engine"},
	"engine/keys":                {"events", "engine"},
	"engine/journal":             {"events", "engine"},
	"engine/journal/contract":    {"events", "engine"},
	"engine/audit":               {"events", "engine"},
	"engine/pages":               {},
	"engine/sim":                 {"events", "engine", "engine/link", "engine/memory", "engine/audit"},
	"engine/node":                {"events", "engine", "engine/link", "engine/journal", "engine/keys", "engine/pages"},
	"projections":                {"events", "engine", "engine/pages"},
	"cmd/umuryango":              {anyRoom},
	"cmd/umuryango/web":          {anyRoom},
	"integration":                {},
}

const anyRoom = "*"

// pure are the rooms that know no machine, and pureModules what they may use
// beside the standard library.
var (
	pure        = []string{"events", "policies", "engine", "engine/link", "engine/sim", "engine/audit"}
	pureModules = []string{module, "go.yaml.in/yaml/v4"}
)

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Path string }
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,Module"}, args...)...)
	cmd.Dir = root
	var problem bytes.Buffer
	cmd.Stderr = &problem
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, &problem)
	}
	var out []listed
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p listed
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			t.Fatalf("go list %v: %v", args, err)
		}
		out = append(out, p)
	}
}

// wrongArrows names every direct import that the table does not allow.
func wrongArrows(packages []listed) []string {
	var out []string
	for _, p := range packages {
		room := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, known := arrows[room]
		if !known {
			out = append(out, room+" is no room of engine/DESIGN.md §2")
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if ours && !slices.Contains(allowed, to) && !slices.Contains(allowed, anyRoom) {
				out = append(out, room+" imports "+to)
			}
		}
	}
	return out
}

// wrongModules names every dependency that a pure room must not have.
func wrongModules(deps []listed) []string {
	var out []string
	for _, p := range deps {
		switch {
		case p.ImportPath == "net":
			out = append(out, "net")
		case !p.Standard && p.Module != nil && !slices.Contains(pureModules, p.Module.Path):
			out = append(out, p.Module.Path)
		}
	}
	return out
}

func TestArrowsPointOneWay(t *testing.T) {
	is := is.New(t)
	packages := goList(t, "./...")
	is.True(len(packages) > 5) // the whole house was looked at
	is.Equal(wrongArrows(packages), nil)
}

func TestPureRoomsNeedNoModuleAndNoNetwork(t *testing.T) {
	for _, room := range pure {
		t.Run(room, func(t *testing.T) {
			is := is.New(t)
			deps := goList(t, "-deps", "./"+room)
			is.Equal(deps[len(deps)-1].ImportPath, module+"/"+room)
			is.Equal(wrongModules(deps), nil)
		})
	}
}

// TestAWrongArrowIsFound: the two checks above can fail.
func TestAWrongArrowIsFound(t *testing.T) {
	is := is.New(t)
	planted := func(room string, imports ...string) listed {
		for i := range imports {
			imports[i] = module + "/" + imports[i]
		}
		return listed{ImportPath: module + "/" + room, Imports: append(imports, "fmt")}
	}
	is.Equal(wrongArrows([]listed{planted("engine", "events"), planted("cmd/umuryango", "engine/node")}), nil)
	for _, p := range []listed{
		planted("events", "policies"),
		planted("policies", "events"),
		planted("engine", "engine/link"),
		planted("engine/link", "engine/node"),
		planted("engine/node", "projections"),
		planted("projections", "engine/node"),
		planted("events", "integration"),
		planted("engine/util"),
	} {
		is.Equal(len(wrongArrows([]listed{p})), 1)
	}
	foreign := listed{ImportPath: "github.com/nats-io/nats.go", Module: &struct{ Path string }{"github.com/nats-io/nats.go"}}
	is.Equal(wrongModules([]listed{{ImportPath: "fmt", Standard: true}, {ImportPath: "net", Standard: true}, foreign}),
		[]string{"net", foreign.Module.Path})
}

func (l listed) String() string { return fmt.Sprint(l.ImportPath, " ", l.Imports) }
