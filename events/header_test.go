package events

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// TestEncodeValue: what the NATS binding asks to be percent-encoded, and back.
func TestEncodeValue(t *testing.T) {
	for _, c := range []struct{ plain, encoded string }{
		{"W-7", "W-7"},
		{"/RW/57/12/7-k3f9", "/RW/57/12/7-k3f9"},
		{"a b", "a%20b"},
		{`"`, "%22"},
		{"100%", "100%25"},
		{"%41", "%2541"},
		{"é", "%C3%A9"},
		{"𝕏", "%F0%9D%95%8F"},
		{"!~", "!~"},
		{"\u00a0", "%C2%A0"},
	} {
		t.Run(c.plain, func(t *testing.T) {
			is := is.New(t)
			is.Equal(encodeValue(c.plain), c.encoded)
			plain, err := decodeValue(c.encoded)
			is.NoErr(err)
			is.Equal(plain, c.plain)
		})
	}
	is := is.New(t)
	lower, err := decodeValue("%c3%a9")
	is.NoErr(err)
	is.Equal(lower, "é") // either case of hexadecimal digits is read
}

// TestDecodeValueRefuses: broken encodings, UTF-8 that is overlong or broken,
// and control characters, which no attribute may hold.
func TestDecodeValueRefuses(t *testing.T) {
	for name, bad := range map[string]string{
		"ends at once":        "a%",
		"ends after one":      "a%4",
		"no hexadecimal":      "%GG",
		"signed":              "%+1",
		"underscore":          "%_1",
		"overlong slash":      "%C0%AF",
		"overlong in three":   "%E0%80%AF",
		"overlong in four":    "%F0%80%80%AF",
		"overlong NUL":        "%C0%80",
		"half a surrogate":    "%ED%A0%80",
		"beyond Unicode":      "%F4%90%80%80",
		"continuation":        "%80",
		"cut":                 "%C3",
		"line feed":           "W-7%0Ace-office:RW",
		"NUL":                 "%00",
		"escape":              "%1B[2J",
		"delete":              "%7F",
		"second control area": "%C2%85",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeValue(bad)
			is.New(t).True(err != nil)
		})
	}
}

// TestParseHeader: what Parse refuses in the ce-* headers, with the name of the
// header in its words.
func TestParseHeader(t *testing.T) {
	e := signed(is.New(t))
	for name, c := range map[string]struct {
		header string
		values []string // none: the header is dropped
		want   string
	}{
		"repeated":            {"ce-actor", []string{"W-7", "W-7"}, "ce-actor stands 2 times"},
		"without a value":     {"ce-actor", []string{}, "ce-actor stands 0 times"},
		"empty":               {"ce-actor", []string{""}, "ce-actor"},
		"differently cased":   {"Ce-Actor", []string{"W-7"}, `"Ce-Actor"`},
		"cased prefix":        {"CE-actor", []string{"W-7"}, `"CE-actor"`},
		"cased and unknown":   {"ce-Later", []string{"1"}, `"ce-Later"`},
		"bare prefix":         {"ce-", []string{"1"}, `"ce-"`},
		"dash in its name":    {"ce-a-b", []string{"1"}, `"ce-a-b"`},
		"colon in its name":   {"ce-a:b", []string{"1"}, `"ce-a:b"`},
		"a long name":         {"ce-" + strings.Repeat("a", 41), []string{"1"}, "attribute names"},
		"space in the value":  {"ce-later", []string{"a b"}, "ce-later"},
		"raw UTF-8":           {"ce-later", []string{"é"}, "ce-later"},
		"line feed":           {"ce-later", []string{"a\nb"}, "ce-later"},
		"overlong":            {"ce-actor", []string{"%C0%AF"}, "ce-actor"},
		"another version":     {"ce-specversion", []string{"0.3"}, "ce-specversion"},
		"another content":     {"ce-datacontenttype", []string{"text/plain"}, "ce-datacontenttype"},
		"no signature":        {"ce-sig", nil, "ce-sig"},
		"padded signature":    {"ce-sig", []string{"AA=="}, "ce-sig"},
		"loose signature":     {"ce-sig", []string{"AB"}, "ce-sig"}, // bits beyond the last byte
		"no number":           {"ce-sequence", nil, "ce-sequence is missing"},
		"number zero":         {"ce-sequence", []string{"000000000000"}, "ce-sequence"},
		"short number":        {"ce-sequence", []string{"4"}, "ce-sequence"},
		"long number":         {"ce-sequence", []string{"0000000000004"}, "ce-sequence"},
		"signed number":       {"ce-sequence", []string{"+00000000004"}, "ce-sequence"},
		"number over 64 bits": {"ce-sequence", []string{"18446744073709551616"}, "ce-sequence"},
		"no time":             {"ce-time", nil, "ce-time is missing"},
		"no zone":             {"ce-time", []string{"2026-11-20T06:12:00"}, "ce-time"},
		"another zone":        {"ce-time", []string{"2026-11-20T08:12:00+02:00"}, "ce-time"},
		"one digit of hours":  {"ce-time", []string{"2026-11-20T6:12:00Z"}, "ce-time"},
		"comma in seconds":    {"ce-time", []string{"2026-11-20T06:12:00,5Z"}, "ce-time"},
		"day 31 of November":  {"ce-recordedtime", []string{"2026-11-31T06:12:00Z"}, "ce-recordedtime"},
		"broken hash":         {"ce-prevhash", []string{"abc"}, "ce-prevhash"},
		"broken run before":   {"ce-priorrun", []string{"7-k3f9"}, "ce-priorrun"},
		"broken source":       {"ce-source", []string{"RW57"}, "ce-source"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			header := e.Header()
			header[c.header] = c.values
			if c.values == nil {
				delete(header, c.header)
			}
			_, err := Parse(e.Subject.String(), header, e.Body)
			is.True(err != nil)
			is.True(strings.Contains(err.Error(), c.want))
		})
	}
}

