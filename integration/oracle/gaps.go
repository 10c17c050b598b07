package oracle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gap is a path that is taken out of a document, and what may have stood
// there: a small domain for each value that rules look at. A gap of a whole
// part of the document opens a choice for each of its values.
type Gap struct {
	Path    string
	Choices []Choice
	also    []string // paths that go with it
}

// Choice is one unknown value: each entry puts one possible value into a
// document.
type Choice []func(*Document)

func value[T any](at func(*Document) *T, values ...T) Choice {
	out := make(Choice, len(values))
	for i, v := range values {
		out[i] = func(d *Document) { *at(d) = v }
	}
	return out
}

func one(path string, c ...Choice) Gap { return Gap{Path: path, Choices: c} }

func flagOf(at func(*Document) *bool) Choice   { return value(at, false, true) }
func textOf(at func(*Document) *string) Choice { return value(at, "", "*") }

func ageChoice() Choice {
	var out Choice
	for _, age := range []int64{0, 35, 36, 84, 191, 192, 216} {
		out = append(out, func(d *Document) { d.Child.AgeMonths = &age })
	}
	return out
}

// scalars are the gaps outside of lists that every document has.
func scalars(d *Document) []Gap {
	day := d.At.Truncate(24 * time.Hour)
	care := func(at func(*Document) *string) Choice {
		return value(at, "family_preservation", "kinship_informal", "kinship_formal", "kafaalah", "guardianship", "foster_short", "adoption_domestic",
			"supported_independent_living", "place_of_safety", "residential_institution")
	}
	ages := one("child.age_months", ageChoice())
	ages.also = []string{"child.age_months_min", "child.age_months_max"}
	religion := value(func(d *Document) *string { return &d.Child.Religion }, "", "muslim", "other")
	separated := value(func(d *Document) *string { return &d.Child.Separated }, "none", "separated")
	justice := value(func(d *Document) *string { return &d.Child.Justice }, "none", "charged", "detained")
	heard := flagOf(func(d *Document) *bool { return &d.Child.Views.Heard })
	whyNot := textOf(func(d *Document) *string { return &d.Child.Views.WhyNotHeard })
	walking := value(func(d *Document) *string { return &d.Child.Functioning.Walking }, "none", "some", "cannot")
	seeing := value(func(d *Document) *string { return &d.Child.Functioning.Seeing }, "none", "a_lot")
	hearing := value(func(d *Document) *string { return &d.Child.Functioning.Hearing }, "none", "a_lot")
	speaking := value(func(d *Document) *string { return &d.Child.Functioning.Communicating }, "none", "a_lot")
	started := flagOf(func(d *Document) *bool { return &d.Tracing.Started })
	exhausted := flagOf(func(d *Document) *bool { return &d.Tracing.Exhausted })
	imminent := flagOf(func(d *Document) *bool { return &d.Danger.Imminent })
	ground := value(func(d *Document) *string { return &d.Danger.Ground }, "", "poverty", "neglect", "child_disability", "abuse")
	reasonsIn := value(func(d *Document) *[]string { return &d.Reasons }, []string{}, []string{"poverty"}, []string{"neglect"}, []string{"child_disability"},
		[]string{"abandonment"}, []string{"lack_of_services"}, []string{"abuse"}, []string{"carer_illness", "food"}, []string{"child_disability", "abuse"},
		[]string{"separation_in_displacement", "relinquishment"})
	gaps := []Gap{
		ages, one("child.views.heard", heard), one("child.views.why_not_heard", whyNot), one("child.views", heard, whyNot),
		one("child.functioning.walking", walking), one("child.functioning", walking, seeing, hearing, speaking), one("child.religion", religion),
		one("child.separated", separated), one("child.justice", justice),
		{Path: "child", Choices: []Choice{ageChoice(), heard, whyNot, religion, separated, justice, walking}},
		one("reasons", reasonsIn),
		one("neglect.help_would_end_it", flagOf(func(d *Document) *bool { return &d.Neglect.HelpWouldEndIt })),
		one("neglect", flagOf(func(d *Document) *bool { return &d.Neglect.HelpWouldEndIt })),
		one("harm_by", value(func(d *Document) *string { return &d.HarmBy }, "none", "household", "stranger", "unknown")),
		one("danger.imminent", imminent), one("danger.ground", ground), one("danger", imminent, ground),
		one("court_order", textOf(func(d *Document) *string { return &d.CourtOrder })),
		one("tracing.started", started), one("tracing.exhausted", exhausted), one("tracing", started, exhausted),
		one("assessment.complete", flagOf(func(d *Document) *bool { return &d.Assessment.Complete })),
		one("sibling_separation_reason", textOf(func(d *Document) *string { return &d.Separation })),
		one("home", value(func(d *Document) *string { return &d.Home }, "RW53090109", "RW57", "RW")),
		one("request.care", care(func(d *Document) *string { return &d.Request.Care })),
		one("request.starts", starts(d, day)),
		one("request.planned_end", plannedEnds(d, day)),
		one("request.why_this_care", textOf(func(d *Document) *string { return &d.Request.WhyThisCare })),
		one("request.exception", value(func(d *Document) *string { return &d.Request.Exception }, "", "siblings_together", "emergency", "short_predetermined")),
		one("request.emergency", flagOf(func(d *Document) *bool { return &d.Request.Emergency })),
		one("request.authorised_by", value(func(d *Document) *string { return &d.Request.AuthorisedBy }, "", "W-7")),
		one("request.plan.goals", value(func(d *Document) *[]string { return &d.Request.Plan.Goals }, []string{}, []string{"*"})),
		one("request.plan.permanency_goal", value(func(d *Document) *string { return &d.Request.Plan.PermanencyGoal }, "", "reunification")),
		one("request.contact_plan", textOf(func(d *Document) *string { return &d.Request.ContactPlan })),
		one("request.preparation_done", flagOf(func(d *Document) *bool { return &d.Request.PreparationDone })),
		one("request.legal_custodian", value(func(d *Document) *string { return &d.Request.LegalCustodian }, "", "mother")),
		one("request.aftercare_plan", textOf(func(d *Document) *string { return &d.Request.AftercarePlan })),
		one("request.abroad", flagOf(func(d *Document) *bool { return &d.Request.Abroad })),
		one("request.escort", value(func(d *Document) *string { return &d.Request.Escort }, "", "known_carer", "charity")),
		one("request.return_plan", textOf(func(d *Document) *string { return &d.Request.ReturnPlan })),
		one("history.moves_12_months", value(func(d *Document) *int64 { return &d.History.Moves }, 0, 1, 2, 3)),
		one("history.current_care", append(care(func(d *Document) *string { return &d.History.CurrentCare }),
			value(func(d *Document) *string { return &d.History.CurrentCare }, "")...)),
		one("history.days_since_review", value(func(d *Document) *int64 { return &d.History.DaysSinceReview }, 0, 90, 91)),
		one("history.decision_on_file", flagOf(func(d *Document) *bool { return &d.History.DecisionOnFile })),
		one("history.provisional_since", value(func(d *Document) *Instant { return &d.History.ProvisionalSince }, Instant{}, d.At,
			Instant{d.At.Add(-80 * time.Hour)})),
		one("referral.similar_open", value(func(d *Document) *int64 { return &d.Referral.SimilarOpen }, 0, 1)),
		one("referral", value(func(d *Document) *int64 { return &d.Referral.SimilarOpen }, 0, 1)),
	}
	gaps = append(gaps, ofPlace("provider", d, day, func(d *Document) *Provider { return &d.Provider })...)
	return append(gaps, ofPlace("from", d, day, func(d *Document) *Provider { return &d.From })...)
}

