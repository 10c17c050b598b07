package policies

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func (r *reference) say(n *node, names *boundName) told {
	switch n.op {
	case opInt:
		return sure(n.n)
	case opBool:
		return sure(n.text == "true")
	case opString:
		return sure(n.text)
	case opList:
		return told{known: true, list: r.all(n.args, names)}
	case opName:
		for b := names; b != nil; b = b.outer {
			if b.name == n.text {
				return b.told
			}
		}
		return r.key(r.doc, "", n.text)
	case opSelect:
		return r.selected(n, names)
	case opCall:
		return r.called(n.text, r.all(n.args, names))
	case opMethod:
		return r.looped(n, names)
	case opUnary:
		if n.text == "!" {
			return sayNot(r.say(n.args[0], names))
		}
		return sayArithmetic("-", sure(int64(0)), r.say(n.args[0], names))
	case opChoice:
		return sayChoice(r.all(n.args, names))
	}
	all := r.all(n.args, names)
	return sayBinary(n.text, all[0], all[1])
}

func (r *reference) all(nodes []*node, names *boundName) []told {
	out := make([]told, len(nodes))
	for i, n := range nodes {
		out[i] = r.say(n, names)
	}
	return out
}

func (r *reference) selected(n *node, names *boundName) told {
	switch of := n.args[0]; {
	case of.op != opName:
	case of.text == "params":
		return sure(r.pack.params[n.text])
	case of.text == "clocks":
		return sure(int64(r.pack.clocks[n.text] / time.Hour))
	case of.text == "sets":
		out := told{known: true}
		for _, code := range r.pack.sets[n.text].codes {
			out.list = append(out.list, sure(code))
		}
		return out
	}
	of := r.say(n.args[0], names)
	if !of.known {
		return of
	}
	return r.key(of.what.(map[string]any), of.path, n.text)
}

func (r *reference) called(name string, args []told) told {
	switch name {
	case "empty":
		return sayEmpty(args[0])
	case "filled":
		return sayNot(sayEmpty(args[0]))
	case "size":
		return saySize(args[0])
	case "has":
		return sure(args[0].known)
	case "certain":
		return sure(args[0].known && args[0].what.(bool))
	case "days":
		return sayElapsed(args[0], args[1], 24*time.Hour)
	case "hours":
		return sayElapsed(args[0], args[1], time.Hour)
	case "first_known":
		for _, a := range args {
			if _, _, ok := a.span(); ok {
				return a
			}
		}
		return args[0]
	case "near":
		if !args[0].known || !args[1].known {
			return doubtful(args...)
		}
		return sure(int64(r.pack.levelsShared(args[0].what.(string), args[1].what.(string))))
	}
	t := r.pack.terms[name]
	var names *boundName
	for i, param := range t.params {
		names = &boundName{param, args[i], names}
	}
	return r.say(t.body, names)
}

func (r *reference) looped(n *node, names *boundName) told {
	list := r.say(n.args[0], names)
	if !list.known {
		return list
	}
	some, every := sure(false), sure(true)
	out := told{known: true, list: list.list, belongs: []told{}}
	for i, entry := range list.list {
		meets := r.say(n.args[2], &boundName{n.args[1].text, entry, names})
		out.belongs = append(out.belongs, sayAnd(list.member(i), meets))
		some = sayOr(some, out.belongs[i])
		every = sayAnd(every, sayOr(sayNot(list.member(i)), meets))
	}
	switch n.text {
	case "filter":
		return out
	case "exists":
		return some
	case "all":
		return every
	}
	return sayEqual(sayTally(out.belongs), sure(int64(1)))
}

func sayChoice(all []told) told {
	cond, a, b := all[0], all[1], all[2]
	switch {
	case cond.known && cond.what.(bool):
		return a
	case cond.known:
		return b
	case a.known && b.known && a.what == b.what:
		return a
	}
	return doubtful(all...)
}

func sayBinary(sign string, a, b told) told {
	switch sign {
	case "&&":
		return sayAnd(a, b)
	case "||":
		return sayOr(a, b)
	case "==":
		return sayEqual(a, b)
	case "!=":
		return sayNot(sayEqual(a, b))
	case "<":
		return sayLess(a, b)
	case ">":
		return sayLess(b, a)
	case "<=":
		return sayNot(sayLess(b, a))
	case ">=":
		return sayNot(sayLess(a, b))
	case "in":
		if !b.known {
			return doubtful(a, b)
		}
		out := sure(false)
		for i, e := range b.list {
			out = sayOr(out, sayAnd(b.member(i), sayEqual(a, e)))
		}
		return out
	}
	return sayArithmetic(sign, a, b)
}

