package web

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/events"
)

// Sealed fields that somebody with valid keys moved to another event, to another
// case or to another field are not opened, and it is said why: never with what they hold, and never as the other child's.
func TestAMovedFieldIsShownAsTampered(t *testing.T) {
	is, w := is.New(t), newTown(t)
	theirs, own := w.raiseMarked(1), w.raiseMarked(2)
	from, err := w.server.History.Find(theirs.Event)
	is.NoErr(err)
	parts, err := events.SealedOf(from.Event)
	is.NoErr(err)
	is.True(len(parts) >= 4)
	for name, moved := range map[string]struct {
		into  Done
		parts events.Sealed
		why   string
	}{
		"to another case":  {own, parts, statusNoKey}, // it has no such key
		"to another event": {theirs, parts, statusTampered},
		"to another field": {theirs, swapped(parts), statusTampered},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			before, err := w.server.History.Find(moved.into.Event)
			is.NoErr(err)
			body, err := events.WithSealed([]byte(`{"kind":"note"}`), moved.parts)
			is.NoErr(err)
			w.write(events.TypeContributed, before.Event.Subject, village, before.Event.Hash(), string(body))
			seen, err := w.client.CaseAs(t.Context(), moved.into.Code, by(village, "IZU-1"))
			is.NoErr(err)
			is.True(slices.Contains(statuses(seen.Record), moved.why))
			page := w.page("/cases/" + moved.into.Code + "?office=" + village + "&actor=IZU-1")
			is.True(strings.Contains(page, words("en").T("sealed."+moved.why)))
			raw, err := json.Marshal(seen)
			is.NoErr(err)
			if moved.into.Case == own.Case {
				is.True(!strings.Contains(page, "Qxz1"))
				is.True(!strings.Contains(string(raw), "Qxz1"))
			}
		})
	}
}

// swapped puts each sealed part under the field of the next one.
func swapped(parts events.Sealed) (out events.Sealed) {
	for i, p := range parts {
		p.Field = parts[(i+1)%len(parts)].Field
		out = append(out, p)
	}
	return out
}

// statuses are all that a record says of what is not open.
func statuses(r RecordView) []string {
	out := []string{r.Status}
	for _, why := range r.Closed {
		out = append(out, why)
	}
	return out
}
