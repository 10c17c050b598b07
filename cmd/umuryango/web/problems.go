package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
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
	Candidates []string `json:"candidates,omitempty"` // what could stand there: the places of an ambiguous name, the codes of a list
	// Check is what the gate answered, where it is the gate that objects.
	Check *CheckView `json:"check,omitempty"`
}

func (p *Problem) Error() string {
	text := p.Detail
	if p.Field != "" {
		text = p.Field + ": " + p.Detail
	}
	if p.Check == nil {
		return text
	}
	for _, m := range p.Check.Messages {
		text += "\n  " + m.Rule + " " + m.Text
	}
	if len(p.Check.Missing) > 0 {
		text += "\n  still to be known: " + strings.Join(p.Check.Missing, ", ")
	}
	return text
}

// mediaProblem is the media type of a problem (RFC 9457, section 3).
const mediaProblem = "application/problem+json"

// typePrefix makes a kind a URI, as RFC 9457 section 3.1.1 asks.
const typePrefix = "urn:umuryango:problem:"

// The kinds of problems.
const (
	kindInput       = "input"
	kindTooLarge    = "too-large"
	kindNotFound    = "not-found"
	kindNoRoute     = "no-route"
	kindMethod      = "method"
	kindRefused     = "refused"
	kindRepeated    = "repeated"
	kindRace        = "race"
	kindUnsettled   = "unsettled"
	kindFull        = "full"
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
	kindMethod:      {http.StatusMethodNotAllowed, 2, "Not in this way"},
	kindRefused:     {http.StatusConflict, 1, "Not allowed now"},
	kindRepeated:    {http.StatusUnprocessableEntity, 2, "This id was used for another act"},
	kindRace:        {http.StatusServiceUnavailable, 3, "Another writer was first"},
	kindUnsettled:   {http.StatusServiceUnavailable, 3, "It is not known whether it was stored"},
	kindFull:        {http.StatusInsufficientStorage, 1, "There is no room"},
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
	case errors.Is(err, errUnrecorded):
		return &Problem{Kind: kindUnreachable, Detail: "that this page was opened could not be put on record, so it is not shown: see that the node's disk has room, then try again"}
	case errors.As(err, &p):
		return p
	case errors.As(err, &invalid):
		return &Problem{Kind: kindInput, Field: invalid.Field, Detail: unquoted(invalid.Problem)}
	case errors.As(err, &ambiguous):
		p := &Problem{Kind: kindInput, Field: fieldOf(err), Detail: ambiguous.Error()}
		for _, c := range ambiguous.Candidates {
			p.Candidates = append(p.Candidates, c.FullName+" ("+c.ID+")")
		}
		return p
	case errors.As(err, &unknown):
		return &Problem{Kind: kindInput, Field: fieldOf(err), Detail: placeUnknown(unknown)}
	case errors.As(err, &tooLarge), errors.Is(err, events.ErrTooLarge):
		return &Problem{Kind: kindTooLarge, Detail: "an event holds at most 64 kB: say less in one act, or in two"}
	case errors.As(err, &refusal):
		return &Problem{Kind: kindRefused, Code: refusal.Code, Detail: refusal.Detail + wayOut[refusal.Code]}
	case errors.Is(err, engine.ErrLocked):
		return &Problem{Kind: kindRefused, Code: "locked", Detail: engine.ErrLocked.Error()}
	case errors.Is(err, keys.ErrPassphrase):
		return &Problem{Kind: kindRefused, Code: "passphrase", Detail: keys.ErrPassphrase.Error()}
	case errors.Is(err, keys.ErrVault):
		return &Problem{Kind: kindBroken, Detail: keys.ErrVault.Error()}
	case errors.Is(err, engine.ErrRepeated):
		return &Problem{Kind: kindRepeated, Detail: "the Idempotency-Key was used before for another act: make a new one for a new act"}
	case errors.Is(err, engine.ErrNotFound):
		return &Problem{Kind: kindNotFound, Detail: "there is no such case here: look for its code at the office that raised it, or wait until it has arrived"}
	case errors.Is(err, engine.ErrConflict):
		return &Problem{Kind: kindRace, Detail: "another act was stored first: read the case again, then act"}
	case errors.Is(err, engine.ErrUnsettled):
		return &Problem{Kind: kindUnsettled, Detail: "the store gave no answer: send the same again with the same " + HeaderKey + " (a page: load it again), which acts once"}
	case errors.Is(err, engine.ErrFull):
		return &Problem{Kind: kindFull, Detail: "this node has no room for more keys: link up the nodes below for which keys wait here"}
	case errors.Is(err, engine.ErrBroken):
		return &Problem{Kind: kindBroken, Detail: "the store does not hold what it should: run node verify on its folder"}
	case errors.Is(err, nats.ErrConnectionClosed):
		return &Problem{Kind: kindUnreachable, Detail: "the node is stopping: send the same again with the same " + HeaderKey + " once it is back, which acts once"}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Problem{Kind: kindUnreachable, Detail: "the request ended before its answer was known: send it again with the same " + HeaderKey}
	}
	return nil
}

