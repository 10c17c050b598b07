package web

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
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
	Home   string        `json:"home,omitempty"` // the child's usual home, or where found; default: the office
	To     string        `json:"to"`             // the office that is to act
	Source string        `json:"source"`         // who referred, a code
	Record RecordRequest `json:"record,omitzero"`
	// Restricted names who neither sees the case nor holds its keys.
	Restricted []events.Restriction `json:"restricted,omitempty"`
	Facts      events.Facts         `json:"facts,omitempty"`
}

// RecordRequest is what an act says that no event holds in clear. It comes in a
// body only: never in an address, a log or an error.
type RecordRequest struct {
	Identity engine.Identity `json:"identity,omitzero"`
	Note     string          `json:"note,omitempty"`
	Reporter engine.Reporter `json:"reporter,omitzero"`
	Adults   []engine.Adult  `json:"adults,omitempty"`
}

func (in RecordRequest) personal() engine.Personal {
	return engine.Personal{Identity: in.Identity, Note: in.Note, Reporter: in.Reporter, Adults: in.Adults}
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
	Facts  events.Facts  `json:"facts,omitempty"`
	Record RecordRequest `json:"record,omitzero"`
}

// ContributeRequest tells something without the pen.
type ContributeRequest struct {
	ActRequest
	Kind   string        `json:"kind"`
	Facts  events.Facts  `json:"facts,omitempty"`
	Record RecordRequest `json:"record,omitzero"`
}

// DecideRequest is a panel's decision.
type DecideRequest struct {
	ActRequest
	Care    string          `json:"care"`
	Reason  string          `json:"reason"`
	Answer  string          `json:"answer"`
	Members []events.Member `json:"members"`
	Facts   events.Facts    `json:"facts,omitempty"`
	Record  RecordRequest   `json:"record,omitzero"`
}

// InviteRequest lets another node join.
type InviteRequest struct {
	Place   string `json:"place"`
	Address string `json:"address,omitempty"` // where the new node reaches this one
	Whole   bool   `json:"whole,omitempty"`   // this store is known to be no older copy
}

const (
	// HeaderKey carries the id of the event that an act makes.
	HeaderKey = "Idempotency-Key"
	// formKey carries it in a page's form.
	formKey = "key"
)

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
	if c.ID, err = s.key(r); err != nil {
		return c, err
	}
	c.Digest, err = digest(c.Office, subject.Place, a, do)
	return c, err
}

// key is the event's id: the sender's, or a new one.
func (s *Server) key(r *http.Request) (events.ID, error) {
	sent := events.ID(r.Header.Get(HeaderKey))
	if sent == "" {
		sent = events.ID(r.PostForm.Get(formKey)) // a form that is sent twice acts once
	}
	if sent != "" {
		if !sent.Valid() {
			return "", &engine.Invalid{Field: HeaderKey, Problem: "a UUID of version 7 in lower case is expected"}
		}
		return sent, nil
	}
	id, err := s.NewID()
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return id, nil
}

// digest names a command by all that was asked, so that the same id with
// another command is found. It is taken of what was meant, not of how it was
// written: an office may be named in several ways, an instant in any zone.
// When it was recorded is not a part of it.
func digest(office, home events.Place, a ActRequest, do any) (events.Hash, error) {
	a.Office, a.Time = "", a.Time.UTC()
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
		return "", &fieldError{field, err}
	}
	return info.Place, nil
}

// fieldError says in which field something is wrong.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }
