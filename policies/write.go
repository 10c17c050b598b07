package policies

import (
	"encoding/json"
	"strconv"
)

// JSON is the document's one form: keys in the order of the format, no spaces,
// instants in UTC. Read of it gives it again.
func (c *Case) JSON() []byte { return appendValue(nil, caseShape, value{known: true, object: c.root}) }

func appendValue(out []byte, s *shape, v value) []byte {
	switch s.kind {
	case kindBool:
		return strconv.AppendBool(out, v.yes)
	case kindInt:
		return strconv.AppendInt(out, v.lo, 10)
	case kindRecord:
		return appendObject(out, v.object)
	case kindList:
		out = append(out, '[')
		for i, e := range v.list {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendValue(out, s.elem, e)
		}
		return append(out, ']')
	}
	return appendString(out, v.text)
}

func appendObject(out []byte, o *object) []byte {
	out = append(out, '{')
	first := true
	for i, f := range o.shape.fields {
		if !o.slots[i].known {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(appendString(out, f.name), ':')
		out = appendValue(out, f.shape, o.slots[i])
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
	walkTexts(caseShape, value{known: true, object: c.root}, "", func(at string, v *value) {
		if !found && v.text != "" && v.text != HiddenText {
			path, found = at, true
		}
	})
	return path, found
}

// WithoutTexts is the document as an event records it: every text that is not
// empty is replaced by HiddenText. Check of both gives the same bytes.
func (c *Case) WithoutTexts() *Case {
	root := copyValue(value{known: true, object: c.root})
	walkTexts(caseShape, root, "", func(_ string, v *value) {
		if v.text != "" {
			v.text = HiddenText
		}
	})
	return &Case{root: root.object, at: c.at, unknowable: c.unknowable}
}

func walkTexts(s *shape, v value, path string, visit func(string, *value)) {
	switch s.kind {
	case kindRecord:
		for i, f := range s.fields {
			at := join(path, f.name)
			switch {
			case !v.object.slots[i].known:
			case f.shape.kind == kindText:
				visit(at, &v.object.slots[i])
			default:
				walkTexts(f.shape, v.object.slots[i], at, visit)
			}
		}
	case kindList:
		for i := range v.list {
			at := path + "[" + strconv.Itoa(i) + "]"
			if s.elem.kind == kindText {
				visit(at, &v.list[i])
				continue
			}
			walkTexts(s.elem, v.list[i], at, visit)
		}
	}
}

func copyValue(v value) value {
	if v.object != nil {
		o := *v.object
		o.slots = make([]value, len(v.object.slots))
		for i, e := range v.object.slots {
			o.slots[i] = copyValue(e)
		}
		v.object = &o
	}
	if v.list != nil {
		list := make([]value, len(v.list))
		for i, e := range v.list {
			list[i] = copyValue(e)
		}
		v.list = list
	}
	return v
}
