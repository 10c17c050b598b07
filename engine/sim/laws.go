package sim

import (
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/engine/audit"
	"umuryango/events"
)

// Laws beside those of package audit.
const (
	lawKeys  = 6
	lawFacts = 8
	lawTime  = 9
)

// laws checks what must hold once everything has healed.
func (w *world) laws() {
	all := w.everything()
	refused := w.refusals(all)
	w.destinations(all, refused)
	w.accountedFor(all)
	w.sameStates(refused)
	w.gaps(all)
	w.hearsBack(refused)
	w.counts(all)
	w.keysLaw(all)
	w.needToKnow(all)
	w.audit()
	w.idle(len(all))
}

// audit asks the auditor, who sees nothing but the stores and the root key.
func (w *world) audit() {
	var stores []audit.Store
	for _, n := range w.nodes {
		stores = append(stores, audit.Store{Node: n.place, Records: n.records(), Untold: n.stillToTell(), Rotation: n.keys.wish})
	}
	stores[0].Lost = w.gone(w.everything())
	found := audit.Check(public(w.root), stores, audit.Again{Recheck: recheck, Open: w.keys.Opener()})
	for _, b := range found.Breaches {
		w.breach(b.Law, b.Node, "%s", b.What)
	}
	if found.Sealed > 0 {
		w.breach(audit.LawReasons, w.nodes[0].place, "%d decisions are sealed, and no node holds their keys", found.Sealed)
	}
}

// gone lists the numbers that no store holds any more.
func (w *world) gone(all map[events.Hash]events.Event) []engine.Gap {
	var out []engine.Gap
	for hash, e := range w.lost {
		if _, back := all[hash]; !back {
			out = append(out, engine.Gap{Source: e.Source, From: e.Number, To: e.Number})
		}
	}
	return out
}

// refusals names what was refused, by the events that say so.
func (w *world) refusals(all map[events.Hash]events.Event) map[events.Hash]bool {
	out := map[events.Hash]bool{}
	for _, e := range all {
		var b events.Refused
		if e.Type == events.TypeRefused && e.Decode(&b) == nil {
			out[b.Hash] = true
		}
	}
	return out
}

// destinations: law 1. Every event that any store holds is wherever it belongs,
// or was refused in sight of its author.
func (w *world) destinations(all map[events.Hash]events.Event, refused map[events.Hash]bool) {
	for _, n := range w.nodes {
		held := map[events.Hash]bool{}
		told := map[events.Hash]bool{}
		for _, r := range n.records() {
			held[r.Event.Hash()] = true
			var b events.Refused
			if r.Event.Type == events.TypeRefused && r.Event.Decode(&b) == nil {
				told[b.Hash] = true
			}
		}
		for hash, e := range all {
			belongs := n.place.Covers(e.Subject.Place) || e.Subject.Due(n.place)
			switch {
			case belongs && !held[hash] && !refused[hash]:
				w.breach(1, n.place, "event %s (%s) of %s has not arrived", e.ID, e.Type, e.Source)
			case !belongs && held[hash]:
				w.breach(1, n.place, "event %s (%s) of %s does not belong here", e.ID, e.Type, e.Source)
			case held[hash] && refused[hash] && e.Source.Node == n.place && !told[hash]:
				w.breach(1, n.place, "event %s (%s) was refused elsewhere, and its author does not hear so", e.ID, e.Type)
			case held[hash] && w.kind(e) >= actBad && e.Source.Node != n.place:
				w.breach(audit.LawNoTrust, n.place, "event %s (%s) of %s was forged and taken", e.ID, e.Type, e.Source)
			}
		}
	}
}

func (w *world) kind(e events.Event) actKind {
	if a := w.acts[e.ID]; a != nil {
		return a.kind
	}
	return actCommand
}

// accountedFor: laws 1 and 9. What a person was told is accepted is here, or
// went with a store; and every event came of an act, one of each.
func (w *world) accountedFor(all map[events.Hash]events.Event) {
	for id, a := range w.acts {
		_, here := all[a.hash]
		_, lost := w.lost[a.hash]
		if a.acked && !here && !lost {
			w.breach(1, a.node, "act %s was accepted here and is nowhere", id)
		}
	}
	ids := map[events.ID]events.Hash{}
	for hash, e := range all {
		if w.acts[e.ID] == nil {
			w.breach(lawTime, e.Source.Node, "event %s (%s) came of no act", e.ID, e.Type)
		}
		if other, twice := ids[e.ID]; twice && other != hash {
			w.breach(1, e.Source.Node, "act %s stands as two events", e.ID)
		}
		ids[e.ID] = hash
	}
}

