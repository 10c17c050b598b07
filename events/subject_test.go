package events

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

const testCaseID = "01a1f795-4f80-7c3a-9d51-6e0f2b84a7c9"

// TestParseSubject: a subject is one aggregate, and reads back to its text.
func TestParseSubject(t *testing.T) {
	for text, want := range map[string]Subject{
		"ev.RW.57.12.05.03.case." + testCaseID: {"RW.57.12.05.03", KindCase, testCaseID},
		"ev.RW.case." + testCaseID:             {"RW", KindCase, testCaseID},
		"ev.RW.pack.rwanda":                    {"RW", KindPack, "rwanda"},
		"ev.RW.57.12.node.RW5712":              {"RW.57.12", KindNode, "RW5712"},
		"ev.RW.node.RW":                        {"RW", KindNode, "RW"},
		"ev.KE.001.006.0026.worker.W-7_a":      {"KE.001.006.0026", KindWorker, "W-7_a"},
		"ev.RW.57.facility.P-0042":             {"RW.57", KindFacility, "P-0042"},
	} {
		t.Run(text, func(t *testing.T) {
			is := is.New(t)
			s, err := ParseSubject(text)
			is.NoErr(err)
			is.Equal(s, want)
			is.Equal(s.String(), text)
		})
	}
	is.New(t).Equal(NodeSubject("RW.57.12").String(), "ev.RW.57.12.node.RW5712")
}

// TestParseSubjectRefuses: nothing that NATS would spread over several subjects,
// and nothing whose tokens could be taken for others.
func TestParseSubjectRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                "",
		"another prefix":       "EV.RW.pack.rwanda",
		"no country":           "ev.pack.rwanda",
		"no id":                "ev.RW.pack",
		"empty id":             "ev.RW.pack.",
		"no kind":              "ev.RW.57.rwanda",
		"unknown kind":         "ev.RW.57.child.1",
		"kind in capitals":     "ev.RW.57.Case." + testCaseID,
		"country in lower":     "ev.rw.57.pack.a",
		"country of three":     "ev.RWA.57.pack.a",
		"letters in a place":   "ev.RW.5a.pack.a",
		"empty token":          "ev.RW..12.pack.a",
		"wildcard":             "ev.RW.*.pack.a",
		"wildcard id":          "ev.RW.pack.*",
		"rest":                 "ev.RW.57.>",
		"space":                "ev.RW.pack.a b",
		"line feed":            "ev.RW.pack.a\n",
		"case without UUID":    "ev.RW.57.case.1",
		"case in capitals":     "ev.RW.57.case." + strings.ToUpper(testCaseID),
		"node of elsewhere":    "ev.RW.57.node.RW58",
		"node, address for id": "ev.RW.57.node.RW.57",
		"ten levels":           "ev.RW.1.2.3.4.5.6.7.8.9.10.pack.a",
		"ten digits":           "ev.RW.1234567890.pack.a",
		"a long id":            "ev.RW.pack." + strings.Repeat("a", aggregateMax+1),
		"too long":             "ev.RW.pack." + strings.Repeat("a", subjectMax),
		"Arabic digits":        "ev.RW.٥٧.pack.a",
		"a full-width letter":  "ev.RW.pack.ａ",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseSubject(text)
			is.New(t).True(err != nil)
		})
	}
}

// TestLongestSubject: the deepest place, the longest kind and the longest id
// together are within the limit.
func TestLongestSubject(t *testing.T) {
	is := is.New(t)
	place := "RW" + strings.Repeat("."+strings.Repeat("9", tokenMax), LevelsMax)
	s, err := ParseSubject("ev." + place + ".facility." + strings.Repeat("a", aggregateMax))
	is.NoErr(err)
	is.True(len(s.String()) <= subjectMax)
}

// TestKindsAreNoPlaces: no kind can be read as a country or as a level's digits.
func TestKindsAreNoPlaces(t *testing.T) {
	is := is.New(t)
	for _, k := range []Kind{KindCase, KindFacility, KindCarer, KindService, KindWorker, KindPanel, KindPack, KindNode, KindPlace} {
		is.True(k.Valid())
		is.True(!isCountry(string(k)))
		is.True(!isDigits(string(k)))
	}
	is.True(!Kind("").Valid())
}

// TestDue: a node gets its own subtree and, of the places above it, packs,
// nodes and places; nothing of its neighbours, whose codes may begin alike.
func TestDue(t *testing.T) {
	const lower = Place("RW.57.12")
	for text, want := range map[string]bool{
		"ev.RW.57.12.case." + testCaseID:       true,
		"ev.RW.57.12.05.03.case." + testCaseID: true,
		"ev.RW.57.12.05.worker.W-7":            true,
		"ev.RW.57.12.node.RW5712":              true,
		"ev.RW.57.node.RW57":                   true,
		"ev.RW.node.RW":                        true,
		"ev.RW.pack.rwanda":                    true,
		"ev.RW.57.place.p1":                    true,
		"ev.RW.57.case." + testCaseID:          false,
		"ev.RW.57.worker.W-7":                  false,
		"ev.RW.57.panel.p1":                    false,
		"ev.RW.57.13.node.RW5713":              false,
		"ev.RW.57.1.case." + testCaseID:        false, // 1 is not 12
		"ev.RW.57.123.case." + testCaseID:      false, // nor is 123
		"ev.RW.5.node.RW5":                     false, // 5 does not lie above 57
		"ev.RW.58.node.RW58":                   false,
		"ev.KE.pack.kenya":                     false,
	} {
		t.Run(text, func(t *testing.T) {
			is := is.New(t)
			s, err := ParseSubject(text)
			is.NoErr(err)
			is.Equal(s.Due(lower), want)
		})
	}
}
