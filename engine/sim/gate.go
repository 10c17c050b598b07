package sim

import (
	"encoding/json"
	"fmt"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// gate is a small policy pack: three care types, of which one meets no
// objection, one is diverted and one blocked. It knows every code but "none".
type gate struct{}

const (
	packHash   = "sha256:simulated"
	careKin    = "kinship"
	careFoster = "foster"
	careHome   = "residential_institution"
	noCode     = "none"
)

var outcomes = map[string]string{"": "no_objection", careKin: "no_objection", careFoster: "divert", careHome: "blocked"}

func (gate) Pack() string                   { return "simulated" }
func (gate) Version() string                { return "1" }
func (gate) Knows(_, code string) bool      { return code != "" && code != noCode }
func (gate) From() time.Time                { return time.Time{} }
func (gate) LevelAbove(o events.Place) bool { return o.Level() < 1 }

// groundCourt is this pack's ground of an erasure.
const groundCourt = "court_order"

// Erasure implements engine.Gate.
func (gate) Erasure(ground string) (engine.ErasureRule, bool) {
	return engine.ErasureRule{Court: true}, ground == groundCourt
}

// Decides implements engine.Gate.
func (gate) Decides() int { return decides }

// Clock implements engine.Gate: nothing of it opens what is sealed.
func (gate) Clock(string) (time.Duration, bool) { return 0, false }

// Split implements engine.Gate: this pack's documents hold no free text.
func (gate) Split(f events.Facts) (events.Facts, engine.Narrative, error) {
	return f, engine.Narrative{}, nil
}

// Read implements engine.Gate.
func (gate) Read(doc []byte) ([]byte, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(doc, &parts); err != nil {
		return nil, &engine.Invalid{Field: "case", Problem: "an object is expected"}
	}
	if _, known := outcomes[care(doc)]; !known {
		return nil, &engine.Invalid{Field: "case.request.care", Problem: "no care type of this pack"}
	}
	return json.Marshal(parts)
}

// Check implements engine.Gate.
func (gate) Check(doc []byte) (engine.Finding, error) {
	asked := care(doc)
	outcome := outcomes[asked]
	result := events.Facts(fmt.Sprintf(`{"outcome":%q,"read":%d}`, outcome, len(doc)))
	return engine.Finding{
		Checked: events.Checked{Case: doc, Result: result, Outcome: outcome, PackHash: packHash}, Care: asked, Outcome: outcome,
	}, nil
}

func care(doc []byte) string {
	var d struct {
		Request struct {
			Care string `json:"care"`
		} `json:"request"`
	}
	if json.Unmarshal(doc, &d) != nil {
		return noCode
	}
	return d.Request.Care
}

// recheck asks the gate again, as an auditor does.
func recheck(hash string, doc []byte) ([]byte, bool, error) {
	f, err := gate{}.Check(doc)
	return f.Result, hash == packHash, err
}
