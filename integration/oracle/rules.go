package oracle

import (
	"fmt"
	"strings"
	"time"

	"umuryango/policies"
)

// Ours is the gate under test: the Rwandan pack as the program carries it.
type Ours struct {
	Pack *policies.Pack
	// Written are the conditions of the pack as their author wrote them, by the
	// name of the part.
	Written map[string]string
}

// Load loads the pack that is in force in 2026.
func Load() (*Ours, error) {
	l, err := policies.Embedded()
	if err != nil {
		return nil, fmt.Errorf("load the packs: %w", err)
	}
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	p, err := l.InForce("rwanda", at)
	if err != nil {
		return nil, fmt.Errorf("find the pack: %w", err)
	}
	c, err := p.Read([]byte(`{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"intake"}`))
	if err != nil {
		return nil, fmt.Errorf("read a document without anything: %w", err)
	}
	o := &Ours{Pack: p, Written: map[string]string{}}
	for _, r := range policies.Explain(p, c, "en").Rules {
		o.Written[strings.TrimSpace(r.Rule+" "+r.Part)] = r.When
	}
	return o, nil
}

// Check reads a document's text and checks it.
func (o *Ours) Check(raw []byte) (policies.Result, error) {
	c, err := o.Pack.Read(raw)
	if err != nil {
		return policies.Result{}, fmt.Errorf("read a generated document: %w", err)
	}
	return policies.Check(o.Pack, c), nil
}

// Fired names the parts with a certain finding.
func Fired(r policies.Result) map[string]bool {
	out := make(map[string]bool, len(r.Findings))
	for _, f := range r.Findings {
		if f.Certain {
			out[strings.TrimSpace(f.Rule+" "+f.Part)] = true
		}
	}
	return out
}
