package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/matryer/is"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

// markName begins every name of these tests: wherever it turns up, it came from here.
const markName = "Qxz"

// marked is a record of which nobody is called so.
var marked = web.RecordRequest{
	Identity: engine.Identity{Name: "Qxz Child", Address: "Qxz Street"},
	Note:     "Qxz note",
	Reporter: engine.Reporter{Name: "Qxz Reporter"},
	Adults:   []engine.Adult{{Role: "mother", Name: "Qxz Mother"}},
}

// realm is the five nodes of the demo while a test uses them.
type realm struct {
	t      *testing.T
	l      land
	d      layout
	houses houses
	nodes  []*web.Client // from the nation down
	log    *logged
}

// logged is what the nodes tell, while they tell it.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newRealm(t *testing.T) *realm {
	t.Helper()
	r := &realm{t: t, log: &logged{}}
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: r.log, getenv: func(string) string { return "" }}
	var err error
	r.l, err = a.openLand("", "debug")
	r.must(err)
	port, err := strconv.Atoi(freePorts(t))
	r.must(err)
	r.d, err = newLayout(r.l.places, t.TempDir(), port, "")
	r.must(err)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	r.must(r.d.prepare(ctx, r.l))
	r.houses, err = startHouses(ctx, r.l, r.d, nil)
	r.must(err)
	t.Cleanup(func() { r.must(r.houses.close()) })
	for _, url := range r.houses.urls() {
		r.nodes = append(r.nodes, web.NewClient(url))
	}
	return r
}

func (r *realm) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// raise raises a referral with names in the village.
func (r *realm) raise(keep ...events.Restriction) web.Done {
	r.t.Helper()
	given, err := facts("raised", time.Now())
	r.must(err)
	done, err := r.nodes[villageAt].Raise(r.t.Context(), "", web.RaiseRequest{
		ActRequest: web.ActRequest{Actor: "IZU-1"}, Source: "izu", Facts: given, Record: marked, Restricted: keep,
		To: map[bool]string{true: r.d.places[cellAt].ID()}[len(keep) == 0],
	})
	r.must(err)
	return done
}

// until opens a case at one node until it looks so.
func (r *realm) until(at int, ref string, looks func(web.CaseView) bool) web.CaseView {
	r.t.Helper()
	var seen web.CaseView
	r.eventually(func() (err error) {
		if seen, err = r.nodes[at].CaseAs(r.t.Context(), ref, web.ActRequest{Actor: lookers[at]}); err == nil && !looks(seen) {
			return errNotYet
		}
		return err
	})
	return seen
}

func (r *realm) eventually(look func() error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), hopWithin)
	defer cancel()
	var last error
	err := backoff.Retry(func() error { last = look(); return last }, backoff.WithContext(backoff.NewConstantBackOff(lookEvery), ctx))
	if err != nil {
		r.t.Fatalf("%v, at last: %v\n%s", err, last, r.log)
	}
}

func named(v web.CaseView) bool { return v.Record.Identity != nil }

// page is what a browser gets at a node.
func (r *realm) page(at int, path string) (status int, body string) {
	r.t.Helper()
	got, err := http.Get(r.houses[at].url + path)
	r.must(err)
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	r.must(err)
	return got.StatusCode, string(raw)
}

// Village to district read a child's name on their own nodes, the nation does
// not; opening the case for a reason gives it what was found out and told, for
// some hours, and never who the child is. The district is told.
func TestWhoReadsAChildsName(t *testing.T) {
	is, r := is.New(t), newRealm(t)
	done := r.raise()
	for at := villageAt; at >= districtAt; at-- {
		is.Equal(r.until(at, done.Case, named).Record.Identity.Name, "Qxz Child")
	}
	seen := r.until(nationAt, done.Case, func(web.CaseView) bool { return true })
	is.Equal(seen.Record.Status, "no_right")
	_, body := r.page(nationAt, "/cases/"+done.Case+"?actor=NAT-1")
	is.True(strings.Contains(body, "name not readable here: it is for those who answer for the child"))
	is.True(!strings.Contains(body, markName))
	list, err := r.nodes[nationAt].CasesAs(t.Context(), web.ActRequest{Actor: "NAT-1"}, 0)
	is.NoErr(err)
	is.Equal(list[0].NameView, web.NameView{Status: "no_right"})

	_, err = r.nodes[nationAt].OpenRecord(t.Context(), done.Case, "", web.OpenRequest{ActRequest: web.ActRequest{Actor: "NAT-1"}, Reason: "audit", Hours: 1})
	is.NoErr(err)
	seen = r.until(nationAt, done.Case, func(v web.CaseView) bool { // a key may come while a page is read
		return v.Trail[0].Texts != nil && v.Record.Closed["facts"] == ""
	})
	is.Equal(seen.Trail[0].Texts[engine.NoteKey], "Qxz note")
	is.Equal(seen.Record.Identity, nil)
	is.Equal(seen.Record.Closed, map[string]string{"identity": "no_right", "adult": "no_right"}) // and the facts are open
	r.eventually(func() error {
		inbox, err := r.nodes[districtAt].Inbox(t.Context(), "")
		if err == nil && (len(inbox) == 0 || inbox[0].What != "opened" || inbox[0].Reason != "audit") {
			return errNotYet
		}
		return err
	})
	is.Equal(r.later(nationAt, 2*time.Hour, done.Case).Closed["narrative"], "no_right") // when the hours are over
	is.Equal(r.later(districtAt, 2*time.Hour, done.Case).Identity.Name, "Qxz Child")
	r.nothingInClear(done.Code)
}

