package policies_test

var rowsTwo = []row{
	{"foster", facts{"kin_search": readyAunt}, "G10 a", "divert certain", []string{"divert:kinship_formal"}, nil, "divert"},
	{"foster", facts{"kin_search": readyAunt, "kin_search[0].same_household": true}, "G10 a", "", nil, nil, ""}, // harm in the household
	{"foster", facts{"kin_search": readyAunt, "kin_search[0].child_agrees": false}, "G10 a", "", nil, nil, ""},
	{"foster", facts{"kin_search": readyAunt, "kin_search[0].child_agrees": false, "child.age_months": 83}, "G10 a", "divert certain", nil, nil, ""},
	{"foster", facts{"kin_search": readyAunt, "kin_search[0].visited_at": gone}, "G10 a", "need_information open", []string{"kin_search[0].visited_at"}, []string{"divert:kinship_formal"}, ""},
	{"foster", facts{"kin_search": readyAunt, "kin_search[0].visited_at": ""}, "G10 b", "need_information certain", []string{"kin_search[0].visited_at", "kin_visit 2026-11-29T09:00"}, nil, ""},
	{"foster", facts{"kin_search": readyAunt, "kin_search[0].outcome": "pending"}, "G10 b", "need_information certain", []string{"kin_search[0].outcome"}, nil, ""},
	{"foster", facts{"kin_search": "json:[]"}, "G10 c", "need_information certain", []string{"kin_search", "kin_visit"}, nil, ""},
	{"foster", facts{"kin_search": gone}, "G10 c", "need_information open", []string{"kin_search"}, nil, ""},
	{"kin", facts{"kin_search": "json:[]"}, "G10 c", "", nil, nil, "no_objection"},
	{"move", facts{"kin_search": readyAunt}, "G10 a", "", nil, nil, "no_objection"},
	{"foster", alarm(facts{"kin_search": readyAunt}), "G10 a", "deadline certain", []string{"kin_visit", "divert:kinship_formal"}, nil, "provisional"},

	{"residential", facts{"request.alternatives_ruled_out": "json:[]"}, "G11 a", "divert certain", []string{"divert:foster_short", "request.alternatives_ruled_out"}, nil, "divert"},
	{"residential", facts{"request.alternatives_ruled_out": `json:[{"care":"foster_short","why":"*"}]`}, "G11 a", "divert certain", []string{"divert:foster_long"}, []string{"divert:foster_short"}, ""},
	{"residential", facts{"request.alternatives_ruled_out": `json:[{"care":"foster_short","why":""}]`}, "G11 a", "divert certain", []string{"divert:foster_short"}, nil, ""},
	{"residential", facts{"request.alternatives_ruled_out": `json:[{"care":"foster_short"}]`}, "G11 a", "divert certain", []string{"divert:foster_long"}, nil, ""}, // perhaps ruled out
	{"residential", facts{"request.alternatives_ruled_out": gone}, "G11 a", "need_information open", []string{"request.alternatives_ruled_out"}, []string{"divert:foster_short"}, ""},
	{"residential", facts{"request.alternatives_ruled_out": `json:[{"care":"foster_short","why":"*"},{"care":"foster_long","why":"*"},{"care":"foster_specialised","why":"*"}]`}, "G11 b", "need_information certain", []string{"request.alternatives_ruled_out"}, nil, "need_information"},
	{"residential", facts{"request.why_this_care": ""}, "G11 c", "need_information certain", []string{"request.why_this_care"}, nil, ""},
	{"residential", facts{"request.care": "place_of_safety", "request.emergency": true, "request.why_this_care": ""}, "G11 c", "", nil, nil, ""},
	{"residential", alarm(facts{"request.why_this_care": ""}), "G11 c", "deadline certain", []string{"exit_plan"}, nil, "provisional"},

	{"residential", facts{"child.age_months": 35}, "G12 a", "divert certain", []string{"divert:foster_emergency"}, nil, "divert"},
	{"residential", facts{"child.age_months": 36}, "G12 a", "", nil, nil, ""},
	{"residential", facts{"child.age_months": gone, "child.age_months_min": 30, "child.age_months_max": 40}, "G12 a", "divert certain", nil, nil, ""},
	{"residential", facts{"child.age_months": gone}, "G12 a", "need_information open", []string{"child.age_months", "divert:foster_emergency"}, nil, "need_information"},
	{"foster", facts{"child.age_months": 20}, "G12 a", "", nil, nil, ""},
	{"residential", facts{"child.age_months": 20, "request.exception": "short_predetermined", "request.planned_end": "2026-12-24"}, "G12 a", "", nil, nil, ""},
	{"residential", facts{"child.age_months": 20, "request.exception": "short_predetermined", "request.planned_end": "2026-12-24"}, "G12 b", "deadline certain", []string{"exit_plan"}, nil, ""},
	{"residential", facts{"child.age_months": 20, "request.exception": "short_predetermined", "request.planned_end": "2026-12-25"}, "G12 a", "divert certain", nil, nil, ""}, // 31 days
	{"residential", facts{"child.age_months": 20, "request.exception": "short_predetermined", "request.planned_end": ""}, "G12 a", "divert certain", nil, nil, ""},
	{"residential", facts{"child.age_months": 20, "request.exception": "siblings_together", "request.planned_end": "2027-02-22", "siblings": `json:[{"placed_together":true}]`}, "G12 b", "deadline certain", nil, nil, ""},
	{"residential", facts{"child.age_months": 20, "request.exception": "siblings_together", "request.planned_end": "2027-02-22"}, "G12 a", "divert certain", nil, nil, ""}, // no sibling there
	{"residential", facts{"child.age_months": 20, "request.exception": gone}, "G12 b", "", nil, nil, ""},
	{"residential", alarm(facts{"child.age_months": 20}), "G12 a", "deadline certain", []string{"exit_plan", "divert:foster_emergency"}, nil, "provisional"},

	{"foster", facts{"siblings[0].placed_together": false}, "G13", "escalate certain", []string{"sibling_separation_reason", "to:national"}, nil, "escalate"},
	{"foster", facts{"siblings": `json:[{"placed_together":true},{}]`}, "G13", "need_information open", []string{"siblings[1].placed_together", "to:national"}, nil, "need_information"},
	{"foster", facts{"siblings[0].placed_together": false, "sibling_separation_reason": "*"}, "G13", "", nil, nil, "no_objection"},
	{"foster", alarm(facts{"siblings[0].placed_together": false}), "G13", "deadline certain", []string{"contact"}, nil, "provisional"},

	{"foster", facts{"provider.place": "RW5401", "request.why_this_care": ""}, "G14", "escalate certain", []string{"request.why_this_care", "to:national"}, nil, "escalate"},
	{"foster", facts{"provider.place": "RW5399", "request.why_this_care": ""}, "G14", "", nil, nil, ""},
	{"foster", facts{"home": gone, "request.why_this_care": ""}, "G14", "need_information open", []string{"home"}, nil, ""},
	{"foster", alarm(facts{"provider.place": "RW5401", "request.why_this_care": ""}), "G14", "deadline certain", []string{"review"}, nil, "provisional"},

	{"move", facts{"history.moves_12_months": 2}, "G15", "escalate certain", []string{"to:national"}, nil, "escalate"},
	{"move", facts{"history.moves_12_months": 1}, "G15", "", nil, nil, ""},
	{"move", facts{"history.moves_12_months": gone}, "G15", "need_information open", []string{"history.moves_12_months"}, nil, ""},

	{"foster", facts{"panel": urgent}, "G16", "void certain", nil, nil, "void"},
	{"foster", facts{"panel": gone}, "G16", "need_information open", []string{"panel"}, nil, "need_information"},
	{"foster", facts{"panel.members[0].recused": true}, "G16", "void certain", nil, nil, "void"},
	{"foster", facts{"panel.members[0].interest": "*"}, "G16", "void certain", nil, nil, "void"},
	{"foster", facts{"panel.members[0].recused": gone}, "G16", "need_information open", []string{"panel"}, []string{"panel.members[0].recused"}, ""},
	{"foster", facts{"panel.members[1].recused": gone}, "G16", "", nil, nil, "no_objection"}, // health is there too
	{"foster", facts{"panel.members[0].present": false, "panel.members[1].interest": gone}, "G16", "void certain", nil, nil, "void"},
	{"ratify", facts{"panel": urgent}, "G16", "", nil, nil, ""},
	{"ratify", facts{"panel.members[0].present": false}, "G16", "void certain", nil, nil, "void"},
	{"move", facts{"panel": gone}, "G16", "", nil, nil, "no_objection"},
	{"move", facts{"panel": gone, "request.care": "residential_institution"}, "G16", "need_information open", []string{"panel"}, nil, ""},
	{"move", facts{"panel": gone, "history.current_care": "kinship_formal"}, "G16", "need_information open", []string{"panel"}, nil, ""},
	{"move", facts{"panel": urgent, "history.current_care": gone}, "G16", "need_information open", []string{"history.current_care"}, nil, ""},
	{"foster", alarm(facts{"panel": gone}), "G16", "deadline open", []string{"ratify"}, nil, "provisional"},

	{"foster", facts{"assessment.complete": false}, "G17 a", "need_information certain", []string{"assessment.complete", "assess"}, nil, ""},
	{"foster", facts{"assessment": gone}, "G17 a", "need_information open", []string{"assessment", "assess"}, nil, ""},
	{"intake", facts{"assessment": gone}, "G17 intake", "deadline open", []string{"assess"}, []string{"assessment"}, "no_objection"},
	{"intake", facts{"assessment.complete": false}, "G17 intake", "deadline certain", []string{"assess"}, []string{"assessment.complete"}, "no_objection"},

	{"foster", facts{"request.plan.goals": "json:[]"}, "G18 a", "need_information certain", []string{"request.plan.goals"}, nil, ""},
	{"foster", facts{"request.plan": gone}, "G18 a", "need_information open", []string{"request.plan"}, nil, ""},
	{"foster", facts{"request.plan.permanency_goal": ""}, "G18 b", "need_information certain", []string{"request.plan.permanency_goal"}, nil, ""},

	{"foster", nil, "G19 a", "deadline certain", []string{"review 2027-02-20T09:00"}, nil, "no_objection"},
	{"review", facts{"history.days_since_review": 91}, "G19 b", "escalate certain", []string{"to:national"}, nil, "escalate"},
	{"review", facts{"history.days_since_review": 90}, "G19 b", "", nil, nil, ""},
	{"residential", facts{"provider.overdue_reviews": 1}, "G19 c", "escalate certain", []string{"to:national"}, nil, "escalate"},
	{"foster", facts{"provider.overdue_reviews": 1}, "G19 c", "", nil, nil, ""}, // no facility

	{"kafaalah", facts{"request.legal_custodian": ""}, "G20 a", "blocked certain", []string{"guardian"}, nil, "blocked"},
	{"kafaalah", facts{"request.legal_custodian": gone}, "G20 a", "need_information open", []string{"request.legal_custodian"}, nil, ""},
	{"kafaalah", alarm(facts{"request.legal_custodian": ""}), "G20 a", "blocked certain", nil, nil, "blocked"},
	{"foster", facts{"request.legal_custodian": ""}, "G20 b", "deadline certain", []string{"guardian 2026-12-06T09:00"}, nil, "no_objection"},
	{"foster", facts{"request.legal_custodian": gone}, "G20 b", "need_information open", []string{"request.legal_custodian", "guardian"}, nil, ""},
	{"intake", facts{"request.legal_custodian": gone}, "G20 intake", "deadline open", []string{"guardian"}, []string{"request.legal_custodian"}, "no_objection"},
}
