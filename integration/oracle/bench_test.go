package oracle

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"github.com/expr-lang/expr/vm"
	"github.com/open-policy-agent/opa/v1/ast"

	"umuryango/policies"
)

// Every engine gets what it reads best, made outside of the clock: the gate a
// case that was read, plain Go and expr the struct, cel-go an activation over
// maps, OPA a parsed input. The gate and plain Go give the whole result, with
// lists and findings; cel-go, expr and OPA give only which rules fired. All
// that is in the rivals' favour. The terms of the pack are put into the
// conditions of cel-go and expr, as they are into ours; a second figure for
// each is with the terms as functions in plain Go, which no author of a pack
// could write.

const benchDocuments = 256

// bed is the documents in the form of each engine.
type bed struct {
	ours        *Ours
	docs        []*Document
	cases       []*policies.Case
	activations []cel.Activation
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
	input, err := Input(plain)
	if err != nil {
		return err
	}
	x.docs, x.cases = append(x.docs, d), append(x.cases, c)
	x.activations, x.inputs = append(x.activations, activation), append(x.inputs, input)
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
	}, 40}
}

func (x *bed) plainGo() runner {
	return runner{"plain", func() {
		for _, d := range x.docs {
			Judge(d)
		}
	}, 80}
}

func (x *bed) celGo(b *testing.B, name string, terms map[string]Term) runner {
	b.Helper()
	programs, err := NewCEL(said(b, x.ours, Dialect{Terms: terms}))
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
	}, 4}
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

// rounds of a race: each engine in turn in every round, and the median counts.
const rounds = 5

func race(runners ...runner) map[string]time.Duration {
	took := map[string][]time.Duration{}
	for range rounds {
		for _, r := range runners {
			runtime.GC()
			start := time.Now()
			for range r.passes {
				r.pass()
			}
			took[r.name] = append(took[r.name], time.Since(start)/time.Duration(r.passes))
		}
	}
	out := map[string]time.Duration{}
	for name, all := range took {
		slices.Sort(all)
		out[name] = all[len(all)/2]
	}
	return out
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// BenchmarkEngines: P1 to P3. Figures are for one decision.
func BenchmarkEngines(b *testing.B) {
	b.Run("usual", func(b *testing.B) { engines(b, newBed(b, usual())) })
	b.Run("busy", func(b *testing.B) { engines(b, newBed(b, busy())) })
}

func engines(b *testing.B, x *bed) {
	gate := x.gate()
	terms := termsOf(b)
	took := race(gate, x.plainGo(), x.celGo(b, "cel", terms), x.celGo(b, "cel-go-functions", nil), x.expr(b, "expr", terms),
		x.expr(b, "expr-go-functions", nil), x.opa(b))
	for b.Loop() {
		gate.pass()
	}
	findings := 0
	for _, d := range x.docs {
		findings += len(Judge(d).Findings)
	}
	b.ReportMetric(float64(findings)/benchDocuments, "findings")
	for name, all := range took {
		b.ReportMetric(float64(all.Nanoseconds())/benchDocuments, name+"-ns")
	}
	b.ReportMetric(ratio(took["ours"], took["plain"]), "P1-of-plain(<=6)")
	b.ReportMetric(ratio(took["opa"], took["ours"]), "P2-opa/ours(>=80)")
	b.ReportMetric(ratio(took["cel"], took["ours"]), "P3-cel/ours(>=8)")
	b.ReportMetric(ratio(took["expr"], took["ours"]), "P3-expr/ours(>=5)")
	b.ReportMetric(ratio(took["cel-go-functions"], took["ours"]), "cel-go-functions/ours")
	b.ReportMetric(ratio(took["expr-go-functions"], took["ours"]), "expr-go-functions/ours")
}

// BenchmarkTwoGoroutines: P4.
func BenchmarkTwoGoroutines(b *testing.B) {
	x := newBed(b, usual())
	gate := x.gate()
	two := runner{"two", func() {
		var both sync.WaitGroup
		for range 2 {
			both.Go(gate.pass)
		}
		both.Wait()
	}, gate.passes}
	took := race(gate, two)
	for b.Loop() {
		two.pass()
	}
	b.ReportMetric(2*ratio(took["ours"], took["two"]), "P4-two/one(>=1.6)")
}

// BenchmarkAllocations: P5, averages over the documents.
func BenchmarkAllocations(b *testing.B) {
	x := newBed(b, usual())
	gate := x.gate()
	all := testing.AllocsPerRun(3, gate.pass) / benchDocuments
	results := make([]policies.Result, 0, benchDocuments)
	for _, c := range x.cases {
		results = append(results, policies.Check(x.ours.Pack, c))
	}
	own := testing.AllocsPerRun(3, func() {
		for i := range results {
			keptResult = copyOf(results[i])
		}
	}) / benchDocuments
	for b.Loop() {
		gate.pass()
	}
	b.ReportMetric(all, "allocs/check")
	b.ReportMetric(own, "allocs/result")
	b.ReportMetric(all-own, "P5-besides(<=2)")
}

var keptResult policies.Result

// copyOf makes a result anew: what it needs at least.
func copyOf(r policies.Result) policies.Result {
	r.DivertTo, r.Missing, r.Deadlines = slices.Clone(r.DivertTo), slices.Clone(r.Missing), slices.Clone(r.Deadlines)
	r.Findings = slices.Clone(r.Findings)
	for i, path := range r.Missing {
		if strings.Contains(path, "[") {
			r.Missing[i] = strings.Clone(path)
		}
	}
	for i := range r.Findings {
		if with := r.Findings[i].With; with != nil {
			again := map[string]any{}
			for k, v := range with {
				again[k] = v
			}
			r.Findings[i].With = again
		}
	}
	return r
}

// packs reads the packs as they are written, with every rule so many times
// under other ids.
func packs(b *testing.B, times int) fstest.MapFS {
	b.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(PackFolder), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(PackFolder + "/" + name)
		if err != nil {
			return err
		}
		out[name] = &fstest.MapFile{Data: raw}
		for i := 1; i < times && strings.Contains(name, "/rules/"); i++ {
			again := strings.Replace(string(raw), "- id: G", fmt.Sprintf("- id: G%d", 1000+i), 1)
			out[strings.Replace(name, ".yaml", fmt.Sprintf("-%d.yaml", i), 1)] = &fstest.MapFile{Data: []byte(again)}
		}
		return nil
	})
	if err != nil {
		b.Fatalf("read the packs: %v", err)
	}
	return out
}

