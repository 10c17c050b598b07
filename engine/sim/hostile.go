package sim

import (
	"bytes"
	"maps"
	"slices"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// inject slips forged events into a batch: first, in the middle, last, or alone.
func (l *wire) inject(from, to *node, batch link.Batch) link.Batch {
	w := l.world
	if !w.fails(4) {
		return batch
	}
	forged, ok := l.forge(from, to)
	if !ok {
		return batch
	}
	forged.At = batch.Upto
	// Behind enrolments: before it has heard them a node cannot know better.
	first := len(batch.Items)
	for first > 0 && !enrols(batch.Items[first-1]) {
		first--
	}
	at := first + w.r.n(len(batch.Items)-first+1)
	batch.Items = slices.Insert(slices.Clone(batch.Items), at, forged)
	if again, ok := l.forge(from, to); ok && w.r.percent(30) {
		again.At = batch.Upto
		batch.Items = append(batch.Items, again)
	}
	return batch
}

func enrols(i link.Item) bool {
	v := i.Header["ce-type"]
	return len(v) == 1 && v[0] == string(events.TypeEnrolled)
}

// forge makes one thing that no node may take.
func (l *wire) forge(from, to *node) (link.Item, bool) {
	w := l.world
	if t, ok := l.thief(from, to); ok && w.r.percent(50) {
		return t.forge(l, to)
	}
	switch w.r.n(6) {
	case 0:
		return link.Item{Subject: "ev.RW.nonsense", Header: map[string][]string{"ce-id": {string(w.id(actBad))}}, Body: []byte("{}")}, true
	case 1:
		return l.changed(from, func(i *link.Item) { i.Body = append(i.Body, bytes.Repeat([]byte{' '}, events.SizeMax)...) })
	case 2:
		return l.changed(from, func(i *link.Item) { i.Body = []byte(`{"kind":"` + w.r.mark() + `"}`) })
	case 3:
		return l.signed(from, from.place, events.Subject{Place: country + ".9.1", Kind: events.KindCase, ID: string(w.id(actBad))})
	case 4:
		foreign := events.Place(country) // for an office above, or the one below
		if from == l.upper {
			foreign = l.lower.place
		}
		for _, n := range []*node{from, to} {
			if host, _ := n.authority.Host(foreign); host.Node == from.place {
				return l.clone(from, to) // it speaks for that office, or one of them thinks so
			}
		}
		return l.signed(from, foreign, events.Subject{Place: l.lower.place, Kind: events.KindCase, ID: string(w.id(actBad))})
	}
	return l.clone(from, to)
}

// changed takes a true event of the sender and changes it.
func (l *wire) changed(from *node, change func(*link.Item)) (link.Item, bool) {
	r, ok := l.due(from, func(engine.Record) bool { return true })
	if !ok {
		return link.Item{}, false
	}
	i := link.Item{Subject: r.Event.Subject.String(), Header: maps.Clone(r.Event.Header()), Body: slices.Clone(r.Event.Body)}
	change(&i)
	return i, true
}

func (l *wire) due(from *node, fits func(engine.Record) bool) (engine.Record, bool) {
	fit := slices.DeleteFunc(from.records(), func(r engine.Record) bool { return !r.Event.Subject.Due(l.lower.place) || !fits(r) })
	if len(fit) == 0 {
		return engine.Record{}, false
	}
	return pick(&l.world.r, fit), true
}

// signed is an event that the sender signs and has no right to.
func (l *wire) signed(from *node, office events.Place, s events.Subject) (link.Item, bool) {
	w := l.world
	return from.item(events.Draft{
		ID: w.id(actBad), Type: events.TypeContributed, Subject: s, Office: office, Actor: "thief", Time: w.now, Recorded: w.now,
		Code: events.NewCode(uint32(w.r.next())), Edition: edition, Body: []byte(`{"kind":"sighting"}`),
	}, events.Source{Node: from.place, Run: events.Run{Number: 99, Mark: "forged"}}, 1+uint64(w.r.n(50)))
}

// clone is a number of the sender once more, with other content.
func (l *wire) clone(from, to *node) (link.Item, bool) {
	r, ok := l.due(from, func(r engine.Record) bool {
		_, held, err := to.history.Held(r.Event.ID)
		return err == nil && held && r.Event.Source.Node == from.place && r.Event.Key == from.keys.id && r.Event.Before == nil
	})
	if !ok {
		return link.Item{}, false
	}
	d := r.Event.Draft
	d.ID, d.Actor = l.world.id(actBad), "clone"
	return from.item(d, r.Event.Source, r.Event.Number)
}

func (n *node) item(d events.Draft, s events.Source, number uint64) (link.Item, bool) {
	e, err := events.Sign(d, events.Author{
		Source: s, Number: number, Key: n.keys.id, Sign: events.SignWith(n.keys.key),
	})
	n.check(err)
	return link.Item{Subject: e.Subject.String(), Header: e.Header(), Body: e.Body}, err == nil
}

// bad lets a node write an event into its own stream that its neighbours must
// refuse: for an office of which it does not speak. Now and then it forges a
// hand-over to itself, and goes on from there.
func (w *world) bad(n *node) {
	s, ok := w.known(n)
	upper, below := n.place.Upper()
	if !ok || !below || n.dark || n.locked {
		return
	}
	d := events.Draft{
		ID: w.id(actBad), Type: events.TypeContributed, Subject: s.Subject, Office: upper, Actor: "wrong", Time: w.now, Recorded: w.now,
		Code: s.Code, Edition: edition, Body: []byte(`{"kind":"sighting"}`),
	}
	if s.Pen.Above(n.place) {
		d.Type, d.Office, d.Prev, d.Body = events.TypeForwarded, s.Pen, s.Head(), []byte(`{"to":"`+n.place.ID()+`"}`)
	}
	if _, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{Drafts: []engine.Draft{{Draft: d}}}, nil }); err != nil {
		n.fell(err)
		return
	}
	if d.Type == events.TypeForwarded {
		w.do(n, n.place, s.Subject, engine.Accept{})
	}
}

// refused counts where in a batch events were refused, and why.
func (w *world) refused(batch link.Batch, refusals []link.Refusal) {
	for _, r := range refusals {
		w.took("refused: " + string(r.Fault))
		if a := w.acts[idOf(r.Item)]; a != nil && a.kind == actStolen {
			w.took(tookThief)
		}
		if a := w.acts[idOf(r.Item)]; a != nil && a.kind == actBad && r.Source.Run.Mark != "forged" && r.Fault == engine.FaultAuthor {
			w.took(tookOwnRefused)
		}
		at := slices.IndexFunc(batch.Items, func(i link.Item) bool {
			return i.Subject == r.Subject && bytes.Equal(i.Body, r.Body) && idOf(i) == idOf(r.Item)
		})
		switch {
		case len(refusals) == len(batch.Items):
			w.took(tookWhole)
		case at == 0:
			w.took(tookFirst)
		case at == len(batch.Items)-1:
			w.took(tookLast)
		case at > 0:
			w.took(tookMiddle)
		}
	}
}

func idOf(i link.Item) events.ID {
	if v := i.Header["ce-id"]; len(v) == 1 {
		return events.ID(v[0])
	}
	return ""
}
