package oracle

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/expr-lang/expr/vm"
)

// forExpr is how many documents expr is asked: enough that what the benchmarks
// compare with is known to say the same.
const forExpr = 10_000

func TestTheConditionsInExprSayTheSame(t *testing.T) {
	sources, err := ExprSources(load(t).Written)
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewExpr(sources)
	if err != nil {
		t.Fatal(err)
	}
	machines := make([]vm.VM, runtime.GOMAXPROCS(0))
	overDocuments(t, forExpr, func(w int, g *Generator) error {
		d := g.Document()
		for _, r := range Rows {
			if !r.Asked(d) {
				continue
			}
			holds, err := x.Holds(&machines[w], r.Name(), d)
			if err != nil {
				return err
			}
			if holds != r.When(d) {
				return fmt.Errorf("%s: expr says %t of %s", r.Name(), holds, sources[r.Name()])
			}
		}
		return nil
	})
}
