package web

import (
	"bytes"
	"encoding/json"
	"html"
	"image/png"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine/keys"
	"umuryango/engine/node"
)

// modules reads what a QR code's SVG draws, with its margin.
func modules(t *testing.T, svg string) [][]bool {
	t.Helper()
	side := regexp.MustCompile(`viewBox="0 0 (\d+) `).FindStringSubmatch(svg)
	if side == nil {
		t.Fatalf("no QR code: %.80s", svg)
	}
	n, err := strconv.Atoi(side[1])
	must(t, err)
	out := make([][]bool, n)
	for y := range out {
		out[y] = make([]bool, n)
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		w, _ := strconv.Atoi(m[3])
		if m[3] != m[4] {
			t.Fatalf("%s does not close", m[0])
		}
		for i := range w {
			out[y][x+i] = true
		}
	}
	return out
}

// The two drawings of a code show the same modules, with the margin that
// scanners need and the three corners that they look for.
func TestQRInBothForms(t *testing.T) {
	is := is.New(t)
	code := "umuryango1-" + strings.Repeat("aZ09_-xY", 60)
	svg, err := QRSVG(code)
	is.NoErr(err)
	drawn := modules(t, string(svg))
	const scale = 3
	raw, err := QRPNG(code, scale)
	is.NoErr(err)
	img, err := png.Decode(bytes.NewReader(raw))
	is.NoErr(err)
	is.Equal(img.Bounds().Dx(), len(drawn)*scale)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			grey, _, _, _ := img.At(x, y).RGBA()
			is.Equal(grey == 0, drawn[y/scale][x/scale])
		}
	}
	const finder = 7
	for _, corner := range [][2]int{{quiet, quiet}, {len(drawn) - quiet - finder, quiet}, {quiet, len(drawn) - quiet - finder}} {
		for i := range finder {
			is.True(drawn[corner[1]][corner[0]+i] && drawn[corner[1]+finder-1][corner[0]+i] && drawn[corner[1]+i][corner[0]])
		}
	}
	for i := range drawn {
		for m := range quiet {
			is.True(!drawn[m][i] && !drawn[len(drawn)-1-m][i] && !drawn[i][m] && !drawn[i][len(drawn)-1-m])
		}
	}
	_, err = QRSVG(strings.Repeat("x", 4000)) // more than a QR code holds
	is.True(err != nil)
}

// An invitation on the page is ready to be printed, in each language, and its
// code is whole.
func TestInvitationPage(t *testing.T) {
	for _, lang := range langs {
		t.Run(lang.Code, func(t *testing.T) {
			is, w := is.New(t), newListening(t)
			page := w.send("POST", "/nodes/invite?lang="+lang.Code, "place=RW57", "Content-Type", "application/x-www-form-urlencoded")
			is.Equal(page.status, http.StatusOK)
			body := string(page.body)
			code := regexp.MustCompile(`umuryango1-[A-Za-z0-9_-]+`).FindString(body)
			i, err := keys.ParseInvitation(code)
			is.NoErr(err)
			is.Equal(i.Place.ID(), "RW57")
			is.True(strings.Contains(body, "Bugesera"))
			is.True(strings.Contains(body, w.Now().Add(30*24*time.Hour).In(Local).Format("2006-01-02"))) // when it ends
			svg, err := QRSVG(code)
			is.NoErr(err)
			is.True(strings.Contains(body, string(svg)))
			is.True(!strings.Contains(body, "<script") && !strings.Contains(body, "style="))
			nodes := w.send("GET", "/nodes?lang="+lang.Code, "")
			is.Equal(nodes.status, http.StatusOK)
			is.Equal(rawCode.FindAllString(wordsOf(string(nodes.body)), -1), nil)
		})
	}
}

