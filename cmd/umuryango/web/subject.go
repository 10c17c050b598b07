package web

import (
	"errors"
	"fmt"
	"net/http"

	"umuryango/engine"
	"umuryango/events"
)

// subject finds the case that a request names, by id or spoken code.
func (s *Server) subject(r *http.Request) (events.Subject, error) {
	text := r.PathValue("case")
	if id := events.ID(text); id.Valid() {
		return s.byID(id)
	}
	code, err := events.ParseCode(text)
	if err != nil {
		return events.Subject{}, &engine.Invalid{Field: "case", Problem: err.Error() + "; ask for it again, or find the case in the list"}
	}
	return s.Views.ByCode(code)
}

// byID finds a case by its id, which is that of the event that opened it. Of a
// case whose opening has not arrived the other events are here, and show it.
func (s *Server) byID(id events.ID) (events.Subject, error) {
	record, err := s.History.Find(id)
	if err == nil && record.Event.Subject.Kind == events.KindCase {
		return record.Event.Subject, nil
	}
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return events.Subject{}, err
	}
	all, err := s.Views.Cases(s.Node.ID.Place.Path()[0])
	if err != nil {
		return events.Subject{}, err
	}
	for _, c := range all {
		if c.Case.ID == string(id) {
			return c.Case, nil
		}
	}
	return events.Subject{}, fmt.Errorf("case %s: %w", id, engine.ErrNotFound)
}
