package policies

import (
	"fmt"
	"strconv"
	"strings"
)

// exprError says what is wrong in an expression, and where in it.
type exprError struct {
	line, col int
	problem   string
}

func (e *exprError) Error() string { return fmt.Sprintf("%d:%d: %s", e.line, e.col, e.problem) }

type pos struct{ line, col int }

func (p pos) fail(format string, args ...any) *exprError {
	return &exprError{p.line, p.col, fmt.Sprintf(format, args...)}
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenInt
	tokenString
	tokenSign
)

type token struct {
	kind tokenKind
	text string
	n    int64
	pos
}

func (t token) String() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return strconv.Quote(clip(t.text))
}

const (
	// exprMost bounds the length of an expression.
	exprMost = 4096
	// intMost bounds a literal, so that arithmetic stays far from overflow.
	intMost = 1_000_000_000
)

// signLength is how many bytes the sign at the front of a text has; 0 if there
// is none.
func signLength(src string) int {
	twice := len(src) > 1 && src[1] == src[0]
	equals := len(src) > 1 && src[1] == '='
	switch src[0] {
	case '&', '|':
		return lengthIf(twice, 0)
	case '=':
		return lengthIf(equals, 0)
	case '!', '<', '>':
		return lengthIf(equals, 1)
	case '?', ':', '(', ')', '[', ']', ',', '.', '+', '-', '*', '/', '%':
		return 1
	}
	return 0
}

// lengthIf: two bytes belong to the sign, or as many as the first makes alone.
func lengthIf(two bool, alone int) int {
	if two {
		return 2
	}
	return alone
}

// lex cuts an expression into tokens, which it adds to others.
func lex(src string, out []token) ([]token, error) {
	if len(src) > exprMost {
		return nil, pos{1, 1}.fail("the expression is longer than %d bytes", exprMost)
	}
	l := lexer{src: src, pos: pos{1, 1}}
	for {
		l.space()
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if t.kind == tokenEnd {
			return out, nil
		}
	}
}

type lexer struct {
	src string
	i   int
	pos
}

func (l *lexer) advance(n int) string {
	text := l.src[l.i : l.i+n]
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n':
			l.line, l.col = l.line+1, 1
		case c&0xc0 != 0x80: // a letter counts once, however many bytes it has
			l.col++
		}
	}
	l.i += n
	return text
}

func (l *lexer) space() {
	for l.i < len(l.src) {
		switch c := l.src[l.i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.advance(1)
		case c == '/' && strings.HasPrefix(l.src[l.i:], "//"):
			n := strings.IndexByte(l.src[l.i:], '\n')
			if n < 0 {
				n = len(l.src) - l.i
			}
			l.advance(n)
		default:
			return
		}
	}
}

func (l *lexer) run(is func(byte) bool) int {
	n := 0
	for l.i+n < len(l.src) && is(l.src[l.i+n]) {
		n++
	}
	return n
}

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isName(c byte) bool   { return isLetter(c) || isDigit(c) }

func (l *lexer) next() (token, error) {
	at := l.pos
	if l.i == len(l.src) {
		return token{pos: at}, nil
	}
	switch c := l.src[l.i]; {
	case isLetter(c):
		return token{kind: tokenName, text: l.advance(l.run(isName)), pos: at}, nil
	case isDigit(c):
		text := l.advance(l.run(isName))
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n > intMost {
			return token{}, at.fail("%q is not a whole number up to %d", clip(text), intMost)
		}
		return token{kind: tokenInt, text: text, n: n, pos: at}, nil
	case c == '"' || c == '\'':
		return l.quoted(c, at)
	}
	if n := signLength(l.src[l.i:]); n > 0 {
		return token{kind: tokenSign, text: l.advance(n), pos: at}, nil
	}
	return token{}, at.fail("%q is not part of the language", clip(l.src[l.i:l.i+1]))
}

// quoted reads a literal; codes need no escapes, so there are none.
func (l *lexer) quoted(quote byte, at pos) (token, error) {
	end := strings.IndexByte(l.src[l.i+1:], quote)
	if end < 0 {
		return token{}, at.fail("this string does not end")
	}
	raw := l.advance(end + 2)
	text := raw[1 : len(raw)-1]
	if strings.ContainsAny(text, "\\\n") {
		return token{}, at.fail("a string is a code on one line, without escapes")
	}
	return token{kind: tokenString, text: text, pos: at}, nil
}
