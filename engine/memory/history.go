package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"umuryango/engine"
	"umuryango/events"
)

// History is an index over a journal, kept in memory and brought up to date
// whenever somebody waits for it. It implements engine.History and what the
// link asks of a store.
type History struct {
	journal engine.Journal

	mu       sync.Mutex
	applied  uint64
	subjects map[events.Subject][]engine.Record
	ids      map[events.ID]engine.Record
	numbers  map[number]engine.Record
	filled   map[number]bool
	refused  map[events.Hash]bool
	runs     []engine.Position
	known    map[events.Place][]engine.Position
	authors  map[events.Source]uint64 // highest number, also where only a later run tells of it
	nodes    []events.Event
	self     events.Place
}

type number struct {
	source events.Source
	n      uint64
}

// NewHistory makes the index of a node's journal.
func NewHistory(self events.Place, journal engine.Journal) *History {
	return &History{
		journal: journal, self: self,
		subjects: map[events.Subject][]engine.Record{}, ids: map[events.ID]engine.Record{}, numbers: map[number]engine.Record{},
		filled: map[number]bool{}, refused: map[events.Hash]bool{}, known: map[events.Place][]engine.Position{},
		authors: map[events.Source]uint64{},
	}
}

// Wait applies what the journal holds up to seq.
func (h *History) Wait(ctx context.Context, seq uint64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	const stretch = 256
	for h.applied < seq {
		records, err := h.journal.Read(ctx, h.applied+1, stretch)
		if err != nil {
			return fmt.Errorf("follow the journal from %d: %w", h.applied+1, err)
		}
		if len(records) == 0 {
			h.applied = seq // a hole at the end
		}
		for _, r := range records {
			h.apply(r)
		}
	}
	return nil
}

func (h *History) apply(r engine.Record) {
	e := r.Event
	h.applied = r.Seq
	h.subjects[e.Subject] = append(h.subjects[e.Subject], r)
	h.ids[e.ID], h.numbers[number{e.Source, e.Number}] = r, r
	h.runs = raise(h.runs, engine.Position{Run: r.Run, Seq: r.Seq})
	if r.From.Node != "" {
		h.known[r.From.Node] = raise(h.known[r.From.Node], r.From.Position)
	}
	h.authors[e.Source] = max(h.authors[e.Source], e.Number)
	if e.Before != nil {
		before := events.Source{Node: e.Source.Node, Run: e.Before.Run}
		h.authors[before] = max(h.authors[before], e.Before.Last)
	}
	if e.Subject.Kind == events.KindNode {
		h.nodes = append(h.nodes, e)
	}
	if e.Type == events.TypeRefused {
		h.refusal(e)
	}
}

func (h *History) refusal(e events.Event) {
	var b events.Refused
	if e.Decode(&b) != nil {
		return
	}
	if e.Source.Node == h.self {
		h.refused[b.Hash] = true
	}
	if node, ok := e.Subject.Place.On(b.Node); ok {
		// What was refused may be forged: its number is filled, and tells of no
		// other number and no run.
		h.filled[number{events.Source{Node: node, Run: b.Run}, b.Number}] = true
	}
}

// raise keeps the highest sequence of each run, in the order in which the runs
// came.
func raise(list []engine.Position, p engine.Position) []engine.Position {
	for i := range list {
		if list[i].Run == p.Run {
			list[i].Seq = max(list[i].Seq, p.Seq)
			return list
		}
	}
	return append(list, p)
}

// Load implements engine.History.
func (h *History) Load(s events.Subject) ([]events.Event, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []events.Event
	for _, r := range h.subjects[s] {
		out = append(out, r.Event)
	}
	return out, nil
}

// Find implements engine.History.
func (h *History) Find(id events.ID) (engine.Record, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.ids[id]
	if !ok {
		return r, fmt.Errorf("event %s: %w", id, engine.ErrNotFound)
	}
	return r, nil
}

// Last implements engine.History.
func (h *History) Last(node events.Place) (end events.RunEnd, ok bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for source, last := range h.authors {
		if source.Node == node && (!ok || source.Run.Compare(end.Run) > 0) {
			end, ok = events.RunEnd{Run: source.Run, Last: last}, true
		}
	}
	return end, ok, nil
}

// Ends implements engine.History.
func (h *History) Ends(node events.Place) (events.RunEnds, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out events.RunEnds
	for source, last := range h.authors {
		if source.Node == node {
			out = append(out, events.RunEnd{Run: source.Run, Last: last})
		}
	}
	slices.SortFunc(out, func(a, b events.RunEnd) int { return a.Run.Compare(b.Run) })
	return out, nil
}

// Held implements link.Index.
func (h *History) Held(id events.ID) (events.Hash, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.ids[id]
	if !ok {
		return events.Hash{}, false, nil
	}
	return r.Event.Hash(), true, nil
}

// Numbered implements link.Index.
func (h *History) Numbered(s events.Source, n uint64) (events.Hash, bool, error) {
	r, ok, err := h.At(s, n)
	if !ok || err != nil {
		return events.Hash{}, false, err
	}
	return r.Event.Hash(), true, nil
}

// Refused implements link.Index.
func (h *History) Refused(hash events.Hash) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused[hash], nil
}

// Runs implements link.Store.
func (h *History) Runs() ([]engine.Position, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]engine.Position(nil), h.runs...), nil
}

// Known implements link.Store.
func (h *History) Known(peer events.Place) ([]engine.Position, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]engine.Position(nil), h.known[peer]...), nil
}

// Gaps implements link.Store.
func (h *History) Gaps(under events.Place, after engine.Gap, limit int) ([]engine.Gap, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.allGaps(under)
	first := slices.IndexFunc(all, func(g engine.Gap) bool {
		if order := strings.Compare(g.Source.String(), after.Source.String()); order != 0 {
			return order > 0
		}
		return g.From > after.From
	})
	if first > 0 {
		all = slices.Concat(all[first:], all[:first])
	}
	return all[:min(limit, len(all))], nil
}

func (h *History) allGaps(under events.Place) []engine.Gap {
	var out []engine.Gap
	here := map[events.Source][]uint64{}
	for n := range h.numbers {
		here[n.source] = append(here[n.source], n.n)
	}
	for n := range h.filled {
		here[n.source] = append(here[n.source], n.n)
	}
	sources := slices.SortedFunc(maps.Keys(h.authors), func(a, b events.Source) int { return strings.Compare(a.String(), b.String()) })
	for _, source := range sources {
		if !under.Covers(source.Node) {
			continue
		}
		numbers := append(here[source], h.authors[source]+1)
		slices.Sort(numbers)
		next := uint64(1)
		for _, n := range numbers {
			if n > next && next <= h.authors[source] {
				out = append(out, engine.Gap{Source: source, From: next, To: n - 1})
			}
			next = max(next, n+1)
		}
	}
	return out
}

// Next implements link.Store.
func (h *History) Next(in engine.Gap) (found engine.Record, ok bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for at, r := range h.numbers {
		if at.source == in.Source && at.n >= in.From && at.n <= in.To && (!ok || at.n < found.Event.Number) {
			found, ok = r, true
		}
	}
	return found, ok, nil
}

// At implements link.Store.
func (h *History) At(s events.Source, n uint64) (engine.Record, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.numbers[number{s, n}]
	return r, ok, nil
}

// NodeEvents returns the events of node aggregates in the order of arrival.
func (h *History) NodeEvents() ([]events.Event, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]events.Event(nil), h.nodes...), nil
}
