package policies

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlTree is a value of a pack's file as it was written: a scalar, a list, or
// a map with its keys and values in turn.
type yamlTree struct {
	kind  yaml.Kind
	plain bool // a scalar without quotes: it may be no text
	block bool // a scalar whose text begins one line below
	line  int
	text  string
	parts []yamlTree
}

// treeMost bounds what a file becomes where it repeats parts of itself.
const treeMost = 200_000

// readYAML reads the one document of a file: quickly where it is written in the
// plain way of packs, else with the library, which knows all of YAML. The tree
// stands only until the next file is read.
func (q *quick) readYAML(name string, raw []byte) (*yamlTree, error) {
	if tree, ok := q.read(string(raw)); ok {
		return tree, nil
	}
	return libraryYAML(name, raw)
}

func libraryYAML(name string, raw []byte) (*yamlTree, error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var n yaml.Node
	switch err := dec.Decode(&n); {
	case errors.Is(err, io.EOF):
		return &yamlTree{kind: yaml.ScalarNode, plain: true, line: 1}, nil
	case err != nil:
		return nil, &PackError{name, lineIn(err.Error()), err.Error()}
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &PackError{File: name, Problem: "a second document follows the first"}
	}
	g := grafter{left: treeMost}
	tree, err := g.graft(&n)
	if err != nil {
		return nil, &PackError{name, lineIn(err.Error()), err.Error()}
	}
	return &tree, nil
}

// lineIn finds the line that the library names in an error.
func lineIn(problem string) int {
	_, rest, found := strings.Cut(problem, "line ")
	if !found {
		return 0
	}
	end := 0
	for end < len(rest) && isDigit(rest[end]) {
		end++
	}
	line, err := strconv.Atoi(rest[:end])
	if err != nil {
		return 0
	}
	return line
}

// grafter copies what the library has read.
type grafter struct{ left int }

func (g *grafter) graft(n *yaml.Node) (yamlTree, error) {
	switch n.Kind {
	case yaml.DocumentNode:
		return g.graft(n.Content[0])
	case yaml.AliasNode:
		return g.graft(n.Alias)
	}
	if g.left--; g.left < 0 {
		return yamlTree{}, fmt.Errorf("line %d: the file repeats itself too often", n.Line)
	}
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle
	const block = yaml.LiteralStyle | yaml.FoldedStyle
	out := yamlTree{kind: n.Kind, line: n.Line, text: n.Value}
	if n.Kind == yaml.ScalarNode {
		out.plain, out.block = n.Style&(quoted|block) == 0 && n.Tag != "!!str" || n.Style == 0, n.Style&block != 0
	}
	for _, c := range n.Content {
		part, err := g.graft(c)
		if err != nil {
			return yamlTree{}, err
		}
		out.parts = append(out.parts, part)
	}
	return out, nil
}
