package audit

import (
	"bytes"

	"umuryango/events"
)

// decisions checks that every decision carries its reasons, whether it has
// effect or not, and asks the gate again.
func (a *auditor) decisions() {
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
	switch e.Event.Type {
	case events.TypeProposed:
		var b events.Proposed
		if e.Event.Decode(&b) == nil {
			a.again(node, e, b.Checked)
		}
	case events.TypeDecided:
		var b events.Decided
		if e.Event.Decode(&b) != nil {
			return // it cannot be read and has no effect
		}
		if len(b.Panel) == 0 {
			a.breach(LawReasons, node, "decision %s does not say who sat", e.name())
		}
		if b.Reason == "" {
			a.breach(LawReasons, node, "decision %s gives no reason", e.name())
		}
		a.again(node, e, b.Asked)
		if b.Taken != nil {
			a.again(node, e, *b.Taken)
		}
	}
}

// again asks the gate once more on what an event recorded.
func (a *auditor) again(node events.Place, e entry, c events.Checked) {
	if len(c.Case) == 0 || len(c.Result) == 0 || c.PackHash == "" {
		a.breach(LawReasons, node, "event %s does not carry the case document, the result and the pack's hash", e.name())
		return
	}
	if a.recheck == nil {
		return
	}
	result, known, err := a.recheck(c.PackHash, c.Case)
	switch {
	case err != nil:
		a.breach(LawReasons, node, "event %s cannot be checked again: %v", e.name(), err)
	case !known:
		a.breach(LawReasons, node, "event %s cannot be checked again: its pack %s is not at hand", e.name(), c.PackHash)
	case !bytes.Equal(result, c.Result):
		a.breach(LawReasons, node, "event %s, checked again, gives another result", e.name())
	}
}