var (
	inQuotes = regexp.MustCompile(`(?:code )?"(?:[^"\\]|\\.)*"`)
	likeCode = regexp.MustCompile(`^(?:code )?"(\*|[a-z0-9_]{0,40})"$`)
)

// unquoted is what is wrong with a value without the value: a person may have
// typed a name where a code belongs. What has the form of a code stays.
func unquoted(problem string) string {
	return inQuotes.ReplaceAllStringFunc(problem, func(text string) string {
		if likeCode.MatchString(text) {
			return text
		}
		return "what was sent"
	})
}

// placeUnknown is what is wrong with a place, without what was written: it may be
// a name in the wrong field.
func placeUnknown(e *events.UnknownPlaceError) string {
	text := "no such place: " + e.Blunt()
	if e.More() {
		text += AllBelow(e)
	}
	return text
}

// AllBelow says how to read the places that an error names some of.
func AllBelow(e *events.UnknownPlaceError) string {
	return "; all of them: umuryango places find " + e.In.ID + " --below"
}

// Named shows the offices of a sentence as people write and call them: their id
// and name, in place of the address under which the program keeps them.
func Named(list *events.Places, sentence string) string {
	return anAddress.ReplaceAllStringFunc(sentence, func(address string) string {
		info, ok := list.Get(events.Place(address))
		switch {
		case !ok && !strings.Contains(address, "."):
			return address // two letters of a sentence
		case !ok:
			return events.Place(address).ID()
		}
		return info.ID + " (" + info.FullName + ")"
	})
}

var anAddress = regexp.MustCompile(`\b[A-Z]{2}(?:\.[0-9]+)*\b`)

// wayOut is what to do next, for the refusals whose own words do not say it.
var wayOut = map[string]string{
	"already_accepted": "; assess it, propose a placement, or forward it",
	"not_above":        ": ask an office above to act",
	"not_below":        "; ask that node with --node",
	"not_hosted":       ": name the node that speaks for it with --node",
	"not_joined":       ": wait until the link has brought it",
	"not_linked":       ": wait for the link, then try again",
	"wrong_office":     "; name an office on the way up from there",
}

// fieldOf is the field in which something is wrong, where it is known.
func fieldOf(err error) string {
	var in *fieldError
	if errors.As(err, &in) {
		return in.field
	}
	return ""
}

// explain is what an error says to whoever asked. What the table does not know
// is told to the log, and to the client only that it happened.
func (s *Server) explain(r *http.Request, err error) *Problem {
	p := problemOf(err)
	if p == nil {
		p = &Problem{Kind: kindInternal, Detail: "the node's log says more"}
	}
	if p.Kind == kindInternal || p.Kind == kindBroken {
		s.Log.Error("a request failed", "method", r.Method, "route", r.Pattern, "err", err)
	}
	out := *p
	if out.Kind == kindRefused {
		out.Detail = Named(s.Places, out.Detail)
	}
	var unknown *engine.UnknownCode
	if errors.As(err, &unknown) {
		if pack, err := s.Packs.Nearest(PackID, s.Now()); err == nil {
			out.Candidates = slices.DeleteFunc(slices.Clone(pack.Codes(unknown.List)), func(code string) bool { return slices.Contains(unknown.Except, code) })
			out.Detail += ": write one of " + strings.Join(out.Candidates, ", ")
		}
	}
	var refusal *engine.Refusal
	if errors.As(err, &refusal) && refusal.Checked != nil && s.recorded(r) == nil {
		check, err := s.check(refusal.Checked, langOf(r))
		if err != nil {
			s.Log.Error("an answer of the gate could not be put into words", "err", err)
		}
		out.Check = check
	}
	return &out
}

// problem answers with an error.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	out := *s.explain(r, err)
	p := kinds[out.Kind]
	out.Kind, out.Status, out.Title = typePrefix+out.Kind, p.status, p.title
	raw, err := json.Marshal(out)
	if err != nil {
		raw = fmt.Appendf(nil, `{"status":%d}`, out.Status)
	}
	w.Header().Set("Content-Type", mediaProblem)
	w.WriteHeader(out.Status)
	_, _ = w.Write(append(raw, '\n')) // who has gone away needs no answer
}

// answer runs one route and writes what it returned.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, serve func(*http.Request) (any, error)) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
	out, err := serve(r)
	if err == nil {
		err = s.recorded(r)
	}
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
