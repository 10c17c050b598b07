package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"umuryango/engine"
	"umuryango/events"
)

// Problem is an error as the API tells it (RFC 9457).
type Problem struct {
	Kind       string   `json:"type"`  // one of the kinds below, after typePrefix on the wire
	Title      string   `json:"title"` // the kind in words
	Status     int      `json:"status"`
	Detail     string   `json:"detail"`               // what is wrong here, and the way out
	Code       string   `json:"code,omitempty"`       // of a refusal: no_pen, not_hosted, …
	Field      string   `json:"field,omitempty"`      // of bad input: path of the field
	Candidates []string `json:"candidates,omitempty"` // of an ambiguous place
}

func (p *Problem) Error() string {
	if p.Field != "" {
		return p.Field + ": " + p.Detail
	}
	return p.Detail
}

// typePrefix makes a kind a URI, as RFC 9457 section 3.1.1 asks.
const typePrefix = "urn:umuryango:problem:"

// The kinds of problems.
const (
	kindInput       = "input"
	kindTooLarge    = "too-large"
	kindNotFound    = "not-found"
	kindNoRoute     = "no-route"
	kindRefused     = "refused"
	kindRepeated    = "repeated"
	kindRace        = "race"
	kindBroken      = "broken"
	kindForeign     = "foreign"
	kindUnreachable = "unreachable"
	kindInternal    = "internal"
)

// kinds is the one table from which statuses and exit codes come: 0 done, 1
// refused, 2 bad input, 3 not reachable or lost a race, 4 broken store.
var kinds = map[string]struct {
	status int
	exit   int
	title  string
}{
	kindInput:       {http.StatusBadRequest, 2, "The request cannot be read"},
	kindTooLarge:    {http.StatusRequestEntityTooLarge, 2, "Too large"},
	kindNotFound:    {http.StatusNotFound, 2, "Not found here"},
	kindNoRoute:     {http.StatusNotFound, 2, "No such address"},
	kindRefused:     {http.StatusConflict, 1, "Not allowed now"},
	kindRepeated:    {http.StatusUnprocessableEntity, 2, "This id was used for another act"},
	kindRace:        {http.StatusServiceUnavailable, 3, "Another writer was first"},
	kindBroken:      {http.StatusInternalServerError, 4, "The store is damaged"},
	kindForeign:     {http.StatusForbidden, 1, "Not from here"},
	kindUnreachable: {http.StatusServiceUnavailable, 3, "The node does not answer"},
	kindInternal:    {http.StatusInternalServerError, 4, "Something failed in the node"},
}

// ExitCode is what a command ends with.
func (p *Problem) ExitCode() int { return kinds[p.Kind].exit }

// problemOf finds an error's place in the table.
func problemOf(err error) *Problem {
	var p *Problem
	var invalid *engine.Invalid
	var refusal *engine.Refusal
	var ambiguous *events.AmbiguousPlaceError
	var unknown *events.UnknownPlaceError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &invalid):
		return &Problem{Kind: kindInput, Field: invalid.Field, Detail: invalid.Problem}
	case errors.As(err, &ambiguous):
		p := &Problem{Kind: kindInput, Detail: err.Error()}
		for _, c := range ambiguous.Candidates {
			p.Candidates = append(p.Candidates, c.FullName+" ("+c.ID+")")
		}
		return p
	case errors.As(err, &unknown):
		return &Problem{Kind: kindInput, Detail: err.Error()}
	case errors.As(err, &tooLarge), errors.Is(err, events.ErrTooLarge):
		return &Problem{Kind: kindTooLarge, Detail: "an event holds at most 64 kB: say less in one act, or in two"}
	case errors.As(err, &refusal):
		return &Problem{Kind: kindRefused, Code: refusal.Code, Detail: refusal.Detail}
	case errors.Is(err, engine.ErrRepeated):
		return &Problem{Kind: kindRepeated, Detail: "the Idempotency-Key was used before for another act: make a new one for a new act"}
	case errors.Is(err, engine.ErrNotFound):
		return &Problem{Kind: kindNotFound, Detail: "there is no such case here: look for its code at the office that raised it, or wait until it has arrived"}
	case errors.Is(err, engine.ErrConflict):
		return &Problem{Kind: kindRace, Detail: "another act was stored first: read the case again, then act"}
	case errors.Is(err, engine.ErrBroken):
		return &Problem{Kind: kindBroken, Detail: "the store does not hold what it should: run node verify on its folder"}
	}
	return nil
}

// problem answers with an error. What the table does not know is told to the
// log, and to the client only that it happened.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p == nil {
		s.Log.Error("a request failed", "method", r.Method, "route", r.Pattern, "err", err)
		p = &Problem{Kind: kindInternal, Detail: "the node's log says more"}
	}
	out := *p
	out.Kind, out.Status, out.Title = typePrefix+p.Kind, kinds[p.Kind].status, kinds[p.Kind].title
	raw, err := json.Marshal(out)
	if err != nil {
		raw = fmt.Appendf(nil, `{"status":%d}`, out.Status)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(out.Status)
	_, _ = w.Write(append(raw, '\n')) // who has gone away needs no answer
}

// answer runs one route and writes what it returned.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, serve func(*http.Request) (any, error)) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
	out, err := serve(r)
	if err != nil {
		s.problem(w, r, err)
		return
	}
	raw, err := json.Marshal(out)
	if err != nil {
		s.problem(w, r, fmt.Errorf("write the answer: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if d, ok := out.(Done); ok && !d.Again {
		w.WriteHeader(http.StatusCreated)
	}
	_, _ = w.Write(append(raw, '\n')) // who has gone away needs no answer
}
