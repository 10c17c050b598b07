package oracle

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"github.com/expr-lang/expr/vm"
	"github.com/open-policy-agent/opa/v1/ast"

	"umuryango/policies"
)

// Every engine gets what it reads best, made outside of the clock: the gate a
// case that was read, plain Go and expr the struct, cel-go an activation over
// maps, OPA a parsed input. The documents are complete. What each gives:
//
//   - the gate the whole result, with its lists, findings and figures, on rules
//     that may be unknown and would name the paths;
//   - plain Go the whole verdict, with lists and findings, written for this one
//     pack and for complete documents;
//   - cel-go which rules fired, on rules that may be unknown: with its tracking
//     of unknowns, without which it could not stand where the gate stands; a
//     second figure is without it;
//   - expr and OPA which rules fired, on rules that are true or false.
//
// So what the rivals leave out is in their favour. The terms of the pack are put
// into the conditions of cel-go and expr, as they are into ours; the figures
// with "go-functions" are with the terms as functions in plain Go, which no
// author of a pack could write.

const benchDocuments = 256

// bed is the documents in the form of each engine.
type bed struct {
	ours        *Ours
	docs        []*Document
	cases       []*policies.Case
	activations []cel.PartialActivation
	inputs      []ast.Value
}

func newBed(b *testing.B, docs []*Document) *bed {
	b.Helper()
	out := &bed{ours: load(b)}
	for _, d := range docs {
		if err := out.add(d); err != nil {
			b.Fatal(err)
		}
	}
	return out
}

// busy are documents as they are generated: nearly everything is wrong.
func busy() []*Document {
	g := NewGenerator(1, 1) // the same documents in every run
	out := make([]*Document, benchDocuments)
	for i := range out {
		out[i] = g.Document()
	}
	return out
}

// usual are documents as offices write them: of fifty for each decision the
// one with the fewest findings, in the same mix of decisions.
func usual() []*Document {
	g := NewGenerator(1, 2)
	out := make([]*Document, benchDocuments)
	for i := range out {
		decision, best := weighted(g, decisions, decisionWeights), 0
		for range 50 {
			d := g.Document()
			for d.Decision != decision {
				d = g.Document()
			}
			if n := len(Judge(d).Findings); out[i] == nil || n < best {
				out[i], best = d, n
			}
		}
	}
	return out
}

func (x *bed) add(d *Document) error {
	raw, err := d.JSON()
	if err != nil {
		return err
	}
	c, err := x.ours.Pack.Read(raw)
	if err != nil {
		return fmt.Errorf("read a generated document: %w", err)
	}
	plain, err := Plain(raw)
	if err != nil {
		return err
	}
	activation, err := Activation(plain, d)
	if err != nil {
		return err
	}
	partial, err := cel.PartialVars(activation) // no path of it is unknown
	if err != nil {
		return fmt.Errorf("activate a document: %w", err)
	}
	input, err := Input(plain)
	if err != nil {
		return err
	}
	x.docs, x.cases = append(x.docs, d), append(x.cases, c)
	x.activations, x.inputs = append(x.activations, partial), append(x.inputs, input)
	return nil
}

// askedOn are the rows of each decision: the index that every engine has.
func askedOn() map[string][]Row {
	out := map[string][]Row{}
	for decision, letter := range letters {
		for _, r := range Rows {
			if strings.IndexByte(r.On, letter) >= 0 {
				out[decision] = append(out[decision], r)
			}
		}
	}
	return out
}

// runner checks all documents once.
type runner struct {
	name string
	pass func()
	// every is how often it runs while the gate runs once: slow ones less.
	passes int
}

func (x *bed) gate() runner {
	return runner{"ours", func() {
		for _, c := range x.cases {
			policies.Check(x.ours.Pack, c)
		}
	}, 200}
}

func (x *bed) plainGo() runner {
	return runner{"plain", func() {
		for _, d := range x.docs {
			Judge(d)
		}
	}, 200}
}

