# The rows of the table: fired holds the rule and its part.
package gate

import rego.v1

intake_or_towards if input.decision == "intake"

intake_or_towards if towards

fired contains "G01 a" if {
	asked("PAMI")
	intake_or_towards
	input.referral.similar_open > 0
}

fired contains "G01 b" if {
	asked("PAMI")
	intake_or_towards
	count(input.reasons) == 0
}

fired contains "G02 a" if {
	asked("PAMTRHC")
	not input.child.views.heard
	input.child.views.why_not_heard == ""
}

fired contains "G02 b" if {
	asked("PAMTRHC")
	not input.child.views.heard
	input.child.views.why_not_heard != ""
	age_upper >= 84
}

fired contains "G03 a" if {
	asked("PAMTH")
	some c in input.caregivers
	reachable(c)
	not c.consulted
}

fired contains "G03 b" if {
	asked("PAMTH")
	some c in input.caregivers
	c.status in {"untraceable", "unknown"}
	not input.tracing.started
}

nothing_tried if {
	asked("PAM")
	towards
	not arranged
	some c in input.caregivers
	c.status in {"present", "hospitalised", "unable"}
	count([s | some s in input.support; s.result in {"failed", "refused"}]) == 0
}

fired contains "G04 a" if {
	nothing_tried
	safe_home
}

fired contains "G04 b" if {
	nothing_tried
	input.harm_by == "unknown"
}

fired contains "G05 a" if {
	asked("PAMTR")
	not arranged
	only_poverty
}

fired contains "G05 return" if {
	asked("H")
	only_poverty
}

fired contains "G06 a" if {
	asked("PAMTR")
	not arranged
	only_disability
}

special_needs if "child_disability" in reasons

special_needs if {
	"lack_of_services" in reasons
	some _, answer in input.child.functioning
	answer in {"a_lot", "cannot"}
}

fired contains "G06 b" if {
	asked("PAMTR")
	residential
	not only_disability
	special_needs
}

fired contains "G07 a" if {
	asked("PAMT")
	entering
	care in temporary_care
	input.request.planned_end == ""
}

fired contains "G07 b" if {
	asked("PAMT")
	entering
	residential
}

against(carer) if {
	carer.consent == "refused"
	carer.status != "dead"
}

against(carer) if {
	carer.consent == "not_sought"
	reachable(carer)
}

against(carer) if {
	carer.consent == "not_applicable"
	reachable(carer)
	carer.relation in {"mother", "father", "guardian"}
}

fired contains "G08" if {
	asked("PAMT")
	entering
	not care in at_home_care
	input.court_order == ""
	some c in input.caregivers
	against(c)
}

fired contains "G09 a" if {
	asked("PAMT")
	left
	entering
	not input.tracing.started
}

fired contains "G09 b" if {
	asked("PAMT")
	left
	entering
	input.tracing.started
	not input.tracing.exhausted
}

fired contains "G09 c" if {
	asked("IR")
	left
	not input.tracing.exhausted
}

looks_for_kin if {
	asked("PAMT")
	entering
	not own
}

fired contains "G10 a" if {
	looks_for_kin
	some_ready
}

unsettled(relative) if relative.outcome == "pending"

unsettled(relative) if {
	relative.outcome == "suitable"
	relative.visited_at == ""
}

fired contains "G10 b" if {
	looks_for_kin
	not some_ready
	some k in input.kin_search
	unsettled(k)
}

fired contains "G10 c" if {
	looks_for_kin
	count(input.kin_search) == 0
}

night_of_safety if {
	care == "place_of_safety"
	input.request.emergency
}

needs_grounds if {
	asked("PAMT")
	residential
	not night_of_safety
}

fired contains "G11 a" if {
	needs_grounds
	count({"foster_short", "foster_long", "foster_specialised"} - ruled_out) > 0
}

fired contains "G11 b" if {
	needs_grounds
	count({"family_preservation", "kinship_formal"} - ruled_out) > 0
}

