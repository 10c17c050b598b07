package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// membersMax bounds the members of one object in a body, because each is
// compared with those before it. The largest that we write has some forty.
const membersMax = 512

// CheckBody refuses a text that may not stand in an event's body: one that is
// not JSON, or that two readers could take for different things (see
// checkKeys). Who takes what is to become a part of a body asks it first, or
// the event would be stored and then read by nobody.
func CheckBody(body []byte) error {
	if !json.Valid(body) || !utf8.Valid(body) {
		return errors.New("JSON in UTF-8 is expected")
	}
	return checkKeys(body)
}

// checkKeys makes sure that every reader of a body sees the same members. Go
// takes "TO" for "to" and the last of two that are equal; other readers do
// not, and an auditor must find what the nodes acted on. So no key stands twice
// in one object, and keys are plain ASCII without capitals or escapes. The body
// must be valid JSON.
func checkKeys(body []byte) error {
	var keys [][]byte // of all open objects
	var open []int    // where the keys of each begin
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{':
			open = append(open, len(keys))
		case '}':
			keys, open = keys[:open[len(open)-1]], open[:len(open)-1]
		case '"':
			text := body[i+1 : i+1+stringEnd(body[i+1:])]
			i += len(text) + 1
			if !bytes.HasPrefix(bytes.TrimLeft(body[i+1:], " \t\r\n"), []byte{':'}) {
				continue // a value
			}
			if err := checkKey(text, keys[open[len(open)-1]:]); err != nil {
				return err
			}
			keys = append(keys, text)
		}
	}
	return nil
}

func checkKey(key []byte, before [][]byte) error {
	if len(before) == membersMax {
		return fmt.Errorf("an object has more than %d members", membersMax)
	}
	for _, c := range key {
		if c >= 0x80 || c == '\\' || 'A' <= c && c <= 'Z' {
			return fmt.Errorf("key %q: plain lower-case ASCII is expected", clip(string(key)))
		}
	}
	for _, b := range before {
		if bytes.Equal(b, key) {
			return fmt.Errorf("key %q stands twice in one object", clip(string(key)))
		}
	}
	return nil
}

// stringEnd is the index of the quote that ends a JSON string.
func stringEnd(s []byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}