// state folds a case as a node holds it, without what was refused elsewhere.
func (w *world) state(n *node, c events.Subject, refused map[events.Hash]bool) engine.State {
	n.check(n.history.Wait(ctx, n.journal.Head()))
	all, err := n.service.History.Load(c)
	n.check(err)
	return engine.Fold(c, slices.DeleteFunc(slices.Clone(all), func(e events.Event) bool { return refused[e.Hash()] }))
}

// sameStates: laws 2 and 3. Every node on the path of a case shows the same.
func (w *world) sameStates(refused map[events.Hash]bool) {
	for _, c := range w.cases {
		top := w.state(w.nodes[0], c, refused)
		for _, n := range w.nodes[1:] {
			if !n.place.Covers(c.Place) {
				continue
			}
			s := w.state(n, c, refused)
			if s.Pen != top.Pen {
				w.breach(2, n.place, "the pen of %s is with %q here and with %q at the nation", c, s.Pen, top.Pen)
			}
			if audit.Digest(s) != audit.Digest(top) {
				w.breach(3, n.place, "%s is shown otherwise than at the nation", c)
			}
		}
		w.taken[tookLate] += len(top.Late)
	}
}

// gaps: law 1. A number that went with a store shows as a gap where a later one
// of its run is known, and no other number does.
func (w *world) gaps(all map[events.Hash]events.Event) {
	const many = 1 << 20
	gone := map[string]bool{}
	for _, g := range w.gone(all) {
		gone[events.RunEnd{Run: g.Source.Run, Last: g.From}.String()+string(g.Source.Node)] = true
	}
	for _, n := range w.nodes {
		n.check(n.history.Wait(ctx, n.journal.Head()))
		gaps, err := n.store.Gaps(n.place, engine.Gap{}, many)
		n.check(err)
		for _, g := range gaps {
			for number := g.From; number <= g.To; number++ {
				if !gone[events.RunEnd{Run: g.Source.Run, Last: number}.String()+string(g.Source.Node)] {
					w.breach(1, n.place, "number %d of %s shows as a gap and was not lost", number, g.Source)
				}
				w.took(tookLost)
			}
		}
	}
}

// hearsBack: law 5. Where a referral was raised its answer is shown, or it
// stands in the inbox of the office that has the pen.
func (w *world) hearsBack(refused map[events.Hash]bool) {
	for _, c := range w.cases {
		top := w.state(w.nodes[0], c, refused)
		if !top.Known() {
			continue // its beginning went with a store, and shows as a gap
		}
		home := w.state(w.hostOf(top.Referrer), c, refused)
		if home.Decided != nil || len(home.Answers) > 0 {
			w.took(tookHeard)
		}
		if top.Decided != nil && !slices.ContainsFunc(home.Answers, func(a engine.Answer) bool { return a.Code == top.Decided.Answer }) {
			w.breach(5, w.hostOf(top.Referrer).place, "%s was decided, and its answer is not shown where it was raised", c)
		}
		if pen := w.state(w.hostOf(top.Pen), c, refused).Pen; pen != top.Pen || pen == "" {
			w.breach(5, w.hostOf(top.Pen).place, "%s waits for %q and does not stand in its inbox", c, top.Pen)
		} else {
			w.took(tookWaiting)
		}
	}
}

// counts counts what shows only at the end.
func (w *world) counts(all map[events.Hash]events.Event) {
	after := map[events.Hash]map[events.Place]bool{}
	for _, e := range all {
		if e.Type != events.TypeTakenOver {
			continue
		}
		if after[e.Prev] == nil {
			after[e.Prev] = map[events.Place]bool{}
		}
		after[e.Prev][e.Office] = true
	}
	for _, offices := range after {
		if len(offices) > 1 {
			w.took(tookTwoAtOnce)
		}
	}
}

// idle: law 9. A year goes by, and nobody does anything: no event is written.
func (w *world) idle(before int) {
	w.now = w.now.Add(365 * 24 * time.Hour)
	for _, n := range w.nodes {
		n.begin()
	}
	w.settle()
	if now := len(w.everything()); now != before {
		w.breach(lawTime, w.nodes[0].place, "%d events were written by time alone", now-before)
	}
}