fired contains "G11 c" if {
	needs_grounds
	input.request.why_this_care == ""
}

stay := days(input.request.starts, input.request.planned_end) if {
	input.request.starts != ""
	input.request.planned_end != ""
}

exception if {
	input.request.exception == "siblings_together"
	some s in input.siblings
	s.placed_together
	stay >= 0
	stay <= 90
}

exception if {
	input.request.exception == "short_predetermined"
	stay >= 0
	stay <= 30
}

young_outside_a_family if {
	asked("PAMTR")
	age_lower < 36
	not care in family_based_care
	care != "supported_independent_living"
}

fired contains "G12 a" if {
	young_outside_a_family
	not exception
}

fired contains "G12 b" if {
	young_outside_a_family
	exception
}

split if {
	some s in input.siblings
	not s.placed_together
}

fired contains "G13" if {
	asked("PAMT")
	not care in at_home_care
	split
	input.sibling_separation_reason == ""
}

far if near(input.home, input.provider.place) < 1

fired contains "G14" if {
	asked("PAM")
	not own
	not input.request.abroad
	far
	input.request.why_this_care == ""
}

fired contains "G15" if {
	asked("M")
	input.history.moves_12_months + 1 >= 3
}

fired contains "G16" if {
	asked("P")
	not arranged
	not full_quorum
}

fired contains "G16" if {
	asked("M")
	away
	not arranged
	not full_quorum
}

fired contains "G16" if {
	asked("T")
	not arranged
	not urgent_quorum
}

fired contains "G17 a" if {
	asked("PAMTH")
	not input.assessment.complete
}

fired contains "G17 intake" if {
	asked("I")
	not input.assessment.complete
}

fired contains "G18 a" if {
	asked("PAMTH")
	count(input.request.plan.goals) == 0
}

fired contains "G18 b" if {
	asked("PAMTH")
	input.request.plan.permanency_goal == ""
}

fired contains "G19 a" if asked("PAMTRH")

fired contains "G19 b" if {
	asked("R")
	input.history.days_since_review > 90
}

at_facility if {
	not own
	input.provider.kind in facilities
}

fired contains "G19 c" if {
	asked("PAM")
	at_facility
	input.provider.overdue_reviews > 0
}

beyond_recall if care in irreversible_care

beyond_recall if input.request.abroad

fired contains "G20 a" if {
	asked("PAMTR")
	input.request.legal_custodian == ""
	beyond_recall
}

fired contains "G20 b" if {
	asked("PAMTR")
	input.request.legal_custodian == ""
}

fired contains "G20 intake" if {
	asked("I")
	input.request.legal_custodian == ""
}

fired contains "G21 a" if {
	asked("PAMT")
	not own
	input.provider.kind == "closed_or_transit_centre"
}

fired contains "G21 b" if {
	asked("PAMT")
	at_facility
	expired
}

fired contains "G21 notice" if {
	asked("MHRT")
	input.from.kind == "closed_or_transit_centre"
}

fired contains "G21 notice" if {
	asked("MHRT")
	input.from.kind in facilities
	input.from.licence != "valid"
}

fired contains "G22 a" if {
	asked("PAMT")
	at_facility
	input.provider.solicits_children
}

fired contains "G22 notice" if {
	asked("MHRT")
	input.from.solicits_children
}

fired contains "G23 a" if {
	asked("PAMT")
	at_facility
	input.provider.paid_per_child
}

fired contains "G23 return" if {
	asked("H")
	current in residential_care
	input.from.paid_per_child
}

fired contains "G24" if {
	asked("A")
	not input.history.decision_on_file
}

overfull if input.provider.occupied > input.provider.capacity

overfull if {
	not input.provider.includes_child
	input.provider.occupied >= input.provider.capacity
}

fired contains "G25 a" if {
	asked("PAM")
	not own
	not input.provider.kind in {"relative", "health_facility"}
	overfull
}

fired contains "G25 notice" if {
	asked("MHRT")
	input.from.occupied > input.from.capacity
}

