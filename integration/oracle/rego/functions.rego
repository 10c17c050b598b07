# The functions that rules may call, with the closed lists and the numbers of
# the Rwandan pack. `input` is a complete case document.
package gate

import rego.v1

at_home_care := {"family_preservation", "reunification"}

own_family_care := at_home_care | {"kinship_informal", "kinship_formal"}

foster_care := {"foster_emergency", "foster_short", "foster_long", "foster_specialised"}

residential_care := {"small_group_home", "residential_institution", "place_of_safety"}

temporary_care := foster_care | residential_care

irreversible_care := {"kafaalah", "adoption_domestic", "adoption_intercountry"}

family_based_care := ((own_family_care | foster_care) | irreversible_care) | {"guardianship"}

facilities := {"institution", "small_group_home", "place_of_safety", "supported_living"}

families := {"foster_family", "kafiil_family", "adoptive_family"}

starred := {"poverty", "school_access", "food", "housing", "health_cost"}

left_reasons := {"abandonment", "relinquishment"}

care := input.request.care

current := input.history.current_care

reasons contains r if some r in input.reasons

# no care asked for away from home, or kin by the family's own arrangement
arranged if care in at_home_care

arranged if care == "kinship_informal"

own if care in own_family_care

residential if care in residential_care

age_lower := input.child.age_months

age_lower := input.child.age_months_min if not "age_months" in object.keys(input.child)

age_upper := input.child.age_months

age_upper := input.child.age_months_max if not "age_months" in object.keys(input.child)

poverty_imputable(reason) if reason in starred

poverty_imputable("neglect") if input.neglect.help_would_end_it

# The reasons that count for "only": the danger's ground too, where the danger
# is imminent.
weighed contains r if some r in reasons

weighed contains input.danger.ground if {
	input.danger.imminent
	input.danger.ground != ""
}

only_poverty if {
	count(reasons) > 0
	every r in weighed { poverty_imputable(r) }
}

only_disability if {
	"child_disability" in reasons
	every r in weighed - {"child_disability"} { poverty_imputable(r) }
}

left if count(reasons & left_reasons) > 0

# levels below the nation: two letters of the country, two digits a level
near(a, b) := 0 if substring(a, 0, 2) != substring(b, 0, 2)

near(a, b) := count([n |
	some n in [4, 6, 8, 10]
	count(a) >= n
	count(b) >= n
	substring(a, 0, n) == substring(b, 0, n)
]) if {
	count(a) >= 2
	substring(a, 0, 2) == substring(b, 0, 2)
}

day_length := 24 * hour_length

hour_length := 3600 * 1000000000

start_of(date) := time.parse_rfc3339_ns(concat("", [date, "T00:00:00Z"]))

days(a, b) := (start_of(b) - start_of(a)) / day_length

default away := false

away if {
	own_or_none
	not own
}

away if {
	residential
	not current in residential_care
}

own_or_none if current in own_family_care

own_or_none if current == ""

towards if input.decision in {"placement", "admission"}

towards if {
	input.decision == "move"
	away
}

entering if towards

entering if input.decision == "ratification"

reachable(carer) if carer.status in {"present", "hospitalised", "imprisoned", "unable"}

lives_with_the_harm(relative) if {
	input.harm_by == "household"
	relative.same_household
}

agrees(relative) if relative.child_agrees

agrees(_) if age_lower < 84

ready(relative) if {
	relative.outcome == "suitable"
	relative.visited_at != ""
	not lives_with_the_harm(relative)
	agrees(relative)
}

some_ready if {
	some k in input.kin_search
	ready(k)
}

ruled_out contains a.care if {
	some a in input.request.alternatives_ruled_out
	a.why != ""
}

expired if input.provider.licence != "valid"

expired if {
	input.provider.accredited_until != ""
	input.provider.accredited_until < substring(input.at, 0, 10)
}

counting := [m |
	some m in input.panel.members
	m.present
	not m.recused
	m.interest == ""
]

disciplines contains m.discipline if some m in counting

core_disciplines if {
	"social_work" in disciplines
	count(disciplines & {"health", "psychology"}) > 0
}

full_quorum if {
	count(counting) >= 3
	core_disciplines
	count(disciplines & {"education", "community"}) > 0
}

urgent_quorum if {
	count(counting) >= 2
	core_disciplines
}

safe_home if not input.harm_by in {"household", "unknown"}

emergency if {
	asked("PAM")
	input.request.emergency
	input.danger.imminent
	input.danger.ground != ""
	input.request.authorised_by != ""
}

letters := {
	"placement": "P", "admission": "A", "move": "M", "ratification": "T",
	"review": "R", "return": "H", "intake": "I", "closure": "C",
}

asked(on) if contains(on, letters[input.decision])
