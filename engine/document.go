package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"umuryango/events"
)

// DecisionIntake is what the gate is asked before anything is proposed: its
// findings are advice to the next office (case.md).
const DecisionIntake = "intake"

// document builds the case document from the events in effect (case.md): the
// facts of the line in their order, then those of contributions, then more.
// Later facts replace earlier ones key by key; lists are replaced whole. It is
// the one place where events become what the gate reads.
func (d *decider) document(decision string, panel []events.Member, more ...events.Facts) ([]byte, error) {
	doc := map[string]json.RawMessage{}
	for _, f := range d.state.Facts {
		if d.readable(f) {
			merge(doc, f)
		}
	}
	for _, c := range d.contributions() {
		merge(doc, c.facts)
	}
	for _, f := range more {
		if err := checkFacts(f); err != nil {
			return nil, err
		}
		merge(doc, f)
	}
	d.frame(doc, decision)
	if d.state.Source != "" {
		merge(doc, events.Facts(`{"referral":{"source":`+string(must(d.state.Source))+`}}`))
	}
	if panel != nil {
		set(doc, "panel", map[string]any{"members": panel})
	}
	return d.write(doc)
}

// frame sets what the engine alone says.
func (d *decider) frame(doc map[string]json.RawMessage, decision string) {
	set(doc, "pack", d.view.Gate.Pack())
	set(doc, "at", d.command.Time.UTC().Truncate(time.Second))
	set(doc, "decision", decision)
	set(doc, "home", d.state.Subject.Place.ID())
}

func set(doc map[string]json.RawMessage, key string, value any) {
	if raw, err := json.Marshal(value); err == nil {
		doc[key] = raw
	}
}

// readable reports whether facts that stand in an event are of the shape of a
// case document. What is not stays in the trail as evidence; it must not keep
// anybody from deciding.
func (d *decider) readable(f events.Facts) bool {
	if len(f) == 0 || checkFacts(f) != nil {
		return false
	}
	doc := map[string]json.RawMessage{}
	merge(doc, f)
	d.frame(doc, DecisionIntake)
	_, err := d.write(doc)
	return err == nil
}

func must(s string) []byte {
	out, _ := json.Marshal(s) // a string always encodes
	return out
}

func (d *decider) write(doc map[string]json.RawMessage) ([]byte, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write the case document: %w", err)
	}
	out, err := d.view.Gate.Read(raw)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// contribution is one that adds to the case document.
type contribution struct {
	id    events.ID
	facts events.Facts
}

func (d *decider) contributions() []contribution {
	var out []contribution
	for _, e := range d.state.Contributions {
		var b events.Contributed
		if e.Decode(&b) == nil && d.readable(b.Facts) {
			out = append(out, contribution{e.ID, b.Facts})
		}
	}
	return out
}

// engineKeys are written by the engine alone.
var engineKeys = []string{"pack", "at", "decision", "home", "panel"}

// checkFacts refuses what facts may not say; their own keys and codes are
// checked with the whole document.
func checkFacts(f events.Facts) error {
	if len(f) == 0 {
		return nil
	}
	if err := events.CheckBody(f); err != nil {
		return &Invalid{"facts", err.Error()}
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(f, &doc); err != nil || doc == nil {
		return &Invalid{"facts", "a JSON object with parts of the case document is expected"}
	}
	for _, key := range engineKeys {
		if _, there := doc[key]; there {
			return &Invalid{"facts." + key, "this key is written by the program, not by the sender"}
		}
	}
	return nil
}

// merge lays facts over a document: objects key by key, anything else whole.
func merge(doc map[string]json.RawMessage, f events.Facts) {
	var facts map[string]json.RawMessage
	if json.Unmarshal(f, &facts) != nil {
		return
	}
	for key, value := range facts {
		doc[key] = mergeValue(doc[key], value)
	}
}

func mergeValue(below, above json.RawMessage) json.RawMessage {
	if !isObject(below) || !isObject(above) {
		return above
	}
	var out map[string]json.RawMessage
	if json.Unmarshal(below, &out) != nil || out == nil {
		return above
	}
	merge(out, events.Facts(above))
	raw, err := json.Marshal(out)
	if err != nil {
		return above
	}
	return raw
}

func isObject(raw json.RawMessage) bool {
	return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{"))
}

// careFacts says what is decided, as a part of a case document.
func careFacts(care string) events.Facts {
	return events.Facts(`{"request":{"care":` + string(must(care)) + `}}`)
}
