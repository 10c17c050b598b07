package policies

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Split takes the free texts out of a part of a case document: what is left is
// recorded, with HiddenText where one stood; the texts stand under their paths.
// It changes nothing else, checks nothing but that the part can be taken apart
// (Pack.Read does the rest), and Check of a document built of either gives the
// same bytes.
func Split(part []byte) (recorded []byte, texts map[string]string, err error) {
	s := splitter{texts: map[string]string{}}
	if recorded, err = s.value(caseShape, part, ""); err != nil {
		return nil, nil, err
	}
	return recorded, s.texts, nil
}

type splitter struct{ texts map[string]string }

// value writes a value without its texts. What does not fit its shape stays as
// it is: whoever reads it says so by its path.
func (s splitter) value(of *shape, raw json.RawMessage, path string) (json.RawMessage, error) {
	switch {
	case of.kind == kindText:
		return s.text(raw, path), nil
	case of.kind == kindRecord && starts(raw, '{'):
		return s.record(of, raw, path)
	case of.kind == kindList && starts(raw, '['):
		return s.list(of, raw, path)
	}
	return raw, nil
}

func starts(raw json.RawMessage, c byte) bool { return len(raw) > 0 && raw[0] == c }

func (s splitter) text(raw json.RawMessage, path string) json.RawMessage {
	var text string
	if json.Unmarshal(raw, &text) != nil || text == "" || text == HiddenText {
		return raw
	}
	s.texts[path] = text
	return json.RawMessage(`"` + HiddenText + `"`)
}

func (s splitter) record(of *shape, raw json.RawMessage, path string) (json.RawMessage, error) {
	fields, err := fieldsOf(raw)
	if err != nil {
		return nil, wrong(path, "%s", err)
	}
	out := []byte{'{'}
	for i, f := range fields {
		value := f.raw
		if slot, known := of.slots[f.name]; known {
			if value, err = s.value(of.fields[slot].shape, f.raw, join(path, f.name)); err != nil {
				return nil, err
			}
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(appendString(out, f.name), ':'), value...)
	}
	return append(out, '}'), nil
}

func (s splitter) list(of *shape, raw json.RawMessage, path string) (json.RawMessage, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, wrong(path, "%s", err)
	}
	if len(entries) > listMost || !holdsText(of.elem) {
		return raw, nil
	}
	out := []byte{'['}
	for i, e := range entries {
		value, err := s.value(of.elem, e, path+"["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, value...)
	}
	return append(out, ']'), nil
}

// holdsText reports whether a text can stand in a value of this shape.
func holdsText(s *shape) bool {
	switch s.kind {
	case kindText:
		return true
	case kindList:
		return holdsText(s.elem)
	case kindRecord:
		return slices.ContainsFunc(s.fields, func(f field) bool { return holdsText(f.shape) })
	}
	return false
}
