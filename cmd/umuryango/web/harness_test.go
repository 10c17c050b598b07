package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/policies"
	"umuryango/projections"
)

// The offices of these tests: one nation's node speaks for all of them.
const (
	village  = "RW57120503"
	cell     = "RW571205"
	sector   = "RW5712"
	district = "RW57"
	country  = "RW"
)

// townPassphrase is the passphrase of the town's node.
const townPassphrase = "a passphrase for tests"

// began is when the tests' clock stands at first.
var began = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// town is a real node with its pages and a clock of its own.
type town struct {
	t      testing.TB
	server *Server
	url    string
	client *Client
	log    *bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

// Now is the town's clock; it moves a second with each look, as a person does.
func (w *town) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

func (w *town) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func testID() (events.ID, error) {
	var raw [16]byte
	rand.Read(raw[:])
	raw[6], raw[8] = raw[6]&0x0f|0x70, raw[8]&0x3f|0x80
	x := hex.EncodeToString(raw[:])
	return events.ID(x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]), nil
}

func newID(t testing.TB) events.ID {
	t.Helper()
	id, err := testID()
	must(t, err)
	return id
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newTown founds a nation and opens its node, history, views and pages.
func newTown(t testing.TB) *town {
	t.Helper()
	return openTown(t, "RW", node.Config{})
}

// newListening is a town whose node listens for others.
func newListening(t testing.TB) *town {
	t.Helper()
	return openTown(t, "RW", node.Config{Listen: "127.0.0.1:0"})
}

// openTown opens a nation's node, or that of another place which nobody has
// enrolled yet.
func openTown(t testing.TB, place events.Place, c node.Config) *town {
	t.Helper()
	w := &town{t: t, now: began, log: &bytes.Buffer{}}
	places, err := events.Rwanda()
	must(t, err)
	packs, err := policies.Embedded()
	must(t, err)
	gate := func(at time.Time) (engine.Gate, error) {
		p, err := packs.Nearest(PackID, at)
		if err != nil {
			return nil, err
		}
		return engine.PackGate(p), nil
	}
	dir := t.TempDir()
	c = node.Config{
		Dir: dir, Edition: places.Edition(), Gate: gate, Now: w.Now, NewID: testID, Listen: c.Listen, Upper: c.Upper,
		Log: slog.New(slog.DiscardHandler), UnsafeSync: true,
		Passphrase: []byte(townPassphrase), Cost: keys.CheapCost,
	}
	ctx, cancel := context.WithCancel(context.Background())
	if place.Level() == 0 {
		must(t, node.Found(ctx, c, place))
	} else {
		_, _, err := keys.Create(filepath.Join(dir, node.DirKeys), place, make([]byte, 32), c.Passphrase, c.Cost)
		must(t, err)
	}
	n, err := node.Open(ctx, c)
	must(t, err)
	var tasks sync.WaitGroup
	history, err := projections.OpenHistory(filepath.Join(dir, "history.db"), n.ID.Place, n.Journal)
	must(t, err)
	follow := func(f func(context.Context) error) {
		tasks.Go(func() {
			if err := f(ctx); err != nil {
				t.Errorf("a follower ended: %v", err)
			}
		})
	}
	follow(history.Follow)
	must(t, n.Begin(ctx, history))
	views, err := projections.OpenStore(filepath.Join(dir, "views.db"), history, n.Journal)
	must(t, err)
	follow(views.Follow)
	w.server = &Server{
		Node: n, History: history, Views: views, Reads: n.Reads, Places: places, Packs: packs, Now: w.Now, NewID: testID,
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	pages := httptest.NewServer(w.server.Handler())
	w.url, w.client = pages.URL, NewClient(pages.URL)
	t.Cleanup(func() {
		pages.Close()
		cancel()
		tasks.Wait()
		for _, close := range []func() error{views.Close, n.Close, history.Close} {
			if err := close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
	return w
}

// answer is what came back on one request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem(t testing.TB) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(a.body, &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s is no problem: %s", a.status, a.header.Get("Content-Type"), a.body)
	}
	return p
}

// send makes one request as it is written, with more headers in pairs.
func (w *town) send(method, path, body string, headers ...string) answer {
	w.t.Helper()
	r, err := http.NewRequest(method, w.url+path, bytes.NewReader([]byte(body)))
	must(w.t, err)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := c.Do(r)
	must(w.t, err)
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	must(w.t, err)
	return answer{got.StatusCode, got.Header, raw}
}

// by is an act of an office.
func by(office, actor string) ActRequest { return ActRequest{Office: office, Actor: actor} }

// raise raises a referral in the village for the cell.
func (w *town) raise() Done {
	w.t.Helper()
	done, err := w.client.Raise(w.t.Context(), "", RaiseRequest{
		ActRequest: by(village, "IZU-1"), To: cell, Source: "izu", Facts: events.Facts(factsRaised),
	})
	must(w.t, err)
	return done
}

// proposed walks a case to the proposal of a residential institution at the
// district.
func (w *town) proposed() Done {
	w.t.Helper()
	ctx, c := w.t.Context(), w.client
	first := w.raise()
	_, err := c.Forward(ctx, w.accepted(first.Code, cell).Code, "", ForwardRequest{by(cell, "CEL-1"), sector})
	must(w.t, err)
	w.accepted(first.Code, sector)
	_, err = c.Assess(ctx, first.Code, "", FactsRequest{ActRequest: by(sector, "SEC-2"), Facts: events.Facts(factsVisited)})
	must(w.t, err)
	_, err = c.Forward(ctx, first.Code, "", ForwardRequest{by(sector, "SEC-2"), district})
	must(w.t, err)
	w.accepted(first.Code, district)
	done, err := c.Propose(ctx, first.Code, "", FactsRequest{ActRequest: by(district, "DIS-3"), Facts: events.Facts(factsInstitution)})
	must(w.t, err)
	return done
}

func (w *town) accepted(ref, office string) Done {
	w.t.Helper()
	done, err := w.client.Accept(w.t.Context(), ref, "", by(office, "W-1"))
	must(w.t, err)
	return done
}

// sitting is a panel of three who approve of the aunt.
func sitting() DecideRequest {
	member := func(id, discipline string) events.Member {
		return events.Member{ID: id, Discipline: discipline, Present: true, Vote: "approve"}
	}
	return DecideRequest{
		ActRequest: by(district, "DIS-3"), Care: "kinship_formal", Reason: "kin_ready", Answer: "acted_on", Facts: events.Facts(factsAunt),
		Members: []events.Member{member("W-11", "social_work"), member("W-12", "health"), member("W-13", "community")},
	}
}

// What the people of these tests find out.
const (
	factsRaised = `{"child":{"age_months":18,"age_estimated":false,"sex":"female","functioning":{"walking":"none"},"religion":"christian","separated":"none","justice":"none"},
		"reasons":["parental_death","poverty"],"harm_by":"none","danger":{"imminent":false,"ground":""},"referral":{"similar_open":0},
		"request":{"care":"residential_institution","emergency":false,"abroad":false}}`
	factsVisited = `{"child":{"views":{"heard":true,"method":"observation","at":"2026-11-19T08:00:00Z","alone":false,"why_not_heard":""}},
		"caregivers":[{"relation":"mother","status":"dead","consent":"not_applicable","consulted":false,"expected_back":""},
			{"relation":"grandmother","status":"present","consent":"given","consulted":true,"expected_back":""}],
		"kin_search":[{"relation":"aunt","outcome":"suitable","place":"RW5705","visited_at":"2026-11-19T08:00:00Z","same_household":false,"child_agrees":true}],
		"siblings":[],"sibling_separation_reason":"","support":[{"type":"cash_transfer","from":"2026-06-01","to":"2026-10-01","result":"failed"}],
		"tracing":{"started":true,"exhausted":false},"assessment":{"complete":true,"at":"2026-11-19T08:00:00Z","by":"SEC-2"},"court_order":"",
		"history":{"moves_12_months":0,"current_care":"","decision_on_file":false}}`
	factsInstitution = `{"request":{"care":"residential_institution","provider":"P-0042","starts":"2026-11-23","planned_end":"","alternatives_ruled_out":[],
			"why_this_care":"","exception":"","emergency":false,"authorised_by":"","plan":{"goals":[],"permanency_goal":""},"contact_plan":"",
			"preparation_done":false,"legal_custodian":"relative","aftercare_plan":"","abroad":false},
		"provider":{"kind":"institution","licence":"valid","accredited_until":"2027-11-20","capacity":40,"occupied":31,"includes_child":false,
			"open_allegation":false,"solicits_children":false,"paid_per_child":false,"overdue_reviews":0,"place":"RW5710"}}`
	factsAunt = `{"request":{"provider":"P-0107","plan":{"goals":["*"],"permanency_goal":"kinship_formal"},"contact_plan":"*","preparation_done":true,"why_this_care":"*"},
		"provider":{"kind":"relative","licence":"none","capacity":1,"occupied":0,"includes_child":false,"open_allegation":false,
			"solicits_children":false,"paid_per_child":false,"overdue_reviews":0,"place":"RW5705"}}`
)

const hour = time.Hour

func lower(s string) string { return string(bytes.ToLower([]byte(s))) }

// problemIn is the problem that an error of the client is.
func problemIn(t testing.TB, err error) *Problem {
	t.Helper()
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is no problem", err)
	}
	return p
}

// stoppedViews are views of the town's stream that nobody keeps up to date.
func stoppedViews(t *testing.T, w *town) *projections.Store {
	t.Helper()
	views, err := projections.OpenStore(filepath.Join(t.TempDir(), "views.db"), w.server.History, w.server.Node.Journal)
	must(t, err)
	t.Cleanup(func() { views.Close() })
	return views
}

// serve answers one request without a listener.
func serve(s *Server, method, path, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
	r.Host = "127.0.0.1"
	s.Handler().ServeHTTP(recorder, r)
	return recorder
}

// unrecorded makes the record of opened pages fail from now on.
func (w *town) unrecorded() { w.server.Reads = fullDisk{w.server.Reads} }

type fullDisk struct{ Reads }

func (fullDisk) Append(context.Context, engine.Read) error {
	return errors.New("no space left on device")
}