// oddly are conditions that no rule of the packs is like.
var oddly = []string{
	`!(child.age_months < 36) || child.age_months_min + 1 >= 3 && child.age_months == 3`,
	`child.age_months * 0 == 0 || referral.similar_open / 2 > 100`, `referral.similar_open <= 61`, `61 < referral.similar_open`, `62 >= referral.similar_open`,
	`reasons.exists(r, r == danger.ground)`, `danger.ground in reasons`, `danger.ground in reasons.filter(r, r in sets.poverty)`,
	`"food" in reasons.filter(r, request.emergency)`, `request.emergency == danger.imminent`, `request.emergency == true`, `false != request.abroad`,
	`sets.poverty.exists(r, r in reasons)`, `sets.poverty.filter(r, r in reasons).exists_one(r, r == "food" || request.emergency)`,
	`size(sets.poverty.filter(r, r in reasons && request.emergency)) >= 1`, `sets.poverty.all(r, r in reasons || request.abroad)`, `size(sets.poverty) == 5`,
	`danger.imminent ? request.abroad : request.emergency`, `(danger.imminent ? child.age_months : child.age_months_min) < 36`,
	`caregivers.filter(c, c.status == "present").filter(c, c.consulted).exists_one(c, c.consent == "given")`,
	`caregivers.filter(c, c.consulted).all(c, siblings.exists(s, s.placed_together && c.relation == "mother"))`,
	`caregivers.exists(c, size(siblings.filter(s, s.placed_together || c.consulted)) > 1 && c.consulted)`,
	`kin_search.exists(k, ready(k) && caregivers.exists(c, reachable(c) && c.relation == k.relation))`,
	`has(child.views) && !has(danger.imminent) || certain(kin_search.exists(k, ready(k)))`, `has(caregivers.filter(c, c.consulted))`, `has(child.age_months + 1)`,
	`days(request.starts, request.planned_end) > 30`, `empty(request.starts) || hours(history.provisional_since, at) > 72 && near(home, provider.place) <= 2`,
	`first_known(size(caregivers.filter(c, c.consulted)), 3) > 0`, `empty(siblings.filter(s, s.placed_together))`, `request.plan.goals.exists(g, filled(g))`,
	`child.age_months in [12, 30] || 2 in [1, 2] && "a" in ["a"]`, `request.care == history.current_care`, `child.functioning.seeing == child.functioning.hearing`,
}

// thin takes keys out of a document.
func thin(random *rand.Rand, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range sorted(v) {
			if random.IntN(9) == 0 && !slices.Contains([]string{"pack", "at", "decision"}, key) {
				delete(v, key)
				continue
			}
			thin(random, v[key])
		}
	case []any:
		for _, e := range v {
			thin(random, e)
		}
	}
}

// withGaps are the project's cases with keys taken out, at random.
func withGaps(t *testing.T, each int) [][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	random := rand.New(rand.NewPCG(26, 11))
	var out [][]byte
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ReadCaseFile(raw)
		if err != nil {
			t.Fatal(err)
		}
		for range each {
			var doc any
			if err := json.Unmarshal(f.Case, &doc); err != nil {
				t.Fatal(err)
			}
			thin(random, doc)
			again, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, again)
		}
	}
	return out
}

// Every condition of the pack, and those above, gives what the reference gives,
// and is unknown for the same paths in the same order.
func TestPlansSayWhatAReferenceSays(t *testing.T) {
	p := testPack(t)
	conditions := slices.Clone(oddly)
	for _, w := range p.written.all() {
		conditions = append(conditions, w.When.text)
	}
	q := *p
	q.begin()
	plans := make([]*plan, len(conditions))
	nodes := make([]*node, len(conditions))
	for i, src := range conditions {
		var err error
		if plans[i], err = compileTruth(&q, src); err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if nodes[i], err = parse(src); err != nil {
			t.Fatal(err)
		}
		countUses(plans[i])
	}
	runs := make([]func(*frame) truth, len(plans))
	for i, when := range plans {
		runs[i] = q.planner.run(when)
	}
	f := q.planner.runs.frame()
	count := map[truth]int{}
	for _, doc := range withGaps(t, 40) {
		c, err := p.Read(doc)
		if err != nil {
			continue // an entry of unknowable without its path
		}
		r, err := newReference(p, doc)
		if err != nil {
			t.Fatal(err)
		}
		f.open(c)
		for i, src := range conditions {
			var d doubts
			got := runs[i](&f)
			d.why(&f, plans[i])
			count[got]++
			if want := shown(r.say(nodes[i], nil)); show(got, d) != want {
				t.Fatalf("%s\n%s\n%s, want %s", src, doc, show(got, d), want)
			}
		}
	}
	for _, v := range []truth{yes, no, unknown} {
		if count[v] < 1000 {
			t.Errorf("only %d of the answers are %d", count[v], v)
		}
	}
}

func shown(s told) string {
	switch {
	case !s.known:
		return "unknown " + strings.Join(s.missing, " ")
	case s.what.(bool):
		return "true"
	}
	return "false"
}
