package oracle

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/policies"
)

// seedOf is given to repeat a run that found something.
var seedOf = flag.Uint64("oracle.seed", uint64(time.Now().UnixNano()), "seed of the generated case documents")

const (
	documents = 100_000
	// leastShare is how often every condition must hold, and must fail.
	leastShare = 0.01
)

func load(t testing.TB) *Ours {
	t.Helper()
	o, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// tally counts how often each row was true and false.
type tally struct{ fired, silent map[string]int }

func newTally() tally { return tally{map[string]int{}, map[string]int{}} }

func (t tally) add(o tally) {
	for name, n := range o.fired {
		t.fired[name] += n
	}
	for name, n := range o.silent {
		t.silent[name] += n
	}
}

// overDocuments shares the work on n documents between the processors; each
// gets a stream of its own, so that the seed alone repeats the run.
func overDocuments(t *testing.T, n int, one func(worker int, g *Generator) error) {
	t.Helper()
	t.Logf("seed %d: %d documents; repeat with -oracle.seed=%d", *seedOf, n, *seedOf)
	workers := runtime.GOMAXPROCS(0)
	const share = 1000 // documents of one stream
	streams := make(chan uint64, n/share)
	for i := range n / share {
		streams <- uint64(i)
	}
	close(streams)
	problems := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for stream := range streams {
				g := NewGenerator(*seedOf, stream)
				for range share {
					if problems[w] = one(w, g); problems[w] != nil {
						return
					}
				}
			}
		})
	}
	all.Wait()
	for _, err := range problems {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheTableAndThePackHaveTheSameParts(t *testing.T) {
	is := is.New(t)
	var names []string
	for _, r := range Rows {
		names = append(names, r.Name())
	}
	slices.Sort(names)
	is.Equal(names, slices.Sorted(maps.Keys(load(t).Written)))
}

func TestThePackAndCelGoAgreeOnEveryExpression(t *testing.T) {
	o := load(t)
	programs, err := NewCEL(o.Written)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]tally, runtime.GOMAXPROCS(0))
	for i := range counts {
		counts[i] = newTally()
	}
	overDocuments(t, documents, func(w int, g *Generator) error { return agree(o, programs, g.Document(), counts[w]) })
	all := newTally()
	for _, c := range counts {
		all.add(c)
	}
	for _, r := range Rows {
		checkShare(t, r, all)
	}
}

// agree evaluates every row that is asked with cel-go and in plain Go, and
// compares them with what the gate found.
func agree(o *Ours, programs *CEL, d *Document, counts tally) error {
	raw, err := d.JSON()
	if err != nil {
		return err
	}
	result, err := o.Check(raw)
	if err != nil {
		return err
	}
	fired := Fired(result)
	if len(fired) != len(result.Findings) {
		return fmt.Errorf("a finding on a complete document is not certain: %s\n%s", result.JSON(), raw)
	}
	if err := sameVerdict(Judge(d), result); err != nil {
		return fmt.Errorf("%w\n%s\n%s", err, result.JSON(), raw)
	}
	plain, err := Plain(raw)
	if err != nil {
		return err
	}
	activation, err := Activation(plain, d)
	if err != nil {
		return err
	}
	for _, r := range Rows {
		if err := agreeOn(r, d, fired[r.Name()], programs, activation, counts); err != nil {
			return fmt.Errorf("%w\n%s", err, raw)
		}
	}
	return nil
}

func agreeOn(r Row, d *Document, ours bool, programs *CEL, activation any, counts tally) error {
	name := r.Name()
	if !r.Asked(d) {
		if ours {
			return fmt.Errorf("%s fired where it is not asked", name)
		}
		return nil
	}
	cel, err := programs.Holds(name, activation)
	if err != nil {
		return err
	}
	if plain := r.When(d); ours != cel || ours != plain {
		return fmt.Errorf("%s: the gate says %t, cel-go %t, the row in plain Go %t", name, ours, cel, plain)
	}
	if ours {
		counts.fired[name]++
	} else {
		counts.silent[name]++
	}
	return nil
}

// sameVerdict compares everything of a result that the table speaks of.
func sameVerdict(want Verdict, got policies.Result) error {
	ours := Verdict{Outcome: got.Outcome, EscalateTo: got.EscalateTo, DivertTo: got.DivertTo, Missing: got.Missing}
	for _, d := range got.Deadlines {
		ours.Deadlines = append(ours.Deadlines, Due{d.What, d.Due})
	}
	for _, f := range got.Findings {
		ours.Findings = append(ours.Findings, Found{f.Rule, f.Part, f.Class, f.Effect})
	}
	if slices.Equal(ours.DivertTo, want.DivertTo) && slices.Equal(ours.Missing, want.Missing) && slices.Equal(ours.Findings, want.Findings) &&
		slices.EqualFunc(ours.Deadlines, want.Deadlines, func(a, b Due) bool { return a.What == b.What && a.At.Equal(b.At) }) &&
		ours.Outcome == want.Outcome && ours.EscalateTo == want.EscalateTo {
		return nil
	}
	return fmt.Errorf("the gate and plain Go differ:\n%+v\n%+v", ours, want)
}

func checkShare(t *testing.T, r Row, counts tally) {
	t.Helper()
	fired, silent := counts.fired[r.Name()], counts.silent[r.Name()]
	share := func(n int) float64 { return float64(n) / documents }
	t.Logf("%-18s fired %5.2f %%  silent %5.2f %%", r.Name(), 100*share(fired), 100*share(silent))
	if share(fired) < leastShare {
		t.Errorf("%s fired on %d of %d documents: too few to prove anything", r.Name(), fired, documents)
	}
	if alwaysTrue := strings.Contains("G19 a|G36 c", r.Name()); !alwaysTrue && share(silent) < leastShare {
		t.Errorf("%s stayed silent on %d of %d documents: too few to prove anything", r.Name(), silent, documents)
	}
}
