package policies

import (
	"errors"
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// documentMost bounds a case document: an event holds at most 64 kB.
const documentMost = 256 << 10

// Read reads a case document strictly: an unknown key or code, a key twice, a
// wrong type or a document for another pack is an *Error that names the path.
func (p *Pack) Read(doc []byte) (*Case, error) {
	switch {
	case len(doc) > documentMost:
		return nil, wrong("", "it has %d bytes, at most %d are read", len(doc), documentMost)
	case !utf8.Valid(doc):
		return nil, wrong("", "it is not UTF-8")
	}
	quick := &quickJSON{src: string(doc)}
	if c, err := p.readTokens(quick); !quick.gaveUp {
		return c, err
	}
	return p.readTokens(newSlowJSON(doc))
}

func (p *Pack) readTokens(tokens jsonTokens) (*Case, error) {
	r := &reader{pack: p, jsonTokens: tokens, out: &Case{book: p.book, cells: make([]cell, caseShape.width, cellsAtFirst)}}
	if err := r.read(caseShape, 0); err != nil {
		return nil, err
	}
	if _, err := r.next(); !errors.Is(err, io.EOF) {
		return nil, wrong("", "something follows its end")
	}
	return r.out, r.finish()
}

// cellsAtFirst is what a usual document takes.
const cellsAtFirst = 256

// finish checks what only the whole document can show.
func (r *reader) finish() error {
	c := r.out
	if id := c.text(c.cells[casePack]); id != r.pack.id {
		return wrong("pack", "%q is asked for, this is pack %q", clip(id), r.pack.id)
	}
	list := caseShape.fields[caseShape.slots["unknowable"]].shape
	for i, entry := range c.entries(caseUnknowable, list) {
		path := c.text(c.cells[entry+list.elem.fields[0].at])
		if problem := unknowableProblem(path); problem != "" {
			return wrong("unknowable["+strconv.Itoa(i)+"].path", "%q %s", clip(path), problem)
		}
		c.unknowable = append(c.unknowable, path)
	}
	return nil
}

// reader walks a document and its shape together; it goes no deeper than the
// shape does.
type reader struct {
	jsonTokens
	pack *Pack
	out  *Case
}

func (r *reader) token() (jsonToken, error) {
	t, err := r.next()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return jsonToken{}, wrong("", "the document ends in the middle")
	}
	if err != nil {
		return jsonToken{}, wrong("", "not JSON: %s", err)
	}
	return t, nil
}

// below puts a step before the path of an error, so that paths are made only
// where something is wrong.
func below(step string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	rest := e.Path
	if rest != "" && rest[0] != '[' {
		rest = "." + rest
	}
	return &Error{step + rest, e.Problem}
}

// read puts one value into the cells from a place on.
func (r *reader) read(s *shape, at int32) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	switch s.kind {
	case kindRecord:
		if t.kind != '{' {
			return mismatch(s, t)
		}
		return r.record(s, at)
	case kindList:
		if t.kind != '[' {
			return mismatch(s, t)
		}
		return r.list(s, at)
	}
	r.out.cells[at], err = r.scalar(s, t)
	return err
}

func (r *reader) record(s *shape, base int32) error {
	r.out.cells[base] = isTrue
	for r.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name := t.text
		slot, there := s.slots[name]
		if !there {
			return wrong(clip(name), "unknown key")
		}
		f := s.fields[slot]
		if r.out.cells[base+f.at] != absent {
			return wrong(name, "this key stands there twice")
		}
		if err = r.read(f.shape, base+f.at); err != nil {
			return below(name, err)
		}
	}
	if _, err := r.token(); err != nil {
		return err
	}
	for _, f := range s.fields {
		if f.must && r.out.cells[base+f.at] == absent {
			return wrong(f.name, "missing")
		}
	}
	return nil
}

