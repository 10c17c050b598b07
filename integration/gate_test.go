package integration

import (
	"encoding/json"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// plainGate is a policy that knows every code and objects to nothing: these
// tests are about what is carried and stored, not about the policy.
type plainGate struct{}

func plain(time.Time) (engine.Gate, error) { return plainGate{}, nil }

func (plainGate) Pack() string              { return "plain" }
func (plainGate) Version() string           { return "2026.1" }
func (plainGate) Knows(_, code string) bool { return code != "" && code != "unknown" }

// Split finds no free text in the documents of this pack.
func (plainGate) Split(f events.Facts) (events.Facts, engine.Narrative, error) {
	return f, engine.Narrative{}, nil
}

func (plainGate) Read(doc []byte) ([]byte, error) {
	var out map[string]json.RawMessage
	if err := json.Unmarshal(doc, &out); err != nil {
		return nil, &engine.Invalid{Field: "case", Problem: err.Error()}
	}
	return json.Marshal(out)
}

func (plainGate) Check(doc []byte) (engine.Finding, error) {
	var c struct{ Request struct{ Care string } }
	if err := json.Unmarshal(doc, &c); err != nil {
		return engine.Finding{}, err
	}
	return engine.Finding{
		Checked: events.Checked{Case: doc, Result: []byte(`{"outcome":"no_objection"}`), Outcome: "no_objection", PackHash: "sha256:plain"},
		Care:    c.Request.Care, Outcome: "no_objection",
	}, nil
}

func (plainGate) From() time.Time                     { return time.Time{} }
func (plainGate) LevelAbove(office events.Place) bool { return office.Level() == 0 }
func (plainGate) Erasure(ground string) (engine.ErasureRule, bool) {
	return engine.ErasureRule{Adult: true, HoldYears: 30, Majority: 216}, ground == "recorded_by_mistake"
}
func (plainGate) Decides() int                       { return 1 }
func (plainGate) Clock(string) (time.Duration, bool) { return 0, false }