// TestUnknownAttribute: an attribute of a newer program is carried on as it
// came and stays signed.
func TestUnknownAttribute(t *testing.T) {
	is := is.New(t)
	e := signed(is)
	e.header = append(e.header, attribute{"ce-zone", "a%20b"})
	var err error
	e.sig, err = testAuthor("/RW/1-a", 1, nil).Sign(e.SignedBytes())
	is.NoErr(err)

	read, err := Parse(e.Subject.String(), e.Header(), e.Body)
	is.NoErr(err)
	is.NoErr(read.Verify(publicKey(testKey())))
	is.Equal(read.Header()["ce-zone"], []string{"a%20b"}) // as it came
	is.True(strings.Contains(string(read.SignedBytes()), "\nce-zone:a%20b\n"))

	header := read.Header()
	delete(header, "ce-zone")
	read, err = Parse(e.Subject.String(), header, e.Body)
	is.NoErr(err)
	is.True(read.Verify(publicKey(testKey())) != nil) // and cannot be dropped
}

// TestForeignHeaders: what belongs to a hop changes nothing.
func TestForeignHeaders(t *testing.T) {
	is := is.New(t)
	e := signed(is)
	header := maps.Clone(e.Header())
	header["Src-Run"] = []string{"7-k3f9", "twice"}
	header["Nats-Expected-Last-Sequence"] = []string{"7"}
	header["Nats-Msg-Id"] = []string{"é"}
	header["Ce"] = []string{"1"}
	header[""] = nil
	read, err := Parse(e.Subject.String(), header, e.Body)
	is.NoErr(err)
	is.Equal(read, e)
	is.Equal(read.Header(), e.Header())
}

// TestHeadersMax: a hostile event cannot bring any number of attributes.
func TestHeadersMax(t *testing.T) {
	is := is.New(t)
	e := signed(is)
	header := e.Header()
	for i := len(header) - 1; i < attributesMax; i++ {
		header["ce-x"+strings.Repeat("y", i%30)+string(rune('a'+i/30))] = []string{"1"}
	}
	is.Equal(len(header), attributesMax+1) // the signature does not count
	_, err := Parse(e.Subject.String(), header, e.Body)
	is.NoErr(err)
	header["ce-onemore"] = []string{"1"}
	_, err = Parse(e.Subject.String(), header, e.Body)
	is.True(err != nil)
}

// TestTimes: any fraction of a second is read; Parse gives UTC.
func TestTimes(t *testing.T) {
	is := is.New(t)
	want := time.Date(2026, 11, 20, 6, 12, 0, 0, time.UTC)
	for text, after := range map[string]time.Duration{"2026-11-20T06:12:00Z": 0, "2026-11-20T06:12:00.000000007Z": 7} {
		at, err := parseTime(text)
		is.NoErr(err)
		is.Equal(at, want.Add(after))
	}
}

// TestNumbers: beyond twelve digits a number is written as it is.
func TestNumbers(t *testing.T) {
	is := is.New(t)
	d := testDraft()
	e, err := Sign(d, testAuthor("/RW/57/12/7-k3f9", 1_234_567_890_123, &RunEnd{Run: Run{6, "a"}, Last: 0}))
	is.NoErr(err)
	is.Equal(e.Number, uint64(1_234_567_890_123))
	is.Equal(e.Header()["ce-sequence"], []string{"1234567890123"})
	is.Equal(e.Header()["ce-priorrun"], []string{"6-a.0"})
	is.Equal(*e.Before, RunEnd{Run: Run{6, "a"}})
}