// plannedEnds lie before the start, within each limit of a short stay, and
// beyond; the start may be unknown too.
func plannedEnds(d *Document, day time.Time) Choice {
	from := d.Request.Starts.Time
	if from.IsZero() {
		from = day
	}
	at := func(n int) Day { return Day{from.AddDate(0, 0, n)} }
	return value(func(d *Document) *Day { return &d.Request.PlannedEnd }, Day{}, at(-1), at(20), at(60), at(400))
}

// starts lie after the planned end, within each limit of it, and long before.
func starts(d *Document, day time.Time) Choice {
	end := d.Request.PlannedEnd.Time
	if end.IsZero() {
		end = day
	}
	at := func(n int) Day { return Day{end.AddDate(0, 0, n)} }
	return value(func(d *Document) *Day { return &d.Request.Starts }, Day{}, at(1), at(-20), at(-60), at(-400))
}

func ofPlace(name string, d *Document, day time.Time, at func(*Document) *Provider) []Gap {
	kind := value(func(d *Document) *string { return &at(d).Kind }, "institution", "closed_or_transit_centre", "foster_family", "relative", "health_facility")
	licence := value(func(d *Document) *string { return &at(d).Licence }, "valid", "expired")
	capacity := value(func(d *Document) *int64 { return &at(d).Capacity }, 0, 1, 2, 3, 9)
	occupied := value(func(d *Document) *int64 { return &at(d).Occupied }, 0, 1, 2, 3, 9)
	allegation := flagOf(func(d *Document) *bool { return &at(d).OpenAllegation })
	solicits := flagOf(func(d *Document) *bool { return &at(d).SolicitsChildren })
	paid := flagOf(func(d *Document) *bool { return &at(d).PaidPerChild })
	includes := flagOf(func(d *Document) *bool { return &at(d).IncludesChild })
	return []Gap{
		one(name+".kind", kind), one(name+".licence", licence), one(name+".capacity", capacity), one(name+".occupied", occupied),
		one(name+".open_allegation", allegation), one(name+".solicits_children", solicits), one(name+".paid_per_child", paid),
		one(name+".includes_child", includes),
		one(name+".overdue_reviews", value(func(d *Document) *int64 { return &at(d).OverdueReviews }, 0, 1)),
		one(name+".accredited_until", value(func(d *Document) *Day { return &at(d).AccreditedUntil }, Day{}, Day{day.AddDate(0, 0, -1)}, Day{day})),
		one(name+".place", value(func(d *Document) *string { return &at(d).Place }, "", "RW53090109", "RW57")),
		one(name, kind, licence, value(func(d *Document) *int64 { return &at(d).Occupied }, 0, 9), allegation, solicits, paid, includes,
			value(func(d *Document) *int64 { return &at(d).OverdueReviews }, 0, 1), value(func(d *Document) *string { return &at(d).Place }, "", d.Home)),
	}
}

