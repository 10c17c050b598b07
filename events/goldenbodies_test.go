package events

import (
	"bytes"
	"strings"
	"time"
)

// goldenBody is one act of the story in goldenBodies.
type goldenBody struct {
	typ    Type
	id, at string // of the act
	office Place
	actor  string
	body   any
}

const (
	testPackHash = "sha256:9f2b6c41d07e58a3b1c4e6f0827d395a6b8c1e2f4a5d7093c6e8f1b2a4d5c7e9"

	// A child of 18 months in Kamabuye; a residential institution was asked for,
	// an aunt was found suitable.
	testChild = `"child":{"age_months":18,"age_estimated":false,"sex":"female",` +
		`"functioning":{"seeing":"none","hearing":"none","walking":"some"},"separated":"none","justice":"none"}`
	testKin = `"kin_search":[{"relation":"aunt","outcome":"suitable","place":"RW57120508",` +
		`"visited_at":"2026-11-21T08:00:00Z","same_household":false}]`
	testRequest = `"request":{"care":"residential_institution","provider":"P-0042","starts":"2026-11-23",` +
		`"planned_end":"","why_this_care":"*","exception":"","emergency":false}`
	testProvider = `"provider":{"kind":"institution","licence":"valid","accredited_until":"2027-01-01",` +
		`"capacity":20,"occupied":12,"includes_child":false,"place":"RW5710"}`
)

// testCase is a case document; request names the care that is asked for.
func testCase(request string) []byte {
	return []byte(`{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"placement","home":"RW57120503",` +
		testChild + `,"reasons":["carer_illness","poverty"],` + testKin + `,` + request + `,"referral":{"source":"izu","similar_open":0}}`)
}

// testResult is a gate's answer to testCase.
func testResult(outcome, divert, findings string) []byte {
	return []byte(`{"outcome":"` + outcome + `","divert_to":[` + divert + `],"escalate_to":"","missing":[],` +
		`"deadlines":[{"what":"review","due":"2027-02-20T09:00:00Z"}],"unknowable":[],"derogations":[],"findings":[` + findings + `],` +
		`"pack":"rwanda","pack_version":"2026.1","pack_hash":"` + testPackHash + `"}`)
}

