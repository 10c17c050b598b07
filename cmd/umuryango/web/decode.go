package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// decode reads a request's body strictly into into: one JSON object, with no
// key that is unknown, stands twice or is spelt otherwise. What an event's body
// may not say must not be accepted either, or the act would be stored and then
// read by nobody.
func decode(r *http.Request, into any) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return Strict(raw, into)
}

// Strict reads one JSON value as the API reads a request: see decode. Its
// errors are *engine.Invalid.
func Strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalidBody(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return &engine.Invalid{Field: FieldBody, Problem: "one JSON object is expected, and more came: send one act at a time"}
	}
	if err := events.CheckBody(raw); err != nil {
		return &engine.Invalid{Field: FieldBody, Problem: err.Error()}
	}
	return nil
}

// decodeNothing reads the body of a request that says all in its address:
// empty, or an empty object.
func decodeNothing(r *http.Request) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	return decode(r, &struct{}{})
}

// FieldBody stands for the whole of what was sent, where no field is to blame.
const FieldBody = "body"

var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// invalidBody names the field that the decoder stumbled over.
func invalidBody(err error) error {
	var wrong *json.UnmarshalTypeError
	var instant *time.ParseError
	switch {
	case errors.As(err, &wrong):
		return &engine.Invalid{Field: fieldPath(wrong.Field), Problem: wrongKind(wrong)}
	case errors.As(err, &instant):
		return &engine.Invalid{Field: "time", Problem: "an instant as 2026-11-22T09:00:00Z is expected"}
	case unknownField.MatchString(err.Error()):
		return &engine.Invalid{Field: unknownPath(unknownField.FindStringSubmatch(err.Error())[1]), Problem: "there is no such field" + misspelled}
	}
	return &engine.Invalid{Field: FieldBody, Problem: "one JSON object is expected: " + strings.TrimPrefix(err.Error(), "json: ")}
}

// misspelled is what to do about a name that means nothing here.
const misspelled = ": leave it out, or correct its name"

var likeField = regexp.MustCompile(`^[A-Za-z0-9_.]{1,40}$`)

// unknownPath names a field that there is not, unless a person may have put
// their words there.
func unknownPath(name string) string {
	if !likeField.MatchString(name) {
		return FieldBody
	}
	return fieldPath(name)
}

// fieldPath is a path as the sender wrote it: without the struct that all
// requests share.
func fieldPath(path string) string {
	path = strings.TrimPrefix(path, "ActRequest.")
	if path == "" {
		return FieldBody
	}
	return path
}

// wrongKind says what was expected and what came: "a list is expected, not an
// object". A number's digits are not given back.
func wrongKind(e *json.UnmarshalTypeError) string {
	expected := jsonKind(e.Type)
	came, _, _ := strings.Cut(e.Value, " ")
	switch {
	case came == "array":
		came = "list"
	case came == "bool":
		came = "boolean"
	case came == expected: // a fraction, or one that is out of bounds
		return "a whole number within its bounds is expected"
	}
	return article(expected) + " is expected, not " + article(came)
}

// article is a JSON word with its article.
func article(word string) string {
	if word == "object" {
		return "an " + word
	}
	return "a " + word
}

// jsonKind is the JSON word for what a Go type is read from.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice, reflect.Array:
		return "list"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "number"
}
