package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// jsonTokens cuts a document into tokens, as a json.Decoder does.
type jsonTokens interface {
	next() (jsonToken, error)
	More() bool
}

// jsonToken is a token: a bracket as it is, or one of the kinds below.
type jsonToken struct {
	kind byte
	text string // of a string and a number
}

const (
	jsonString = '"'
	jsonNumber = '0'
	jsonTrue   = 't'
	jsonFalse  = 'f'
	jsonNull   = 'n'
)

// slowJSON is the standard decoder.
type slowJSON struct{ *json.Decoder }

func newSlowJSON(doc []byte) slowJSON {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	return slowJSON{dec}
}

func (s slowJSON) next() (jsonToken, error) {
	t, err := s.Token()
	if err != nil {
		return jsonToken{}, err
	}
	switch t := t.(type) {
	case json.Delim:
		return jsonToken{kind: byte(t)}, nil
	case string:
		return jsonToken{jsonString, t}, nil
	case json.Number:
		return jsonToken{jsonNumber, t.String()}, nil
	case bool:
		if t {
			return jsonToken{kind: jsonTrue}, nil
		}
		return jsonToken{kind: jsonFalse}, nil
	}
	return jsonToken{kind: jsonNull}, nil
}

// quickJSON cuts a document that is written in the plain way: no escapes, no
// numbers but whole ones, no mistakes. At anything else it gives up, and the
// document is read anew with the standard decoder, so that it never has to be
// right about more.
type quickJSON struct {
	src    string
	at     int
	within []byte // the brackets around, and which of them close next
	state  jsonState
	gaveUp bool
}

type jsonState uint8

const (
	jsonValue jsonState = iota // a value comes
	jsonFirst                  // a key or a value comes, or the end of what has begun
	jsonKey                    // a key comes
	jsonNext                   // a comma comes, or the end
	jsonEnd                    // nothing comes
)

var errNotPlain = errors.New("not written in the plain way")

func (q *quickJSON) giveUp() (jsonToken, error) {
	q.gaveUp = true
	return jsonToken{}, errNotPlain
}

func (q *quickJSON) peek() byte {
	for ; q.at < len(q.src); q.at++ {
		switch c := q.src[q.at]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}

// More reports whether another key or entry comes.
func (q *quickJSON) More() bool {
	c := q.peek()
	return c != 0 && c != ']' && c != '}'
}

// next is the next token; io.EOF at the end.
func (q *quickJSON) next() (jsonToken, error) {
	c := q.peek()
	switch {
	case q.gaveUp:
		return q.giveUp()
	case c == 0 && q.state == jsonEnd && q.at == len(q.src):
		return jsonToken{}, io.EOF
	case q.state == jsonNext && c == ',':
		q.at++
		c = q.peek()
		if q.state = jsonValue; q.inObject() {
			q.state = jsonKey
		}
	case (q.state == jsonNext || q.state == jsonFirst) && len(q.within) > 0 && c == q.within[len(q.within)-1]:
		q.at++
		q.within = q.within[:len(q.within)-1]
		q.valueEnds()
		return jsonToken{kind: c}, nil
	case q.state == jsonFirst:
		if q.state = jsonValue; q.inObject() {
			q.state = jsonKey
		}
	}
	switch q.state {
	case jsonKey:
		return q.key()
	case jsonValue:
		return q.value(c)
	}
	return q.giveUp()
}

func (q *quickJSON) inObject() bool { return len(q.within) > 0 && q.within[len(q.within)-1] == '}' }

func (q *quickJSON) valueEnds() {
	q.state = jsonEnd
	if len(q.within) > 0 {
		q.state = jsonNext
	}
}

func (q *quickJSON) key() (jsonToken, error) {
	name, ok := q.text()
	if !ok || q.peek() != ':' {
		return q.giveUp()
	}
	q.at++
	q.state = jsonValue
	return jsonToken{jsonString, name}, nil
}

func (q *quickJSON) value(c byte) (jsonToken, error) {
	switch {
	case c == '{':
		return q.opens(c, '}')
	case c == '[':
		return q.opens(c, ']')
	case c == '"':
		s, ok := q.text()
		if !ok {
			return q.giveUp()
		}
		q.valueEnds()
		return jsonToken{jsonString, s}, nil
	case c == '-' || isDigit(c):
		return q.number()
	case q.literal("true"):
		return jsonToken{kind: jsonTrue}, nil
	case q.literal("false"):
		return jsonToken{kind: jsonFalse}, nil
	case q.literal("null"):
		return jsonToken{kind: jsonNull}, nil
	}
	return q.giveUp()
}

func (q *quickJSON) opens(c, closes byte) (jsonToken, error) {
	q.at++
	q.within = append(q.within, closes)
	q.state = jsonFirst
	return jsonToken{kind: c}, nil
}

func (q *quickJSON) literal(word string) bool {
	if len(q.src)-q.at < len(word) || q.src[q.at:q.at+len(word)] != word {
		return false
	}
	q.at += len(word)
	q.valueEnds()
	return true
}

// text is a string without escapes.
func (q *quickJSON) text() (string, bool) {
	if q.peek() != '"' {
		return "", false
	}
	for i := q.at + 1; i < len(q.src); i++ {
		switch c := q.src[i]; {
		case c == '"':
			s := q.src[q.at+1 : i]
			q.at = i + 1
			return s, true
		case c == '\\' || c < ' ':
			return "", false
		}
	}
	return "", false
}

// number is a whole one.
func (q *quickJSON) number() (jsonToken, error) {
	start := q.at
	if q.src[q.at] == '-' {
		q.at++
	}
	first := q.at
	for q.at < len(q.src) && isDigit(q.src[q.at]) {
		q.at++
	}
	if n := q.at - first; n == 0 || n > 1 && q.src[first] == '0' {
		return q.giveUp()
	}
	if q.at < len(q.src) && (q.src[q.at] == '.' || q.src[q.at] == 'e' || q.src[q.at] == 'E') {
		return q.giveUp()
	}
	q.valueEnds()
	return jsonToken{jsonNumber, q.src[start:q.at]}, nil
}

// quickFields takes an object apart that is written in the plain way.
func quickFields(raw []byte) (out []rawField, ok bool) {
	if !utf8.Valid(raw) {
		return nil, false
	}
	q := &quickJSON{src: string(raw)}
	if t, err := q.next(); err != nil || t.kind != '{' {
		return nil, false
	}
	for q.More() {
		t, err := q.next()
		if err != nil {
			return nil, false
		}
		q.peek()
		start := q.at
		if !q.skip() {
			return nil, false
		}
		out = append(out, rawField{t.text, raw[start:q.at:q.at]}) // in an object a key comes first
	}
	if _, err := q.next(); err != nil {
		return nil, false
	}
	_, err := q.next()
	return out, errors.Is(err, io.EOF)
}

// skip goes behind the value that comes.
func (q *quickJSON) skip() bool {
	around := len(q.within)
	for {
		if _, err := q.next(); err != nil {
			return false
		}
		if len(q.within) == around {
			return true
		}
	}
}
