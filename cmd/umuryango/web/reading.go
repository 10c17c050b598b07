package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	if err := s.Node.Reads.Append(r.Context(), read); err != nil {
		return fmt.Errorf("%w: %w", errUnrecorded, err)
	}
	o.codes = nil // an error page after this opens nothing more
	return nil
}
