package oracle

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// Generator makes complete case documents. It is biased so that every
// condition holds and fails often, and so that numbers and days fall on both
// sides of every limit.
type Generator struct{ *rand.Rand }

// NewGenerator makes the same documents for the same seed and stream.
func NewGenerator(seed, stream uint64) *Generator {
	return &Generator{rand.New(rand.NewPCG(seed, stream))}
}

func (g *Generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *Generator, from ...T) T { return from[g.IntN(len(from))] }

func (g *Generator) text(filledPercent int) string {
	if g.chance(filledPercent) {
		return "*"
	}
	return ""
}

func some[T any](g *Generator, most int, one func() T) []T {
	out := make([]T, g.IntN(most+1))
	for i := range out {
		out[i] = one()
	}
	return out
}

// weighted picks by weights that stand beside the values.
func weighted(g *Generator, from []string, weights []int) string {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := g.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return from[i]
		}
	}
	return from[len(from)-1]
}

var (
	decisions       = []string{"placement", "admission", "move", "ratification", "review", "return", "intake", "closure"}
	decisionWeights = []int{21, 16, 18, 14, 11, 8, 7, 5}
	cares           = []string{
		"family_preservation", "reunification", "kinship_informal", "kinship_formal", "kafaalah", "guardianship", "foster_emergency", "foster_short",
		"foster_long", "foster_specialised", "adoption_domestic", "supported_independent_living", "small_group_home", "residential_institution",
		"place_of_safety", "adoption_intercountry",
	}
	careWeights = []int{4, 3, 6, 4, 7, 3, 4, 4, 4, 4, 5, 10, 12, 15, 12, 4}
	poor        = []string{"poverty", "school_access", "food", "housing", "health_cost", "neglect"}
	reasons     = append([]string{
		"child_disability", "parental_death", "abandonment", "relinquishment", "abuse", "violence", "carer_illness", "carer_imprisoned",
		"street_connected", "separation_in_displacement", "lack_of_services", "lack_of_services", "unknown",
	}, poor...)
	places = []string{
		"RW53090109", "RW53090108", "RW530902", "RW5309", "RW53", "RW57", "RW57010203", "RW33010101", "RW530901", "RW", "UG53090109", "RW5309010911",
	}
	relations = []string{"mother", "father", "guardian", "step_parent", "grandmother", "grandfather", "aunt", "uncle", "sibling", "other"}
	harms     = []string{"none", "household", "known_person", "stranger", "institution", "unknown"}
)

// Document makes the next one.
func (g *Generator) Document() *Document {
	d := &Document{Pack: "rwanda", Decision: weighted(g, decisions, decisionWeights), Home: pick(g, places...)}
	d.At = Instant{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.IntN(300*24*60)) * time.Minute)}
	g.child(d)
	g.family(d)
	g.request(d)
	d.Provider, d.From = g.place(d), g.place(d)
	d.History = History{
		Moves: g.Int64N(5), CurrentCare: weighted(g, append(cares, ""), append(careWeights, 14)), DaysSinceReview: pick(g, int64(0), 40, 89, 90, 91, 200),
		DecisionOnFile: g.chance(50), ProvisionalSince: g.since(d),
	}
	n := 0
	d.Panel.Members = some(g, 6, func() Member {
		n++
		return Member{
			ID: "W-" + strconv.Itoa(n), Discipline: pick(g, "social_work", "social_work", "psychology", "health", "education", "community"),
			Present: g.chance(85), Recused: g.chance(12), Interest: g.text(12), Vote: pick(g, "approve", "reject", "abstain"),
		}
	})
	d.Referral = ReferralOf{Source: pick(g, "izu", "clinic", "police", "court"), SimilarOpen: pick(g, int64(0), 0, 1, 2)}
	d.Unknowable = []Unknowing{}
	return d
}

func (g *Generator) since(d *Document) Instant {
	if g.chance(15) {
		return Instant{}
	}
	minutes := pick(g, 30, 71*60, 72*60, 72*60+59, 73*60, 100*60, 300*60)
	return Instant{d.At.Add(-time.Duration(minutes) * time.Minute)}
}

func (g *Generator) child(d *Document) {
	ages := []int64{0, 1, 12, 30, 35, 36, 37, 60, 83, 84, 85, 120, 191, 192, 193, 215, 216, 217, 230}
	if d.Decision == "closure" {
		ages = ages[len(ages)-7:]
	}
	if g.chance(35) {
		ages = []int64{0, 6, 24, 35}
	}
	low := pick(g, ages...)
	d.Child = Child{
		AgeMonthsMin: low, AgeMonthsMax: low + pick(g, int64(0), 1, 12, 24), AgeEstimated: g.chance(50), Sex: pick(g, "female", "male", "intersex"),
		Functioning: Functioning{g.difficulty(), g.difficulty(), g.difficulty(), g.difficulty()},
		Views: Views{
			Heard: g.chance(50), Method: pick(g, "interview", "observation", "drawing_play", "aided"), At: d.At, Alone: g.chance(50), WhyNotHeard: g.text(50),
		},
		Religion: pick(g, "muslim", "muslim", "christian", "other", ""), Separated: pick(g, "none", "separated", "unaccompanied"),
		Justice: pick(g, "none", "charged", "detained"),
	}
	if g.chance(80) {
		age := pick(g, ages...)
		d.Child.AgeMonths = &age
	}
}

