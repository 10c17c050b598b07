package policies

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// read reads the YAML that packs are written in: maps and lists in blocks or on
// one line, scalars on one line, blocks of text, comments. Whatever else it
// meets, also what is wrong, it leaves to the library, so that it never has to
// be right about more.
func (q *quick) read(src string) (tree *yamlTree, ok bool) {
	if !plainText(src) {
		return nil, false
	}
	*q = quick{src: src, line: 1, ok: true, pending: q.pending[:0], rooms: q.rooms, room: q.rooms}
	q.skip()
	if q.at == len(src) {
		return nil, false
	}
	out := q.block(q.column())
	return &out, q.ok && q.at == len(src)
}

// plainText: no line end but \n, no tab, no mark of a document.
func plainText(src string) bool {
	for i := range len(src) {
		switch c := src[i]; {
		case c == '\n':
		case c < ' ', c == 0x7f:
			return false
		case c == 0xc2 || c == 0xe2 || c == 0xef: // other line ends and marks begin so
			rest := src[i:]
			if c == 0xc2 && len(rest) > 1 && rest[1] < 0xa0 || strings.HasPrefix(rest, "\u2028") || strings.HasPrefix(rest, "\u2029") || c == 0xef {
				return false
			}
		}
	}
	return strings.HasSuffix(src, "\n") && utf8.ValidString(src)
}

// quick reads one file after the other, from where it stands; ok is false once
// it has met what it does not know.
type quick struct {
	src      string
	at, line int
	start    int // of the line
	depth    int
	within   int        // the column of the block around brackets
	pending  []yamlTree // parts of what is not closed yet
	room     []yamlTree // for parts of what is
	rooms    []yamlTree // the same, for the next file
	ok       bool
}

// deepMost bounds how deep the quick reader goes; the library says what is
// too deep.
const deepMost = 32

func (q *quick) give() yamlTree {
	q.ok = false
	q.at = len(q.src)
	return yamlTree{}
}

// parts takes what was put aside since a mark.
func (q *quick) parts(mark int) []yamlTree {
	n := len(q.pending) - mark
	if n == 0 {
		return nil
	}
	if len(q.room) < n {
		q.room = make([]yamlTree, max(n, 2*len(q.rooms), 256))
		q.rooms = q.room
	}
	out := q.room[:n:n]
	q.room = q.room[n:]
	copy(out, q.pending[mark:])
	q.pending = q.pending[:mark]
	return out
}

func (q *quick) column() int { return q.at - q.start }

func (q *quick) peek() byte {
	if q.at < len(q.src) {
		return q.src[q.at]
	}
	return '\n'
}

// next is the byte after the one that it stands at.
func (q *quick) next() byte {
	if q.at+1 < len(q.src) {
		return q.src[q.at+1]
	}
	return '\n'
}

func (q *quick) spaces() {
	for q.at < len(q.src) && q.src[q.at] == ' ' {
		q.at++
	}
}

// skip goes to the next line that says something, or to the end.
func (q *quick) skip() {
	for q.at < len(q.src) {
		q.spaces()
		if q.peek() == '#' {
			q.at = q.lineEnd()
		}
		if q.peek() != '\n' {
			return
		}
		if q.at == len(q.src) {
			return
		}
		q.at++
		q.line++
		q.start = q.at
	}
}

func (q *quick) lineEnd() int {
	if n := strings.IndexByte(q.src[q.at:], '\n'); n >= 0 {
		return q.at + n
	}
	return len(q.src)
}

// ended: what stands on the rest of the line is nothing, or a comment; it goes
// on to what comes next.
func (q *quick) ended() bool {
	before := q.at
	q.spaces()
	if c := q.peek(); c != '\n' && (c != '#' || q.at == before) {
		return false
	}
	q.skip()
	return true
}

// block reads a list or a map whose entries begin in this column.
func (q *quick) block(column int) yamlTree {
	if q.depth++; q.depth > deepMost {
		return q.give()
	}
	defer func() { q.depth-- }()
	if q.peek() == '-' && (q.next() == ' ' || q.next() == '\n') {
		return q.blockList(column)
	}
	return q.blockMap(column)
}

func (q *quick) blockList(column int) yamlTree {
	out, mark := yamlTree{kind: yaml.SequenceNode, line: q.line}, len(q.pending)
	for q.ok && q.at < len(q.src) && q.column() == column && q.peek() == '-' && (q.next() == ' ' || q.next() == '\n') {
		q.at++
		line := q.line
		q.spaces()
		if name := q.nameLength(); name > 0 && q.line == line {
			v := q.block(q.column())
			q.pending = append(q.pending, v)
			continue
		}
		if c := q.peek(); c == '-' || c == '\n' || c == '#' { // an entry in the entry's first line, or below
			return q.give()
		}
		v := q.value(column)
		q.pending = append(q.pending, v)
	}
	out.parts = q.parts(mark)
	return q.closed(out, column)
}

