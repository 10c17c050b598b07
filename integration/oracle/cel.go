package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// this is the name under which the whole document stands in a CEL activation:
// the functions of the rules that take no argument read it.
const this = "this_case"

var caseType = cel.ObjectType("umuryango.Case", 0)

// whole carries a document through CEL; no expression can look into it.
type whole struct{ doc *Document }

func (w whole) ConvertToNative(reflect.Type) (any, error) {
	return nil, fmt.Errorf("convert a case document: it stays whole")
}
func (w whole) ConvertToType(ref.Type) ref.Val { return types.NewErr("a case document stays whole") }
func (w whole) Equal(other ref.Val) ref.Val    { return types.Bool(other == w) }
func (w whole) Type() ref.Type                 { return caseType }
func (w whole) Value() any                     { return w.doc }

// celSets, celParams and celClocks are what the pack's expressions call sets,
// params and clocks, with the values of the tables.
var (
	celSets = map[string]any{
		"at_home":    []string{"family_preservation", "reunification"},
		"own_family": []string{"family_preservation", "reunification", "kinship_informal", "kinship_formal"},
		"family_based": []string{"family_preservation", "reunification", "kinship_informal", "kinship_formal", "kafaalah", "guardianship", "foster_emergency",
			"foster_short", "foster_long", "foster_specialised", "adoption_domestic", "adoption_intercountry"},
		"residential":  []string{"small_group_home", "residential_institution", "place_of_safety"},
		"temporary":    []string{"foster_emergency", "foster_short", "foster_long", "foster_specialised", "small_group_home", "residential_institution", "place_of_safety"},
		"irreversible": []string{"kafaalah", "adoption_domestic", "adoption_intercountry"},
		"poverty":      []string{"poverty", "school_access", "food", "housing", "health_cost"},
		"panel_lead":   []string{"social_work"},
		"panel_health": []string{"health", "psychology"},
		"panel_local":  []string{"education", "community"},
		"tried":        []string{"failed", "refused"},
		"left":         []string{"abandonment", "relinquishment"},
		"families":     []string{"foster_family", "kafiil_family", "adoptive_family"},
		"facilities":   []string{"institution", "small_group_home", "place_of_safety", "supported_living"},
	}
	celParams = map[string]any{
		"under_three": underThree, "consultation_age": consultationAge, "living_alone": livingAlone, "majority": majority, "moves": moves,
		"short_stay_days": shortStay, "sibling_stay_days": siblingStay, "near": sameDistrict,
		"quorum": 3, "urgent_quorum": 2,
	}
	celClocks = map[string]any{"review": reviewDays * 24, "ratify": ratifyHours}
)

// CEL holds the pack's conditions as cel-go programs.
type CEL struct {
	env      *cel.Env
	Programs map[string]cel.Program
}

// NewCEL compiles every condition, with the functions of the table declared.
func NewCEL(written map[string]string, options ...cel.EvalOption) (*CEL, error) {
	env, err := cel.NewEnv(celOptions()...)
	if err != nil {
		return nil, fmt.Errorf("declare the rules' functions to cel-go: %w", err)
	}
	c := &CEL{env: env, Programs: map[string]cel.Program{}}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		checked, issues := env.Compile(written[name])
		if issues.Err() != nil {
			return nil, fmt.Errorf("compile %s with cel-go: %w", name, issues.Err())
		}
		if c.Programs[name], err = env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.EvalOptions(options...)); err != nil {
			return nil, fmt.Errorf("plan %s with cel-go: %w", name, err)
		}
	}
	return c, nil
}

// Holds evaluates one condition on a complete document.
func (c *CEL) Holds(name string, activation any) (bool, error) {
	out, _, err := c.Programs[name].Eval(activation)
	if err != nil {
		return false, fmt.Errorf("evaluate %s with cel-go: %w", name, err)
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("evaluate %s with cel-go: it gives %v", name, out)
	}
	return yes, nil
}

// Plain is a document's text as maps, lists and whole numbers.
func Plain(raw []byte) (map[string]any, error) {
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("read a document as maps: %w", err)
	}
	wholeNumbers(m)
	return m, nil
}

func wholeNumbers(v any) any {
	switch v := v.(type) {
	case float64:
		return int64(v)
	case map[string]any:
		for k, e := range v {
			v[k] = wholeNumbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = wholeNumbers(e)
		}
	}
	return v
}

// Activation is what the expressions of a document may name.
func Activation(plain map[string]any, d *Document) (cel.Activation, error) {
	vars := maps.Clone(plain)
	vars[this], vars["sets"], vars["params"], vars["clocks"] = whole{d}, celSets, celParams, celClocks
	a, err := cel.NewActivation(vars)
	if err != nil {
		return nil, fmt.Errorf("activate a document: %w", err)
	}
	return a, nil
}

