package events

import (
	"encoding/json"
	"testing"

	"github.com/matryer/is"
)

// TestRuns: runs order by number and then by mark, so two starts from one older
// copy differ and stand in one order everywhere.
func TestRuns(t *testing.T) {
	is := is.New(t)
	order := []Run{{}, {1, "a"}, {2, "0a"}, {2, "a"}, {2, "b0"}, {9, "z"}, {10, "a"}}
	for i, a := range order {
		for j, b := range order {
			is.Equal(a.Compare(b) < 0, i < j)
			is.Equal(a.Compare(b) == 0, i == j)
		}
		is.Equal(a.IsZero(), i == 0)
		if i > 0 {
			read, err := ParseRun(a.String())
			is.NoErr(err)
			is.Equal(read, a)
		}
	}
}

// TestParseRunRefuses: a run has one spelling.
func TestParseRunRefuses(t *testing.T) {
	for _, bad := range []string{
		"", "7", "7-", "-k3f9", "0-a", "07-a", "+7-a", "7-K3F9", "7-a-b", "7-a.1", "7-a b", "7-é", "7-123456789",
		"18446744073709551616-a", "7_0-a",
	} {
		t.Run(bad, func(t *testing.T) {
			is := is.New(t)
			_, err := ParseRun(bad)
			is.True(err != nil)
			is.True(new(Run).UnmarshalText([]byte(bad)) != nil)
		})
	}
}

// TestRunEnds: the end of a run, in a header and in JSON.
func TestRunEnds(t *testing.T) {
	is := is.New(t)
	want := RunEnd{Run: Run{7, "k3f9"}, Last: 42}
	is.Equal(want.String(), "7-k3f9.42")
	read, err := parseRunEnd("7-k3f9.42")
	is.NoErr(err)
	is.Equal(*read, want)
	for _, bad := range []string{"", "7-k3f9", "7-k3f9.", "7-k3f9.042", "7-k3f9.-1", "k3f9.42", "7-k3f9.4.2"} {
		_, err := parseRunEnd(bad)
		is.True(err != nil)
	}
	text, err := json.Marshal(want)
	is.NoErr(err)
	is.Equal(string(text), `{"run":"7-k3f9","last":42}`)
}

// TestSources: a source is the author node's path and its run.
func TestSources(t *testing.T) {
	is := is.New(t)
	for text, want := range map[string]Source{
		"/RW/57/12/7-k3f9": {"RW.57.12", Run{7, "k3f9"}},
		"/RW/1-a":          {"RW", Run{1, "a"}},
	} {
		s, err := ParseSource(text)
		is.NoErr(err)
		is.Equal(s, want)
		is.Equal(s.String(), text)
	}
}

// TestParseSourceRefuses: a source has one spelling too.
func TestParseSourceRefuses(t *testing.T) {
	for _, bad := range []string{
		"", "/", "7-k3f9", "/7-k3f9", "RW/57/7-k3f9", "//RW/7-k3f9", "/RW//7-k3f9", "/RW/57/", "/RW/57", "/RW.57/7-k3f9",
		"/RW57/7-k3f9", "/rw/57/7-k3f9", "/RW/57/7-k3f9/", "/RW/57/7-K", "/RW/../57/7-a",
	} {
		t.Run(bad, func(t *testing.T) {
			_, err := ParseSource(bad)
			is.New(t).True(err != nil)
		})
	}
}

// TestListOfRunEnds: one text in JSON, and nothing else is read.
func TestListOfRunEnds(t *testing.T) {
	is := is.New(t)
	want := Former{Node: "RW", Run: Run{7, "k3f9"}, Last: 42, Runs: RunEnds{{Run{6, "m1"}, 118}, {Run{7, "k3f9"}, 42}}}
	text, err := json.Marshal(want)
	is.NoErr(err)
	is.Equal(string(text), `{"node":"RW","run":"7-k3f9","last":42,"runs":"6-m1.118 7-k3f9.42"}`)
	var read Former
	is.NoErr(json.Unmarshal(text, &read))
	is.Equal(read, want)

	nothing, err := json.Marshal(Former{Node: "RW"})
	is.NoErr(err)
	is.Equal(string(nothing), `{"node":"RW","last":0}`)
	for _, bad := range []string{"", " ", "7-k3f9", "7-k3f9.42 ", "7-k3f9.42  6-m1.118", "7-k3f9.42,6-m1.118"} {
		is.True(new(RunEnds).UnmarshalText([]byte(bad)) != nil)
	}
}