func (g *Generator) difficulty() string { return pick(g, "none", "none", "some", "a_lot", "cannot") }

func (g *Generator) reasons() []string {
	switch n := g.IntN(100); {
	case n < 8:
		return []string{}
	case n < 28:
		return append(some(g, 2, func() string { return pick(g, poor...) }), pick(g, poor...))
	case n < 45:
		return append(some(g, 2, func() string { return pick(g, poor...) }), "child_disability")
	case n < 60:
		return append(some(g, 2, func() string { return pick(g, reasons...) }), pick(g, "abandonment", "relinquishment"))
	}
	return some(g, 3, func() string { return pick(g, reasons...) })
}

func (g *Generator) family(d *Document) {
	d.Reasons = g.reasons()
	d.Neglect = Neglect{g.chance(50), g.chance(60)}
	d.HarmBy = pick(g, harms...)
	d.Danger = Danger{Imminent: g.chance(50)}
	switch n := g.IntN(100); {
	case n < 35:
		d.Danger.Ground = pick(g, reasons...)
	case n < 65:
		d.Danger.Ground = pick(g, poor...)
	case n < 72:
		d.Danger.Ground = "child_disability"
	}
	d.Caregivers = some(g, 3, func() Carer {
		return Carer{
			Relation: pick(g, relations...), Status: pick(g, "present", "dead", "untraceable", "hospitalised", "imprisoned", "unable", "unknown"),
			Consent: pick(g, "given", "given", "given", "refused", "not_sought", "not_applicable"), Consulted: g.chance(60), ExpectedBack: g.day(d, 50),
		}
	})
	d.CourtOrder = g.text(50)
	d.Tracing = Tracing{Started: g.chance(50), Exhausted: g.chance(40)}
	d.Assessment = Assessment{g.chance(50), d.At, "W-7"}
	d.Support = some(g, 2, func() Support {
		return Support{Type: pick(g, "cash_transfer", "food", "therapy"), From: g.day(d, 90), To: g.day(d, 50), Result: pick(g, "ongoing", "succeeded", "failed", "refused")}
	})
	d.KinSearch = some(g, 3, func() Relative {
		k := Relative{
			Relation: pick(g, relations...), Outcome: pick(g, "suitable", "suitable", "unsuitable", "unwilling", "not_found", "pending"),
			Place: pick(g, places...), SameHousehold: g.chance(40), ChildAgrees: g.chance(50),
		}
		if g.chance(65) {
			k.VisitedAt = d.At
		}
		return k
	})
	d.Siblings = some(g, 3, func() Sibling { return Sibling{int64(g.IntN(200)), g.chance(55)} })
	d.Separation = g.text(40)
}

// day is one near the instant of the check, or none.
func (g *Generator) day(d *Document, filledPercent int) Day {
	if !g.chance(filledPercent) {
		return Day{}
	}
	offset := pick(g, -40, -2, -1, 0, 1, 2, 40)
	return Day{d.At.Truncate(24*time.Hour).AddDate(0, 0, offset)}
}

func (g *Generator) request(d *Document) {
	r := &d.Request
	*r = Request{
		Care: weighted(g, cares, careWeights), Provider: "P-0042", Starts: g.day(d, 90), WhyThisCare: g.text(50),
		Exception: pick(g, "", "siblings_together", "siblings_together", "emergency", "short_predetermined", "short_predetermined"),
		Emergency: g.chance(50), AuthorisedBy: pick(g, "", "W-7", "W-7"), ContactPlan: g.text(50), PreparationDone: g.chance(50),
		LegalCustodian: pick(g, "", "", "mother", "father", "relative", "guardian", "public_body"), AftercarePlan: g.text(40), Abroad: g.chance(30),
		Escort: pick(g, "family_member", "known_carer", "charity", "public_body", ""), ReturnPlan: g.text(50),
		Plan: Plan{Goals: some(g, 2, func() string { return g.text(70) }), PermanencyGoal: pick(g, "", "", "reunification", "kinship_formal")},
	}
	if !r.Starts.IsZero() && g.chance(65) {
		r.PlannedEnd = Day{r.Starts.AddDate(0, 0, pick(g, -1, 0, 10, 29, 30, 31, 60, 90, 91))}
	}
	r.AlternativesRuledOut = []Alternative{}
	percent := pick(g, 20, 70, 97)
	for _, care := range []string{"family_preservation", "kinship_formal", "foster_short", "foster_long", "foster_specialised", "kafaalah", "reunification"} {
		if g.chance(percent) {
			r.AlternativesRuledOut = append(r.AlternativesRuledOut, Alternative{care, g.text(95)})
		}
	}
}

func (g *Generator) place(d *Document) Provider {
	capacity := g.Int64N(5)
	return Provider{
		Kind: pick(g, "institution", "small_group_home", "place_of_safety", "closed_or_transit_centre", "foster_family", "kafiil_family",
			"adoptive_family", "supported_living", "health_facility", "relative"),
		Licence: pick(g, "valid", "valid", "valid", "expired", "suspended", "none"), AccreditedUntil: g.day(d, 80), Capacity: capacity,
		Occupied: max(0, capacity+g.Int64N(4)-2), IncludesChild: g.chance(50), OpenAllegation: g.chance(40), SolicitsChildren: g.chance(40),
		PaidPerChild: g.chance(50), OverdueReviews: g.Int64N(3), Place: pick(g, append(places, "")...),
	}
}