// ofLists are the gaps of whole lists, and of keys of the entries that a
// document has.
func ofLists(d *Document) []Gap {
	seen := Instant{d.At.Time}
	gaps := []Gap{
		one("caregivers", value(func(d *Document) *[]Carer { return &d.Caregivers }, []Carer{}, []Carer{{"mother", "present", "given", true, Day{}}},
			[]Carer{{"mother", "hospitalised", "refused", false, Day{d.At.Time}}}, []Carer{{"father", "untraceable", "given", true, Day{}}},
			[]Carer{{"father", "unable", "not_applicable", false, Day{}}, {"mother", "dead", "refused", false, Day{}}},
			[]Carer{{"aunt", "imprisoned", "not_sought", true, Day{}}, {"other", "unknown", "given", true, Day{}}})),
		one("support", value(func(d *Document) *[]Support { return &d.Support }, []Support{}, []Support{{Result: "ongoing"}},
			[]Support{{Result: "failed"}}, []Support{{Result: "succeeded"}})),
		one("kin_search", value(func(d *Document) *[]Relative { return &d.KinSearch }, []Relative{}, []Relative{{Outcome: "pending"}},
			[]Relative{{Outcome: "suitable", VisitedAt: seen, ChildAgrees: true}}, []Relative{{Outcome: "suitable"}}, []Relative{{Outcome: "unwilling"}},
			[]Relative{{Outcome: "suitable", VisitedAt: seen, SameHousehold: true}, {Outcome: "pending"}})),
		one("siblings", value(func(d *Document) *[]Sibling { return &d.Siblings }, []Sibling{}, []Sibling{{PlacedTogether: true}},
			[]Sibling{{PlacedTogether: false}}, []Sibling{{PlacedTogether: true}, {PlacedTogether: false}})),
		one("request.alternatives_ruled_out", value(func(d *Document) *[]Alternative { return &d.Request.AlternativesRuledOut }, []Alternative{},
			[]Alternative{{"kafaalah", "*"}}, []Alternative{{"foster_short", "*"}, {"foster_long", "*"}, {"foster_specialised", "*"}},
			[]Alternative{{"family_preservation", "*"}, {"kinship_formal", "*"}, {"foster_long", ""}})),
		one("panel.members", value(func(d *Document) *[]Member { return &d.Panel.Members }, []Member{}, full(), full()[:2], full()[1:])),
		one("panel", value(func(d *Document) *[]Member { return &d.Panel.Members }, []Member{}, full(), full()[:2], full()[1:])),
	}
	for i := range d.Caregivers {
		at := func(d *Document) *Carer { return &d.Caregivers[i] }
		status := value(func(d *Document) *string { return &at(d).Status }, "present", "dead", "untraceable", "hospitalised", "imprisoned", "unable", "unknown")
		consent := value(func(d *Document) *string { return &at(d).Consent }, "given", "refused", "not_sought", "not_applicable")
		gaps = append(gaps, one(entry("caregivers", i, "status"), status), one(entry("caregivers", i, "consent"), consent),
			one(entry("caregivers", i, "consulted"), flagOf(func(d *Document) *bool { return &at(d).Consulted })),
			one(entry("caregivers", i, "relation"), value(func(d *Document) *string { return &at(d).Relation }, "mother", "guardian", "aunt")),
			one(entry("caregivers", i, "expected_back"), value(func(d *Document) *Day { return &at(d).ExpectedBack }, Day{}, Day{d.At.Time})))
	}
	for i := range d.Support {
		gaps = append(gaps, one(entry("support", i, "result"),
			value(func(d *Document) *string { return &d.Support[i].Result }, "ongoing", "succeeded", "failed", "refused")))
	}
	for i := range d.KinSearch {
		at := func(d *Document) *Relative { return &d.KinSearch[i] }
		gaps = append(gaps, one(entry("kin_search", i, "outcome"), value(func(d *Document) *string { return &at(d).Outcome }, "suitable", "unwilling", "pending")),
			one(entry("kin_search", i, "visited_at"), value(func(d *Document) *Instant { return &at(d).VisitedAt }, Instant{}, seen)),
			one(entry("kin_search", i, "same_household"), flagOf(func(d *Document) *bool { return &at(d).SameHousehold })),
			one(entry("kin_search", i, "child_agrees"), flagOf(func(d *Document) *bool { return &at(d).ChildAgrees })))
	}
	for i := range d.Siblings {
		gaps = append(gaps, one(entry("siblings", i, "placed_together"), flagOf(func(d *Document) *bool { return &d.Siblings[i].PlacedTogether })))
	}
	for i := range d.Request.AlternativesRuledOut {
		gaps = append(gaps, one(entry("request.alternatives_ruled_out", i, "why"),
			textOf(func(d *Document) *string { return &d.Request.AlternativesRuledOut[i].Why })))
	}
	return append(gaps, ofMembers(d)...)
}