fired contains "G26" if {
	asked("PAMTI")
	input.child.justice == "detained"
}

carer_gone if {
	some c in input.caregivers
	c.status in {"hospitalised", "imprisoned"}
}

carer_gone if count(reasons & {"carer_illness", "carer_imprisoned"}) > 0

fired contains "G27 a" if {
	asked("PAMT")
	entering
	residential
	carer_gone
}

fired contains "G27 b" if {
	asked("PAMT")
	entering
	some c in input.caregivers
	c.status in {"hospitalised", "imprisoned"}
	c.expected_back != ""
}

fired contains "G28" if {
	asked("PMRI")
	"kinship_informal" in {care, current}
}

fired contains "G29" if {
	asked("PAMT")
	not own
	input.provider.kind in families
	expired
}

fired contains "G30 a" if {
	asked("PAMT")
	care == "kafaalah"
	input.child.religion != "muslim"
}

fired contains "G30 b" if {
	asked("PAMT")
	residential
	input.request.emergency == false
	input.child.religion == "muslim"
	not "kafaalah" in ruled_out
}

separated if input.child.separated in {"separated", "unaccompanied"}

perhaps_missed if separated

perhaps_missed if count(reasons & {"abandonment", "separation_in_displacement"}) > 0

fired contains "G31 a" if {
	asked("PAMT")
	care in irreversible_care
	not input.tracing.exhausted
	perhaps_missed
}

fired contains "G31 b" if {
	asked("PAMTRI")
	separated
	not input.tracing.exhausted
}

fired contains "G32 a" if {
	asked("PAM")
	input.request.abroad
	input.request.return_plan == ""
}

fired contains "G32 b" if {
	asked("PAM")
	input.request.abroad
	not input.request.escort in {"family_member", "known_carer"}
}

fired contains "G32 c" if {
	asked("PAM")
	input.request.abroad
}

fired contains "G33 a" if emergency

in_name if {
	asked("PAM")
	input.request.emergency
	not emergency
}

fired contains "G33 b-imminent" if {
	in_name
	not input.danger.imminent
}

fired contains "G33 b-ground" if {
	in_name
	input.danger.ground == ""
}

fired contains "G33 b-authoriser" if {
	in_name
	input.request.authorised_by == ""
}

provisional_hours := floor((time.parse_rfc3339_ns(input.at) - time.parse_rfc3339_ns(input.history.provisional_since)) / hour_length) if {
	input.history.provisional_since != ""
}

fired contains "G33 c" if {
	asked("T")
	provisional_hours > 72
}

fired contains "G34" if {
	asked("PMH")
	not input.request.preparation_done
}

somebody_to_meet if {
	some c in input.caregivers
	reachable(c)
}

somebody_to_meet if split

fired contains "G35" if {
	asked("PAMT")
	not care in at_home_care
	input.request.contact_plan == ""
	somebody_to_meet
}

fired contains "G36 a" if {
	asked("H")
	input.request.aftercare_plan == ""
}

not_yet_safe if input.danger.imminent

not_yet_safe if {
	input.harm_by == "household"
	count([s | some s in input.support; s.result == "succeeded"]) == 0
}

fired contains "G36 b" if {
	asked("H")
	not_yet_safe
}

fired contains "G36 c" if asked("H")

fired contains "G40 a" if {
	asked("PAMI")
	age_lower >= 216
}

fired contains "G40 b" if {
	asked("TRHC")
	age_lower >= 216
}

fired contains "G40 c" if {
	asked("PM")
	care == "supported_independent_living"
	input.request.aftercare_plan == ""
}

fired contains "G40 d" if {
	asked("PM")
	care == "supported_independent_living"
	age_lower < 192
}

fired contains "G40 e" if {
	asked("C")
	age_lower >= 192
	not current in at_home_care
	current != ""
	input.request.aftercare_plan == ""
}

fired contains "G42 a" if {
	asked("PAMT")
	not own
	input.provider.open_allegation
}

fired contains "G42 notice" if {
	asked("MHRT")
	input.from.open_allegation
}
