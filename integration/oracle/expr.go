package oracle

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Expr holds the pack's conditions as expr programs over the plain Go struct.
type Expr struct{ Programs map[string]*vm.Program }

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
		expr.Function("days", func(p ...any) (any, error) { return days(timeOf(p[0]), timeOf(p[1])), nil }, new(func(any, any) int64)),
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

func timeOf(v any) time.Time {
	if d, ok := v.(Day); ok {
		return d.Time
	}
	i, _ := v.(Instant)
	return i.Time
}
