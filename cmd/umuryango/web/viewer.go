package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"umuryango/engine"
	"umuryango/events"
)

// viewer is for whom a page is made. Until there are accounts the office is the
// one that the request names, and the actor what it says: without an actor a
// page shows codes only.
type viewer struct {
	office events.Place // the node's own, or one that it speaks for
	actor  string       // worker's code; empty: nobody said
}

// paramActor names who looks, in an address and in a form: a code, never a name.
const paramActor = "actor"

// viewer reads who looks. An office that this node does not speak for can be
// looked at, and is not the one that looks.
func (s *Server) viewer(r *http.Request) (viewer, error) {
	q := r.URL.Query()
	return s.viewerOf(q.Get("office"), q.Get(paramActor))
}

func (s *Server) viewerOf(officeText, actor string) (viewer, error) {
	v := viewer{office: s.Node.ID.Place, actor: actor}
	if actor != "" && !engine.ValidActor(actor) {
		return v, &engine.Invalid{Field: paramActor, Problem: "a worker's code of letters, digits, - and _ is expected, never a name"}
	}
	office, err := s.place("office", officeText, v.office)
	if err != nil {
		return v, err
	}
	if s.speaksFor(office) {
		v.office = office
	}
	return v, nil
}

// speaksFor reports whether this node speaks for an office: its own always,
// also before it is enrolled.
func (s *Server) speaksFor(office events.Place) bool {
	self := s.Node.ID.Place
	host, ok := s.Node.Authority.Host(office)
	return office == self || ok && host.Node == self
}

// hides reports whether a case is kept from who looks: from an office off its
// path as from one that is named, and from a person, known by the code whichever
// of this node's offices they say they are of.
func (s *Server) hides(v viewer, c events.Subject, restricted []events.Restriction) bool {
	switch {
	case len(restricted) == 0:
		return false
	case !v.office.Covers(c.Place):
		return true
	}
	return engine.Hides(restricted, v.office, v.actor) || slices.ContainsFunc(restricted, func(r events.Restriction) bool {
		office, on := c.Place.On(r.Office)
		return r.Person != "" && strings.EqualFold(r.Person, v.actor) && on && s.speaksFor(office)
	})
}

// seen finds the case that a request names, for who looks; to somebody from whom
// it is kept it is not here.
func (s *Server) seen(r *http.Request, v viewer) (engine.State, error) {
	subject, err := s.subject(r)
	if err != nil {
		return engine.State{}, err
	}
	state, err := s.Node.Service.Case(subject)
	if err != nil {
		return engine.State{}, err
	}
	if s.hides(v, subject, state.Restricted) {
		return engine.State{}, fmt.Errorf("%s: %w", subject.ID, engine.ErrNotFound)
	}
	return state, nil
}
