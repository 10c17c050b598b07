package engine

import (
	"fmt"
	"slices"
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
	var doc object
	d.gather()
	for _, p := range d.parts {
		doc.merge(p.facts)
	}
	for _, f := range more {
		o, err := checkFacts(f)
		if err != nil {
			return nil, err
		}
		doc.merge(o)
	}
	d.frame(&doc, decision)
	if d.state.Source != "" {
		doc.merge(object{{"referral", object{{"source", text(d.state.Source)}}.text()}})
	}
	if panel != nil {
		if err := setPanel(&doc, panel); err != nil {
			return nil, err
		}
	}
	return d.view.Gate.Read(doc.text())
}

// frame sets what the engine alone says.
func (d *decider) frame(doc *object, decision string) {
	doc.set("pack", text(d.view.Gate.Pack()))
	if at, err := d.command.Time.UTC().Truncate(time.Second).MarshalJSON(); err == nil { // else the gate misses it
		doc.set("at", at)
	}
	doc.set("decision", text(decision))
	doc.set("home", text(d.state.Subject.Place.ID()))
}

func setPanel(doc *object, panel []events.Member) error {
	raw, err := events.Encode(map[string]any{"members": panel})
	if err != nil {
		return fmt.Errorf("write the panel of the case document: %w", err)
	}
	doc.set("panel", raw)
	return nil
}

// readable cuts facts that stand in an event, if they are of the shape of a
// case document. What is not stays in the trail as evidence; it must not keep
// anybody from deciding.
func (d *decider) readable(f events.Facts) (object, bool) {
	o, err := checkFacts(f)
	if err != nil || len(f) == 0 {
		return nil, false
	}
	doc := slices.Clone(o)
	d.frame(&doc, DecisionIntake)
	_, err = d.view.Gate.Read(doc.text())
	return o, err == nil
}

// part is what one event adds to the case document.
type part struct {
	id          events.ID
	facts       object
	contributed bool
}

// gather reads the parts of the case document once, those of the line in its
// order and then those of contributions. What is sealed and does not open here
// is not known here.
func (d *decider) gather() {
	if d.gathered {
		return
	}
	d.gathered = true
	take := func(t Told, contributed bool) {
		facts, err := factsOf(t, d.view.Open)
		if err != nil {
			d.closed = true
		}
		if o, ok := d.readable(facts); ok {
			d.parts = append(d.parts, part{t.Event.ID, o, contributed})
		}
	}
	for _, t := range d.state.Facts {
		take(t, false)
	}
	for _, e := range d.state.Contributions {
		var b events.Contributed
		if e.Type == events.TypeContributed && e.Decode(&b) == nil {
			take(Told{e, b.Facts, b.Sealed}, true)
		}
	}
}

// engineKeys are written by the engine alone.
var engineKeys = []string{"pack", "at", "decision", "home", "panel"}

// checkFacts cuts facts, and refuses what they may not say; their own keys and
// codes are checked with the whole document.
func checkFacts(f events.Facts) (object, error) {
	if len(f) == 0 {
		return nil, nil
	}
	if err := events.CheckBody(f); err != nil {
		return nil, &Invalid{"facts", err.Error()}
	}
	o, ok := readObject(f)
	if !ok {
		return nil, &Invalid{"facts", "a JSON object with parts of the case document is expected"}
	}
	for _, m := range o {
		if slices.Contains(engineKeys, m.key) {
			return nil, &Invalid{"facts." + m.key, "this key is written by the program, not by the sender"}
		}
	}
	return o, nil
}

// careFacts says what is decided, as a part of a case document.
func careFacts(care string) events.Facts {
	return object{{"request", object{{"care", text(care)}}.text()}}.text()
}
