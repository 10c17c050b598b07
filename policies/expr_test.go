package policies

import (
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

func testPack(t testing.TB) *Pack {
	t.Helper()
	l, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.InForce("rwanda", time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const exprDoc = `{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"placement","home":"RW53090109",
"child":{"age_months":30,"views":{"why_not_heard":""}},"reasons":["poverty","food"],"court_order":"*",
"caregivers":[{"relation":"mother","status":"dead","consulted":false},{"relation":"father"}],
"siblings":[],"request":{"starts":"2026-11-24","planned_end":"2026-12-24","care":"foster_short"},
"history":{"current_care":"","provisional_since":"2026-11-19T08:00:00Z"},
"panel":{"members":[{"discipline":"social_work","present":true},{"discipline":"health","present":true},{"present":false},{"discipline":"health"}]}}`

// evaluate is what a condition gives on a document, and why it is unknown.
func evaluate(t testing.TB, p *Pack, doc, src string) (truth, doubts) {
	t.Helper()
	c, err := p.Read([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	when, run, f, err := planned(p, c, src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	var d doubts
	d.why(f, when)
	return run(f), d
}

// planned is a condition alone, and a frame to run it on a document.
func planned(p *Pack, c *Case, src string) (*plan, func(*frame) truth, *frame, error) {
	b := newPlanner(0, p.levelsShared)
	q := *p
	q.planner = b
	when, err := compileTruth(&q, src)
	if err != nil {
		return nil, nil, nil, err
	}
	run := b.run(when)
	f := b.runs.frame()
	f.open(c)
	return when, run, &f, nil
}

// show writes a truth as the tables below do: unknown with its paths.
func show(t truth, d doubts) string {
	switch t {
	case yes:
		return "true"
	case no:
		return "false"
	}
	return "unknown " + strings.Join(d, " ")
}

func TestAnExpressionIsTrueFalseOrUnknownForTheRightPaths(t *testing.T) {
	p := testPack(t)
	for _, tt := range []struct{ src, want string }{
		// what is absent is unknown, under its first absent ancestor
		{`child.age_months < 36`, "true"},
		{`child.age_months_min < 36`, "unknown child.age_months_min"},
		{`child.functioning.seeing == "cannot"`, "unknown child.functioning"},
		{`harm_by == "household"`, "unknown harm_by"},
		{`kin_search.exists(k, k.outcome == "suitable")`, "unknown kin_search"},
		// one false is false, one true is true, else the unknown paths together
		{`harm_by == "household" && child.age_months > 36`, "false"},
		{`child.age_months > 36 && harm_by == "household"`, "false"},
		{`harm_by == "household" || child.age_months < 36`, "true"},
		{`harm_by == "household" && danger.imminent`, "unknown harm_by danger"},
		{`harm_by == "household" && child.age_months < 36`, "unknown harm_by"},
		{`!(harm_by == "household") || danger.imminent`, "unknown harm_by danger"},
		{`harm_by == "household" && harm_by != "unknown"`, "unknown harm_by"},
		// lists are or and and over their entries, with their places
		{`caregivers.exists(c, c.status == "dead")`, "true"},
		{`caregivers.exists(c, c.status == "present")`, "unknown caregivers[1].status"},
		{`caregivers.all(c, c.status == "present")`, "false"},
		{`caregivers.all(c, c.status == "dead")`, "unknown caregivers[1].status"},
		{`siblings.exists(s, !s.placed_together)`, "false"},
		{`siblings.all(s, s.placed_together)`, "true"},
		{`caregivers.exists_one(c, c.relation == "mother")`, "true"},
		{`caregivers.exists_one(c, c.status == "dead")`, "unknown caregivers[1].status"},
		{`caregivers.exists(c, caregivers.exists(d, c.relation == "mother" && d.relation == "father"))`, "true"},
		// a filter keeps what is not certain; a size that does not hang on it is known
		{`size(caregivers.filter(c, c.status == "dead")) >= 1`, "true"},
		{`size(caregivers.filter(c, c.status == "dead")) >= 2`, "unknown caregivers[1].status"},
		{`size(caregivers.filter(c, c.status == "dead")) >= 3`, "false"},
		{`size(caregivers.filter(c, c.status == "dead")) + 1 > 1`, "true"},
		{`size(caregivers.filter(c, c.status == "dead")) == 3`, "false"},
		{`size(panel.members.filter(m, m.present)) >= 2`, "true"},
		{`size(panel.members.filter(m, m.present)) >= 3`, "unknown panel.members[3].present"},
		{`size(panel.members.filter(m, m.present)) >= 4`, "false"},
		{`caregivers.filter(c, c.status == "dead").exists(c, c.relation == "mother")`, "true"},
		{`caregivers.filter(c, c.status == "dead").all(c, c.relation == "mother")`, "unknown caregivers[1].status"},
		// empty and filled
		{`empty(child.views.why_not_heard)`, "true"},
		{`filled(court_order)`, "true"},
		{`empty(siblings)`, "true"},
		{`filled(reasons)`, "true"},
		{`empty(kin_search)`, "unknown kin_search"},
		{`empty(history.current_care)`, "true"},
		{`empty(sibling_separation_reason)`, "unknown sibling_separation_reason"},
		// in
		{`"food" in reasons`, "true"},
		{`"abuse" in reasons`, "false"},
		{`request.care in ["foster_short", "foster_long"]`, "true"},
		{`request.care in sets.residential`, "false"},
		{`harm_by in ["household"]`, "unknown harm_by"},
		{`child.age_months in [12, 30]`, "true"},
		// choice
		{`decision == "placement" ? true : danger.imminent`, "true"},
		{`danger.imminent ? true : true`, "true"},
		{`danger.imminent ? true : false`, "unknown danger"},
		// functions
		{`has(child.age_months) && !has(danger.imminent)`, "true"},
		{`certain(danger.imminent)`, "false"},
		{`certain(!(danger.imminent))`, "false"},
		{`first_known(child.age_months_min, child.age_months) == 30`, "true"},
		{`first_known(child.age_months_min, child.age_months_max) == 30`, "unknown child.age_months_min"},
		{`days(request.starts, request.planned_end) == 30`, "true"},
		{`days(request.planned_end, request.starts) == -30`, "true"},
		{`hours(history.provisional_since, at) == 73`, "true"},
		{`days(child.views.at, at) > 1`, "unknown child.views.at"},
		{`near(home, provider.place) < 1`, "unknown provider"},
		{`near(home, home) == 4`, "true"},
		// arithmetic and the pack's numbers
		{`(child.age_months - 6) * 2 / 4 % 5 == 2`, "true"},
		{`child.age_months < params.under_three`, "true"},
		{`clocks.ratify == 72`, "true"},
		{`-child.age_months < 0 // a comment`, "true"},
		{`child.age_months_min + 1 >= 3`, "unknown child.age_months_min"},
	} {
		t.Run(tt.src, func(t *testing.T) {
			is := is.New(t)
			is.Equal(show(evaluate(t, p, exprDoc, tt.src)), strings.TrimSpace(tt.want))
		})
	}
}

func TestNearCountsTheLevelsThatTwoPlacesShare(t *testing.T) {
	p := testPack(t)
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"RW53090109", "RW53090109", 4}, {"RW53090109", "RW53090108", 3}, {"RW53090109", "RW530901", 3}, {"RW53090109", "RW5309", 2},
		{"RW53090109", "RW53", 1}, {"RW53090109", "RW54", 0}, {"RW53090109", "KE53", 0}, {"RW53090109", "", 0}, {"RW", "RW", 0},
	} {
		t.Run(tt.a+" "+tt.b, func(t *testing.T) {
			is := is.New(t)
			is.Equal(p.levelsShared(tt.a, tt.b), tt.want)
			is.Equal(p.levelsShared(tt.b, tt.a), tt.want)
		})
	}
}

func TestAWrongExpressionIsRefusedAtItsPlace(t *testing.T) {
	p := testPack(t)
	for _, tt := range []struct{ name, src, want string }{
		{"an unknown key", `child.name == "x"`, `1:7: the case document has no key "name"`},
		{"an unknown name", `chlid.age_months < 3`, `1:1: "chlid" is neither`},
		{"a misspelled code", "true &&\n harm_by == \"houshold\"", `2:10: "houshold" is not in the list harm_sources`},
		{"a misspelled code in a list", `harm_by in ["none", "nobody"]`, `"nobody" is not in the list`},
		{"a misspelled code sought in the document", `"hunger" in reasons`, `"hunger" is not in the list reasons`},
		{"codes of two lists", `harm_by == child.sex`, "cannot be compared"},
		{"a text is read", `court_order == "x"`, "cannot be compared"},
		{"two texts", `court_order == request.why_this_care`, "cannot be compared"},
		{"a number where a truth is expected", `child.age_months && true`, "goes between truths"},
		{"a code where a number is expected", `harm_by < 3`, "goes between numbers"},
		{"a number is the whole", `child.age_months`, "true or false is expected"},
		{"what is never empty", `empty(harm_by)`, "is never empty"},
		{"a truth is never empty", `filled(danger.imminent)`, "is never empty"},
		{"an unknown function", `older(child.age_months)`, "there is no function or term"},
		{"too few arguments", `days(at)`, "takes 2, not 1"},
		{"a term with too many", `towards(1)`, "takes 0, not 1"},
		{"an unknown method", `reasons.map(r, r)`, "there is no map"},
		{"a loop over no list", `danger.exists(d, d)`, "goes over a list"},
		{"a loop without a name", `reasons.exists(1, true)`, "takes a name"},
		{"an unknown set", `request.care in sets.nice`, "the pack has no nice in its sets"},
		{"an unknown param", `child.age_months < params.age`, "the pack has no age in its params"},
		{"a key of a list", `reasons.code == "food"`, "a list has no key"},
		{"an empty list", `harm_by in []`, "says nothing"},
		{"a mixed list", `harm_by in ["none", 3]`, "all of one kind"},
		{"a division by what may be 0", `3 / child.age_months == 1`, "is divided only by"},
		{"a division by 0", `3 / 0 == 1`, "is divided only by"},
		{"the end is missing", `child.age_months <`, "a value is expected, not the end"},
		{"something follows", `true true`, `1:6: "true" is not expected here`},
		{"a bracket is open", `(true`, `")" is expected`},
		{"a string that does not end", `harm_by == "none`, "does not end"},
		{"a foreign sign", `true & true`, "is not part of the language"},
		{"a large number", `child.age_months < 99999999999`, "whole number up to"},
		{"deep nesting", strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200), "nests deeper"},
		{"deep negation", strings.Repeat("!", 200) + "true", "nests deeper"},
		{"deep loops", strings.Repeat("reasons.exists(r, ", 9) + "true" + strings.Repeat(")", 9), "loops nest deeper"},
		{"a long text", strings.Repeat("true && ", 1000) + "true", "longer than"},
		{"both sides of a choice differ", `true ? 1 : false`, "both sides of a choice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compileTruth(p, tt.src)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTruthTablesOfAndOrAndNot(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want truth
	}{
		{"and", yes.and(unknown), unknown}, {"and", unknown.and(yes), unknown}, {"and", no.and(unknown), no}, {"and", unknown.and(no), no},
		{"and", unknown.and(unknown), unknown}, {"and", yes.and(yes), yes}, {"or", yes.or(unknown), yes}, {"or", unknown.or(yes), yes},
		{"or", no.or(unknown), unknown}, {"or", unknown.or(unknown), unknown}, {"or", no.or(no), no}, {"not", unknown.not(), unknown}, {"not", yes.not(), no},
	} {
		is := is.New(t)
		is.Equal(tt.got, tt.want)
	}
}
