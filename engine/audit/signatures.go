package audit

import (
	"crypto/ed25519"

	"umuryango/engine"
	"umuryango/events"
)

// signatures folds who might sign from the root key, and checks every event
// with it.
func (a *auditor) signatures() {
	enrolled := a.enrolments()
	seen := map[string]engine.Fault{} // the same bytes need one look
	for _, s := range a.stores {
		for _, e := range s.entries {
			key := string(e.hash[:]) + string(e.Event.Signature())
			fault, looked := seen[key]
			if !looked {
				fault = a.authority.Check(e.Event)
				seen[key] = fault
			}
			switch {
			case fault == "" || a.waits(s, e, enrolled):
			case a.believed(s, e):
				a.Disowned++
			default:
				a.breach(LawNoTrust, s.Node, "event %s is not authentic: %s", e.name(), fault)
			}
		}
	}
}

// enrolments adds what follows from the root key, in whatever order it stands
// in the stores, and returns the signing keys that were ever enrolled.
func (a *auditor) enrolments() map[string]ed25519.PublicKey {
	var waiting []events.Event
	pooled := map[events.Hash]bool{}
	for _, s := range a.stores {
		for _, e := range s.entries {
			if e.Event.Subject.Kind == events.KindNode && e.Event.Type.Role() == events.RoleLine && !pooled[e.hash] {
				pooled[e.hash] = true
				waiting = append(waiting, e.Event)
			}
		}
	}
	keys := map[string]ed25519.PublicKey{}
	for progress := true; progress; {
		var left []events.Event
		for _, e := range waiting {
			if a.authority.Check(e) != "" {
				left = append(left, e)
				continue
			}
			a.authority.Add(e)
			var b events.Enrolled
			if e.Type == events.TypeEnrolled && e.Decode(&b) == nil {
				keys[events.KeyID(b.SignKey)] = b.SignKey
			}
		}
		progress = len(left) < len(waiting)
		waiting = left
	}
	return keys
}

// waits: a node's own act in its own store, which no other node has taken, may
// stand there without authority: written before the node was enrolled, or after
// its office had moved and before it heard so. It is refused when it arrives. Or
// it was signed with a key that the node is still to ask for.
func (a *auditor) waits(s *store, e entry, enrolled map[string]ed25519.PublicKey) bool {
	if e.From.Node != "" || e.Event.Source.Node != s.Node {
		return false
	}
	if a.rotates(s, e.Event) {
		return true
	}
	if key, known := enrolled[e.Event.Key]; known {
		return e.Event.Verify(key) == nil
	}
	_, _, has := a.authority.Enrolment(s.Node)
	return !has
}

// rotates: the event bears the key that its node asks for with the one it has.
func (a *auditor) rotates(s *store, e events.Event) bool {
	own, _ := a.authority.OwnNode(s.Node)
	return s.Rotation != nil && s.Rotation.Signed(own.SignKey) && e.Verify(s.Rotation.SignKey) == nil
}

// believed: a node took it before it had heard that its author spoke no more, as
// one does that has lost its store and hears of that from below first. It could
// not know better.
func (a *auditor) believed(s *store, e entry) bool {
	if e.From.Node == "" {
		return false
	}
	known := engine.NewAuthority(a.authority.Root())
	for _, before := range s.entries {
		if before.Seq >= e.Seq {
			break
		}
		known.Hear(before.Event)
	}
	return known.Check(e.Event) == ""
}
