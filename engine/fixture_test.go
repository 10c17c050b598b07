package engine_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

const (
	nation   = events.Place("RW")
	district = events.Place("RW.57")
	sector   = events.Place("RW.57.12")
	cell     = events.Place("RW.57.12.05")
	village  = events.Place("RW.57.12.05.03")
	foreign  = events.Place("RW.11")
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	// child is the case of these tests.
	child = events.Subject{Place: village, Kind: events.KindCase, ID: string(id(1))}
)

func id(n int) events.ID { return events.ID(fmt.Sprintf("01a1f795-4f80-7000-8000-%012x", n)) }

func run(n uint64) events.Run { return events.Run{Number: n, Mark: "t"} }

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) ed25519.PublicKey { return keyOf(name).Public().(ed25519.PublicKey) }

func author(node events.Place, r events.Run, number uint64, key string) events.Author {
	return events.Author{
		Source: events.Source{Node: node, Run: r}, Number: number, Key: events.KeyID(public(key)),
		Sign: events.SignWith(keyOf(key)),
	}
}

func encode(t testing.TB, body any) []byte {
	out, err := events.Encode(body)
	is.New(t).NoErr(err)
	return out
}

// gate is a policy pack of a few codes that answers what a test wants.
type gate struct {
	outcome string // "": no_objection
	unread  bool   // refuses every document
}

func (gate) Pack() string                   { return "test" }
func (gate) Version() string                { return "2026.1" }
func (gate) From() time.Time                { return time.Time{} }
func (gate) LevelAbove(o events.Place) bool { return o.Level() < district.Level() }
func (gate) Decides() int                   { return district.Level() }

func (gate) Erasure(ground string) (engine.ErasureRule, bool) {
	rule := engine.ErasureRule{Court: ground == "court", Person: ground == "request", Adult: ground == "adult", HoldYears: 30, Majority: 216}
	return rule, rule.Court || rule.Person || rule.Adult || ground == "mistake"
}

func (gate) Clock(name string) (time.Duration, bool) {
	return 48 * time.Hour, name == engine.ClockOpening
}

func (gate) Knows(list, code string) bool {
	return map[string]map[string]bool{
		engine.ListSources:       {"izu": true},
		engine.ListSendBack:      {"other_office": true},
		engine.ListDecisions:     {"kin_found": true},
		engine.ListTakeOver:      {"unheard": true},
		engine.ListContributions: {"sighting": true},
		engine.ListAnswers:       {"acted_on": true},
		engine.ListRestriction:   {"works_there": true},
		engine.ListOpening:       {"audit": true},
	}[list][code]
}

// known are the keys that this pack's case document may have.
var known = map[string]bool{
	"pack": true, "at": true, "decision": true, "home": true, "child": true, "reasons": true, "request": true, "danger": true, "panel": true, "referral": true, "court_order": true,
}

// Split takes texts out as a real pack does.
func (gate) Split(f events.Facts) (events.Facts, engine.Narrative, error) {
	recorded, texts, err := policies.Split(f)
	return recorded, texts, err
}

func (g gate) Read(doc []byte) ([]byte, error) {
	var parts map[string]any
	if err := json.Unmarshal(doc, &parts); err != nil || g.unread {
		return nil, &engine.Invalid{Field: "case", Problem: "it cannot be read"}
	}
	for key := range parts {
		if !known[key] {
			return nil, &engine.Invalid{Field: "case." + key, Problem: "an unknown key"}
		}
	}
	return json.Marshal(parts)
}

func (g gate) Check(doc []byte) (engine.Finding, error) {
	var d struct {
		Request struct {
			Care string `json:"care"`
		} `json:"request"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return engine.Finding{}, err
	}
	out := engine.Finding{Care: d.Request.Care, Outcome: "no_objection"}
	if g.outcome != "" {
		out.Outcome = g.outcome
	}
	out.Checked = events.Checked{Case: doc, Result: events.Facts(`{"outcome":"` + out.Outcome + `"}`), Outcome: out.Outcome, PackHash: "sha256:test"}
	return out, nil
}

// inTheClear seals what was decided as it is, so that pure code can be tested.
func inTheClear(t testing.TB, d engine.Decision) events.Draft {
	var parts events.Sealed
	for _, x := range d.Secrets {
		parts = append(parts, events.SealedPart{Field: x.Field, Key: "AAAAAAAAAAAAAAAA", Data: x.Plain})
	}
	out := d.Draft
	var err error
	out.Body, err = events.WithSealed(out.Body, parts)
	is.New(t).NoErr(err)
	return out
}

// openClear opens what inTheClear sealed.
func openClear(_ events.Event, part events.SealedPart) ([]byte, error) { return part.Data, nil }

// secret is the plain text of one field of a decision; empty where it has none.
func secret(d engine.Decision, field string) string {
	for _, x := range d.Secrets {
		if x.Field == field {
			return string(x.Plain)
		}
	}
	return ""
}

// recorded are a decision's facts.
func recorded(t testing.TB, d engine.Decision) (r engine.Recorded) {
	is.New(t).NoErr(json.Unmarshal([]byte(secret(d, events.FieldFacts)), &r))
	return r
}
