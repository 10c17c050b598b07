// Package web is a node's face: the JSON API that the command line and other
// programs use, and plain pages for a browser. It translates between requests
// and engine's commands, and between states and what people read; it decides
// nothing, keeps nothing, and answers on loopback only.
//
//	GET  /livez, /readyz                      is the process up; has it caught up
//	GET  /api/v1/status                       the node and its links
//	GET  /api/v1/quarantine                   what this node refused
//	GET  /api/v1/policy                       the codes of the policy pack in force
//	GET  /api/v1/places?q=TEXT                places by id, path or name
//	POST /api/v1/referrals                    raise
//	GET  /api/v1/referrals?office=PLACE       all cases of an office's subtree
//	GET  /api/v1/referrals/{case}             one case: state, trail, answers
//	POST /api/v1/referrals/{case}/{act}       forward, accept, send-back, assess, propose, decide, contribute
//	POST /api/v1/cases/{case}/take-over
//	GET  /api/v1/inbox?office=PLACE           what waits, and what is late
//	GET  /api/v1/answers?office=PLACE         what the person who referred is told
//	POST /api/v1/records/{case}/{act}         who reads a case: restrict, open, reporter, give, erase
//	GET  /api/v1/records/{case}/holders       who can open it, and how far an erasure is
//	GET  /api/v1/nodes/{place}/exposure       which records a lost machine could open
//	GET  /api/v1/reads?case=CASE              the pages that were opened here
//	POST /api/v1/invitations                  let another node join
//	POST /api/v1/invitations/all              the same for every office below
//	GET  /api/v1/nodes                        the nodes below, and how they stand
//	POST /api/v1/offices/{place}/recall       speak again for an office that had a node
//	POST /api/v1/offices/{place}/{standing}   suspend, resume, revoke: the office's node
//	POST /api/v1/rotate                       give this node other keys
//	POST /api/v1/views/rebuild                throw the views away and make them anew
//	POST /api/v1/unlock                       let the node sign and open, with its passphrase
//	POST /api/v1/lock                         make it forget its opened keys
//	POST /api/v1/passphrase                   put its keys under another one
//
// A case is named by its id or its spoken code. The header Idempotency-Key is
// the event's id, a UUID of version 7; a request that is sent again with the
// same key has the same answer and no second effect. Errors are problems of
// RFC 9457. ?actor= says by a worker's code who looks: without it, pages and
// answers hold codes only. Texts and messages come in the language that ?lang= names: en, fr or
// rw.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"umuryango/engine"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/policies"
	"umuryango/projections"
)

// Server answers for one node.
type Server struct {
	Node    *node.Node
	History *projections.History
	Views   *projections.Store
	Reads   Reads
	Places  *events.Places
	Packs   *policies.Library
	Now     func() time.Time
	NewID   func() (events.ID, error)
	Log     *slog.Logger
}

// Reads is the record of opened pages; journal.Reads satisfies it.
type Reads interface {
	// Append stores a record and returns when it is on disk.
	Append(ctx context.Context, r engine.Read) error
	// List returns the newest records first: all, or those of one case's code.
	List(ctx context.Context, code string, limit int) ([]engine.Read, error)
}

const (
	// bodyMax bounds a request's body: an event is at most events.SizeMax.
	bodyMax = 2 * events.SizeMax
	// PackID is the policy pack that the nodes of this release work under, and
	// whose codes are shown.
	PackID = "rwanda"
)

// Handler is the node's API and pages.
func (s *Server) Handler() http.Handler {
	return withReading(s.guard(s.routes()))
}

// Routes lists the patterns of all addresses, so that a test can try every one.
func (s *Server) Routes() []string { return s.routes().patterns }

// routes are the addresses of a node, which can be listed.
type routes struct {
	*http.ServeMux
	patterns []string
}

func (m *routes) HandleFunc(pattern string, serve func(http.ResponseWriter, *http.Request)) {
	m.ServeMux.HandleFunc(pattern, serve)
	m.patterns = append(m.patterns, pattern)
}

func (s *Server) routes() *routes {
	mux := &routes{ServeMux: http.NewServeMux()}
	api := func(pattern string, serve func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, serve) })
	}
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", s.ready)
	api("GET /api/v1/status", s.status)
	api("GET /api/v1/quarantine", s.quarantine)
	api("GET /api/v1/policy", s.policy)
	api("GET /api/v1/places", s.places)
	api("GET /api/v1/referrals", s.cases)
	api("GET /api/v1/referrals/{case}", s.oneCase)
	api("GET /api/v1/inbox", s.inbox)
	api("GET /api/v1/answers", s.answers)
	api("POST /api/v1/referrals", s.raise)
	api("POST /api/v1/referrals/{case}/{act}", s.act)
	api("POST /api/v1/cases/{case}/take-over", s.takeOver)
	api("POST /api/v1/records/{case}/{act}", s.recordAct)
	api("GET /api/v1/records/{case}/holders", s.holderList)
	api("GET /api/v1/nodes/{place}/exposure", s.exposure)
	api("GET /api/v1/reads", s.readList)
	api("POST /api/v1/invitations", s.invite)
	api("POST /api/v1/invitations/all", s.inviteAll)
	api("GET /api/v1/nodes", s.nodes)
	api("POST /api/v1/offices/{place}/recall", s.recall)
	api("POST /api/v1/offices/{place}/{standing}", s.stand)
	api("POST /api/v1/rotate", s.rotate)
	api("POST /api/v1/views/rebuild", s.rebuild)
	api("POST /api/v1/unlock", s.unlock)
	api("POST /api/v1/lock", s.lock)
	api("POST /api/v1/passphrase", s.passphrase)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { s.problem(w, r, noRoute(w, r, mux.ServeMux)) })
	s.pages(mux)
	return mux
}

// noRoute tells an address that is not there from one that takes another
// method.
func noRoute(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) *Problem {
	var takes []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); strings.HasPrefix(pattern, method+" ") {
			takes = append(takes, method)
		}
	}
	if len(takes) > 0 {
		allow := strings.Join(takes, ", ")
		w.Header().Set("Allow", allow)
		return &Problem{Kind: kindMethod, Detail: "this address takes no " + r.Method + ": use " + allow}
	}
	return &Problem{Kind: kindNoRoute, Detail: "there is no such address here: they begin with " + strings.Join(roots, ", ")}
}

// roots are where a program, and a person, can begin.
var roots = []string{"/api/v1/status", "/api/v1/policy", "/api/v1/places", "/api/v1/inbox", "/api/v1/answers", "/api/v1/referrals", "/api/v1/cases", "/"}

// ready: the views have caught up with the stream.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.Views.Applied() < s.Node.Journal.Head() {
		plain(w, http.StatusServiceUnavailable, "the views have not caught up with the stream\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // who has gone away needs no answer
}
