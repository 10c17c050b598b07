package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// documentMost bounds a case document: an event holds at most 64 kB.
const documentMost = 256 << 10

// Case is a case document that was read under a pack: every key known to the
// format, every code known to the pack.
type Case struct {
	root       *object
	at         time.Time
	unknowable []string
}

// At is the instant of the check: the only clock that rules read.
func (c *Case) At() time.Time { return c.at }

// Decision is what is to be decided, a code of the pack.
func (c *Case) Decision() string { return c.text("decision") }

// Care is the care type that is asked for; "" when it is not known.
func (c *Case) Care() string {
	request := c.root.slots[caseShape.slots["request"]]
	if !request.known {
		return ""
	}
	return request.object.slots[requestShape.slots["care"]].text
}

func (c *Case) text(key string) string { return c.root.slots[caseShape.slots[key]].text }

// Read reads a case document strictly: an unknown key or code, a key twice, a
// wrong type or a document for another pack is an *Error that names the path.
func (p *Pack) Read(doc []byte) (*Case, error) {
	switch {
	case len(doc) > documentMost:
		return nil, wrong("", "it has %d bytes, at most %d are read", len(doc), documentMost)
	case !utf8.Valid(doc):
		return nil, wrong("", "it is not UTF-8")
	}
	r := &reader{pack: p, dec: json.NewDecoder(bytes.NewReader(doc))}
	r.dec.UseNumber()
	root, err := r.read(caseShape, "")
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, wrong("", "something follows its end")
	}
	return p.caseOf(root.object)
}

func (p *Pack) caseOf(root *object) (*Case, error) {
	c := &Case{root: root, at: root.slots[caseShape.slots["at"]].at}
	if id := c.text("pack"); id != p.id {
		return nil, wrong("pack", "%q is asked for, this is pack %q", clip(id), p.id)
	}
	list := root.slots[caseShape.slots["unknowable"]]
	for i, entry := range list.list {
		path := entry.object.slots[0].text
		if problem := unknowableProblem(path); problem != "" {
			return nil, wrong("unknowable["+strconv.Itoa(i)+"].path", "%q %s", clip(path), problem)
		}
		c.unknowable = append(c.unknowable, path)
	}
	return c, nil
}

// reader walks a document and its shape together; it goes no deeper than the
// shape does.
type reader struct {
	pack *Pack
	dec  *json.Decoder
}

func (r *reader) token(path string) (json.Token, error) {
	t, err := r.dec.Token()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, wrong(path, "the document ends in the middle")
	}
	if err != nil {
		return nil, wrong(path, "not JSON: %s", err)
	}
	return t, nil
}

func (r *reader) read(s *shape, path string) (value, error) {
	t, err := r.token(path)
	if err != nil {
		return value{}, err
	}
	switch s.kind {
	case kindRecord:
		if t != json.Delim('{') {
			return value{}, mismatch(s, t, path)
		}
		return r.record(s, path)
	case kindList:
		if t != json.Delim('[') {
			return value{}, mismatch(s, t, path)
		}
		return r.list(s, path)
	}
	return r.scalar(s, t, path)
}

func (r *reader) record(s *shape, path string) (value, error) {
	o := &object{shape: s, path: path, slots: make([]value, len(s.fields))}
	for r.dec.More() {
		t, err := r.token(path)
		if err != nil {
			return value{}, err
		}
		name, _ := t.(string)
		slot, there := s.slots[name]
		if !there {
			return value{}, wrong(join(path, clip(name)), "unknown key")
		}
		if o.slots[slot].known {
			return value{}, wrong(join(path, name), "this key stands there twice")
		}
		if o.slots[slot], err = r.read(s.fields[slot].shape, join(path, name)); err != nil {
			return value{}, err
		}
	}
	if _, err := r.token(path); err != nil {
		return value{}, err
	}
	for i, f := range s.fields {
		if f.must && !o.slots[i].known {
			return value{}, wrong(join(path, f.name), "missing")
		}
	}
	return value{known: true, object: o}, nil
}

func (r *reader) list(s *shape, path string) (value, error) {
	out := value{known: true, list: []value{}}
	for r.dec.More() {
		if len(out.list) == listMost {
			return value{}, wrong(path, "more than %d entries", listMost)
		}
		v, err := r.read(s.elem, path+"["+strconv.Itoa(len(out.list))+"]")
		if err != nil {
			return value{}, err
		}
		out.list = append(out.list, v)
	}
	_, err := r.token(path)
	return out, err
}

func mismatch(s *shape, t json.Token, path string) *Error {
	got := "something else"
	switch t := t.(type) {
	case nil:
		return wrong(path, "null is not a value: leave the key out when it is not known")
	case bool:
		got = "true or false"
	case string:
		got = "a string"
	case json.Number:
		got = "a number"
	case json.Delim:
		got = map[json.Delim]string{'{': "an object", '[': "a list"}[t]
	}
	return wrong(path, "%s is expected, not %s", s.kind, got)
}

func (r *reader) scalar(s *shape, t json.Token, path string) (value, error) {
	switch t := t.(type) {
	case bool:
		if s.kind == kindBool {
			return truth(t), nil
		}
	case json.Number:
		if s.kind == kindInt {
			return readNumber(s, t, path)
		}
	case string:
		if s.kind != kindBool && s.kind != kindInt {
			return r.string(s, t, path)
		}
	}
	return value{}, mismatch(s, t, path)
}

func readNumber(s *shape, t json.Number, path string) (value, error) {
	n, err := strconv.ParseInt(t.String(), 10, 64)
	if err != nil {
		return value{}, wrong(path, "%q is not a whole number", clip(t.String()))
	}
	if n < s.least || n > s.most {
		return value{}, wrong(path, "%d does not lie between %d and %d", n, s.least, s.most)
	}
	return number(n), nil
}

var (
	idForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$`)
	placeForm = regexp.MustCompile(`^[A-Z]{2}[0-9]{0,32}$`)
)

func (r *reader) string(s *shape, t, path string) (value, error) {
	if t == "" && s.none {
		return words(""), nil
	}
	switch s.kind {
	case kindCode:
		if !r.pack.Knows(s.list, t) {
			return value{}, wrong(path, "code %q is not in the list %s of pack %s", clip(t), s.list, r.pack.id)
		}
	case kindID:
		if !idForm.MatchString(t) {
			return value{}, wrong(path, "%q is not an id: letters, digits, - and _ are expected", clip(t))
		}
	case kindPlace:
		if !placeForm.MatchString(t) {
			return value{}, wrong(path, "%q is not a place code as in RW53090109", clip(t))
		}
	case kindDate:
		return readTime(t, time.DateOnly, path, "a date as in 2026-11-22")
	case kindTime:
		return readTime(t, time.RFC3339, path, "an instant as in 2026-11-22T09:00:00Z")
	}
	return words(t), nil
}

func readTime(t, form, path, want string) (value, error) {
	at, err := time.Parse(form, t)
	if err != nil || at.UTC().Year() < 1 || at.UTC().Year() > 9999 {
		return value{}, wrong(path, "%q: %s is expected", clip(t), want)
	}
	at = at.UTC()
	text := at.Format(time.DateOnly)
	if form != time.DateOnly {
		text = at.Format(time.RFC3339Nano)
	}
	return value{known: true, at: at, text: text}, nil
}
