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
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Expr holds the pack's conditions as expr programs over the plain Go struct.
type Expr struct{ Programs map[string]*vm.Program }

// ExprSources are the pack's conditions in expr's own words.
func ExprSources(written map[string]string) (map[string]string, error) {
	env, err := cel.NewCustomEnv(cel.ClearMacros())
	if err != nil {
		return nil, fmt.Errorf("make a parser without macros: %w", err)
	}
	out := map[string]string{}
	for name, src := range written {
		parsed, issues := env.Parse(src)
		if issues.Err() != nil {
			return nil, fmt.Errorf("parse %s: %w", name, issues.Err())
		}
		if out[name], err = inExpr(parsed.NativeRep().Expr(), ""); err != nil {
			return nil, fmt.Errorf("say %s in expr: %w", name, err)
		}
	}
	return out, nil
}

// NewExpr compiles conditions that are written in expr.
func NewExpr(sources map[string]string) (*Expr, error) {
	out := &Expr{map[string]*vm.Program{}}
	options := exprOptions()
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		p, err := expr.Compile(sources[name], options...)
		if err != nil {
			return nil, fmt.Errorf("compile %s with expr: %s: %w", name, sources[name], err)
		}
		out.Programs[name] = p
	}
	return out, nil
}

// Holds evaluates one condition on a complete document.
func (x *Expr) Holds(machine *vm.VM, name string, d *Document) (bool, error) {
	out, err := machine.Run(x.Programs[name], d)
	if err != nil {
		return false, fmt.Errorf("evaluate %s with expr: %w", name, err)
	}
	return out.(bool), nil
}

var exprSigns = map[string]string{
	operators.LogicalAnd: "&&", operators.LogicalOr: "||", operators.Equals: "==", operators.NotEquals: "!=", operators.Less: "<",
	operators.LessEquals: "<=", operators.Greater: ">", operators.GreaterEquals: ">=", operators.In: "in", operators.Add: "+", operators.Divide: "/",
}

// inExpr writes a parsed condition in expr; in a loop its variable is #.
func inExpr(e ast.Expr, variable string) (string, error) {
	switch e.Kind() {
	case ast.LiteralKind:
		return exprLiteral(e.AsLiteral()), nil
	case ast.IdentKind:
		if e.AsIdent() == variable {
			return "#", nil
		}
		return e.AsIdent(), nil
	case ast.ListKind:
		parts, err := allInExpr(e.AsList().Elements(), variable)
		return "[" + strings.Join(parts, ", ") + "]", err
	case ast.SelectKind:
		return exprSelect(e.AsSelect(), variable)
	case ast.CallKind:
		return exprCall(e.AsCall(), variable)
	}
	return "", fmt.Errorf("a part of kind %v", e.Kind())
}

