package engine_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

// desk is one office that acts on one case under the pack of Rwanda.
type desk struct {
	gate   engine.Gate
	key    ed25519.PrivateKey
	home   events.Subject
	events []events.Event
}

func newDesk(t *testing.T) *desk {
	d := &desk{gate: packGate(t), key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	d.home = events.Subject{Place: "RW.57.12.05.03", Kind: events.KindCase, ID: string(actID(1))}
	return d
}

func actID(n int) events.ID { return events.ID(fmt.Sprintf("01990000-0000-7000-8000-%012d", n)) }

// do decides a command and, when it is allowed, signs and keeps its event.
func (d *desk) do(t *testing.T, what any) (engine.Decision, error) {
	t.Helper()
	n := len(d.events) + 1
	at := time.Date(2026, 11, 25, 9, n, 0, 0, time.UTC)
	c := engine.Command{Case: d.home, Do: what, Act: engine.Act{ID: actID(n), Office: "RW.57", Actor: "W-7", Time: at, Recorded: at}}
	decision, err := engine.View{Gate: d.gate, Linked: true, Open: openClear}.Decide(engine.Fold(d.home, d.events), c)
	if err != nil {
		return decision, err
	}
	decision.Draft = inTheClear(t, decision)
	decision.Draft.Edition = "2.1.6"
	e, err := events.Sign(decision.Draft, events.Author{
		Source: events.Source{Node: "RW.57", Run: events.Run{Number: 1, Mark: "k3f9"}}, Number: uint64(n),
		Key: events.KeyID(d.key.Public().(ed25519.PublicKey)), Sign: events.SignWith(d.key),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.events = append(d.events, e)
	return decision, nil
}

func (d *desk) must(t *testing.T, what any) engine.Decision {
	t.Helper()
	decision, err := d.do(t, what)
	if err != nil {
		t.Fatalf("%T: %v", what, err)
	}
	return decision
}

const (
	told = `{"referral":{"similar_open":0},"reasons":["parental_death"],"harm_by":"none","danger":{"imminent":false,"ground":""},
		"child":{"age_months":18,"separated":"none","justice":"none"},
		"caregivers":[{"relation":"mother","status":"dead","consent":"not_applicable","consulted":false}],"siblings":[]}`
	foundOut = `{"assessment":{"complete":true,"at":"2026-11-24T08:00:00Z","by":"W-7"},
		"child":{"views":{"heard":true,"method":"observation"}},
		"kin_search":[{"relation":"aunt","outcome":"suitable","visited_at":"2026-11-24T08:00:00Z","same_household":false}]}`
	asks = `{"request":{"care":"residential_institution","emergency":false,"abroad":false,"exception":"","preparation_done":true,
		"legal_custodian":"relative","plan":{"goals":["*"],"permanency_goal":"kinship_formal"}},
		"provider":{"kind":"institution","licence":"%s","accredited_until":"2028-12-31"}}`
)

func threeMembers() []events.Member {
	return []events.Member{
		{ID: "W-1", Discipline: "social_work", Present: true, Vote: "approve"},
		{ID: "W-2", Discipline: "health", Present: true, Vote: "approve"},
		{ID: "W-3", Discipline: "community", Present: true, Vote: "approve"},
	}
}

func proposedUnder(t *testing.T, licence string) (*desk, policies.Result) {
	t.Helper()
	d := newDesk(t)
	d.must(t, engine.Raise{To: "RW.57", Source: "izu", Facts: events.Facts(told)})
	d.must(t, engine.Accept{})
	d.must(t, engine.Assess{Facts: events.Facts(foundOut)})
	d.must(t, engine.Propose{Facts: events.Facts(fmt.Sprintf(asks, licence))})
	told, err := engine.Disclose(d.events[len(d.events)-1], openClear)
	if err != nil {
		t.Fatal(err)
	}
	var r policies.Result
	if err := json.Unmarshal(told.Asked.Result, &r); err != nil {
		t.Fatal(err)
	}
	return d, r
}

func TestAnInstitutionIsDivertedToTheAuntAndThePanelTakesHer(t *testing.T) {
	is := is.New(t)
	d, asked := proposedUnder(t, "valid")
	is.Equal(asked.Outcome, policies.Divert)
	is.Equal(asked.DivertTo, []string{"kinship_formal", "foster_emergency"})

	_, err := d.do(t, engine.Decide{Care: "residential_institution", Panel: threeMembers(), Reason: "best_interests", Answer: "acted_on"})
	var refused *engine.Refusal
	is.True(errors.As(err, &refused)) // the district does not stand above itself
	is.Equal(refused.Code, "gate_divert")

	aunt := engine.Decide{Care: "kinship_formal", Facts: events.Facts(`{"provider":{"kind":"relative"}}`), Panel: threeMembers(), Reason: "kin_ready", Answer: "acted_on"}
	aunt.Panel = threeMembers()[:2]
	_, err = d.do(t, aunt)
	is.True(errors.As(err, &refused)) // two are no quorum
	is.Equal(refused.Code, "gate_void")

	aunt.Panel = threeMembers()
	d.must(t, aunt)
	said, err := engine.Disclose(d.events[len(d.events)-1], openClear)
	is.NoErr(err)
	is.Equal(said.Taken.Outcome, policies.NoObjection) // also in clear
	var taken policies.Result
	is.NoErr(json.Unmarshal(said.Taken.Result, &taken))
	is.Equal(taken.Outcome, policies.NoObjection)
}

func TestAnInstitutionWithoutALicenceIsBlocked(t *testing.T) {
	is := is.New(t)
	_, asked := proposedUnder(t, "none")
	is.Equal(asked.Outcome, policies.Blocked)
	is.Equal(asked.EscalateTo, "national")
}
