package engine

import (
	"bytes"
	"encoding/json"
)

// object is a JSON object that is put together member by member. Its text has
// passed events.CheckBody: valid JSON whose keys are plain and stand once, so it
// is only cut apart and never decoded.
type object []member

type member struct {
	key   string
	value json.RawMessage
}

// readObject cuts an object into its members; false for any other value.
func readObject(raw []byte) (object, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	var o object
	for rest := raw[1:]; ; {
		if rest = skip(rest, " \t\r\n,"); rest[0] == '}' {
			return o, true
		}
		n := stringEnd(rest)
		key := string(rest[1 : n-1])
		rest = skip(rest[n:], " \t\r\n:")
		n = valueEnd(rest)
		o, rest = append(o, member{key, bytes.TrimSpace(rest[:n])}), rest[n:]
	}
}

// skip lets go of what stands between two tokens.
func skip(raw []byte, these string) []byte {
	for bytes.IndexByte([]byte(these), raw[0]) >= 0 {
		raw = raw[1:]
	}
	return raw
}

// stringEnd is the length of the string that raw begins with.
func stringEnd(raw []byte) int {
	for i := 1; ; i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueEnd is the length of the value that raw, the inside of an object, begins
// with.
func valueEnd(raw []byte) int {
	open := 0
	for i := 0; ; i++ {
		switch raw[i] {
		case '"':
			i += stringEnd(raw[i:]) - 1
		case '{', '[':
			open++
		case '}', ']':
			if open--; open < 0 {
				return i
			}
		case ',':
			if open == 0 {
				return i
			}
		}
	}
}

// set replaces a member or adds it.
func (o *object) set(key string, value []byte) {
	for i := range *o {
		if (*o)[i].key == key {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{key, value})
}

func (o object) get(key string) json.RawMessage {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// merge lays another object over this one: objects key by key, anything else
// whole.
func (o *object) merge(above object) {
	for _, m := range above {
		o.set(m.key, mergeValue(o.get(m.key), m.value))
	}
}

func mergeValue(below, above json.RawMessage) json.RawMessage {
	out, ok := readObject(below)
	if !ok {
		return above
	}
	over, ok := readObject(above)
	if !ok {
		return above
	}
	out.merge(over)
	return out.text()
}

// text is the object as JSON.
func (o object) text() []byte {
	size := len("{}")
	for _, m := range o {
		size += len(`"":,`) + len(m.key) + len(m.value)
	}
	out := append(make([]byte, 0, size), '{')
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), m.key...), '"', ':')
		out = append(out, m.value...)
	}
	return append(out, '}')
}

// text is a string as JSON.
func text(s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			out, _ := json.Marshal(s) // a string always encodes
			return out
		}
	}
	return append(append(append(make([]byte, 0, len(s)+2), '"'), s...), '"')
}
