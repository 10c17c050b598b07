package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"umuryango/events"
)

// PageKind says what kind of page showed opened fields.
type PageKind string

// The pages on which an opened field may stand.
const (
	PageList     PageKind = "list"     // names beside the codes of several cases
	PageCase     PageKind = "case"     // one case
	PageAct      PageKind = "act"      // what an act came to
	PageReporter PageKind = "reporter" // the person who reported
	PageFile     PageKind = "file"     // the whole file, given to the person
)

// ReadCodesMax bounds the cases on one page whose names are open.
const ReadCodesMax = 50

// Read says that somebody opened a page on which sealed fields of these cases
// stood in clear. It names codes, never a field.
type Read struct {
	At     time.Time
	Actor  string       // worker's code
	Office events.Place // for which the page was opened
	Page   PageKind
	Codes  []string // spoken codes of the cases
	Reason string   // a code of the pack, where the page asks for one
}

// readForm is a Read as it is stored.
type readForm struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Office string    `json:"office"` // address: RW.57.12
	Page   PageKind  `json:"page"`
	Codes  []string  `json:"codes"`
	Reason string    `json:"reason,omitempty"`
}

// reasonForm is the form of a code of a pack.
var reasonForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Encode writes a read in its one form; it fails on one that DecodeRead would
// not take.
func (r Read) Encode() ([]byte, error) {
	raw, err := json.Marshal(readForm{r.At.UTC().Truncate(time.Millisecond), r.Actor, string(r.Office), r.Page, r.Codes, r.Reason})
	if err != nil {
		return nil, fmt.Errorf("write who opened a page: %w", err)
	}
	if _, err := DecodeRead(raw); err != nil {
		return nil, err
	}
	return raw, nil
}

// DecodeRead reads what Encode wrote, and nothing else.
func DecodeRead(raw []byte) (Read, error) {
	if err := events.CheckBody(raw); err != nil {
		return Read{}, fmt.Errorf("read who opened a page: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var f readForm
	if err := d.Decode(&f); err != nil {
		return Read{}, fmt.Errorf("read who opened a page: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Read{}, errors.New("read who opened a page: more than one value")
	}
	office, err := events.ParsePlace(f.Office)
	if err != nil {
		return Read{}, fmt.Errorf("read who opened a page: %w", err)
	}
	r := Read{f.At.UTC(), f.Actor, office, f.Page, f.Codes, f.Reason}
	if err := r.check(); err != nil {
		return Read{}, fmt.Errorf("read who opened a page: %w", err)
	}
	return r, nil
}

func (r Read) check() error {
	switch {
	case r.At.IsZero() || !r.At.Equal(r.At.Truncate(time.Millisecond)):
		return errors.New("at: an instant in milliseconds is expected")
	case !ValidActor(r.Actor):
		return errors.New("actor: a worker's code is expected")
	case !slices.Contains([]PageKind{PageList, PageCase, PageAct, PageReporter, PageFile}, r.Page):
		return errors.New("page: there is no such kind of page")
	case len(r.Codes) == 0 || len(r.Codes) > ReadCodesMax:
		return fmt.Errorf("codes: 1 to %d are expected", ReadCodesMax)
	case r.Reason != "" && !reasonForm.MatchString(r.Reason):
		return errors.New("reason: a code of a pack is expected")
	}
	for i, code := range r.Codes {
		if clean, err := events.ParseCode(code); err != nil || clean != code || slices.Contains(r.Codes[:i], code) {
			return errors.New("codes: spoken codes are expected, each once")
		}
	}
	return nil
}

// ValidActor reports whether text has the form of a worker's code, in which no
// name fits by accident.
func ValidActor(text string) bool { return actorForm.MatchString(text) }
