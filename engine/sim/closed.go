package sim

import (
	"umuryango/engine"
	"umuryango/events"
)

// needToKnow: law 6. No event holds in clear what is personal; who wrote it reads
// it as a holder, and the nation, which is none, reads nothing of it.
func (w *world) needToKnow(all map[events.Hash]events.Event) {
	nation := w.nodes[0]
	for _, e := range all {
		if e.Subject.Kind != events.KindCase || w.kind(e) != actCommand {
			continue
		}
		clear, err := engine.Disclose(e, nil)
		if err != nil {
			continue // it cannot be read by anybody
		}
		if tells(clear) {
			w.breach(lawKeys, e.Source.Node, "event %s (%s) tells in clear what is personal", e.ID, e.Type)
		}
		if len(clear.Closed) == 0 {
			continue
		}
		if seen, err := engine.Disclose(e, nation.service.Opener(ctx)); err != nil || len(seen.Closed) != len(clear.Closed) {
			w.breach(lawKeys, nation.place, "event %s (%s) can be opened here: %v", e.ID, e.Type, err)
		}
		w.took(tookClosed)
		author := w.at[e.Source.Node]
		if author == nil || author == nation || w.acts[e.ID].aside {
			continue // who does not speak for the office is no holder
		}
		if seen, err := engine.Disclose(e, author.service.Opener(ctx)); err != nil || len(seen.Closed) > 0 {
			w.breach(lawKeys, author.place, "event %s (%s) cannot be read where it was written: %v %v", e.ID, e.Type, seen.Closed, err)
		}
		w.took(tookOpened)
	}
}

// tells reports whether anything personal is open.
func tells(d engine.Disclosed) bool {
	for _, c := range []*events.Checked{d.Asked, d.Taken} {
		if c != nil && len(c.Case)+len(c.Result) > 0 {
			return true
		}
	}
	return len(d.Facts) > len("{}")
}
