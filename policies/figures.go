package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Figures are the numbers, codes and truths that a finding rests on, sorted by
// name. In JSON they are one object.
type Figures []Figure

// Figure is one of them: an int64, a string or a bool.
type Figure struct {
	Name  string
	Value any
}

// Of is the figure of a name; nil if there is none, also where a finding shows
// no figures at all.
func (f *Figures) Of(name string) any {
	if f == nil {
		return nil
	}
	for _, one := range *f {
		if one.Name == name {
			return one.Value
		}
	}
	return nil
}

// MarshalJSON writes the object.
func (f Figures) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, one := range f {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := json.Marshal(one.Value)
		if err != nil {
			return nil, fmt.Errorf("write the figure %s of a finding: %w", one.Name, err)
		}
		out = append(append(appendString(out, one.Name), ':'), value...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads the object of a result that was written down.
func (f *Figures) UnmarshalJSON(raw []byte) error {
	var values map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&values); err != nil {
		return fmt.Errorf("read the figures of a finding: %w", err)
	}
	*f = nil
	for _, name := range sorted(values) {
		v, err := figure(values[name])
		if err != nil {
			return fmt.Errorf("read the figure %s of a finding: %w", clip(name), err)
		}
		*f = append(*f, Figure{name, v})
	}
	return nil
}

func figure(v any) (any, error) {
	switch v := v.(type) {
	case bool, string:
		return v, nil
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return nil, errors.New("a whole number is expected")
		}
		return n, nil
	}
	return nil, errors.New("a number, a code or a truth is expected")
}
