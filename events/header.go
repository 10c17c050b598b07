package events

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Names of the attributes, as they stand on the wire (CloudEvents 1.0, NATS
// protocol binding, binary mode; engine/DESIGN.md §3). ce-priorrun is ours:
// the first event of a run names the last event of the run before.
const (
	hSpec     = "ce-specversion"
	hContent  = "ce-datacontenttype"
	hID       = "ce-id"
	hType     = "ce-type"
	hSource   = "ce-source"
	hSequence = "ce-sequence"
	hOffice   = "ce-office"
	hActor    = "ce-actor"
	hTime     = "ce-time"
	hRecorded = "ce-recordedtime"
	hSubject  = "ce-subject"
	hPrev     = "ce-prevhash"
	hPrior    = "ce-priorrun"
	hEdition  = "ce-edition"
	hPolicy   = "ce-policyver"
	hKey      = "ce-key"
	hSig      = "ce-sig"

	prefix      = "ce-"
	specVersion = "1.0"
	contentType = "application/json"
	timeLayout  = "2006-01-02T15:04:05.000Z"
	// numberDigits pads ce-sequence so that it compares as a string.
	numberDigits = 12
	// attributesOurs is how many of them but ce-sig this program writes at most.
	attributesOurs = 16
	// attributesMax bounds the headers of a hostile event.
	attributesMax = 64
	// attributeMax bounds an attribute's name in bytes: CloudEvents advises 20,
	// and a newer program may need more.
	attributeMax = 40
)

type attribute struct{ name, value string }

// Header returns the event's headers for the wire, one value each.
func (e Event) Header() map[string][]string {
	h := make(map[string][]string, len(e.header)+1)
	values := make([]string, 0, len(e.header)+1)
	for name, value := range e.Attributes() {
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
	}
	return h
}

// Attributes are the event's headers for the wire, each once: those that are
// signed, sorted by name, then the signature.
func (e Event) Attributes() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, a := range e.header {
			if !yield(a.name, a.value) {
				return
			}
		}
		yield(hSig, base64.RawStdEncoding.EncodeToString(e.sig))
	}
}

// write makes the attributes, sorted by name.
func (e *Event) write() []attribute {
	out := make([]attribute, 0, attributesOurs)
	add := func(name, value string) {
		if value != "" {
			out = append(out, attribute{name, encodeValue(value)})
		}
	}
	add(hActor, e.Actor)
	add(hContent, contentType)
	add(hEdition, e.Edition)
	add(hID, string(e.ID))
	add(hKey, e.Key)
	add(hOffice, e.office)
	add(hPolicy, e.Policy)
	if !e.Prev.IsZero() {
		add(hPrev, e.Prev.String())
	}
	if e.Before != nil {
		add(hPrior, e.Before.String())
	}
	add(hRecorded, e.Recorded.Format(timeLayout))
	add(hSequence, writeNumber(e.Number))
	add(hSource, e.Source.String())
	add(hSpec, specVersion)
	add(hSubject, e.Code)
	add(hTime, e.Time.Format(timeLayout))
	add(hType, string(e.Type))
	return out
}

// writeNumber pads a number so that it compares as a string.
func writeNumber(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	return strings.Repeat("0", max(0, numberDigits-len(digits))) + digits
}

// Parse reads an event from a message. It keeps every ce-* header as it came,
// also those that it does not know, and ignores all others. It fails on a
// header that is repeated, differently cased, missing or malformed, on a body
// that is not one JSON object, and on more than SizeMax bytes (ErrTooLarge).
// It does not check the signature: see Verify.
func Parse(subject string, header map[string][]string, body []byte) (Event, error) {
	e := Event{Draft: Draft{Body: body}}
	var err error
	if e.Subject, err = ParseSubject(subject); err != nil {
		return Event{}, err
	}
	sig, err := e.takeHeader(header)
	if err != nil {
		return Event{}, fmt.Errorf("event on %s: %w", e.Subject, err)
	}
	if e.sig, err = base64.RawStdEncoding.Strict().DecodeString(sig); err != nil || len(e.sig) == 0 {
		return Event{}, fmt.Errorf("event on %s: header %s: base64 without padding is expected", e.Subject, hSig)
	}
	if e.Size() > SizeMax {
		return Event{}, fmt.Errorf("event on %s: %w", e.Subject, ErrTooLarge)
	}
	if err := e.readAttributes(); err != nil {
		return Event{}, fmt.Errorf("event on %s: %w", e.Subject, err)
	}
	if err := checkObject(body); err != nil {
		return Event{}, fmt.Errorf("event on %s: %w", e.Subject, err)
	}
	e.hash = sha256.Sum256(e.SignedBytes())
	return e, nil
}