func ofMembers(d *Document) []Gap {
	var gaps []Gap
	for i := range d.Panel.Members {
		at := func(d *Document) *Member { return &d.Panel.Members[i] }
		gaps = append(gaps, one(entry("panel.members", i, "present"), flagOf(func(d *Document) *bool { return &at(d).Present })),
			one(entry("panel.members", i, "recused"), flagOf(func(d *Document) *bool { return &at(d).Recused })),
			one(entry("panel.members", i, "interest"), textOf(func(d *Document) *string { return &at(d).Interest })),
			one(entry("panel.members", i, "discipline"), value(func(d *Document) *string { return &at(d).Discipline }, "social_work", "psychology", "community")))
	}
	return gaps
}

func full() []Member {
	return []Member{{Discipline: "social_work", Present: true}, {Discipline: "health", Present: true}, {Discipline: "education", Present: true}}
}

func entry(list string, i int, key string) string {
	return list + "[" + strconv.Itoa(i) + "]." + key
}

// completionsMost bounds how many completions one document is tried with.
const completionsMost = 1500

// Open takes a few paths out of a document: the gaps, none inside another, so
// that all their completions can be tried.
func (g *Generator) Open(d *Document) []Gap {
	all := append(scalars(d), ofLists(d)...)
	lists := len(scalars(d))
	var out []Gap
	n := 1
	for range 1 + g.IntN(5) {
		gap := all[g.IntN(len(all))]
		if g.chance(40) {
			gap = all[lists+g.IntN(len(all)-lists)]
		}
		size := 1
		for _, c := range gap.Choices {
			size *= len(c)
		}
		if n*size > completionsMost || slices.ContainsFunc(out, func(o Gap) bool { return inside(o.Path, gap.Path) || inside(gap.Path, o.Path) }) {
			continue
		}
		n *= size
		out = append(out, gap)
	}
	return out
}

func inside(above, path string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Completions visits the document with every combination of what may stand in
// its gaps, until visit says stop.
func Completions(d *Document, gaps []Gap, visit func(*Document)) {
	var choices []Choice
	for _, g := range gaps {
		choices = append(choices, g.Choices...)
	}
	c := d.clone()
	var try func(i int)
	try = func(i int) {
		if i == len(choices) {
			visit(c)
			return
		}
		for _, put := range choices[i] {
			put(c)
			try(i + 1)
		}
	}
	try(0)
}

func (d *Document) clone() *Document {
	c := *d
	c.Reasons, c.Caregivers, c.Support = slices.Clone(d.Reasons), slices.Clone(d.Caregivers), slices.Clone(d.Support)
	c.KinSearch, c.Siblings = slices.Clone(d.KinSearch), slices.Clone(d.Siblings)
	c.Panel.Members = slices.Clone(d.Panel.Members)
	c.Request.AlternativesRuledOut = slices.Clone(d.Request.AlternativesRuledOut)
	return &c
}

// Without is a document's plain form with the gaps taken out.
func Without(plain map[string]any, gaps []Gap) error {
	for _, g := range gaps {
		for _, path := range append([]string{g.Path}, g.also...) {
			if err := remove(plain, path); err != nil {
				return err
			}
		}
	}
	return nil
}

func remove(at map[string]any, path string) error {
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		name, index, listed := strings.Cut(step, "[")
		next := at[name]
		if listed {
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if err != nil {
				return fmt.Errorf("take %s out of a document: %w", path, err)
			}
			next = next.([]any)[i]
		}
		at = next.(map[string]any)
	}
	last := steps[len(steps)-1]
	if _, there := at[last]; !there && last != "age_months" {
		return fmt.Errorf("take %s out of a document: it is not there", path)
	}
	delete(at, last)
	return nil
}
