package policies

import (
	"encoding/json"
	"slices"
	"strconv"
)

// JSON is the document's one form: keys in the order of the format, no spaces,
// instants in UTC. Read of it gives it again.
func (c *Case) JSON() []byte { return c.appendValue(nil, caseShape, 0) }

func (c *Case) appendValue(out []byte, s *shape, at int32) []byte {
	v := c.cells[at]
	switch s.kind {
	case kindBool:
		return strconv.AppendBool(out, v == isTrue)
	case kindInt:
		return strconv.AppendInt(out, v.number(), 10)
	case kindRecord:
		return c.appendObject(out, s, at)
	case kindList:
		return c.appendList(out, s, at)
	case kindCode:
		return appendString(out, c.book.text(s.list, v))
	case kindDate, kindTime:
		if v == nothing {
			return appendString(out, "")
		}
		return appendString(out, c.instant(v).Format(timeForm(s.kind)))
	}
	return appendString(out, c.text(v))
}

func (c *Case) appendList(out []byte, s *shape, at int32) []byte {
	out = append(out, '[')
	for i, entry := range c.entries(at, s) {
		if i > 0 {
			out = append(out, ',')
		}
		out = c.appendValue(out, s.elem, entry)
	}
	return append(out, ']')
}

func (c *Case) appendObject(out []byte, s *shape, base int32) []byte {
	out = append(out, '{')
	first := true
	for _, f := range s.fields {
		if c.cells[base+f.at] == absent {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(appendString(out, f.name), ':')
		out = c.appendValue(out, f.shape, base+f.at)
	}
	return append(out, '}')
}

// appendString escapes as encoding/json does, so that the bytes stay as they
// are when they are carried inside another JSON document.
func appendString(out []byte, s string) []byte {
	raw, _ := json.Marshal(s) // a string always encodes
	return append(out, raw...)
}

// HiddenText stands in an event for a text that travels beside it.
const HiddenText = "*"

// FreeText returns the path of a text that is neither "" nor HiddenText.
func (c *Case) FreeText() (path string, found bool) {
	c.visit(caseShape, 0, "", func(s *shape, at int32, where string) {
		if s.kind != kindText || found {
			return
		}
		if text := c.text(c.cells[at]); text != "" && text != HiddenText {
			path, found = where, true
		}
	})
	return path, found
}

// WithoutTexts is the document as an event records it: every text that is not
// empty is replaced by HiddenText. Check of both gives the same bytes.
func (c *Case) WithoutTexts() *Case {
	out := *c
	out.texts = slices.Clone(c.texts)
	c.visit(caseShape, 0, "", func(s *shape, at int32, _ string) {
		if v := c.cells[at]; s.kind == kindText && v >= firstWord {
			out.texts[v-firstWord] = HiddenText
		}
	})
	return &out
}

// under is the document as another pack sees it: a code that this one does not
// know is not known.
func (c *Case) under(b *codebook) *Case {
	out := *c
	out.book, out.cells = b, slices.Clone(c.cells)
	c.visit(caseShape, 0, "", func(s *shape, at int32, _ string) {
		if v := c.cells[at]; s.kind == kindCode && v >= firstWord {
			out.cells[at] = b.cell(s.list, c.book.text(s.list, v))
		}
	})
	return &out
}

// visit goes to every value of the document that is neither a record nor a
// list.
func (c *Case) visit(s *shape, at int32, path string, each func(s *shape, at int32, path string)) {
	switch s.kind {
	case kindRecord:
		for _, f := range s.fields {
			if c.cells[at+f.at] != absent {
				c.visit(f.shape, at+f.at, join(path, f.name), each)
			}
		}
	case kindList:
		for i, entry := range c.entries(at, s) {
			c.visit(s.elem, entry, path+"["+strconv.Itoa(i)+"]", each)
		}
	default:
		each(s, at, path)
	}
}
