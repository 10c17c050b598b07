package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"umuryango/policies"
)

// withGaps is how many documents with gaps a run completes.
const withGaps = 20_000

// onlyWhenCertain are the parts that the table wants silent, not unknown, as
// long as a fact is not certain; a completion that makes it certain may fire
// them. G09 (c): "clock when such a reason is known, else silent". G33 (a):
// active when all four "are certainly true".
var onlyWhenCertain = []string{"G09 c", "G33 a"}

// loose counts the documents on which a row is unknown though every completion
// gives one answer, with an example.
type loose struct {
	sync.Mutex
	n, completions, unknown, settled int
	count                            map[string]int
	example                          map[string]string
}

func TestACertainAnswerIsNeverContradictedByACompletion(t *testing.T) {
	o := load(t)
	l := &loose{count: map[string]int{}, example: map[string]string{}}
	overDocuments(t, withGaps, func(_ int, g *Generator) error {
		d := g.Document()
		return l.complete(o, d, g.Open(d))
	})
	t.Logf("%d documents, %d completions; %d answers certain, %d unknown", l.n, l.completions, l.settled, l.unknown)
	if l.unknown < withGaps/10 {
		t.Errorf("only %d answers were unknown: the gaps hit too few rules", l.unknown)
	}
	for _, name := range slices.SortedFunc(maps.Keys(l.count), func(a, b string) int { return l.count[b] - l.count[a] }) {
		t.Logf("unknown though every completion agrees: %-12s %5d times, e.g. %s", name, l.count[name], l.example[name])
	}
}

func (l *loose) complete(o *Ours, d *Document, gaps []Gap) error {
	raw, err := d.JSON()
	if err != nil {
		return err
	}
	plain, err := Plain(raw)
	if err != nil {
		return err
	}
	if err := Without(plain, gaps); err != nil {
		return err
	}
	thin, err := json.Marshal(plain)
	if err != nil {
		return fmt.Errorf("write a document with gaps: %w", err)
	}
	c, err := o.Pack.Read(thin)
	if err != nil {
		return fmt.Errorf("read a document with gaps: %w\n%s", err, thin)
	}
	states := map[string]policies.Reason{}
	for _, r := range policies.Explain(o.Pack, c, "en").Rules {
		states[strings.TrimSpace(r.Rule+" "+r.Part)] = r
	}
	seen, completions := seenIn(d, gaps, states)
	for i, r := range Rows {
		if seen[i] == 0 {
			continue
		}
		if err := l.compare(r, states[r.Name()], seen[i], gaps); err != nil {
			return fmt.Errorf("%w\n%s", err, thin)
		}
	}
	l.Lock()
	defer l.Unlock()
	l.n, l.completions = l.n+1, l.completions+completions
	return nil
}

// What the completions of a row gave.
const (
	sawTrue = 1 << iota
	sawFalse
)

// seenIn evaluates every row that is asked on every completion.
func seenIn(d *Document, gaps []Gap, states map[string]policies.Reason) (seen []int, completions int) {
	seen = make([]int, len(Rows))
	asked := make([]bool, len(Rows))
	for i, r := range Rows {
		asked[i] = states[r.Name()].State != policies.NotAsked
	}
	Completions(d, gaps, func(c *Document) {
		completions++
		for i := range Rows {
			switch {
			case !asked[i]:
			case Rows[i].When(c):
				seen[i] |= sawTrue
			default:
				seen[i] |= sawFalse
			}
		}
	})
	return seen, completions
}

func (l *loose) compare(r Row, ours policies.Reason, seen int, gaps []Gap) error {
	name := r.Name()
	l.Lock()
	defer l.Unlock()
	switch ours.State {
	case policies.Fired:
		l.settled++
		if seen != sawTrue {
			return fmt.Errorf("%s is certain, and a completion of %s makes it false", name, paths(gaps))
		}
	case policies.Silent:
		l.settled++
		if seen != sawFalse && !slices.Contains(onlyWhenCertain, name) {
			return fmt.Errorf("%s is certainly silent, and a completion of %s fires it", name, paths(gaps))
		}
	case policies.Unknown:
		l.unknown++
		if err := namesGaps(name, ours.Paths, gaps); err != nil {
			return err
		}
		if seen == sawTrue || seen == sawFalse {
			l.count[name]++
			l.example[name] = fmt.Sprintf("always %t without %s", seen == sawTrue, strings.Join(ours.Paths, ", "))
		}
	}
	return nil
}

// namesGaps: an unknown row asks for what is absent, and for nothing else.
func namesGaps(name string, asked []string, gaps []Gap) error {
	if len(asked) == 0 {
		return fmt.Errorf("%s is unknown and names no path", name)
	}
	for _, path := range asked {
		if !slices.ContainsFunc(gaps, func(g Gap) bool { return g.Path == path || slices.Contains(g.also, path) }) {
			return fmt.Errorf("%s asks for %s, which is not among %s", name, path, paths(gaps))
		}
	}
	return nil
}

func paths(gaps []Gap) string {
	var out []string
	for _, g := range gaps {
		out = append(out, g.Path)
	}
	return strings.Join(out, ", ")
}