func libraryOf(b *testing.B, f fs.FS) *policies.Library {
	b.Helper()
	l, err := policies.LoadFS(f)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// BenchmarkThreeThousandRules: P6, all rules of the pack eight and eighty times.
func BenchmarkThreeThousandRules(b *testing.B) {
	x := newBed(b, usual())
	var runners []runner
	for name, times := range map[string]int{"300": 8, "3000": 80} {
		p, err := libraryOf(b, packs(b, times)).InForce("rwanda", x.docs[0].At.Time)
		if err != nil {
			b.Fatal(err)
		}
		var cases []*policies.Case
		for _, c := range x.cases {
			again, err := p.Read(c.JSON())
			if err != nil {
				b.Fatal(err)
			}
			cases = append(cases, again)
		}
		runners = append(runners, runner{name, func() {
			for _, c := range cases {
				policies.Check(p, c)
			}
		}, 1})
	}
	took := race(runners...)
	for b.Loop() {
		runners[0].pass()
	}
	b.ReportMetric(ratio(took["3000"], took["300"]), "P6-3000/300(<=15)")
}

// BenchmarkLoading: P7. The pack is read from YAML, checked and compiled, and
// linted with and without its cases; expr compiles its conditions.
func BenchmarkLoading(b *testing.B) {
	o := load(b)
	f := packs(b, 1)
	sources := said(b, o, Dialect{Expr: true, Terms: termsOf(b)})
	inCEL := said(b, o, Dialect{Terms: termsOf(b)})
	l := libraryOf(b, f)
	cases := ownCases(b)
	lint := func(cases []*policies.CaseFile) func() {
		return func() {
			if _, err := l.Lint("rwanda", cases); err != nil {
				b.Fatal(err)
			}
		}
	}
	took := race(
		runner{"load", func() { libraryOf(b, f) }, 4},
		runner{"lint", lint(nil), 1},
		runner{"lint+cases", lint(cases), 1},
		runner{"expr", func() {
			if _, err := NewExpr(sources); err != nil {
				b.Fatal(err)
			}
		}, 4},
		runner{"cel", func() {
			if _, err := NewCEL(inCEL); err != nil {
				b.Fatal(err)
			}
		}, 2},
	)
	for b.Loop() {
		libraryOf(b, f)
	}
	for name, d := range took {
		b.ReportMetric(float64(d.Microseconds())/1000, name+"-ms")
	}
	b.ReportMetric(ratio(took["load"], took["expr"]), "load/expr")
	b.ReportMetric(ratio(took["load"]+took["lint"], took["expr"]), "P7-load+lint/expr(<=1)")
}

func ownCases(b *testing.B) []*policies.CaseFile {
	b.Helper()
	f, err := policies.EmbeddedCases()
	if err != nil {
		b.Fatal(err)
	}
	cases, err := policies.ReadCases(f)
	if err != nil {
		b.Fatal(err)
	}
	return cases
}
