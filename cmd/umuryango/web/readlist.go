package web

import (
	"errors"
	"net/http"
	"time"

	"umuryango/engine"
	"umuryango/engine/journal"
	"umuryango/events"
)

// ReadEntry is one page that was opened here, on which sealed fields stood.
type ReadEntry struct {
	At         time.Time       `json:"at"`
	Actor      string          `json:"actor"`
	Office     string          `json:"office"`
	OfficeName string          `json:"office_name"`
	Page       engine.PageKind `json:"page"`
	Codes      []string        `json:"codes"`
	Reason     string          `json:"reason,omitempty"`
	ReasonText string          `json:"reason_text,omitempty"`
}

// readsMax bounds the pages that one answer lists.
const readsMax = 200

// readList lists the newest opened pages of this node, or those of one case.
func (s *Server) readList(r *http.Request) (any, error) {
	v, err := s.viewer(r)
	if err != nil {
		return nil, err
	}
	return s.readsOf(r, v, r.URL.Query().Get("case"))
}

func (s *Server) readsOf(r *http.Request, v viewer, ref string) ([]ReadEntry, error) {
	code := ""
	if ref != "" {
		r.SetPathValue("case", ref)
		state, err := s.seen(r, v)
		if err != nil {
			return nil, err
		}
		code = recordedAs(state)
	}
	list, err := s.Reads.List(r.Context(), code, readsMax)
	if err != nil {
		return nil, err
	}
	keeps := s.keeping(v)
	out := []ReadEntry{}
	for _, one := range list {
		e := ReadEntry{
			At: one.At, Actor: one.Actor, Page: one.Page,
			Reason: one.Reason, ReasonText: s.label(engine.ListOpening, one.Reason, langOf(r)),
		}
		if one.Office != "" {
			e.Office, e.OfficeName = one.Office.ID(), s.Places.FullName(one.Office)
		}
		for _, c := range one.Codes {
			hidden, err := keeps(c)
			if err != nil {
				return nil, err
			}
			if !hidden && (code == "" || c == code) {
				e.Codes = append(e.Codes, c)
			}
		}
		if len(e.Codes) > 0 || one.Page == journal.PageUnreadable {
			out = append(out, e)
		}
	}
	return out, nil
}

// keeping tells of a code whether its case is kept from who looks, and looks
// each up once.
func (s *Server) keeping(v viewer) func(code string) (bool, error) {
	known := map[string]bool{}
	return func(code string) (bool, error) {
		if hidden, ok := known[code]; ok {
			return hidden, nil
		}
		hidden, err := s.hidesCode(v, code)
		if err == nil {
			known[code] = hidden
		}
		return hidden, err
	}
}

func (s *Server) hidesCode(v viewer, code string) (bool, error) {
	subject, err := s.Views.ByCode(code)
	var several *engine.Invalid
	switch {
	case errors.Is(err, engine.ErrNotFound), errors.As(err, &several):
		return false, nil // nobody is told more than the code that was recorded
	case err != nil:
		return false, err
	}
	return s.hidesCase(v, subject)
}

func (s *Server) hidesCase(v viewer, c events.Subject) (bool, error) {
	state, err := s.Node.Service.Case(c)
	if err != nil {
		return false, err
	}
	return s.hides(v, c, state.Restricted), nil
}