// Where sectors decide, a district that has not broken the glass reads no name: in
// the list as on the page, although its node has the key from before. Those below
// it read on.
func TestALowerOfficeDecides(t *testing.T) {
	is, r := is.New(t), newRealm(t)
	done := r.raise()
	r.until(districtAt, done.Case, named)
	packs := sectorsDecide(t)
	for at, want := range map[int]string{nationAt: "no_right", districtAt: "no_right", sectorAt: "open", villageAt: "open"} {
		client, as := r.pages(at, 0, packs), web.ActRequest{Actor: lookers[at]}
		seen, err := client.CaseAs(t.Context(), done.Case, as)
		is.NoErr(err)
		is.Equal(seen.Record.Status, want)
		list, err := client.CasesAs(t.Context(), as, 0)
		is.NoErr(err)
		is.Equal(list[0].Status, want)
	}
}

// sectorsDecide are the packs of the program with another level that decides.
func sectorsDecide(t *testing.T) *policies.Library {
	t.Helper()
	is, dir := is.New(t), t.TempDir()
	is.NoErr(os.CopyFS(dir, os.DirFS("../../policies/packs")))
	file := filepath.Join(dir, "rwanda", "pack.yaml")
	raw, err := os.ReadFile(file)
	is.NoErr(err)
	is.NoErr(os.WriteFile(file, bytes.Replace(raw, []byte("decides: district"), []byte("decides: sector"), 1), 0o600))
	packs, err := policies.LoadFS(os.DirFS(dir))
	is.NoErr(err)
	return packs
}

// later is what a page of a node shows when some time has passed.
func (r *realm) later(at int, d time.Duration, ref string) web.RecordView {
	r.t.Helper()
	seen, err := r.pages(at, d, r.l.packs).CaseAs(r.t.Context(), ref, web.ActRequest{Actor: lookers[at]})
	r.must(err)
	return seen.Record
}

// pages serves a node's pages when some time has passed, under packs.
func (r *realm) pages(at int, d time.Duration, packs *policies.Library) *web.Client {
	r.t.Helper()
	h := r.houses[at]
	pages := &web.Server{
		Node: h.node, History: h.history, Views: h.views, Reads: h.node.Reads, Places: r.l.places, Packs: packs,
		Now: func() time.Time { return time.Now().Add(d) }, NewID: newID, Log: r.l.log,
	}
	server := httptest.NewServer(pages.Handler())
	r.t.Cleanup(server.Close)
	return web.NewClient(server.URL)
}

// nothingInClear: no node's folder and no log holds a name, as it is or in base64
// at any offset; the control is a text that stands in all of them.
func (r *realm) nothingInClear(control string) {
	r.t.Helper()
	forms := []string{marked.Identity.Name, marked.Identity.Address, marked.Note, marked.Reporter.Name, marked.Adults[0].Name}
	for pad := range 3 {
		raw := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", pad) + marked.Identity.Name))
		const whole = 4 // signs that depend on nothing before or after them
		forms = append(forms, raw[whole:len(raw)-whole])
	}
	for _, p := range r.d.places {
		for _, form := range forms {
			files, found, err := holds(r.d.folder(p), form)
			r.must(err)
			if files == 0 || found != "" {
				r.t.Errorf("%s: %d files, and %q stands in %s", p, files, form, found)
			}
		}
		if _, found, err := holds(r.d.folder(p), control); err != nil || found == "" {
			r.t.Errorf("%s: what stands there is not found: %v", p, err)
		}
	}
	if strings.Contains(r.log.String(), markName) {
		r.t.Error("a name stands in a log")
	}
}

// What is not there was not searched, and holds nothing only where that is known.
func TestAFolderThatIsMissingIsNotSearched(t *testing.T) {
	is := is.New(t)
	files, _, err := holds(filepath.Join(t.TempDir(), "none"), markName)
	is.True(errors.Is(err, fs.ErrNotExist))
	is.Equal(files, 0)
}

