package web

import (
	"fmt"
	"net/http"

	"umuryango/engine"
	"umuryango/events"
)

// RestrictRequest names who from now on neither sees a case nor holds its keys;
// an empty list lifts all.
type RestrictRequest struct {
	ActRequest
	Restrictions []events.Restriction `json:"restrictions"`
}

// OpenRequest breaks the glass for hours.
type OpenRequest struct {
	ActRequest
	Reason string `json:"reason"`
	Hours  int    `json:"hours,omitempty"` // default: openHours
}

// EraseRequest orders that keys are destroyed wherever they are.
type EraseRequest struct {
	ActRequest
	Ground   string `json:"ground"`
	Document string `json:"document,omitempty"` // number of the order or request on paper
	Key      string `json:"key,omitempty"`      // of one adult; empty: all of the case
}

// openHours is how long an opening lasts unless told otherwise.
const openHours = 8

// recordAct serves what is done about who reads a case.
func (s *Server) recordAct(r *http.Request) (any, error) {
	subject, err := s.subject(r)
	if err != nil {
		return nil, err
	}
	switch act := r.PathValue("act"); act {
	case "restrict":
		var in RestrictRequest
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return answered(s.restrictAs(r, subject, in))
	case "open":
		var in OpenRequest
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return answered(s.openAs(r, subject, in))
	case "erase":
		var in EraseRequest
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return answered(s.do(r, in.ActRequest, subject, engine.Erase{Ground: in.Ground, Document: in.Document, Key: in.Key}))
	case "reporter", "give":
		var in ReasonRequest
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		if act == "give" {
			return orNothing(s.fileOf(r, in))
		}
		return orNothing(s.reporterOf(r, in))
	default:
		return nil, &Problem{Kind: kindNoRoute, Detail: "there is no such act on a record: restrict, open, reporter, give and erase are"}
	}
}

// orNothing keeps a half answer from being written.
func orNothing[T any](out T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Server) restrictAs(r *http.Request, subject events.Subject, in RestrictRequest) (Done, error) {
	named, err := s.restrictions("restrictions", in.Restrictions)
	if err != nil {
		return Done{}, err
	}
	return s.do(r, in.ActRequest, subject, engine.Restrict{Restrictions: named})
}

func (s *Server) openAs(r *http.Request, subject events.Subject, in OpenRequest) (Done, error) {
	if in.Hours == 0 {
		in.Hours = openHours
	}
	return s.do(r, in.ActRequest, subject, engine.Open{Node: s.Node.ID.Place, Reason: in.Reason, Hours: in.Hours})
}

// restrictions names their offices by place ids, however they were written.
func (s *Server) restrictions(field string, all []events.Restriction) ([]events.Restriction, error) {
	var out []events.Restriction
	for i, one := range all {
		office, err := s.place(fmt.Sprintf("%s[%d].office", field, i), one.Office, "")
		if err != nil {
			return nil, err
		}
		one.Office = office.ID()
		out = append(out, one)
	}
	return out, nil
}
