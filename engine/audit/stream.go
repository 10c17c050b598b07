package audit

import (
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// streams checks that each stream is whole: no sequence is missing, none stands
// twice, and no event stands twice.
func (a *auditor) streams() {
	for _, s := range a.stores {
		for _, damage := range s.Damage {
			a.breach(LawNothingLost, s.Node, "the store is damaged: %s", damage)
		}
		want := uint64(1)
		twice := map[events.Hash]bool{}
		for _, e := range s.entries {
			if e.Seq != want {
				a.breach(LawNothingLost, s.Node, "sequence %d stands where %d is expected", e.Seq, want)
			}
			if twice[e.hash] {
				a.breach(LawNothingLost, s.Node, "event %s stands twice", e.name())
			}
			want, twice[e.hash] = e.Seq+1, true
		}
	}
}

// links checks both directions of every link over which something came.
func (a *auditor) links() {
	for _, receiver := range a.stores {
		for _, sender := range a.stores {
			if sender.Node == receiver.Node {
				continue
			}
			lower := sender.Node
			if sender.Node.Covers(receiver.Node) {
				lower = receiver.Node
			} else if !receiver.Node.Covers(sender.Node) {
				continue
			}
			a.passed(sender, receiver, lower)
			a.origins(sender, receiver)
		}
	}
}

// passed: what the receiver has passed in the sender's stream and is due on the
// link stands in its store too, or was refused there.
func (a *auditor) passed(sender, receiver *store, lower events.Place) {
	upto := position(sender, receiver)
	for _, e := range sender.entries {
		if e.Seq > upto {
			return // on its way
		}
		if !e.Event.Subject.Due(lower) || receiver.held[e.hash] || receiver.refused[e.hash] {
			continue
		}
		if a.missing[receiver.Node] == nil {
			a.missing[receiver.Node] = map[events.Hash]bool{}
		}
		a.missing[receiver.Node][e.hash] = true
		a.breach(LawNothingLost, receiver.Node, "event %s is missing: %s holds it at sequence %d, and %d has been passed", e.name(), sender.Node, e.Seq, upto)
	}
}

// position is how far the receiver has passed the sender's stream: the newest
// run of the sender that both know, cut at its end (engine/DESIGN.md §6).
func position(sender, receiver *store) uint64 {
	known := map[events.Run]uint64{}
	for _, e := range receiver.entries {
		if e.From.Node == sender.Node && e.From.Seq > 0 { // 0: an enrolment sent ahead
			known[e.From.Run] = max(known[e.From.Run], e.From.Seq)
		}
	}
	runs := runs(sender)
	for _, run := range slices.Backward(runs) {
		if seq, ok := known[run.Run]; ok {
			return min(seq, run.Seq)
		}
	}
	return 0
}

// runs lists the runs of a stream in its order, each with its last sequence.
func runs(s *store) []engine.Position {
	var out []engine.Position
	for _, e := range s.entries {
		if n := len(out); n > 0 && out[n-1].Run == e.Run {
			out[n-1].Seq = e.Seq
			continue
		}
		out = append(out, engine.Position{Run: e.Run, Seq: e.Seq})
	}
	return out
}

// origins: where the receiver says that an event came from, the sender's stream
// holds that event, as far as that run still goes there.
func (a *auditor) origins(sender, receiver *store) {
	ends := map[events.Run]uint64{}
	for _, r := range runs(sender) {
		ends[r.Run] = r.Seq
	}
	for _, e := range receiver.entries {
		if e.From.Node != sender.Node || e.From.Seq == 0 || e.From.Seq > ends[e.From.Run] {
			continue
		}
		if sender.bySeq[e.From.Seq] != e.hash {
			a.breach(LawNothingLost, sender.Node, "event %s came to %s from sequence %d here, where it does not stand", e.name(), receiver.Node, e.From.Seq)
		}
	}
}
