package events

import (
	"testing"

	"github.com/matryer/is"
)

// What CheckBody takes, Decode does not refuse for its form.
func TestCheckBody(t *testing.T) {
	for body, good := range map[string]bool{
		`{"to":"RW57"}`:          true,
		`{"a":{"b":[{"c":1}]}}`:  true,
		`{"a":1,"a":2}`:          false,
		`{"A":1}`:                false,
		`{"\u0061":1}`:           false,
		`{"a":1`:                 false,
		"{\"a\":\"\xff\"}":       false,
		``:                       false,
		`{"a":{"x":1},"x":{}}`:   true,
		`{"a":[{"x":1,"x":[]}]}`: false,
	} {
		is := is.New(t)
		is.Equal(CheckBody([]byte(body)) == nil, good) // body
	}
}
