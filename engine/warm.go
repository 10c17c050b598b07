package engine

import (
	"sync"

	"umuryango/events"
)

// warm remembers the events of the cases that were acted on last, so that acts
// that follow one another in a case do not read it from its first event on each
// time. Everything that the stream gets passes the writer, which adds it here
// when it is stored: what is remembered of a case is what history holds of it, or
// is about to.
type warm struct {
	mu    sync.Mutex
	bytes int
	cases map[events.Subject][]events.Event
}

// warmBytes bounds what is remembered, as events.Event.Size counts.
const warmBytes = 256 << 10

// get returns all events of a case, in the order of arrival here.
func (w *warm) get(c events.Subject) ([]events.Event, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, ok := w.cases[c]
	return all[:len(all):len(all)], ok
}

// put remembers a case as history holds it; the caller has the writer's turn.
func (w *warm) put(c events.Subject, all []events.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, there := w.cases[c]; there {
		return
	}
	size := 0
	for _, e := range all {
		size += e.Size()
	}
	if size > warmBytes/2 {
		return
	}
	w.room(size)
	w.cases[c] = all
}

// add takes what the stream got behind all that went before. History may have
// been quicker, and whoever planned on it have put it here: it stands once.
func (w *warm) add(records []Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range records {
		if all, there := w.cases[r.Event.Subject]; there && !holds(all, r.Event.ID) {
			w.cases[r.Event.Subject] = append(all, r.Event)
			w.bytes += r.Event.Size()
		}
	}
	if w.bytes > warmBytes {
		w.forget()
	}
}

func holds(all []events.Event, id events.ID) bool {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].ID == id {
			return true
		}
	}
	return false
}

// room makes room: where there is none, all is forgotten.
func (w *warm) room(size int) {
	if w.cases == nil || w.bytes+size > warmBytes {
		w.forget()
	}
	w.bytes += size
}

func (w *warm) forget() { w.cases, w.bytes = map[events.Subject][]events.Event{}, 0 }

// load returns all events of a case: as history holds them, or will once it has
// caught up with the writer.
func (s *Service) load(c events.Subject) ([]events.Event, error) {
	if all, ok := s.Writer.warm.get(c); ok {
		return all, nil
	}
	return s.History.Load(c)
}
