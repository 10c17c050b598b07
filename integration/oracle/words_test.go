package oracle

import (
	"fmt"
	"runtime"
	"testing"

	"cel.dev/cel-go/cel"
	"github.com/expr-lang/expr/vm"
)

// inOtherWords is how many documents the rewritten conditions are asked.
const inOtherWords = 5_000

// What the race compares with is known to say the same: with the terms put in,
// and with the terms as functions.
func TestTheConditionsInOtherWordsSayTheSame(t *testing.T) {
	o := load(t)
	terms, err := Terms()
	if err != nil {
		t.Fatal(err)
	}
	for name, given := range map[string]map[string]Term{"terms put in": terms, "terms as functions": nil} {
		t.Run(name, func(t *testing.T) { otherWords(t, o, given) })
	}
}

func otherWords(t *testing.T, o *Ours, terms map[string]Term) {
	sources, err := Dialect{Expr: true, Terms: terms}.All(o.Written)
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewExpr(sources)
	if err != nil {
		t.Fatal(err)
	}
	inCEL, err := Dialect{Terms: terms}.All(o.Written)
	if err != nil {
		t.Fatal(err)
	}
	programs, err := NewCEL(inCEL)
	if err != nil {
		t.Fatal(err)
	}
	machines := make([]vm.VM, runtime.GOMAXPROCS(0))
	overDocuments(t, inOtherWords, func(w int, g *Generator) error {
		d := g.Document()
		activation, err := activationOf(d)
		if err != nil {
			return err
		}
		for _, r := range Rows {
			if !r.Asked(d) {
				continue
			}
			if err := saysTheSame(r, d, x, &machines[w], programs, activation); err != nil {
				return fmt.Errorf("%w of %s", err, sources[r.Name()])
			}
		}
		return nil
	})
}

func activationOf(d *Document) (cel.Activation, error) {
	raw, err := d.JSON()
	if err != nil {
		return nil, err
	}
	plain, err := Plain(raw)
	if err != nil {
		return nil, err
	}
	return Activation(plain, d)
}

func saysTheSame(r Row, d *Document, x *Expr, machine *vm.VM, programs *CEL, activation cel.Activation) error {
	inExpr, err := x.Holds(machine, r.Name(), d)
	if err != nil {
		return err
	}
	inCEL, err := programs.Holds(r.Name(), activation)
	if err != nil {
		return err
	}
	if want := r.When(d); inExpr != want || inCEL != want {
		return fmt.Errorf("%s: expr says %t, cel-go %t", r.Name(), inExpr, inCEL)
	}
	return nil
}