func allInExpr(es []ast.Expr, variable string) ([]string, error) {
	out := make([]string, len(es))
	for i, e := range es {
		var err error
		if out[i], err = inExpr(e, variable); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func exprLiteral(v ref.Val) string {
	if s, ok := v.Value().(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v.Value())
}

// exprSelect puts the numbers and sets of the pack in, and keys as they are.
func exprSelect(s ast.SelectExpr, variable string) (string, error) {
	if s.Operand().Kind() == ast.IdentKind {
		from := map[string]map[string]any{"params": celParams, "clocks": celClocks, "sets": celSets}[s.Operand().AsIdent()]
		switch v := from[s.FieldName()].(type) {
		case int:
			return strconv.Itoa(v), nil
		case []string:
			return `["` + strings.Join(v, `", "`) + `"]`, nil
		}
	}
	of, err := inExpr(s.Operand(), variable)
	return of + "." + s.FieldName(), err
}

func exprCall(c ast.CallExpr, variable string) (string, error) {
	if c.IsMemberFunction() {
		return exprLoop(c, variable)
	}
	args, err := allInExpr(c.Args(), variable)
	if err != nil {
		return "", err
	}
	if sign, ok := exprSigns[c.FunctionName()]; ok {
		return "(" + args[0] + " " + sign + " " + args[1] + ")", nil
	}
	switch name := c.FunctionName(); {
	case name == operators.LogicalNot:
		return "!(" + args[0] + ")", nil
	case name == operators.Conditional:
		return "(" + args[0] + " ? " + args[1] + " : " + args[2] + ")", nil
	case name == "certain":
		return args[0], nil
	case slices.Contains(readsCase, name):
		return name + "(" + strings.Join(append(args, "$env"), ", ") + ")", nil
	default:
		return name + "(" + strings.Join(args, ", ") + ")", nil
	}
}

func exprLoop(c ast.CallExpr, variable string) (string, error) {
	loop, ok := map[string]string{"exists": "any", "all": "all"}[c.FunctionName()]
	if !ok || len(c.Args()) != 2 || variable != "" {
		return "", fmt.Errorf("a loop %s", c.FunctionName())
	}
	over, err := inExpr(c.Target(), "")
	if err != nil {
		return "", err
	}
	cond, err := inExpr(c.Args()[1], c.Args()[0].AsIdent())
	return loop + "(" + over + ", " + cond + ")", err
}

// readsCase are the functions that read the whole document.
var readsCase = append(slices.Collect(maps.Keys(onCase)), "poverty_imputable", "ruled_out", "short", "ready")

func exprOptions() []expr.Option {
	out := []expr.Option{expr.Env(&Document{}), expr.AsBool()}
	for name, f := range onCare {
		out = append(out, expr.Function(name, func(p ...any) (any, error) { return f(p[0].(string)), nil }, new(func(string) bool)))
	}
	for name, f := range map[string]func(*Document) bool{
		"away": (*Document).away, "towards": (*Document).towards, "entering": (*Document).entering, "expired": (*Document).expired,
		"only_poverty": (*Document).onlyPoverty, "only_disability": (*Document).onlyDisability, "much_difficulty": (*Document).muchDifficulty,
		"full_quorum": (*Document).fullQuorum, "urgent_quorum": (*Document).urgentQuorum, "emergency_active": (*Document).emergency,
	} {
		out = append(out, expr.Function(name, func(p ...any) (any, error) { return f(p[0].(*Document)), nil }, new(func(*Document) bool)))
	}
	return append(out,
		expr.Function("age_lower", func(p ...any) (any, error) { return p[0].(*Document).ageLower(), nil }, new(func(*Document) int64)),
		expr.Function("age_upper", func(p ...any) (any, error) { return p[0].(*Document).ageUpper(), nil }, new(func(*Document) int64)),
		expr.Function("poverty_imputable", func(p ...any) (any, error) { return p[1].(*Document).povertyImputable(p[0].(string)), nil }, new(func(string, *Document) bool)),
		expr.Function("ruled_out", func(p ...any) (any, error) { return p[1].(*Document).ruledOut(p[0].(string)), nil }, new(func(string, *Document) bool)),
		expr.Function("short", func(p ...any) (any, error) { return p[1].(*Document).short(int64(p[0].(int))), nil }, new(func(int, *Document) bool)),
		expr.Function("ready", func(p ...any) (any, error) { k := p[0].(Relative); return p[1].(*Document).ready(&k), nil }, new(func(Relative, *Document) bool)),
		expr.Function("reachable", func(p ...any) (any, error) { c := p[0].(Carer); return c.reachable(), nil }, new(func(Carer) bool)),
		expr.Function("near", func(p ...any) (any, error) { return near(p[0].(string), p[1].(string)), nil }, new(func(string, string) int64)),
		expr.Function("hours", func(p ...any) (any, error) { return hours(p[0].(Instant).Time, p[1].(Instant).Time), nil }, new(func(Instant, Instant) int64)),
		expr.Function("empty", func(p ...any) (any, error) { return emptyGo(p[0]) }, new(func(any) bool)),
		expr.Function("filled", func(p ...any) (any, error) {
			empty, err := emptyGo(p[0])
			return !empty, err
		}, new(func(any) bool)),
	)
}

func emptyGo(v any) (bool, error) {
	switch v := v.(type) {
	case string:
		return v == "", nil
	case Day:
		return v.IsZero(), nil
	case Instant:
		return v.IsZero(), nil
	case []string:
		return len(v) == 0, nil
	case []Relative:
		return len(v) == 0, nil
	}
	return false, fmt.Errorf("ask whether a %T is empty", v)
}
