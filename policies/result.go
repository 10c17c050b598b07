package policies

import (
	"encoding/json"
	"time"
)

// Result is what the gate found. It holds no text in any language.
type Result struct {
	Outcome     string     `json:"outcome"`
	DivertTo    []string   `json:"divert_to"`
	EscalateTo  string     `json:"escalate_to"` // a level of the pack, or court
	Missing     []string   `json:"missing"`     // paths of the case document
	Deadlines   []Deadline `json:"deadlines"`
	Unknowable  []string   `json:"unknowable"`  // paths that a finding had to do without
	Derogations []string   `json:"derogations"` // base rules that this country does not ask
	Findings    []Finding  `json:"findings"`
	Pack        string     `json:"pack"`
	PackVersion string     `json:"pack_version"`
	PackHash    string     `json:"pack_hash"`
}

// Deadline is a clock that the result sets.
type Deadline struct {
	What string    `json:"what"`
	Due  time.Time `json:"due"`
}

// Finding is a rule that fired, or that could not be settled.
type Finding struct {
	Rule    string   `json:"rule"`
	Part    string   `json:"part,omitempty"` // of a rule that has several
	Class   string   `json:"class"`
	Effect  string   `json:"effect"`
	Certain bool     `json:"certain"`
	Cites   string   `json:"cites"`
	With    *Figures `json:"with,omitempty"` // the numbers and codes that it rests on
}

// JSON is the result's one form: the same bytes for the same document and pack.
func (r Result) JSON() []byte {
	raw, _ := json.Marshal(r) // strings, truths, numbers and instants always encode
	return raw
}