// For every office right below, or for every one below, and not for one that
// has a node.
func TestInviteAll(t *testing.T) {
	is, w := is.New(t), newListening(t)
	near, err := w.client.InviteAll(t.Context(), InviteAllRequest{})
	is.NoErr(err)
	is.Equal([]int{len(near.Invitations), len(near.LeftOut)}, []int{30, 0})
	all, err := w.client.InviteAll(t.Context(), InviteAllRequest{Deep: true})
	is.NoErr(err)
	is.Equal(len(all.Invitations), 30+416+2148+14837)
	seen := map[string]bool{}
	for _, i := range all.Invitations {
		is.True(!seen[i.Code])
		seen[i.Code] = true
	}
	raw, err := PrintInvitations("fr", near.Invitations)
	is.NoErr(err)
	is.Equal(strings.Count(string(raw), `class="slip"`), 30)
	is.True(strings.Contains(string(raw), "<style>"))
	for _, i := range near.Invitations {
		is.True(strings.Contains(string(raw), i.Code) && strings.Contains(string(raw), i.Name))
	}
}

// What is not for programs alone is told in a problem that says the way out.
func TestStandingOverTheAPI(t *testing.T) {
	is, w := is.New(t), newTown(t)
	for _, tt := range []struct {
		path, body, code, field string
		exit                    int
	}{
		{"/api/v1/offices/RW57/suspend", `{"actor":"W-1","reason":"lost"}`, "no_node", "", 1},
		{"/api/v1/offices/RW57/suspend", `{"reason":"lost"}`, "", "actor", 2},
		{"/api/v1/offices/RW57/suspend", `{"actor":"W-1","reason":"x"}`, "", "reason", 2},
		{"/api/v1/offices/RW57/pause", `{"actor":"W-1"}`, "", "", 2},
		{"/api/v1/offices/RW/revoke", `{"actor":"W-1","reason":"stolen"}`, "not_below", "", 1},
		{"/api/v1/rotate", `{"passphrase":"a wrong one"}`, "passphrase", "", 1},
		{"/api/v1/rotate", `{"passphrase":1}`, "", "body", 2},
		{"/api/v1/invitations/all", `{"deep":"yes"}`, "", "deep", 2},
	} {
		p := w.send("POST", tt.path, tt.body).problem(t)
		is.Equal([]string{p.Code, p.Field}, []string{tt.code, tt.field})
		p.Kind = strings.TrimPrefix(p.Kind, typePrefix)
		is.Equal(p.ExitCode(), tt.exit)
	}
	before := w.server.Node.ID.Key()
	var r Rotated
	must(t, json.Unmarshal(w.send("POST", "/api/v1/rotate", `{"passphrase":"`+townPassphrase+`"}`).body, &r))
	is.True(!r.Waiting && r.Key != before && r.Key == w.server.Node.ID.Key())
	nodes, err := w.client.Nodes(t.Context())
	is.NoErr(err)
	is.Equal(nodes, []NodeEntry{})
	is.True(w.raise().Event != "") // and it works on
}

// A node that nobody has enrolled works and queues, and says so on every page
// and in its status.
func TestANodeThatIsNotEnrolledSaysSo(t *testing.T) {
	is := is.New(t)
	nation := newTown(t)
	is.True(!strings.Contains(string(nation.send("GET", "/", "").body), words("en").T("notenrolled")))
	w := openTown(t, "RW.57", node.Config{Upper: node.Upper{Place: "RW", Address: "127.0.0.1:1", LinkKey: make([]byte, 32)}})
	done, err := w.client.Raise(t.Context(), "", RaiseRequest{ActRequest: by("RW57", "W-1"), To: "RW57", Source: "izu"})
	is.NoErr(err)
	s, err := w.client.Status(t.Context())
	is.NoErr(err)
	is.True(!s.Enrolled && s.Standing == "")
	is.Equal(s.KeptOnlyHere, 1)
	for _, lang := range langs {
		for _, path := range []string{"/", "/nodes", "/cases/" + done.Case} {
			is.True(strings.Contains(html.UnescapeString(string(w.send("GET", path+"?lang="+lang.Code, "").body)), words(lang.Code).T("notenrolled")))
		}
	}
	p := w.send("POST", "/api/v1/rotate", `{"passphrase":"`+townPassphrase+`"}`).problem(t)
	is.Equal(p.Code, "not_enrolled")
}
