package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"umuryango/engine"
)

// reading is what one answer opens. It belongs to the request, and is on record
// before the answer is written: no record, no page.
type reading struct {
	mu     sync.Mutex
	viewer viewer
	page   engine.PageKind
	reason string
	codes  []string
}

type readingKey struct{}

// withReading gives each request a reading of its own.
func withReading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), readingKey{}, &reading{})))
	})
}

// reads begins what an answer to r opens for a viewer; the first kind of page
// stands.
func (s *Server) reads(r *http.Request, v viewer, page engine.PageKind, reason string) *reading {
	out, ok := r.Context().Value(readingKey{}).(*reading)
	if !ok {
		return &reading{} // of no request: nothing is opened
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	if out.page == "" {
		out.viewer, out.page, out.reason = v, page, reason
	}
	return out
}

// may reports whether a case's fields may be opened on this page: somebody
// looks, and the record has room for its code.
func (o *reading) may(code string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.page != "" && o.viewer.actor != "" && code != "" &&
		(len(o.codes) < engine.ReadCodesMax || slices.Contains(o.codes, code))
}

// note says that a field of this case was opened.
func (o *reading) note(code string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if code != "" && !slices.Contains(o.codes, code) {
		o.codes = append(o.codes, code)
	}
}

// forget takes back what was opened, where it is not told after all.
func (o *reading) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.codes = nil
}

// errUnrecorded is returned where an opened page could not be put on record.
var errUnrecorded = errors.New("that this page was opened could not be put on record, so it is not shown")

// recorded puts what an answer to r opened on record; nothing where nothing was.
func (s *Server) recorded(r *http.Request) error {
	o, ok := r.Context().Value(readingKey{}).(*reading)
	if !ok {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.codes) == 0 {
		return nil
	}
	read := engine.Read{At: s.Now(), Actor: o.viewer.actor, Office: o.viewer.office, Page: o.page, Codes: o.codes, Reason: o.reason}
	if err := s.Reads.Append(r.Context(), read); err != nil {
		return fmt.Errorf("%w: %w", errUnrecorded, err)
	}
	o.codes = nil // an error page after this opens nothing more
	return nil
}
