package link

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"umuryango/engine"
	"umuryango/events"
)

// above is an upper node that tampers with what it passes down: it holds valid
// keys of its own, and may not speak for others.
type above struct {
	*pair
	said []events.Event // what the nation wrote, in order
}

func newAbove(t *testing.T, acts int) *above {
	a := &above{pair: newPair(t)}
	first := a.upper.raise()
	a.said = append(a.said, first)
	for range acts - 1 {
		a.said = append(a.said, a.upper.note(first.Subject))
	}
	return a
}

// passes sends one batch down after it was tampered with.
func (a *above) passes(tamper func(b *Batch)) {
	a.is.Helper()
	b := a.offerDown()
	a.is.Equal(len(b.Items), len(a.said))
	tamper(&b)
	_, err := a.lower.end.Take(ctx, b)
	a.is.NoErr(err)
}

// lacks are the events that the lower node does not hold.
func (a *above) lacks() (out []int) {
	for i, e := range a.said {
		if !a.lower.holds(e) {
			out = append(out, i)
		}
	}
	return out
}

// whole: all is there, once.
func (a *above) whole() {
	a.is.Helper()
	a.is.Equal(a.lacks(), nil)
	seen := map[events.ID]int{}
	records, err := a.lower.journal.Read(ctx, 1, 1000)
	a.is.NoErr(err)
	for _, r := range records {
		seen[r.Event.ID]++
		a.is.Equal(seen[r.Event.ID], 1)
	}
}

// TestAnUpperNodeAlters: what is not as its author signed it is not taken, and
// told of; what follows is.
func TestAnUpperNodeAlters(t *testing.T) {
	for name, tamper := range map[string]func(i *Item){
		"the body":    func(i *Item) { i.Body = bytes.Replace(bytes.Clone(i.Body), []byte("sighting"), []byte("document"), 1) },
		"the author":  func(i *Item) { i.Header = with(i.Header, "ce-office", "RW57") },
		"the actor":   func(i *Item) { i.Header = with(i.Header, "ce-actor", "W-2") },
		"the subject": func(i *Item) { i.Subject = strings.Replace(i.Subject, string(village), "RW.57.12.05.04", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAbove(t, 3)
			var honest Batch
			a.passes(func(b *Batch) {
				honest = *b
				honest.Items = slices.Clone(b.Items)
				before := encodeItem(b.Items[1])
				tamper(&b.Items[1])
				a.is.True(encodeItem(b.Items[1]) != before)
			})
			a.is.Equal(a.lacks(), []int{1})
			a.is.Equal(len(a.lower.refusals()), 1)
			_, err := a.lower.end.Take(ctx, honest) // the true bytes are taken whenever they come
			a.is.NoErr(err)
			a.whole()
		})
	}
}

func with(h map[string][]string, name, value string) map[string][]string {
	out := map[string][]string{}
	for k, v := range h {
		out[k] = v
	}
	out[name] = []string{value}
	return out
}

func encodeItem(i Item) string {
	w := writer{}
	w.item(i)
	return string(w.out)
}

// TestAnUpperNodeReorders: the state is that of the numbers and of what each
// event builds on, not of the order in which they came.
func TestAnUpperNodeReorders(t *testing.T) {
	straight, turned := newAbove(t, 4), newAbove(t, 4)
	straight.passes(func(*Batch) {})
	turned.passes(func(b *Batch) { slices.Reverse(b.Items) })
	straight.whole()
	turned.whole()
	fold := func(a *above) engine.State {
		s, err := a.lower.service.Case(a.said[0].Subject)
		a.is.NoErr(err)
		return s
	}
	one, other := fold(straight), fold(turned)
	turned.is.Equal(other.Pen, one.Pen)
	turned.is.Equal(other.Head(), one.Head())
	turned.is.Equal(len(other.Contributions), len(one.Contributions))
}

// TestAnUpperNodeReplays: a batch that comes again, of this session or of an
// older one, changes nothing.
func TestAnUpperNodeReplays(t *testing.T) {
	a := newAbove(t, 3)
	var old Batch
	a.passes(func(b *Batch) { old = *b })
	head := a.lower.journal.Head()
	for range 3 {
		_, err := a.lower.end.Take(ctx, old)
		a.is.NoErr(err)
	}
	a.is.Equal(a.lower.journal.Head(), head)
	doubled := old
	doubled.Items = append(slices.Clone(old.Items), old.Items...)
	_, err := a.lower.end.Take(ctx, doubled)
	a.is.NoErr(err)
	a.is.Equal(a.lower.journal.Head(), head)
	a.upper.begin() // a new run: the session is over
	a.greet()
	_, err = a.lower.end.Take(ctx, old)
	a.is.Equal(err, ErrGreet)
	a.is.Equal(a.lower.journal.Head(), head)
}

// relayed is what a lower node wrote, and an upper one passes on with parts of
// it left out.
func relayed(p *pair, acts int) (said []events.Event, b Batch) {
	p.greet()
	first := p.lower.raise()
	said = append(said, first)
	for range acts - 1 {
		said = append(said, p.lower.note(first.Subject))
	}
	b = p.offerUp()
	p.is.Equal(len(b.Items), acts)
	return said, b
}

func gap(from, to events.Event) []engine.Gap {
	return []engine.Gap{{Source: from.Source, From: from.Number, To: to.Number}}
}

// TestARelayDropsFromTheMiddle: the next number shows the gap, and whoever misses
// it asks for it by itself.
func TestARelayDropsFromTheMiddle(t *testing.T) {
	p := newPair(t)
	said, b := relayed(p, 5)
	b.Items = slices.Delete(b.Items, 1, 3)
	_, err := p.up(b)
	p.is.NoErr(err)
	p.is.Equal(p.upper.gaps(), gap(said[1], said[2]))
	own, err := p.upper.end.Greeting()
	p.is.NoErr(err)
	p.is.Equal(own.Want, gap(said[1], said[2]))
	p.met = false
	p.sync()
	p.is.Equal(p.upper.gaps(), nil)
	for _, e := range said {
		p.is.True(p.upper.holds(e))
	}
}

// TestARelayWithholdsTheTail: no number can show what nothing follows. Its author
// is heard from up to its last event and no further, and once anything more of
// it comes, there is the gap.
func TestARelayWithholdsTheTail(t *testing.T) {
	p := newPair(t)
	said, b := relayed(p, 4)
	b.Items = b.Items[:2]
	_, err := p.up(b)
	p.is.NoErr(err)
	p.is.True(!p.upper.holds(said[2]) && !p.upper.holds(said[3]))
	p.is.Equal(p.upper.gaps(), nil)
	last, here, err := p.upper.history.Last(district)
	p.is.NoErr(err)
	p.is.True(here)
	p.is.Equal(last.Last, said[1].Number)
	said = append(said, p.lower.note(said[0].Subject))
	_, err = p.up(p.offerUp())
	p.is.NoErr(err)
	p.is.Equal(p.upper.gaps(), gap(said[2], said[3]))
	p.met = false
	p.sync()
	p.is.Equal(p.upper.gaps(), nil)
}
