package oracle

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// forOPA is how many documents OPA is asked: it takes a thousand times as long
// as the gate.
const forOPA = 10_000

func TestTheRulesInRegoFindTheSame(t *testing.T) {
	o := load(t)
	opa, err := NewOPA(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	overDocuments(t, forOPA, func(_ int, g *Generator) error { return sameInRego(t.Context(), o, opa, g.Document()) })
}

func sameInRego(ctx context.Context, o *Ours, opa *OPA, d *Document) error {
	raw, err := d.JSON()
	if err != nil {
		return err
	}
	result, err := o.Check(raw)
	if err != nil {
		return err
	}
	plain, err := Plain(raw)
	if err != nil {
		return err
	}
	input, err := Input(plain)
	if err != nil {
		return err
	}
	names, err := opa.Fired(ctx, input)
	if err != nil {
		return err
	}
	ours := Fired(result)
	if len(ours) == len(names) && !slices.ContainsFunc(names, func(n any) bool { return !ours[n.(string)] }) {
		return nil
	}
	return fmt.Errorf("the gate fires %v, OPA %v\n%s", ours, names, raw)
}
