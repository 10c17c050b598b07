package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"umuryango/events"
	"umuryango/policies"
)

// PackGate is a policy pack as the engine asks it.
func PackGate(p *policies.Pack) Gate { return packGate{p} }

type packGate struct{ pack *policies.Pack }

func (g packGate) Pack() string                 { return g.pack.ID() }
func (g packGate) Version() string              { return g.pack.Version() }
func (g packGate) From() time.Time              { return g.pack.From() }
func (g packGate) Knows(list, code string) bool { return g.pack.Knows(list, code) }

func (g packGate) Decides() int { return g.pack.Decides() }

func (g packGate) Clock(name string) (time.Duration, bool) { return g.pack.Clock(name) }

func (g packGate) Erasure(ground string) (ErasureRule, bool) {
	if !g.pack.Knows(policies.ErasureGrounds, ground) {
		return ErasureRule{}, false
	}
	years, _ := g.pack.Number(policies.HoldYears)
	months, _ := g.pack.Number(policies.Majority)
	return ErasureRule{
		Court: g.pack.In(policies.LiftedByCourt, ground), Person: g.pack.In(policies.LiftedByPerson, ground),
		Adult: g.pack.In(policies.OfAdult, ground), HoldYears: int(years), Majority: int(months),
	}, true
}

// LevelAbove: depths count down from the nation.
func (g packGate) LevelAbove(office events.Place) bool { return office.Level() < g.pack.Decides() }

// Split implements Gate.
func (g packGate) Split(facts events.Facts) (events.Facts, Narrative, error) {
	recorded, texts, err := policies.Split(facts)
	var bad *policies.Error
	if errors.As(err, &bad) {
		return nil, nil, &Invalid{bad.Path, bad.Problem}
	}
	return recorded, texts, err
}

// Read refuses free texts too: nothing that an event stores in clear may hold
// one.
func (g packGate) Read(doc []byte) ([]byte, error) {
	c, err := g.pack.Read(doc)
	var bad *policies.Error
	switch {
	case errors.As(err, &bad):
		return nil, &Invalid{bad.Path, bad.Problem}
	case err != nil:
		return nil, fmt.Errorf("read a case document under pack %s %s: %w", g.pack.ID(), g.pack.Version(), err)
	}
	if path, found := c.FreeText(); found {
		return nil, &Invalid{path, `a free text is told apart from the document, in which "*" says that there is one`}
	}
	return c.JSON(), nil
}

func (g packGate) Check(doc []byte) (Finding, error) {
	c, err := g.pack.Read(doc)
	if err != nil {
		return Finding{}, fmt.Errorf("check a case document under pack %s %s: %w", g.pack.ID(), g.pack.Version(), err)
	}
	r := policies.Check(g.pack, c)
	return Finding{
		Checked: events.Checked{Case: c.JSON(), Result: r.JSON(), Outcome: r.Outcome, Rules: rules(r), PackHash: r.PackHash},
		Care:    c.Care(), Outcome: r.Outcome,
	}, nil
}

// rules lists the rules of a result, each once, in its order.
func rules(r policies.Result) []string {
	var out []string
	for _, f := range r.Findings {
		if !slices.Contains(out, f.Rule) {
			out = append(out, f.Rule)
		}
	}
	return out
}
