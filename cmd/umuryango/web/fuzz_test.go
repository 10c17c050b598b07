package web

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"umuryango/engine"
	"umuryango/events"
)

// Whatever is sent, a request is read or answered with the field that is wrong;
// and facts that were read stand in an event that every node can read.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"actor":"W-1","kind":"note","facts":{"child":{"age_months":18}}}`, `{"actor":7}`, `{"facts":{"a":1,"a":2}}`,
		`{"facts":{"A":1}}`, `{"facts":"*"}`, `{"facts":null}`, `[]`, `{"time":"x"}`, `{"actor":"\u0000"}`, `{"x":{}}{}`, "\xff",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var in ContributeRequest
		err := decode(httptest.NewRequest("POST", "/", strings.NewReader(body)), &in)
		var invalid *engine.Invalid
		if err != nil {
			if !errors.As(err, &invalid) || invalid.Field == "" || invalid.Problem == "" {
				t.Fatalf("%q: %v names no field", body, err)
			}
			return
		}
		raw, err := events.Encode(events.Contributed{Kind: in.Kind, Facts: in.Facts})
		if err != nil {
			t.Fatalf("%q was read and cannot be written: %v", body, err)
		}
		var b events.Contributed
		if err := (events.Event{Draft: events.Draft{Body: raw}}).Decode(&b); err != nil {
			t.Fatalf("%q was read and makes an event that nobody reads: %v", body, err)
		}
	})
}

// Whatever answers, a client makes a problem of it that has an exit code.
func FuzzProblem(f *testing.F) {
	f.Add(409, `{"type":"urn:umuryango:problem:refused","status":409,"detail":"x"}`)
	f.Add(500, `{"type":"urn:umuryango:problem:"}`)
	f.Add(502, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		var p *Problem
		if err := (&Client{}).problem(status, []byte(body)); !errors.As(err, &p) {
			t.Fatalf("%q: %v is no problem", body, err)
		}
		if code := p.ExitCode(); code < 1 || code > 4 {
			t.Fatalf("%q: exit code %d", body, code)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatal(err)
		}
	})
}
