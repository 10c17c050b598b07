package main

import (
	"bytes"
	"encoding/json"
	"text/template"
	"time"

	"umuryango/events"
)

// What the story's people find out, as parts of a case document. A text is "*":
// there is one, and it is kept apart.
var storyFacts = template.Must(template.New("facts").Parse(`
{{define "raised"}}{
  "child": {
    "age_months": 18, "age_estimated": false, "sex": "female",
    "functioning": {"walking": "none", "seeing": "none", "hearing": "none", "communicating": "none"},
    "religion": "christian", "separated": "none", "justice": "none"
  },
  "reasons": ["parental_death", "poverty"],
  "harm_by": "none",
  "danger": {"imminent": false, "ground": ""},
  "referral": {"similar_open": 0},
  "request": {"care": "residential_institution", "emergency": false, "abroad": false}
}{{end}}
{{define "visited"}}{
  "child": {"views": {"heard": true, "method": "observation", "at": "{{.Yesterday}}", "alone": false, "why_not_heard": ""}},
  "caregivers": [
    {"relation": "mother", "status": "dead", "consent": "not_applicable", "consulted": false, "expected_back": ""},
    {"relation": "grandmother", "status": "present", "consent": "given", "consulted": true, "expected_back": ""}
  ],
  "kin_search": [
    {"relation": "aunt", "outcome": "suitable", "place": "RW5705", "visited_at": "{{.Yesterday}}", "same_household": false, "child_agrees": true}
  ],
  "siblings": [],
  "sibling_separation_reason": "",
  "support": [{"type": "cash_transfer", "from": "{{.LongAgo}}", "to": "{{.Day}}", "result": "failed"}],
  "tracing": {"started": true, "exhausted": false},
  "assessment": {"complete": true, "at": "{{.Yesterday}}", "by": "SEC-2"},
  "court_order": "",
  "history": {"moves_12_months": 0, "current_care": "", "decision_on_file": false}
}{{end}}
{{define "institution"}}{
  "request": {
    "care": "residential_institution", "provider": "P-0042", "starts": "{{.Day}}", "planned_end": "",
    "alternatives_ruled_out": [], "why_this_care": "", "exception": "", "emergency": false, "authorised_by": "",
    "plan": {"goals": [], "permanency_goal": ""}, "contact_plan": "", "preparation_done": false,
    "legal_custodian": "relative", "aftercare_plan": "", "abroad": false
  },
  "provider": {
    "kind": "institution", "licence": "valid", "accredited_until": "{{.InAYear}}", "capacity": 40, "occupied": 31, "includes_child": false,
    "open_allegation": false, "solicits_children": false, "paid_per_child": false, "overdue_reviews": 0, "place": "RW5710"
  }
}{{end}}
{{define "aunt"}}{
  "request": {
    "provider": "P-0107", "plan": {"goals": ["*"], "permanency_goal": "kinship_formal"}, "contact_plan": "*", "preparation_done": true,
    "why_this_care": "*"
  },
  "provider": {
    "kind": "relative", "licence": "none", "capacity": 1, "occupied": 0, "includes_child": false,
    "open_allegation": false, "solicits_children": false, "paid_per_child": false, "overdue_reviews": 0, "place": "RW5705"
  }
}{{end}}
{{define "street"}}{
  "child": {"age_months_min": 96, "age_months_max": 132, "age_estimated": true, "sex": "male"},
  "reasons": ["street_connected"], "referral": {"similar_open": 0}
}{{end}}
{{define "second"}}{
  "child": {
    "age_months": 60, "age_estimated": false, "sex": "male",
    "functioning": {"walking": "none", "seeing": "none", "hearing": "none", "communicating": "none"},
    "religion": "christian", "separated": "none", "justice": "none"
  },
  "reasons": ["carer_illness"], "harm_by": "none", "danger": {"imminent": false, "ground": ""}, "referral": {"similar_open": 0},
  "request": {"emergency": false, "abroad": false}
}{{end}}
{{define "kin"}}{
  "request": {
    "care": "kinship_formal", "provider": "P-0107", "starts": "{{.Day}}", "planned_end": "", "exception": "", "emergency": false, "authorised_by": "",
    "plan": {"goals": ["*"], "permanency_goal": "kinship_formal"}, "contact_plan": "*", "preparation_done": true, "why_this_care": "*",
    "alternatives_ruled_out": [], "legal_custodian": "relative", "aftercare_plan": "", "abroad": false
  },
  "provider": {
    "kind": "relative", "licence": "none", "capacity": 1, "occupied": 0, "includes_child": false,
    "open_allegation": false, "solicits_children": false, "paid_per_child": false, "overdue_reviews": 0, "place": "RW5705"
  }
}{{end}}
{{define "hospital"}}{
  "caregivers": [{"relation": "mother", "status": "hospitalised", "consent": "given", "consulted": true, "expected_back": "{{.InAYear}}"}]
}{{end}}
`))

// facts fills one of the templates above with the days around now.
func facts(name string, now time.Time) (events.Facts, error) {
	var out, compact bytes.Buffer
	const day = 24 * time.Hour
	err := storyFacts.ExecuteTemplate(&out, name, map[string]string{
		"Yesterday": now.Add(-day).UTC().Format(time.RFC3339),
		"Day":       now.UTC().Format(time.DateOnly),
		"LongAgo":   now.Add(-120 * day).UTC().Format(time.DateOnly),
		"InAYear":   now.Add(365 * day).UTC().Format(time.DateOnly),
	})
	if err != nil {
		return nil, err
	}
	if err := json.Compact(&compact, out.Bytes()); err != nil {
		return nil, err
	}
	return compact.Bytes(), nil
}