// Who reported opens at the node of the supervisor of whoever answers for the
// child, and moves on with the case.
func TestTheReporterOpensAtTheSupervisorAlone(t *testing.T) {
	is, r := is.New(t), newRealm(t)
	done := r.raise()
	asks := func(at int) (web.ReporterView, error) {
		return r.nodes[at].Reporter(t.Context(), done.Case, web.ReasonRequest{ActRequest: web.ActRequest{Actor: lookers[at]}, Reason: "reporter_protection"})
	}
	opens := func(at int) {
		t.Helper()
		r.eventually(func() error {
			told, err := asks(at)
			if err == nil && told.Reporters[0].Name != "Qxz Reporter" {
				return backoff.Permanent(errNotYet)
			}
			return err
		})
	}
	opens(cellAt) // the village answers for the child
	for _, at := range []int{villageAt, sectorAt, districtAt, nationAt} {
		r.until(at, done.Case, func(web.CaseView) bool { return true })
		_, err := asks(at)
		is.True(err != nil)
		is.True(!strings.Contains(err.Error(), markName))
	}
	_, err := r.nodes[cellAt].Accept(t.Context(), done.Case, "", web.ActRequest{Actor: "CEL-1"})
	is.NoErr(err)
	opens(sectorAt) // the cell does
	_, err = asks(cellAt)
	is.True(err != nil)
}

// A case that is kept from the cell passes through it and is not found there,
// in no list, on no page and by no code; the sector has it with its names.
func TestARestrictedOfficesNodeCarriesWhatItDoesNotShow(t *testing.T) {
	is, r := is.New(t), newRealm(t)
	cell := r.d.places[cellAt]
	done := r.raise(events.Restriction{Office: cell.ID(), Reason: "accused_there"})
	is.Equal(done.Pen, r.d.places[sectorAt].ID())
	is.Equal(r.until(sectorAt, done.Case, named).Record.Identity.Name, "Qxz Child")
	is.Equal(r.until(districtAt, done.Case, named).Record.Identity.Name, "Qxz Child")
	find := r.houses[cellAt].history
	_, err := find.Find(events.ID(done.Case))
	is.NoErr(err) // the bytes are there
	village := r.d.places[villageAt].ID()
	for _, path := range []string{"/api/v1/referrals/" + done.Case, "/api/v1/referrals/" + done.Code, "/cases/" + done.Code, "/api/v1/records/" + done.Code + "/holders"} {
		for _, as := range []string{"", "?actor=CEL-1", "?office=" + village, "?office=" + village + "&actor=IZU-1"} {
			status, body := r.page(cellAt, path+as)
			is.Equal(status, http.StatusNotFound)
			is.True(!strings.Contains(body, markName))
		}
	}
	for _, path := range []string{"/", "/api/v1/referrals", "/api/v1/inbox", "/api/v1/answers", "/api/v1/nodes/" + cell.ID() + "/exposure", "/?office=" + village, "/api/v1/answers?office=" + village} {
		status, body := r.page(cellAt, path)
		is.Equal(status, http.StatusOK)
		is.True(!strings.Contains(body, done.Code))
		is.True(!strings.Contains(body, done.Case))
	}
	exposed, err := r.nodes[districtAt].Exposure(t.Context(), cell.ID())
	is.NoErr(err)
	is.Equal(len(exposed.Cases), 0) // it was never given a key
	exposed, err = r.nodes[districtAt].Exposure(t.Context(), r.d.places[sectorAt].ID())
	is.NoErr(err)
	is.Equal(exposed.Cases[0].Code, done.Code)
}

// An erasure is acknowledged by every holder, and nothing opens anywhere.
func TestAnErasureIsAcknowledged(t *testing.T) {
	is, r := is.New(t), newRealm(t)
	done := r.raise()
	r.until(districtAt, done.Case, named)
	_, err := r.nodes[districtAt].Erase(t.Context(), done.Case, "", web.EraseRequest{ActRequest: web.ActRequest{Actor: "DIS-3"}, Ground: "recorded_by_mistake"})
	is.NoErr(err)
	for _, at := range []int{districtAt, sectorAt, cellAt, villageAt} {
		seen := r.until(at, done.Case, func(v web.CaseView) bool { return v.Record.Status == "erased" })
		is.Equal(seen.Record.Identity, nil)
		is.True(len(seen.Trail) > 0)
	}
	r.eventually(func() error {
		h, err := r.nodes[districtAt].Holders(t.Context(), done.Case, web.ActRequest{})
		if err == nil && (len(h.Erasures) != 1 || len(h.Erasures[0].Still) > 0 || len(h.Erasures[0].Done) != 4) {
			return fmt.Errorf("%w: %+v", errNotYet, h)
		}
		return err
	})
	exposed, err := r.nodes[districtAt].Exposure(t.Context(), r.d.places[villageAt].ID())
	is.NoErr(err)
	is.Equal(len(exposed.Cases), 0)
	_, body := r.page(districtAt, "/?actor=DIS-3")
	is.True(strings.Contains(body, "<i>erased</i>"))
	is.True(!strings.Contains(body, markName))
}
