package events

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// TestRoles: what waits for a pen and what does not; an unknown type, or a
// newer version of a known one, does nothing here.
func TestRoles(t *testing.T) {
	is := is.New(t)
	is.Equal(TypeDecided.Role(), RoleLine)
	is.Equal(TypeTakenOver.Role(), RoleLine)
	is.Equal(TypeContributed.Role(), RoleContribution)
	is.Equal(TypeRefused.Role(), RoleContribution)
	is.Equal(TypeRestricted.Role(), RoleLine)
	is.Equal(TypeErased.Role(), RoleContribution) // no pen can hold up an erasure
	for _, unknown := range []Type{"", "rw.umuryango.referral.raised.v2", "rw.umuryango.referral.Raised.v1", "raised"} {
		is.Equal(unknown.Role(), RoleUnknown)
	}
}

// TestDecodeIsStrict: a body that this program does not wholly understand, or
// that two readers could understand differently, is an error.
func TestDecodeIsStrict(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		into any
		want string // in the error; empty: it decodes
	}{
		"as written":            {`{"to":"RW57"}`, new(Forwarded), ""},
		"white space":           {" {\n\"to\" : \"RW57\" }\n", new(Forwarded), ""},
		"empty":                 {`{}`, new(Accepted), ""},
		"unknown field":         {`{"to":"RW57","priority":1}`, new(Forwarded), "priority"},
		"field for an empty":    {`{"to":"RW57"}`, new(Accepted), "to"},
		"wrong type":            {`{"to":57}`, new(Forwarded), "to"},
		"two values":            {`{"to":"RW57"}{"to":"RW58"}`, new(Forwarded), "more than one value"},
		"something after":       {`{"to":"RW57"} x`, new(Forwarded), "more than one value"},
		"no object":             {`["RW57"]`, new(Forwarded), "array"},
		"cut":                   {`{"to":"RW57"`, new(Forwarded), "EOF"},
		"twice":                 {`{"to":"RW57","to":"RW58"}`, new(Forwarded), "twice"},
		"in capitals":           {`{"TO":"RW57"}`, new(Forwarded), "lower-case"},
		"both":                  {`{"to":"RW57","To":"RW58"}`, new(Forwarded), "lower-case"},
		"escaped":               {`{"\u0074o":"RW57"}`, new(Forwarded), "lower-case"},
		"long s for s":          {`{"ſource":"izu"}`, new(Raised), "lower-case"},
		"twice in a part":       {`{"facts":{"child":{"sex":"male","sex":"female"}}}`, new(Assessed), "twice"},
		"twice in a list":       {`{"facts":{"siblings":[{"a":1},{"a":1,"a":2}]}}`, new(Assessed), "twice"},
		"equal in two objects":  {`{"facts":{"child":{"age":1},"from":{"age":1}}}`, new(Assessed), ""},
		"equal in value":        {`{"facts":{"child":"child","from":["from","from"]}}`, new(Assessed), ""},
		"quotes in values":      {`{"facts":{"a":"\"b\":","c":"\\","d":"{","e":"}"}}`, new(Assessed), ""},
		"capitals in a value":   {`{"facts":{"a":"RW57"}}`, new(Assessed), ""},
		"run of wrong spelling": {`{"office":"RW57","node":"RW57","sign_key":"","link_key":"","former":{"node":"RW","run":"x","last":1}}`, new(Enrolled), "run"},
		"hash of wrong length":  {`{"hash":"abcd","from":"RW57","reason":"form"}`, new(Refused), "hash"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			err := Event{Draft: Draft{ID: "1", Type: TypeForwarded, Body: []byte(c.body)}}.Decode(c.into)
			is.Equal(err == nil, c.want == "")
			if err != nil {
				is.True(strings.Contains(err.Error(), c.want))
				is.True(strings.Contains(err.Error(), "body of 1 ("+string(TypeForwarded)+")"))
			}
		})
	}
}

// TestManyMembers: the search for equal keys cannot be made slow.
func TestManyMembers(t *testing.T) {
	is := is.New(t)
	object := func(n int) []byte {
		members := map[string]int{}
		for i := range n {
			members[strings.Repeat("a", i+1)] = i
		}
		text, err := json.Marshal(members)
		is.NoErr(err)
		return text
	}
	is.NoErr(checkKeys(object(membersMax)))
	is.True(checkKeys(object(membersMax+1)) != nil)
}

// TestEncodeKeepsRawParts: a case document and a gate's answer stand in a body
// byte for byte: order of keys, spelling of numbers, and what browsers fear.
func TestEncodeKeepsRawParts(t *testing.T) {
	for name, raw := range map[string]string{
		"order of keys": `{"b":1,"a":2}`,
		"numbers":       `{"a":1.0,"b":1e2,"c":-0,"d":12345678901234567890}`,
		"HTML":          `{"a":"<b>&amp;</b>"}`,
		"separators":    "{\"a\":\"\u2028\u2029\"}",
		"escapes":       `{"a":"\u00e9\/\u003c"}`,
		"signs":         `{"a":"A/RES/64/142 ¶22"}`,
		"equal keys":    `{"a":1,"a":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			body, err := Encode(Checked{Case: []byte(raw), Result: []byte(raw), PackHash: "<h>"})
			is.NoErr(err)
			is.Equal(string(body), `{"case":`+raw+`,"result":`+raw+`,"pack_hash":"<h>"}`)
		})
	}
	is := is.New(t)
	body, err := Encode(Assessed{Facts: []byte(" { \"a\" : [ 1 , \" x \" ] } \n")})
	is.NoErr(err)
	is.Equal(string(body), `{"facts":{"a":[1," x "]}}`) // only white space between tokens goes
	_, err = Encode(Assessed{Facts: []byte(`{"a":`)})
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "events.Assessed"))
}