func (x *bed) celGo(b *testing.B, name string, terms map[string]Term, options ...cel.EvalOption) runner {
	b.Helper()
	programs, err := NewCEL(said(b, x.ours, Dialect{Terms: terms}), options...)
	if err != nil {
		b.Fatal(err)
	}
	return x.flat(name, b, func(r Row) func(i int) (bool, error) {
		program := programs.Programs[r.Name()]
		return func(i int) (bool, error) {
			out, _, err := program.Eval(x.activations[i])
			return err == nil && out == types.True, err
		}
	})
}

func (x *bed) expr(b *testing.B, name string, terms map[string]Term) runner {
	b.Helper()
	e, err := NewExpr(said(b, x.ours, Dialect{Expr: true, Terms: terms}))
	if err != nil {
		b.Fatal(err)
	}
	var machine vm.VM
	return x.flat(name, b, func(r Row) func(i int) (bool, error) {
		program := e.Programs[r.Name()]
		return func(i int) (bool, error) {
			out, err := machine.Run(program, x.docs[i])
			return err == nil && out.(bool), err
		}
	})
}

// flat asks one program for each row of the decision, and lists what fired.
func (x *bed) flat(name string, b *testing.B, program func(Row) func(i int) (bool, error)) runner {
	type named struct {
		name  string
		holds func(i int) (bool, error)
	}
	programs := map[string][]named{}
	for decision, rows := range askedOn() {
		for _, r := range rows {
			programs[decision] = append(programs[decision], named{r.Name(), program(r)})
		}
	}
	return runner{name, func() {
		for i, d := range x.docs {
			fired := make([]string, 0, 16)
			for _, p := range programs[d.Decision] {
				holds, err := p.holds(i)
				if err != nil {
					b.Fatal(err)
				}
				if holds {
					fired = append(fired, p.name)
				}
			}
			kept = fired
		}
	}, 10}
}

// kept holds on to what would otherwise be optimised away.
var kept []string

func (x *bed) opa(b *testing.B) runner {
	b.Helper()
	o, err := NewOPA(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return runner{"opa", func() {
		for _, in := range x.inputs {
			if _, err := o.Fired(context.Background(), in); err != nil {
				b.Fatal(err)
			}
		}
	}, 1}
}

func said(b *testing.B, o *Ours, d Dialect) map[string]string {
	b.Helper()
	sources, err := d.All(o.Written)
	if err != nil {
		b.Fatal(err)
	}
	return sources
}

func termsOf(b *testing.B) map[string]Term {
	b.Helper()
	terms, err := Terms()
	if err != nil {
		b.Fatal(err)
	}
	return terms
}

const (
	// rounds of a race: each engine in turn in every round, and the median
	// counts.
	rounds = 7
	// garbage is the GOGC of a race: what other engines were measured with
	// before the gate was written, so that the goals speak of the same.
	garbage = 400
	// uncollected is the GOGC of a race whose garbage lies until it is over.
	uncollected = -1
)

// race measures what each engine takes of the cores, with the collecting of its
// garbage: what else the machine does then changes the figures little.
func race(runners ...runner) map[string]time.Duration { return raceFor(rounds, runners...) }

func raceFor(rounds int, runners ...runner) map[string]time.Duration {
	return median(cores, garbage, rounds, runners)
}

// paced measures by the clock on the wall: where it counts that two run at once.
func paced(garbage int, runners ...runner) map[string]time.Duration {
	start := time.Now()
	return median(func() time.Duration { return time.Since(start) }, garbage, rounds, runners)
}

func median(clock func() time.Duration, garbage, rounds int, runners []runner) map[string]time.Duration {
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	took := map[string][]time.Duration{}
	for range rounds {
		for _, r := range runners {
			runtime.GC()
			start := clock()
			for range r.passes {
				r.pass()
			}
			took[r.name] = append(took[r.name], (clock()-start)/time.Duration(r.passes))
		}
	}
	out := map[string]time.Duration{}
	for name, all := range took {
		slices.Sort(all)
		out[name] = all[len(all)/2]
	}
	return out
}

// cores is what this process has used of them.
func cores() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("ask what the process used of the cores: %v", err))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