func (q *quick) blockMap(column int) yamlTree {
	out, mark := yamlTree{kind: yaml.MappingNode, line: q.line}, len(q.pending)
	for q.ok && q.at < len(q.src) && q.column() == column {
		n := q.nameLength()
		if n == 0 {
			return q.give()
		}
		q.pending = append(q.pending, yamlTree{kind: yaml.ScalarNode, plain: true, line: q.line, text: q.src[q.at : q.at+n]})
		q.at += n + 1
		v := q.mapValue(column)
		q.pending = append(q.pending, v)
	}
	out.parts = q.parts(mark)
	return q.closed(out, column)
}

// closed: what comes next stands further left.
func (q *quick) closed(out yamlTree, column int) yamlTree {
	if q.at < len(q.src) && q.column() >= column {
		return q.give()
	}
	return out
}

// nameLength is how long the name is that a colon follows; 0 where none does.
func (q *quick) nameLength() int {
	i := q.at
	for i < len(q.src) && (isName(q.src[i]) || q.src[i] == '-' && i > q.at) {
		i++
	}
	if i == q.at || i >= len(q.src) || q.src[i] != ':' || i+1 < len(q.src) && q.src[i+1] != ' ' && q.src[i+1] != '\n' {
		return 0
	}
	return i - q.at
}

// mapValue reads what follows a key: on its line, or below it.
func (q *quick) mapValue(column int) yamlTree {
	line := q.line
	q.spaces()
	if c := q.peek(); c != '\n' && c != '#' {
		return q.value(column)
	}
	q.skip()
	list := q.peek() == '-' && (q.next() == ' ' || q.next() == '\n')
	if q.at < len(q.src) && (q.column() > column || q.column() == column && list) && q.line > line {
		return q.block(q.column())
	}
	return q.give() // nothing at all: rare
}

// value reads a value that begins on this line, within a block in a column.
func (q *quick) value(column int) yamlTree {
	var out yamlTree
	switch c := q.peek(); c {
	case '>', '|':
		return q.text(column)
	case '[', '{', '"', '\'':
		q.within = column
		out = q.inline()
	default:
		out = q.scalar(column)
	}
	if !q.ok || !q.ended() {
		return q.give()
	}
	if q.at < len(q.src) && q.column() > column {
		return q.give() // a scalar that goes on
	}
	return out
}

// inline reads a value that ends where its quote or its bracket does.
func (q *quick) inline() yamlTree {
	if q.depth++; q.depth > deepMost {
		return q.give()
	}
	defer func() { q.depth-- }()
	switch q.peek() {
	case '[':
		return q.inlineList()
	case '{':
		return q.inlineMap()
	case '"', '\'':
		return q.quoted()
	}
	return q.inlineScalar()
}

func (q *quick) inlineList() yamlTree {
	out, mark := yamlTree{kind: yaml.SequenceNode, line: q.line}, len(q.pending)
	q.at++
	if q.spaces(); q.peek() == ']' {
		q.at++
		return out
	}
	for q.ok {
		q.spaces()
		v := q.inline()
		q.pending = append(q.pending, v)
		if q.closes(']') {
			out.parts = q.parts(mark)
			return out
		}
	}
	return q.give()
}

func (q *quick) inlineMap() yamlTree {
	out, mark := yamlTree{kind: yaml.MappingNode, line: q.line}, len(q.pending)
	q.at++
	if q.spaces(); q.peek() == '}' {
		q.at++
		return out
	}
	for q.ok {
		q.spaces()
		n := q.nameLength()
		if n == 0 {
			return q.give()
		}
		q.pending = append(q.pending, yamlTree{kind: yaml.ScalarNode, plain: true, line: q.line, text: q.src[q.at : q.at+n]})
		q.at += n + 1
		q.spaces()
		v := q.inline()
		q.pending = append(q.pending, v)
		if q.closes('}') {
			out.parts = q.parts(mark)
			return out
		}
	}
	return q.give()
}

// closes goes on behind a comma; true at the bracket that closes.
func (q *quick) closes(with byte) bool {
	q.spaces()
	switch q.peek() {
	case with:
		q.at++
		return true
	case ',':
		if q.at++; q.peek() == '#' {
			q.give()
		}
		line := q.line
		if q.skip(); q.line > line && q.column() <= q.within {
			q.give()
		}
	default:
		q.give()
	}
	return false
}