func celOptions() []cel.EnvOption {
	out := []cel.EnvOption{cel.Variable(this, caseType)}
	for _, key := range append(topKeys(), "sets", "params", "clocks") {
		out = append(out, cel.Variable(key, cel.DynType))
	}
	for name, f := range onCare {
		out = append(out, unary(name, func(v ref.Val) ref.Val { return types.Bool(f(text(v))) }))
	}
	for name, f := range onCase {
		out = append(out, aboutCase(name, 0, func(d *Document, _ []ref.Val) ref.Val { return f(d) })...)
	}
	out = append(out, aboutCase("poverty_imputable", 1, func(d *Document, args []ref.Val) ref.Val {
		return types.Bool(d.povertyImputable(text(args[0])))
	})...)
	out = append(out, aboutCase("ruled_out", 1, func(d *Document, args []ref.Val) ref.Val { return types.Bool(d.ruledOut(text(args[0]))) })...)
	out = append(out, aboutCase("short", 1, func(d *Document, args []ref.Val) ref.Val { return types.Bool(d.short(whole64(args[0]))) })...)
	out = append(out, aboutCase("ready", 1, func(d *Document, args []ref.Val) ref.Val { return types.Bool(d.ready(relativeOf(args[0]))) })...)
	return append(out,
		unary("reachable", func(v ref.Val) ref.Val { c := Carer{Status: text(key(v, "status"))}; return types.Bool(c.reachable()) }),
		unary("empty", emptyCEL),
		unary("filled", func(v ref.Val) ref.Val { return !emptyCEL(v).(types.Bool) }),
		unary("certain", func(v ref.Val) ref.Val { return v }), // nothing is unknown in a complete document
		between("near", cel.IntType, func(a, b ref.Val) ref.Val { return types.Int(near(text(a), text(b))) }),
		between("days", cel.IntType, func(a, b ref.Val) ref.Val { return types.Int(days(instant(a), instant(b))) }),
		between("hours", cel.IntType, func(a, b ref.Val) ref.Val { return types.Int(hours(instant(a), instant(b))) }),
	)
}

func topKeys() []string {
	t := reflect.TypeFor[Document]()
	out := make([]string, t.NumField())
	for i := range out {
		out[i] = t.Field(i).Tag.Get("json")
	}
	return out
}

var onCare = map[string]func(string) bool{
	"at_home": atHome, "own_family": ownFamily, "family_based": familyBased, "residential": residential, "temporary": temporary,
	"irreversible": irreversible, "with_family": arranged, "facility": facility,
}

func yes(f func(*Document) bool) func(*Document) ref.Val {
	return func(d *Document) ref.Val { return types.Bool(f(d)) }
}

var onCase = map[string]func(*Document) ref.Val{
	"age_lower": func(d *Document) ref.Val { return types.Int(d.ageLower()) },
	"age_upper": func(d *Document) ref.Val { return types.Int(d.ageUpper()) },
	"away":      yes((*Document).away), "towards": yes((*Document).towards), "entering": yes((*Document).entering), "expired": yes((*Document).expired),
	"only_poverty": yes((*Document).onlyPoverty), "only_disability": yes((*Document).onlyDisability), "much_difficulty": yes((*Document).muchDifficulty),
	"full_quorum": yes((*Document).fullQuorum), "urgent_quorum": yes((*Document).urgentQuorum), "emergency_active": yes((*Document).emergency),
	"safe_home": yes((*Document).safeHome),
}

func unary(name string, f func(ref.Val) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_of", []*cel.Type{cel.DynType}, cel.BoolType, cel.UnaryBinding(f)))
}

func between(name string, result *cel.Type, f func(a, b ref.Val) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_of", []*cel.Type{cel.DynType, cel.DynType}, result, cel.BinaryBinding(f)))
}

// aboutCase declares a function that reads the whole document: a macro adds it
// as the last argument.
func aboutCase(name string, args int, f func(*Document, []ref.Val) ref.Val) []cel.EnvOption {
	inner := name + "_in_case"
	macro := cel.GlobalMacro(name, args, func(eh cel.MacroExprFactory, _ ast.Expr, given []ast.Expr) (ast.Expr, *cel.Error) {
		return eh.NewCall(inner, append(slices.Clone(given), eh.NewIdent(this))...), nil
	})
	takes := append(slices.Repeat([]*cel.Type{cel.DynType}, args), caseType)
	result := cel.BoolType
	if strings.HasPrefix(name, "age_") {
		result = cel.IntType
	}
	call := cel.FunctionBinding(func(given ...ref.Val) ref.Val {
		return f(given[args].Value().(*Document), given[:args])
	})
	if args == 0 {
		call = cel.UnaryBinding(func(w ref.Val) ref.Val { return f(w.Value().(*Document), nil) })
	}
	if args == 1 {
		call = cel.BinaryBinding(func(a, w ref.Val) ref.Val { return f(w.Value().(*Document), []ref.Val{a}) })
	}
	return []cel.EnvOption{cel.Macros(macro), cel.Function(inner, cel.Overload(inner+"_of", takes, result, call))}
}

func text(v ref.Val) string   { s, _ := v.Value().(string); return s }
func whole64(v ref.Val) int64 { n, _ := v.Value().(int64); return n }

func key(v ref.Val, name string) ref.Val {
	out, _ := v.(traits.Mapper).Find(types.String(name))
	return out
}

func emptyCEL(v ref.Val) ref.Val {
	if s, ok := v.(traits.Sizer); ok {
		return types.Bool(s.Size().(types.Int) == 0)
	}
	return types.NewErr("empty of neither a text nor a list")
}

func instant(v ref.Val) time.Time {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, text(v)); err == nil {
			return t
		}
	}
	return time.Time{}
}

func relativeOf(v ref.Val) *Relative {
	return &Relative{
		Outcome: text(key(v, "outcome")), VisitedAt: Instant{instant(key(v, "visited_at"))},
		SameHousehold: key(v, "same_household").Value().(bool), ChildAgrees: key(v, "child_agrees").Value().(bool),
	}
}