func goldenBodies() []goldenBody {
	asked := Checked{
		Case: testCase(testRequest + "," + testProvider),
		Result: testResult("divert", `"kinship_formal","foster_emergency"`,
			`{"rule":"G10","class":"presumption","effect":"divert","certain":true,"cites":"A/RES/64/142 ¶43","with":{"kin_search[0].outcome":"suitable"}},`+
				`{"rule":"G12","class":"presumption","effect":"divert","certain":true,"cites":"A/RES/64/142 ¶22","with":{"child.age_months":18}}`),
		PackHash: testPackHash,
	}
	kinship := strings.NewReplacer("residential_institution", "kinship_formal", "P-0042", "P-0077").Replace(testRequest)
	taken := Checked{Case: testCase(kinship), Result: testResult("no_objection", "", ""), PackHash: testPackHash}
	member := func(id, discipline string) Member {
		return Member{ID: id, Discipline: discipline, Present: true, Vote: "approve"}
	}
	const village, cell, sector, district = Place("RW.57.12.05.03"), Place("RW.57.12.05"), Place("RW.57.12"), Place("RW.57")
	const sighting = "01a1fce7-9d80-7b22-8a10-3c5d7e9f1b24"
	return []goldenBody{
		{TypeRaised, "01a1f795-4f80-7e11-b0c2-94d8a6f3e5b7", "2026-11-20T06:12:00Z", village, "W-7", Raised{
			To: "RW571205", Source: "izu",
			Facts: []byte(`{` + testChild + `,"reasons":["carer_illness","poverty"],"danger":{"imminent":false,"ground":""},` +
				`"caregivers":[{"relation":"mother","status":"hospitalised","consent":"given","consulted":true}]}`),
		}},
		{TypeSentBack, "01a1f7ae-f200-7a05-9c3e-17b6d2f4a8c0", "2026-11-20T06:40:00Z", cell, "W-12", SentBack{To: "RW57120503", Reason: "not_answerable_here"}},
		{TypeForwarded, "01a1f82f-1e80-7d43-8f61-b5a9c7e3d102", "2026-11-20T09:00:00Z", village, "W-7", Forwarded{To: "RW5712"}},
		{TypeAccepted, "01a1f833-b260-7f9a-a4d7-0e2c6b8f5d31", "2026-11-20T09:05:00Z", sector, "W-21", Accepted{}},
		{TypeContributed, sighting, "2026-11-21T07:00:00Z", village, "W-7", Contributed{
			Kind: "sighting", Facts: []byte(`{"danger":{"imminent":false,"ground":"*"}}`),
		}},
		{TypeAssessed, "01a1fd70-f1c0-7c68-b9e4-5f1a3d7c9e06", "2026-11-21T09:30:00Z", sector, "W-21", Assessed{
			Facts: []byte(`{` + testKin + `,"assessment":{"complete":true,"at":"2026-11-21T08:00:00Z","by":"W-21"},"tracing":{"started":true,"exhausted":false}}`),
		}},
		{TypeTakenOver, "01a20244-e800-7b3f-8d52-c6e8f0a1b394", "2026-11-22T08:00:00Z", district, "W-30", TakenOver{From: "RW5712", Reason: "office_unheard"}},
		{TypeProposed, "01a2027b-d680-7e75-9a08-2d4f6b8c0e13", "2026-11-22T09:00:00Z", district, "W-30", Proposed{
			Facts: []byte(`{` + testRequest + `,` + testProvider + `}`), Checked: asked,
		}},
		{TypeDecided, "01a20320-a200-7d09-b7f3-8e1c5a3d7f42", "2026-11-22T12:00:00Z", district, "W-30", Decided{
			Care: "kinship_formal", Asked: asked, Taken: &taken,
			Panel:  []Member{member("W-30", "social_work"), member("W-31", "health"), {ID: "W-32", Discipline: "education", Present: true, Recused: true, Interest: "*"}, member("W-33", "community")},
			Reason: "kin_found_suitable", Answer: "family_care_arranged", Contributions: []ID{sighting},
		}},
		{TypeEnrolled, "01a1961f-5c00-7a41-8c95-f2d4b6e8a017", "2026-11-01T08:00:00Z", district, "W-30", Enrolled{
			Office: "RW5712", Node: "RW5712", SignKey: publicKey(testKey()), LinkKey: bytes.Repeat([]byte{0x5a}, 32),
			Address: "sector-rilima.example:4443", Former: &Former{Node: "RW57", Run: Run{Number: 2, Mark: "a0c4"}, Last: 311},
		}},
		{TypeRefused, "01a20245-d260-7f5c-a3b8-69d1e7c2f480", "2026-11-22T08:01:00Z", district, "W-30", Refused{
			Node: "RW5712", Run: Run{Number: 7, Mark: "k3f9"}, Number: 6, Hash: Hash{0xab, 0xcd}, From: "RW5712", Reason: "signature",
		}},
		{TypeRestricted, "01a20321-8c60-7b14-8e2d-4f6a9c1b3d57", "2026-11-22T12:01:00Z", district, "W-30", Restricted{
			Restrictions: []Restriction{{Office: "RW571205", Reason: "works_with_family"}, {Office: "RW5712", Person: "W-21", Reason: "relative"}},
		}},
		{TypeOpened, "01a20322-76c0-7a93-9b41-c7d5e3f1a208", "2026-11-22T12:02:00Z", district, "W-30", Opened{
			Node: "RW", Reason: "audit", Classes: []string{"narrative", "facts"}, Until: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC),
		}},
		{TypeErased, "01a20323-6120-7d6e-a5f0-1b3c5d7e9f86", "2026-11-22T12:03:00Z", district, "W-30", Erased{Ground: "court_order", Document: "RC-00412-2026"}},
		{TypeErasedHere, "01a20324-4b80-7c27-b8d3-6e8f0a2c4e19", "2026-11-22T12:04:00Z", district, "node", ErasedHere{
			Node: "RW57", Erased: "01a20323-6120-7d6e-a5f0-1b3c5d7e9f86",
		}},
		{TypeSuspended, "01a20330-0e00-7f38-8a95-d2b4c6e8f073", "2026-11-22T12:17:00Z", district, "W-30", Stood{
			Office: "RW5712", Node: "RW5712", Key: "a1b2c3d4e5f60718", Last: &Former{Node: "RW5712", Run: Run{Number: 7, Mark: "k3f9"}, Last: 41}, Reason: "unheard",
		}},
		{TypeResumed, "01a20331-e2c0-7e49-9ba6-e3c5d7f90184", "2026-11-22T12:19:00Z", district, "W-30", Stood{
			Office: "RW5712", Node: "RW5712", Key: "a1b2c3d4e5f60718", Last: &Former{Node: "RW57", Run: Run{Number: 3, Mark: "p0t2"}, Last: 413},
		}},
		{TypeRevoked, "01a20333-b780-7d5a-8cb7-f4d6e80a1295", "2026-11-22T12:21:00Z", district, "W-30", Stood{
			Office: "RW5712", Node: "RW5712", Key: "a1b2c3d4e5f60718", Last: &Former{Node: "RW5712", Run: Run{Number: 7, Mark: "k3f9"}, Last: 44, Runs: RunEnds{{Run{Number: 6, Mark: "m1q8"}, 118}, {Run{Number: 7, Mark: "k3f9"}, 44}}}, Reason: "stolen",
		}},
	}
}
