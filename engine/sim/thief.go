package sim

import (
	"slices"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// thief has the keys that a node had before they were rotated, or its machine was
// replaced.
type thief struct {
	place events.Place
	keys  keyring
}

// thief finds one who can say that he is the sender. A receiver that has not
// heard yet that the keys ended cannot know better.
func (l *wire) thief(from, to *node) (thief, bool) {
	own, standing := to.authority.OwnNode(from.place)
	i := slices.IndexFunc(l.world.thieves, func(t thief) bool {
		return t.place == from.place && standing == engine.StandingActive && !own.SignKey.Equal(public(t.keys.key))
	})
	if i < 0 || to != l.upper {
		return thief{}, false
	}
	return l.world.thieves[i], true
}

// forge signs something new, behind all that the node wrote with these keys, or
// something else under a number that counts.
func (t thief) forge(l *wire, to *node) (link.Item, bool) {
	w := l.world
	last, ok, err := to.history.Last(t.place)
	to.check(err)
	if !ok {
		return link.Item{}, false
	}
	source, number := events.Source{Node: t.place, Run: last.Run}, last.Last+1000+uint64(w.r.n(50))
	r, counts := l.due(to, func(r engine.Record) bool {
		return r.Event.Key == t.keys.id && r.Event.Source.Node == t.place && r.Event.Before == nil
	})
	if counts && w.r.percent(50) {
		source, number = r.Event.Source, r.Event.Number
	}
	id := w.id(actStolen)
	e, err := events.Sign(events.Draft{
		ID: id, Type: events.TypeContributed, Subject: events.Subject{Place: t.place, Kind: events.KindCase, ID: string(id)}, Office: t.place, Actor: "thief",
		Time: w.now, Recorded: w.now, Code: events.NewCode(uint32(w.r.next())), Edition: edition, Body: []byte(`{"kind":"sighting"}`),
	}, events.Author{Source: source, Number: number, Key: t.keys.id, Sign: events.SignWith(t.keys.key)})
	to.check(err)
	return link.Item{Subject: e.Subject.String(), Header: e.Header(), Body: e.Body}, err == nil
}
