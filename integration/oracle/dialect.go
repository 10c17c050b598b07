package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types/ref"
)

// Term is a named expression of the pack, with its parameters.
type Term struct {
	Params []string
	Is     string
}

// Dialect is how a condition of the pack is written for another engine: cel-go
// or expr. Numbers and sets of the pack are put in. With Terms, the terms of
// the pack are put in too, so that the engine computes all that the gate
// computes; without, it calls them as functions in plain Go.
type Dialect struct {
	Expr  bool
	Terms map[string]Term
}

// All writes every condition.
func (d Dialect) All(written map[string]string) (map[string]string, error) {
	w := &writer{Dialect: d, parsed: map[string]ast.Expr{}}
	var err error
	if w.parser, err = cel.NewCustomEnv(cel.ClearMacros()); err != nil {
		return nil, fmt.Errorf("make a parser without macros: %w", err)
	}
	out := map[string]string{}
	for name, src := range written {
		e, err := w.parse(src)
		if err != nil {
			return nil, err
		}
		if out[name], err = w.say(e, nil); err != nil {
			return nil, fmt.Errorf("say %s otherwise: %w", name, err)
		}
	}
	return out, nil
}

type writer struct {
	Dialect
	parser *cel.Env
	parsed map[string]ast.Expr
}

func (w *writer) parse(src string) (ast.Expr, error) {
	if e, ok := w.parsed[src]; ok {
		return e, nil
	}
	parsed, issues := w.parser.Parse(src)
	if issues.Err() != nil {
		return nil, fmt.Errorf("parse %q: %w", src, issues.Err())
	}
	w.parsed[src] = parsed.NativeRep().Expr()
	return w.parsed[src], nil
}

var signs = map[string]string{
	operators.LogicalAnd: "&&", operators.LogicalOr: "||", operators.Equals: "==", operators.NotEquals: "!=", operators.Less: "<",
	operators.LessEquals: "<=", operators.Greater: ">", operators.GreaterEquals: ">=", operators.In: "in", operators.Add: "+", operators.Divide: "/",
}

// say writes an expression; names stand for what they are bound to.
func (w *writer) say(e ast.Expr, names map[string]string) (string, error) {
	switch e.Kind() {
	case ast.LiteralKind:
		return literal(e.AsLiteral()), nil
	case ast.IdentKind:
		if bound, ok := names[e.AsIdent()]; ok {
			return bound, nil
		}
		return e.AsIdent(), nil
	case ast.ListKind:
		parts, err := w.sayAll(e.AsList().Elements(), names)
		return "[" + strings.Join(parts, ", ") + "]", err
	case ast.SelectKind:
		return w.selection(e.AsSelect(), names)
	case ast.CallKind:
		if c := e.AsCall(); c.IsMemberFunction() {
			return w.loop(c, names)
		}
		return w.call(e.AsCall(), names)
	}
	return "", fmt.Errorf("a part of kind %v", e.Kind())
}

func (w *writer) sayAll(es []ast.Expr, names map[string]string) ([]string, error) {
	out := make([]string, len(es))
	for i, e := range es {
		var err error
		if out[i], err = w.say(e, names); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func literal(v ref.Val) string {
	if s, ok := v.Value().(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v.Value())
}

// selection puts the numbers and sets of the pack in, and keys as they are.
func (w *writer) selection(s ast.SelectExpr, names map[string]string) (string, error) {
	if s.Operand().Kind() == ast.IdentKind {
		from := map[string]map[string]any{"params": celParams, "clocks": celClocks, "sets": celSets}[s.Operand().AsIdent()]
		switch v := from[s.FieldName()].(type) {
		case int:
			return strconv.Itoa(v), nil
		case []string:
			return `["` + strings.Join(v, `", "`) + `"]`, nil
		}
		if from != nil {
			return "", fmt.Errorf("the tables have no %s", s.FieldName())
		}
	}
	of, err := w.say(s.Operand(), names)
	return of + "." + s.FieldName(), err
}

func (w *writer) call(c ast.CallExpr, names map[string]string) (string, error) {
	args, err := w.sayAll(c.Args(), names)
	if err != nil {
		return "", err
	}
	name := c.FunctionName()
	if sign, ok := signs[name]; ok {
		return "(" + args[0] + " " + sign + " " + args[1] + ")", nil
	}
	if t, ok := w.Terms[name]; ok {
		return w.term(t, args)
	}
	switch {
	case name == operators.LogicalNot:
		return "!(" + args[0] + ")", nil
	case name == operators.Conditional:
		return "(" + args[0] + " ? " + args[1] + " : " + args[2] + ")", nil
	case name == "certain": // nothing is unknown in a complete document
		return args[0], nil
	case name == "first_known" && w.Expr:
		return "(" + args[0] + " != nil ? " + args[0] + " : " + args[1] + ")", nil
	case name == "first_known":
		return "(has(" + args[0] + ") ? " + args[0] + " : " + args[1] + ")", nil
	case name == "size" && w.Expr:
		return "len(" + args[0] + ")", nil
	case w.Expr && slices.Contains(readsCase, name):
		args = append(args, "$env")
	}
	return name + "(" + strings.Join(args, ", ") + ")", nil
}

func (w *writer) term(t Term, args []string) (string, error) {
	body, err := w.parse(t.Is)
	if err != nil {
		return "", err
	}
	bound := map[string]string{}
	for i, p := range t.Params {
		bound[p] = args[i]
	}
	said, err := w.say(body, bound)
	return "(" + said + ")", err
}

// loop: in expr the entry is #, so that loops may not nest there.
func (w *writer) loop(c ast.CallExpr, names map[string]string) (string, error) {
	over, err := w.say(c.Target(), names)
	if err != nil {
		return "", err
	}
	name := c.Args()[0].AsIdent()
	inner := maps.Clone(names)
	if inner == nil {
		inner = map[string]string{}
	}
	inner[name] = name
	if w.Expr {
		inner[name] = "#"
	}
	cond, err := w.say(c.Args()[1], inner)
	if err != nil {
		return "", err
	}
	if !w.Expr {
		return over + "." + c.FunctionName() + "(" + name + ", " + cond + ")", nil
	}
	loop, ok := map[string]string{"exists": "any", "all": "all", "filter": "filter"}[c.FunctionName()]
	if !ok {
		return "", fmt.Errorf("expr has no %s", c.FunctionName())
	}
	return loop + "(" + over + ", " + cond + ")", nil
}

// readsCase are the functions that read the whole document.
var readsCase = append(slices.Collect(maps.Keys(onCase)), "poverty_imputable", "ruled_out", "short", "ready")
