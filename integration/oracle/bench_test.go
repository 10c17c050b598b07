package oracle

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"cel.dev/cel-go/cel"

	"umuryango/policies"
)

// BenchmarkEngines: P1 to P3. Figures are for one decision.
func BenchmarkEngines(b *testing.B) {
	b.Run("usual", func(b *testing.B) { engines(b, newBed(b, usual())) })
	b.Run("busy", func(b *testing.B) { engines(b, newBed(b, busy())) })
}

func engines(b *testing.B, x *bed) {
	gate := x.gate()
	terms := termsOf(b)
	took := race(gate, x.plainGo(), x.celGo(b, "cel", terms, cel.OptPartialEval), x.celGo(b, "cel-no-unknowns", terms),
		x.celGo(b, "cel-go-functions", nil), x.expr(b, "expr", terms), x.expr(b, "expr-go-functions", nil), x.opa(b))
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
	b.ReportMetric(ratio(took["cel-no-unknowns"], took["ours"]), "cel-no-unknowns/ours")
	b.ReportMetric(ratio(took["cel-go-functions"], took["ours"]), "cel-go-functions/ours")
	b.ReportMetric(ratio(took["expr-go-functions"], took["ours"]), "expr-go-functions/ours")
}

// BenchmarkTwoGoroutines: P4, whether one check makes another wait. Garbage is
// collected between the rounds: while one goroutine runs, the collector has the
// second core for nothing, and what it marks is mostly the other engines. The
// ratio with the collector at work stands beside. Plain Go, which shares nothing
// at all, shows what the machine gives a second goroutine.
func BenchmarkTwoGoroutines(b *testing.B) {
	x := newBed(b, usual())
	gate, plain := x.gate(), x.plainGo()
	for b.Loop() {
		gate.pass()
	}
	b.ReportMetric(twice(uncollected, gate), "P4-two/one(>=1.6)")
	b.ReportMetric(twice(uncollected, plain), "plain-two/one")
	b.ReportMetric(twice(garbage, gate), "collecting-two/one")
	b.ReportMetric(twice(garbage, plain), "collecting-plain-two/one")
}

// twice is how many times the checks of one goroutine two of them make.
func twice(garbage int, of runner) float64 {
	// so long a pass that starting two and waiting for them is nothing
	one := runner{"one", func() {
		for range of.passes {
			of.pass()
		}
	}, 1}
	two := runner{"two", func() {
		var both sync.WaitGroup
		for range 2 {
			both.Go(one.pass)
		}
		both.Wait()
	}, 1}
	took := paced(garbage, one, two)
	return 2 * ratio(took["one"], took["two"])
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
			again := slices.Clone(*with)
			r.Findings[i].With = &again
		}
	}
	return r
}

// packs reads the packs as they are written, with every rule so many times:
// each time under another id and with another condition.
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
			out[strings.Replace(name, ".yaml", fmt.Sprintf("-%d.yaml", i), 1)] = &fstest.MapFile{Data: []byte(unlike(again, i))}
		}
		return nil
	})
	if err != nil {
		b.Fatalf("read the packs: %v", err)
	}
	return out
}

// conditionForm is the condition of a part: up to the next key of the part.
var conditionForm = regexp.MustCompile(`(?m)^        when: .*\n(?:          .*\n)*`)

// unlike puts into each condition one more that holds of every document, at the
// first "&&": so no copy of a rule says just what another does, and the gate
// cannot answer for one by what it found for another.
func unlike(rules string, i int) string {
	more := fmt.Sprintf("history.days_since_review != %d", 900_000+i)
	return conditionForm.ReplaceAllStringFunc(rules, func(when string) string {
		if strings.Contains(when, "&&") {
			return strings.Replace(when, "&&", "&& "+more+" &&", 1)
		}
		return strings.TrimRight(when, "\n") + " && " + more + "\n"
	})
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
	for _, size := range []struct {
		name          string
		times, passes int
	}{{"300", 8, 100}, {"3000", 80, 10}} {
		p, err := libraryOf(b, packs(b, size.times)).InForce("rwanda", x.docs[0].At.Time)
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
		runners = append(runners, runner{size.name, func() {
			for _, c := range cases {
				policies.Check(p, c)
			}
		}, size.passes})
	}
	took := race(runners...)
	for b.Loop() {
		runners[0].pass()
	}
	b.ReportMetric(ratio(took["3000"], took["300"]), "P6-3000/300(<=15)")
}

// BenchmarkLoading: P7. expr compiles the same conditions, with the pack's
// terms put in, from strings that are in memory.
//
// load is the pack and the one that it inherits: every file's YAML with its
// lists, labels, messages and sources read, checked, and all conditions
// compiled. lint is everything that `policy lint` then looks for but for rules
// that no test case fires. lint+cases looks for those too: it reads the files of
// all public cases and asks of each case which rules it fires.
// expr's compiling has no counterpart to the cases, so that both figures are
// given; the goal is for the first.
func BenchmarkLoading(b *testing.B) {
	o := load(b)
	f := packs(b, 1)
	sources := said(b, o, Dialect{Expr: true, Terms: termsOf(b)})
	inCEL := said(b, o, Dialect{Terms: termsOf(b)})
	l := libraryOf(b, f)
	lint := func(cases []*policies.CaseFile) {
		if _, err := l.Lint("rwanda", cases); err != nil {
			b.Fatal(err)
		}
	}
	const rounds = 15 // of a few milliseconds each
	took := raceFor(rounds,
		runner{"load", func() { libraryOf(b, f) }, 4},
		runner{"lint", func() { lint(nil) }, 4},
		runner{"lint+cases", func() { lint(ownCases(b)) }, 4},
		runner{"expr", func() {
			if _, err := NewExpr(sources); err != nil {
				b.Fatal(err)
			}
		}, 4},
		runner{"cel", func() {
			if _, err := NewCEL(inCEL); err != nil {
				b.Fatal(err)
			}
		}, 1},
	)
	for b.Loop() {
		libraryOf(b, f)
	}
	for name, d := range took {
		b.ReportMetric(float64(d.Microseconds())/1000, name+"-ms")
	}
	b.ReportMetric(ratio(took["load"], took["expr"]), "load/expr")
	b.ReportMetric(ratio(took["load"]+took["lint"], took["expr"]), "P7-load+lint/expr(<=1)")
	b.ReportMetric(ratio(took["load"]+took["lint+cases"], took["expr"]), "P7-with-cases/expr")
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
