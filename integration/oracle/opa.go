package oracle

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

//go:embed rego/*.rego
var regoFiles embed.FS

// OPA holds the rules in Rego as a prepared query.
type OPA struct{ query rego.PreparedEvalQuery }

// NewOPA compiles the Rego files.
func NewOPA(ctx context.Context) (*OPA, error) {
	options := []func(*rego.Rego){rego.Query("data.gate.fired")}
	names, err := fs.Glob(regoFiles, "rego/*.rego")
	if err != nil {
		return nil, fmt.Errorf("list the Rego files: %w", err)
	}
	for _, name := range names {
		raw, err := regoFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the Rego rules: %w", err)
		}
		options = append(options, rego.Module(name, string(raw)))
	}
	q, err := rego.New(options...).PrepareForEval(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare the Rego rules: %w", err)
	}
	return &OPA{q}, nil
}

// Input is a document as OPA wants it, converted once.
func Input(plain map[string]any) (ast.Value, error) {
	v, err := ast.InterfaceToValue(plain)
	if err != nil {
		return nil, fmt.Errorf("convert a document for OPA: %w", err)
	}
	return v, nil
}

// Fired evaluates the query: the names of the parts that fired.
func (o *OPA) Fired(ctx context.Context, input ast.Value) ([]any, error) {
	out, err := o.query.Eval(ctx, rego.EvalParsedInput(input))
	if err != nil {
		return nil, fmt.Errorf("evaluate with OPA: %w", err)
	}
	if len(out) != 1 {
		return nil, fmt.Errorf("evaluate with OPA: %d results where one is expected", len(out))
	}
	names, ok := out[0].Expressions[0].Value.([]any)
	if !ok {
		return nil, fmt.Errorf("evaluate with OPA: it gives %v", out[0].Expressions[0].Value)
	}
	return names, nil
}