func (e *Event) takeHeader(header map[string][]string) (sig string, err error) {
	for name, values := range header {
		if !strings.EqualFold(name[:min(len(name), len(prefix))], prefix) {
			continue
		}
		switch {
		case !validName(name):
			return "", fmt.Errorf("header %q: attribute names are lower-case letters and digits", clip(name))
		case len(values) != 1:
			return "", fmt.Errorf("header %s stands %d times, once is expected", name, len(values))
		case !validValue(values[0]):
			return "", fmt.Errorf("header %s: only visible ASCII is expected, all else percent-encoded", name)
		case name == hSig:
			sig = values[0]
		default:
			e.header = append(e.header, attribute{name, values[0]})
		}
	}
	if len(e.header) > attributesMax {
		return "", fmt.Errorf("%d attributes, at most %d are taken", len(e.header), attributesMax)
	}
	sort.Slice(e.header, func(i, j int) bool { return e.header[i].name < e.header[j].name })
	return sig, nil
}

// validName: CloudEvents attribute names, in lower case as we write them.
func validName(name string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || rest == "" || len(rest) > attributeMax {
		return false
	}
	return strings.IndexFunc(rest, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) < 0
}

func validValue(v string) bool {
	for i := 0; i < len(v); i++ {
		if v[i] < 0x21 || v[i] > 0x7e {
			return false
		}
	}
	return v != ""
}

func (e *Event) readAttributes() error {
	r := reader{header: e.header}
	r.equal(hSpec, specVersion)
	r.equal(hContent, contentType)
	e.ID = ID(r.text(hID))
	if r.err == nil && !e.ID.Valid() {
		r.err = fmt.Errorf("header %s: a UUID is expected, not %q", hID, clip(string(e.ID)))
	}
	e.Type = Type(r.text(hType))
	read(&r, hSource, true, &e.Source, ParseSource)
	read(&r, hSequence, true, &e.Number, parseNumber)
	e.office = r.text(hOffice)
	e.Office, _ = e.Subject.Place.On(e.office)
	e.Actor = r.text(hActor)
	read(&r, hTime, true, &e.Time, parseTime)
	read(&r, hRecorded, true, &e.Recorded, parseTime)
	e.Code = r.text(hSubject)
	read(&r, hPrev, false, &e.Prev, ParseHash)
	read(&r, hPrior, false, &e.Before, parseRunEnd)
	e.Edition = r.text(hEdition)
	e.Policy = r.optional(hPolicy)
	e.Key = r.text(hKey)
	return r.err
}

// reader takes decoded values by name and keeps the first fault.
type reader struct {
	header []attribute
	err    error
}

func (r *reader) optional(name string) string {
	i := sort.Search(len(r.header), func(i int) bool { return r.header[i].name >= name })
	if r.err != nil || i == len(r.header) || r.header[i].name != name {
		return ""
	}
	v, err := decodeValue(r.header[i].value)
	if err != nil {
		r.err = fmt.Errorf("header %s: %w", name, err)
	}
	return v
}

func (r *reader) text(name string) string {
	v := r.optional(name)
	if v == "" && r.err == nil {
		r.err = fmt.Errorf("header %s is missing", name)
	}
	return v
}

func (r *reader) equal(name, want string) {
	if got := r.text(name); r.err == nil && got != want {
		r.err = fmt.Errorf("header %s: %q is expected, not %q", name, want, clip(got))
	}
}

func read[T any](r *reader, name string, required bool, into *T, parse func(string) (T, error)) {
	text := r.optional(name)
	if text == "" {
		if required && r.err == nil {
			r.err = fmt.Errorf("header %s is missing", name)
		}
		return
	}
	v, err := parse(text)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("header %s: %w", name, err)
	}
	*into = v
}

func parseNumber(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || writeNumber(n) != s {
		return 0, fmt.Errorf("a number from 1 in at least %d digits is expected, not %q", numberDigits, clip(s))
	}
	return n, nil
}

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	// Go takes more than RFC 3339 has: an hour of one digit, a comma, any zone.
	if err != nil || s[len("2026-11-22T09")] != ':' || strings.Contains(s, ",") || !strings.HasSuffix(s, "Z") {
		return time.Time{}, fmt.Errorf("a time as 2026-11-22T09:00:00.000Z is expected, not %q", clip(s))
	}
	return t, nil
}

// encodeValue percent-encodes space, ", % and all outside U+0021 to U+007E, as
// the NATS binding asks.
func encodeValue(s string) string {
	if isPlain(s) {
		return s
	}
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x21 || c > 0x7e || c == '"' || c == '%' {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isPlain reports whether a value stands on the wire as it is.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x21 || c > 0x7e || c == '"' || c == '%' {
			return false
		}
	}
	return true
}

// decodeValue undoes encodeValue. Overlong or broken UTF-8 is an error, and so
// are control characters, which CloudEvents allows in no attribute.
func decodeValue(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("%q ends inside a percent-encoding", clip(s))
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%q has a broken percent-encoding", clip(s))
		}
		out, i = append(out, byte(n)), i+2
	}
	if !utf8.Valid(out) {
		return "", fmt.Errorf("%q does not decode to UTF-8", clip(s))
	}
	if bytes.ContainsFunc(out, unicode.IsControl) {
		return "", fmt.Errorf("%q decodes to control characters", clip(s))
	}
	return string(out), nil
}

func checkObject(body []byte) error {
	if !json.Valid(body) || !utf8.Valid(body) || body[0] != '{' {
		return errors.New("the body is not one JSON object in UTF-8")
	}
	return nil
}
