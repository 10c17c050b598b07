package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// ActRequest is what every act says.
type ActRequest struct {
	Office string    `json:"office,omitempty"` // place that acts; default: the node's own
	Actor  string    `json:"actor"`            // the worker's code, never a name
	Time   time.Time `json:"time,omitzero"`    // when it happened; default: now
}

// RaiseRequest opens a case.
type RaiseRequest struct {
	ActRequest
	Home   string       `json:"home,omitempty"` // the child's usual home, or where found; default: the office
	To     string       `json:"to"`             // the office that is to act
	Source string       `json:"source"`         // who referred, a code
	Facts  events.Facts `json:"facts,omitempty"`
}

// ForwardRequest hands the pen to an office above.
type ForwardRequest struct {
	ActRequest
	To string `json:"to"`
}

// ReasonRequest sends a referral back or takes a case over.
type ReasonRequest struct {
	ActRequest
	Reason string `json:"reason"`
}

// FactsRequest assesses or proposes.
type FactsRequest struct {
	ActRequest
	Facts events.Facts `json:"facts,omitempty"`
}

// ContributeRequest tells something without the pen.
type ContributeRequest struct {
	ActRequest
	Kind  string       `json:"kind"`
	Facts events.Facts `json:"facts,omitempty"`
}

// DecideRequest is a panel's decision.
type DecideRequest struct {
	ActRequest
	Care    string          `json:"care"`
	Reason  string          `json:"reason"`
	Answer  string          `json:"answer"`
	Members []events.Member `json:"members"`
	Facts   events.Facts    `json:"facts,omitempty"`
}

// InviteRequest lets another node join.
type InviteRequest struct {
	Place   string `json:"place"`
	Address string `json:"address,omitempty"` // where the new node reaches this one
}

// HeaderKey carries the id of the event that an act makes.
const HeaderKey = "Idempotency-Key"

// decode reads a request's body strictly into into.
func decode(r *http.Request, into any) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalidBody(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return &engine.Invalid{Field: "body", Problem: "more than one JSON value"}
	}
	return nil
}

var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// invalidBody names the field that the decoder stumbled over.
func invalidBody(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return &engine.Invalid{Field: wrong.Field, Problem: "a " + wrong.Type.String() + " is expected, not a " + wrong.Value}
	case unknownField.MatchString(err.Error()):
		return &engine.Invalid{Field: unknownField.FindStringSubmatch(err.Error())[1], Problem: "there is no such field"}
	}
	return &engine.Invalid{Field: "body", Problem: "one JSON object is expected: " + strings.TrimPrefix(err.Error(), "json: ")}
}

// command makes the engine's command of an act on one case.
func (s *Server) command(r *http.Request, a ActRequest, subject events.Subject, do any) (engine.Command, error) {
	c := engine.Command{Case: subject, Do: do}
	var err error
	if c.Office, err = s.place("office", a.Office, s.Node.ID.Place); err != nil {
		return c, err
	}
	c.Actor, c.Recorded, c.Time = a.Actor, s.Now(), a.Time
	if c.Time.IsZero() {
		c.Time = c.Recorded
	}
	if c.ID = events.ID(r.Header.Get(HeaderKey)); c.ID == "" {
		if c.ID, err = s.NewID(); err != nil {
			return c, fmt.Errorf("make an id: %w", err)
		}
	}
	c.Digest, err = digest(c.Office, subject.Place, a, do)
	return c, err
}

// digest names a command by all that was asked, so that the same id with
// another command is found. When it was recorded is not a part of it.
func digest(office, home events.Place, a ActRequest, do any) (events.Hash, error) {
	raw, err := json.Marshal([]any{office, home, a, fmt.Sprintf("%T", do), do})
	if err != nil {
		return events.Hash{}, fmt.Errorf("name the command: %w", err)
	}
	return sha256.Sum256(raw), nil
}

// place reads the place in a field; an empty text is the other one.
func (s *Server) place(field, text string, otherwise events.Place) (events.Place, error) {
	if text == "" && otherwise != "" {
		return otherwise, nil
	}
	if text == "" {
		return "", &engine.Invalid{Field: field, Problem: "a place is missing: its id, its path or its name"}
	}
	info, err := s.Places.Resolve(text)
	if err != nil {
		return "", err
	}
	if !info.HasOffice() {
		return "", &engine.Invalid{Field: field, Problem: fmt.Sprintf("%s is a %s, which has no office", info.Name, info.Level)}
	}
	return info.Place, nil
}

// subject finds the case that a request names, by id or spoken code.
func (s *Server) subject(r *http.Request) (events.Subject, error) {
	text := r.PathValue("case")
	if id := events.ID(text); id.Valid() {
		record, err := s.History.Find(id)
		if err != nil {
			return events.Subject{}, err
		}
		return record.Event.Subject, nil
	}
	code, err := events.ParseCode(text)
	if err != nil {
		return events.Subject{}, &engine.Invalid{Field: "case", Problem: err.Error()}
	}
	return s.Views.ByCode(code)
}
