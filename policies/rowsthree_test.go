package policies_test

var rowsThree = []row{
	{"residential", facts{"provider.kind": "closed_or_transit_centre"}, "G21 a", "blocked certain", []string{"to:national"}, nil, "blocked"},
	{"residential", facts{"provider.kind": gone}, "G21 a", "need_information open", []string{"provider.kind"}, nil, ""},
	{"residential", facts{"provider.licence": "none"}, "G21 b", "blocked certain", []string{"to:national"}, nil, "blocked"},
	{"residential", facts{"provider.accredited_until": "2026-11-21"}, "G21 b", "blocked certain", nil, nil, ""},
	{"residential", facts{"provider.accredited_until": "2026-11-22"}, "G21 b", "", nil, nil, "no_objection"}, // good to the end of that day
	{"residential", facts{"provider.licence": gone}, "G21 b", "need_information open", []string{"provider.licence"}, nil, ""},
	{"residential", alarm(facts{"provider.licence": gone}), "G21 b", "need_information open", []string{"provider.licence"}, nil, "need_information"},
	{"residential", alarm(facts{"provider.licence": "none"}), "G21 b", "blocked certain", nil, nil, "blocked"},
	{"kin", facts{"provider.kind": "institution", "provider.licence": "none"}, "G21 b", "", nil, nil, "no_objection"},
	{"foster", facts{"provider": `json:{"kind":"relative","place":"RW5309"}`}, "G21 b", "", nil, nil, ""},
	{"move", facts{"from": `json:{"kind":"institution","licence":"none"}`}, "G21 notice", "notice certain", nil, []string{"to:national"}, "no_objection"},
	{"move", facts{"from": `json:{"kind":"closed_or_transit_centre"}`}, "G21 notice", "notice certain", nil, nil, "no_objection"},
	{"move", facts{"from": `json:{}`}, "G21 notice", "", nil, nil, "no_objection"},

	{"residential", facts{"provider.solicits_children": true}, "G22 a", "blocked certain", []string{"to:national"}, nil, "blocked"},
	{"residential", alarm(facts{"provider.solicits_children": gone}), "G22 a", "deadline open", []string{"assess"}, nil, "provisional"},
	{"foster", facts{"provider.solicits_children": true}, "G22 a", "", nil, nil, ""},
	{"return", facts{"from.solicits_children": true}, "G22 notice", "notice certain", nil, nil, "no_objection"},

	{"residential", facts{"provider.paid_per_child": true}, "G23 a", "escalate certain", []string{"to:national"}, nil, "escalate"},
	{"residential", alarm(facts{"provider.paid_per_child": true}), "G23 a", "deadline certain", []string{"review"}, nil, "provisional"},
	{"return", facts{"from.paid_per_child": true}, "G23 return", "escalate certain", []string{"to:national"}, nil, "escalate"},

	{"admission", facts{"history.decision_on_file": false}, "G24", "without_decision certain", []string{"assess"}, nil, "without_decision"},
	{"admission", facts{"history.decision_on_file": gone}, "G24", "need_information open", []string{"history.decision_on_file"}, nil, ""},

	{"foster", facts{"provider.capacity": 1}, "G25 a", "blocked certain", nil, nil, "blocked"},
	{"foster", facts{"provider.capacity": 1, "provider.includes_child": true}, "G25 a", "", nil, nil, "no_objection"},
	{"foster", facts{"provider.capacity": 0, "provider.includes_child": true}, "G25 a", "blocked certain", nil, nil, "blocked"},
	{"foster", facts{"provider.capacity": gone}, "G25 a", "need_information open", []string{"provider.capacity"}, nil, ""},
	{"foster", facts{"provider.kind": "health_facility", "provider.capacity": 0}, "G25 a", "", nil, nil, ""},
	{"foster", alarm(facts{"provider.capacity": 1}), "G25 a", "deadline certain", []string{"ratify"}, nil, "provisional"},
	{"return", facts{"from.capacity": 3, "from.occupied": 4}, "G25 notice", "notice certain", nil, nil, "no_objection"},

	{"foster", facts{"child.justice": "detained"}, "G26", "out_of_scope certain", nil, nil, "out_of_scope"},
	{"foster", facts{"child.justice": "charged"}, "G26", "", nil, nil, "no_objection"},
	{"intake", facts{"child.justice": gone}, "G26", "need_information open", []string{"child.justice"}, nil, ""},
	{"foster", alarm(facts{"child.justice": gone}), "G26", "deadline open", []string{"assess"}, nil, "provisional"},

	{"residential", facts{"caregivers": inWard}, "G27 a", "divert certain", []string{"divert:foster_short"}, []string{"divert:kinship_formal"}, "divert"},
	{"residential", facts{"caregivers": inWard, "kin_search": readyAunt}, "G27 a", "divert certain", []string{"divert:kinship_formal"}, []string{"divert:foster_short"}, "divert"},
	{"residential", facts{"reasons": `json:["carer_illness"]`}, "G27 a", "divert certain", nil, nil, ""},
	{"foster", facts{"caregivers": inWard}, "G27 b", "deadline certain", []string{"review 2026-12-20T00:00"}, nil, "no_objection"},
	{"foster", facts{"caregivers": caresFor}, "G27 b", "", []string{"review 2027-02-20T09:00"}, nil, ""},

	{"kin", facts{"request.care": "kinship_informal"}, "G28", "deadline certain", []string{"formalise 2027-02-23T09:00", "support"}, nil, "no_objection"},
	{"review", facts{"request": gone, "history.current_care": "kinship_informal"}, "G28", "deadline certain", []string{"formalise", "support"}, nil, ""},

	{"foster", facts{"provider.licence": "suspended"}, "G29", "blocked certain", nil, nil, "blocked"},
	{"kafaalah", facts{"provider.licence": gone}, "G29", "need_information open", []string{"provider.licence"}, nil, ""},
	{"foster", alarm(facts{"provider.licence": "none"}), "G29", "blocked certain", nil, nil, "blocked"},

	{"kafaalah", facts{"child.religion": "christian"}, "G30 a", "escalate certain", []string{"to:national"}, nil, "escalate"},
	{"kafaalah", facts{"child.religion": gone}, "G30 a", "need_information open", []string{"child.religion"}, nil, ""},
	{"residential", facts{"child.religion": "muslim", "request.alternatives_ruled_out[4].why": ""}, "G30 b", "divert certain", []string{"divert:kafaalah"}, nil, "divert"},
	{"residential", facts{"child.religion": "muslim"}, "G30 b", "", nil, nil, "no_objection"},

	{"kafaalah", facts{"child.separated": "separated", "tracing.exhausted": false}, "G31 a", "blocked certain", []string{"divert:foster_short", "to:national", "trace", "guardian"}, nil, "blocked"},
	{"kafaalah", facts{"child.separated": "separated", "tracing.exhausted": gone}, "G31 a", "need_information open", []string{"divert:foster_short", "tracing.exhausted"}, nil, ""},
	{"kafaalah", alarm(facts{"child.separated": "separated", "tracing.exhausted": false}), "G31 a", "blocked certain", nil, nil, "blocked"},
	{"foster", facts{"child.separated": "unaccompanied", "tracing.exhausted": false}, "G31 b", "deadline certain", []string{"trace", "guardian"}, nil, "no_objection"},
	{"intake", facts{"child.separated": gone}, "G31 b", "", nil, nil, ""},

	{"foster", facts{"request.abroad": true}, "G32 a", "need_information certain", []string{"request.return_plan", "to:national"}, nil, "need_information"},
	{"foster", facts{"request.abroad": true, "request.return_plan": "*", "request.escort": "charity"}, "G32 b", "need_information certain", []string{"request.escort"}, nil, ""},
	{"foster", facts{"request.abroad": true, "request.return_plan": "*", "request.escort": "known_carer"}, "G32 c", "escalate certain", []string{"to:national"}, nil, "escalate"},
	{"foster", alarm(facts{"request.abroad": true, "request.return_plan": "*", "request.escort": "known_carer"}), "G32 c", "escalate certain", nil, nil, "escalate"},
	{"foster", alarm(facts{"request.abroad": gone}), "G32 c", "deadline open", []string{"assess"}, nil, "provisional"},

	{"foster", alarm(nil), "G33 a", "provisional certain", []string{"ratify 2026-11-25T09:00"}, nil, "provisional"},
	{"foster", alarm(facts{"danger.imminent": false}), "G33 b-imminent", "need_information certain", []string{"danger.imminent"}, nil, "need_information"},
	{"foster", alarm(facts{"danger.ground": ""}), "G33 b-ground", "need_information certain", []string{"danger.ground"}, nil, ""},
	{"foster", alarm(facts{"request.authorised_by": ""}), "G33 b-authoriser", "need_information certain", []string{"request.authorised_by"}, nil, ""},
	{"foster", alarm(facts{"request.authorised_by": gone}), "G33 b-authoriser", "need_information open", []string{"request.authorised_by"}, nil, ""},
	{"ratify", facts{"history.provisional_since": "2026-11-19T08:00:00Z"}, "G33 c", "escalate certain", []string{"ratify", "to:national"}, nil, "escalate"},
	{"ratify", facts{"history.provisional_since": "2026-11-19T09:00:00Z"}, "G33 c", "", nil, nil, "no_objection"},
	{"ratify", facts{"history.provisional_since": ""}, "G33 c", "", nil, nil, "no_objection"},

	{"foster", facts{"request.preparation_done": false}, "G34", "need_information certain", []string{"request.preparation_done", "prepare"}, nil, ""},
	{"foster", facts{"request.contact_plan": ""}, "G35", "need_information certain", []string{"request.contact_plan", "contact"}, nil, ""},
	{"foster", facts{"request.contact_plan": "", "caregivers": "json:[]"}, "G35", "", nil, nil, ""},

	{"return", facts{"request.aftercare_plan": ""}, "G36 a", "need_information certain", []string{"request.aftercare_plan"}, nil, ""},
	{"return", facts{"danger.imminent": true, "danger.ground": "abuse"}, "G36 b", "escalate certain", []string{"to:national", "assess"}, nil, "escalate"},
	{"return", facts{"harm_by": "household", "support": `json:[{"result":"failed"}]`}, "G36 b", "escalate certain", nil, nil, ""},
	{"return", nil, "G36 c", "deadline certain", []string{"support"}, nil, "no_objection"},

	{"foster", facts{"child.age_months": 216}, "G40 a", "out_of_scope certain", []string{"divert:supported_independent_living"}, nil, "out_of_scope"},
	{"foster", facts{"child.age_months": 215}, "G40 a", "", nil, nil, ""},
	{"return", facts{"child.age_months": 216}, "G40 b", "deadline certain", []string{"divert:supported_independent_living", "support"}, nil, "no_objection"},
	{"alone", facts{"request.aftercare_plan": ""}, "G40 c", "need_information certain", []string{"request.aftercare_plan"}, nil, ""},
	{"alone", facts{"child.age_months": 191}, "G40 d", "divert certain", []string{"divert:foster_long"}, nil, "divert"},
	{"closure", facts{"child.age_months": 192, "history.current_care": "foster_long", "request.aftercare_plan": ""}, "G40 e", "need_information certain", []string{"request.aftercare_plan"}, nil, ""},
	{"closure", facts{"child.age_months": 192, "history.current_care": "", "request.aftercare_plan": ""}, "G40 e", "", nil, nil, ""},

	{"foster", facts{"provider.open_allegation": true}, "G42 a", "blocked certain", []string{"assess"}, nil, "blocked"},
	{"foster", alarm(facts{"provider.open_allegation": gone}), "G42 a", "deadline open", []string{"assess"}, nil, "provisional"},
	{"return", facts{"from.open_allegation": true}, "G42 notice", "notice certain", []string{"assess"}, nil, "no_objection"},

	// what cannot be known: strict about residential care, no obstacle elsewhere
	{"residential", facts{"child.age_months": gone, "unknowable": `json:[{"path":"child.age_months"}]`}, "G12 a", "divert open", []string{"divert:foster_emergency", "unknowable:child.age_months"}, []string{"child.age_months"}, ""},
	{"residential", facts{"siblings": gone, "unknowable": `json:[{"path":"siblings"}]`}, "G13", "escalate open", []string{"to:national"}, []string{"siblings"}, "escalate"},
	{"residential", facts{"child.views": gone, "unknowable": `json:[{"path":"child.views"}]`}, "G02 a", "escalate open", []string{"to:national"}, []string{"child.views"}, "escalate"},
	{"foster", facts{"siblings": gone, "unknowable": `json:[{"path":"siblings"}]`}, "G13", "deadline open", []string{"unknowable:siblings"}, []string{"siblings"}, "no_objection"},
	{"foster", facts{"child.views.heard": gone, "unknowable": `json:[{"path":"child"}]`, "child.views.why_not_heard": ""}, "G02 a", "deadline open", []string{"unknowable:child"}, nil, "no_objection"},
	{"foster", facts{"child.justice": gone, "assessment": gone, "unknowable": `json:[{"path":"child.justice"}]`}, "G26", "deadline open", []string{"assessment"}, []string{"child.justice"}, "need_information"},
	{"residential", alarm(facts{"child.age_months": gone, "unknowable": `json:[{"path":"child.age_months"}]`}), "G12 a", "deadline open", []string{"exit_plan"}, []string{"child.age_months"}, "provisional"},
	{"foster", facts{"caregivers": `json:[{"relation":"mother","status":"present","consent":"given"}]`, "siblings": gone, "unknowable": `json:[{"path":"siblings"}]`}, "G03 a", "need_information open", []string{"caregivers[0].consulted"}, nil, "need_information"},
}
