package audit

import (
	"bytes"
	"encoding/json"
	"errors"

	"umuryango/engine"
	"umuryango/events"
)

// decisions checks that every decision carries its reasons, whether it has
// effect or not, and asks the gate again.
func (a *auditor) decisions() {
	for _, s := range a.stores {
		for _, e := range s.entries {
			var b events.Erased
			if e.Event.Type == events.TypeErased && e.Event.Decode(&b) == nil && b.Key == "" {
				a.erased[e.Event.Subject] = true
			}
		}
	}
	seen := map[events.Hash]bool{}
	for _, s := range a.stores {
		for _, e := range s.entries {
			if seen[e.hash] {
				continue
			}
			seen[e.hash] = true
			a.decision(s.Node, e)
		}
	}
}

func (a *auditor) decision(node events.Place, e entry) {
	if e.Event.Type != events.TypeProposed && e.Event.Type != events.TypeDecided {
		return
	}
	d, err := engine.Disclose(e.Event, a.again.Open)
	if err != nil {
		return // it cannot be read and has no effect
	}
	if e.Event.Type == events.TypeDecided {
		a.said(node, e)
	}
	if closed := d.Closed[events.FieldFacts]; closed != nil {
		a.closed(node, e, d, closed)
		return
	}
	a.ask(node, e, *d.Asked)
	if d.Taken != nil {
		a.ask(node, e, *d.Taken)
	}
}

// said: a decision says who sat and why.
func (a *auditor) said(node events.Place, e entry) {
	var b events.Decided
	if e.Event.Decode(&b) != nil {
		return
	}
	if len(b.Panel) == 0 {
		a.breach(LawReasons, node, "decision %s does not say who sat", e.name())
	}
	if b.Reason == "" {
		a.breach(LawReasons, node, "decision %s gives no reason", e.name())
	}
}

// closed: what is sealed says in clear what the gate answered and under which
// pack; the rest is checked by whoever has a key.
func (a *auditor) closed(node events.Place, e entry, d engine.Disclosed, why error) {
	for _, c := range []*events.Checked{d.Asked, d.Taken} {
		if c != nil && (c.Outcome == "" || c.PackHash == "") {
			a.breach(LawReasons, node, "event %s does not say what the gate answered, and under which pack", e.name())
		}
	}
	switch {
	case errors.Is(why, engine.ErrErased) || a.erased[e.Event.Subject]:
		a.Erased++
	case errors.Is(why, engine.ErrNoKey) || errors.Is(why, engine.ErrLocked) || errors.Is(why, engine.ErrNotLinked):
		a.Sealed++
	default:
		a.breach(LawReasons, node, "the reasons of event %s cannot be read with their own key: %v", e.name(), why)
	}
}

// ask asks the gate once more on what an event recorded.
func (a *auditor) ask(node events.Place, e entry, c events.Checked) {
	if len(c.Case) == 0 || len(c.Result) == 0 || c.PackHash == "" {
		a.breach(LawReasons, node, "event %s does not carry the case document, the result and the pack's hash", e.name())
		return
	}
	if outcome := outcomeOf(c.Result); c.Outcome != "" && c.Outcome != outcome {
		a.breach(LawReasons, node, "event %s says in clear that the gate answered %s, and it answered %s", e.name(), c.Outcome, outcome)
	}
	if a.again.Recheck == nil {
		return
	}
	result, known, err := a.again.Recheck(c.PackHash, c.Case)
	if known {
		a.Checked++
	}
	switch {
	case err != nil:
		a.breach(LawReasons, node, "event %s cannot be checked again: %v", e.name(), err)
	case !known:
		a.breach(LawReasons, node, "event %s cannot be checked again: its pack %s is not at hand", e.name(), c.PackHash)
		a.Breaches[len(a.Breaches)-1].Pack = c.PackHash
	case !bytes.Equal(result, c.Result):
		a.breach(LawReasons, node, "event %s, checked again, gives another result", e.name())
	}
}

func outcomeOf(result []byte) string {
	var r struct {
		Outcome string `json:"outcome"`
	}
	if json.Unmarshal(result, &r) != nil {
		return ""
	}
	return r.Outcome
}