// list puts its entries behind all cells so far: no entry holds a list itself.
func (r *reader) list(s *shape, at int32) error {
	start, n := len(r.out.cells), 0
	for ; r.More(); n++ {
		if n == listMost {
			return wrong("", "more than %d entries", listMost)
		}
		entry := int32(len(r.out.cells))
		r.out.cells = append(r.out.cells, make([]cell, s.elem.cells())...)
		if err := r.read(s.elem, entry); err != nil {
			return below("["+strconv.Itoa(n)+"]", err)
		}
	}
	r.out.cells[at], r.out.cells[at+listStart] = firstNumber+cell(n), cell(start)
	_, err := r.token()
	return err
}

// gotten is what stands where something else is expected.
var gotten = map[byte]string{
	jsonTrue: "true or false", jsonFalse: "true or false", jsonString: "a string", jsonNumber: "a number", '{': "an object", '[': "a list",
}

func mismatch(s *shape, t jsonToken) *Error {
	if t.kind == jsonNull {
		return wrong("", "null is not a value: leave the key out when it is not known")
	}
	return wrong("", "%s is expected, not %s", s.kind, gotten[t.kind])
}

func (r *reader) scalar(s *shape, t jsonToken) (cell, error) {
	switch t.kind {
	case jsonTrue, jsonFalse:
		if s.kind == kindBool {
			return cellOf(t.kind == jsonTrue), nil
		}
	case jsonNumber:
		if s.kind == kindInt {
			return readNumber(s, t.text)
		}
	case jsonString:
		if s.kind != kindBool && s.kind != kindInt {
			return r.string(s, t.text)
		}
	}
	return absent, mismatch(s, t)
}

func readNumber(s *shape, t string) (cell, error) {
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return absent, wrong("", "%q is not a whole number", clip(t))
	}
	if n < s.least || n > s.most {
		return absent, wrong("", "%d does not lie between %d and %d", n, s.least, s.most)
	}
	return firstNumber + cell(n), nil
}

// idLike: a letter or digit, and up to 63 of those and _ . : -
func idLike(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isName(c) && (c != '.' && c != ':' && c != '-') || i == 0 && (c == '_' || !isName(c)) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// placeLike: two capital letters, and up to 32 digits.
func placeLike(s string) bool {
	const country, digits = 2, 32
	for i := range len(s) {
		if c := s[i]; i < country && (c < 'A' || c > 'Z') || i >= country && !isDigit(c) {
			return false
		}
	}
	return len(s) >= country && len(s) <= country+digits
}

func (r *reader) string(s *shape, t string) (cell, error) {
	if t == "" && s.none {
		return nothing, nil
	}
	switch s.kind {
	case kindCode:
		v := r.pack.book.cell(s.list, t)
		if v == absent {
			return absent, wrong("", "code %q is not in the list %s of pack %s", clip(t), s.list, r.pack.id)
		}
		return v, nil
	case kindID:
		if !idLike(t) {
			return absent, wrong("", "%q is not an id: letters, digits, - and _ are expected", clip(t))
		}
	case kindPlace:
		if !placeLike(t) {
			return absent, wrong("", "%q is not a place code as in RW53090109", clip(t))
		}
	case kindDate:
		return r.time(t, time.DateOnly, "a date as in 2026-11-22")
	case kindTime:
		return r.time(t, time.RFC3339, "an instant as in 2026-11-22T09:00:00Z")
	case kindText, kindPath:
		if t == "" {
			return nothing, nil
		}
	}
	r.out.texts = append(r.out.texts, t)
	return firstWord + cell(len(r.out.texts)-1), nil
}

func (r *reader) time(t, form, want string) (cell, error) {
	at, err := readTime(t, form, "", want)
	if err != nil {
		return absent, err
	}
	r.out.instants = append(r.out.instants, at)
	return firstWord + cell(len(r.out.instants)-1), nil
}

func readTime(t, form, path, want string) (time.Time, error) {
	at, err := time.Parse(form, t)
	if err != nil || at.UTC().Year() < 1 || at.UTC().Year() > 9999 {
		return time.Time{}, wrong(path, "%q: %s is expected", clip(t), want)
	}
	return at.UTC(), nil
}

// timeForm is how a date or an instant is written.
func timeForm(k kind) string {
	if k == kindDate {
		return time.DateOnly
	}
	return time.RFC3339Nano
}
