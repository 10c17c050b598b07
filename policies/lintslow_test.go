package policies

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// slow is lint's search as one would write it first: every question by itself,
// by trying the parts of every choice in turn. The pack's author waits for it;
// what the fast one finds is measured against it.
type slow struct {
	*linter
	steps  int
	gaveUp bool
}

type slowWorld map[fact]span

func (s *slow) narrow(w slowWorld, k knot) (slowWorld, bool) {
	at, there := w[k.claim.fact]
	if !there {
		at = s.search.widest(k.claim.fact)
	}
	if k.kind == knotNumber {
		at.lo, at.hi = max(at.lo, k.claim.lo), min(at.hi, k.claim.hi)
	} else {
		at.words = at.words.and(k.claim.words)
	}
	if at.lo > at.hi || k.kind == knotWords && at.words.none() {
		return nil, false
	}
	out := maps.Clone(w)
	out[k.claim.fact] = at
	return out, true
}

func (s *slow) meets(must, choices []formula, w slowWorld) bool {
	if s.steps++; s.steps > 20_000 {
		s.gaveUp = true
		return true
	}
	must = slices.Clone(must)
	for len(must) > 0 {
		f := must[len(must)-1]
		must = must[:len(must)-1]
		switch k := s.knots[f]; k.kind {
		case knotBoth:
			must = append(must, k.parts...)
		case knotEither:
			choices = append(slices.Clone(choices), f)
		default:
			var ok bool
			if w, ok = s.narrow(w, k); !ok {
				return false
			}
		}
	}
	if len(choices) == 0 {
		return true
	}
	return slices.ContainsFunc(s.knots[choices[0]].parts, func(p formula) bool { return s.meets([]formula{p}, choices[1:], w) })
}

func (s *slow) possible(on ways, all ...formula) bool {
	s.steps = 0
	return s.meets(append(all, s.on(on)), nil, slowWorld{})
}

func (s *slow) each(on ways) []ways {
	var out []ways
	for d := range decisionsMost {
		if on>>d&1 == 1 {
			out = append(out, 1<<d)
		}
	}
	return out
}

// impossible is what the slow search finds, in words of its own.
func (s *slow) impossible() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for i := range s.parts {
		a := &s.parts[i]
		for _, d := range s.each(a.ways) {
			if !s.possible(d, a.when) {
				say("%s: %v: never", a.key(), d)
			}
		}
		if !a.objects {
			continue
		}
		if !s.possible(a.ways, s.negated(a.when)) {
			say("%s: every document", a.key())
			continue
		}
		for j := range s.parts {
			b := &s.parts[j]
			if b.objects && j > i {
				if problem := s.compare(a, b); problem != "" {
					say("%s, %s: %s", a.key(), b.key(), problem)
				}
			}
			s.diversions(a, b, say)
		}
	}
	return out
}

func (s *slow) compare(a, b *lintPart) string {
	shared := a.ways & b.ways
	for _, f := range []formula{a.when, b.when, s.negated(a.when), s.negated(b.when)} {
		if !s.possible(shared, f) {
			return ""
		}
	}
	switch {
	case a.settled.class != b.settled.class && s.same(shared, a.when, b.when):
		return "the same"
	case slices.ContainsFunc(s.each(shared), func(d ways) bool { return !s.possible(d, s.negated(a.when), s.negated(b.when)) }):
		return "one or the other"
	}
	for i, x := range s.conjuncts(a.when) {
		for j, y := range s.conjuncts(b.when) {
			if !s.possible(s.every, x, y) && !s.possible(s.every, s.negated(x), s.negated(y)) &&
				s.same(shared, s.except(a.when, i), s.except(b.when, j)) {
				return "opposed"
			}
		}
	}
	return ""
}

func (s *slow) same(shared ways, a, b formula) bool {
	return !s.possible(shared, a, s.negated(b)) && !s.possible(shared, b, s.negated(a))
}

func (s *slow) diversions(a, b *lintPart, say func(string, ...any)) {
	if e := b.settled.effect; e != Blocked && e != Divert {
		return
	}
	for _, t := range a.DivertTo {
		left := s.negated(s.asking(b.when, s.cares.bits[t.Care]))
		for _, d := range s.each(a.ways & b.ways) {
			if s.possible(d, a.when) && !s.possible(d, a.when, left) {
				say("%s, %s: %s: %v: diverted", a.key(), b.key(), t.Care, d)
			}
		}
	}
}

// quickly is what the fast search finds, in the same words.
func quickly(l *linter) []string {
	s := &slow{linter: l}
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	l.lookForUnreachable()
	l.lookForContradictions()
	for i := range l.parts {
		a := &l.parts[i]
		for _, d := range s.each(a.ways &^ a.fires) {
			say("%s: %v: never", a.key(), d)
		}
		if !a.objects {
			continue
		}
		if a.rests == 0 {
			say("%s: every document", a.key())
			continue
		}
		for j := range l.parts {
			b := &l.parts[j]
			if b.objects && j > i {
				if problem := said(l, a, b); problem != "" {
					say("%s, %s: %s", a.key(), b.key(), problem)
				}
			}
			if e := b.settled.effect; e != Blocked && e != Divert {
				continue
			}
			for _, t := range a.DivertTo {
				both := a.fires & b.ways
				for _, d := range s.each(both &^ l.open(both, a, b, l.cares.bits[t.Care])) {
					say("%s, %s: %s: %v: diverted", a.key(), b.key(), t.Care, d)
				}
			}
		}
	}
	return out
}

func said(l *linter, a, b *lintPart) string {
	before := len(l.found)
	l.compare(a, b)
	if len(l.found) == before {
		return ""
	}
	for words, problem := range map[string]string{"holds exactly when": "the same", "objects to every": "one or the other", "to its opposite": "opposed"} {
		if strings.Contains(l.found[before].Problem, words) {
			return problem
		}
	}
	return l.found[before].Problem
}

// mutated lays rules beside some of the pack's own that are made of conditions
// of the pack: never met, met by every document, the same as another, opposed.
func mutated(t *testing.T, r *rand.Rand) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	var conditions []string
	for _, w := range testPack(t).written.all() {
		conditions = append(conditions, w.When.text)
	}
	err := fs.WalkDir(embedded, "packs", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(name, "/rules/") && r.IntN(5) > 0 {
			return err
		}
		raw, err := fs.ReadFile(embedded, name)
		out[strings.TrimPrefix(name, "packs/")] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	any := func() string { return conditions[r.IntN(len(conditions))] }
	a, b, c := any(), any(), any()
	var text strings.Builder
	text.WriteString("rules:\n  - id: X1\n    title: planted\n    cites: planted\n    class: presumption\n    on: [placement, admission, move, return, closure]\n    parts:\n")
	for i, when := range []string{
		fmt.Sprintf("(%s) && !(%s)", a, a), fmt.Sprintf("(%s) || !(%s)", b, b), fmt.Sprintf("(%s) && (%s)", a, b), fmt.Sprintf("!(!(%s) || !(%s))", b, a),
		fmt.Sprintf("(%s) && request.abroad", c), fmt.Sprintf("!request.abroad && (%s)", c), fmt.Sprintf("!(%s)", a), a,
		fmt.Sprintf("(%s) ? (%s) : (%s)", a, b, c), fmt.Sprintf("(%s) && !(%s)", b, c),
	} {
		quoted, err := json.Marshal(when)
		if err != nil {
			t.Fatal(err)
		}
		does := []string{"effect: escalate\n        escalate_to: above", "class: absolute", "divert_to: [{care: kinship_formal}, {care: reunification}]"}[r.IntN(3)]
		fmt.Fprintf(&text, "      - part: p%d\n        when: %s\n        %s\n        says: {en: a, fr: b, rw: c}\n", i, quoted, does)
	}
	out["base/planted.yaml"] = &fstest.MapFile{Data: []byte(text.String())}
	return out
}

const mutations = 24

func TestTheFastSearchFindsWhatTheSlowOneDoes(t *testing.T) {
	planted := 0
	for seed := range uint64(mutations) {
		l, err := LoadFS(mutated(t, rand.New(rand.NewPCG(seed, 1))))
		if err != nil {
			t.Fatal(err)
		}
		fast, slow := &linter{pool: newPool(l.packs[0])}, &slow{linter: &linter{pool: newPool(l.packs[0])}}
		fast.lookAtParts()
		slow.lookAtParts()
		found, want := quickly(fast), slow.impossible()
		for _, f := range want {
			if !slices.Contains(found, f) {
				t.Errorf("seed %d: only the slow search finds: %s", seed, f)
			}
		}
		for _, f := range found {
			if !slices.Contains(want, f) && !slow.gaveUp {
				t.Errorf("seed %d: only the fast search finds: %s", seed, f)
			}
		}
		if slow.gaveUp {
			t.Logf("seed %d: the slow search gave up", seed)
		}
		if slices.ContainsFunc(want, func(f string) bool { return strings.HasPrefix(f, "X1 p0: ") }) {
			planted++
		}
	}
	if planted < mutations {
		t.Errorf("the planted rule that no document meets was found in %d packs of %d", planted, mutations)
	}
}
