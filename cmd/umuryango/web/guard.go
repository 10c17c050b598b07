package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"umuryango/engine/node"
)

// ErrNotLoopback is returned for an address that other machines could reach.
var ErrNotLoopback = errors.New("pages and API answer on loopback only until there are accounts: use 127.0.0.1 or [::1]")

// ListenLoopback listens for pages and API. It refuses every address that is
// not of this machine alone; node.ErrTaken when the port is in use.
func ListenLoopback(address string) (net.Listener, error) {
	if err := CheckLoopback(address); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s for pages: %w: %w", address, node.ErrTaken, err)
	}
	return listener, nil
}

// CheckLoopback refuses an address that other machines could reach, or that is
// none; whether it is free shows when it is listened on.
func CheckLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen on %s for pages: %w", address, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("listen on %s for pages: %w", address, ErrNotLoopback)
	}
	return nil
}

// guard keeps out what a page of somebody else could send through the browser
// of a person at this machine: a name that was rebound to loopback, and a form
// of another origin.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set(headerNode, s.Node.ID.Place.ID())
		switch {
		case !loopbackHost(r.Host):
			s.problem(w, r, &Problem{Kind: kindForeign, Detail: "this node answers to the names of this machine only: call it as 127.0.0.1, [::1] or localhost"})
		case (r.Method == http.MethodPost || r.URL.Query().Has(paramActor)) && !sameOrigin(r): // also who looks is on record
			s.problem(w, r, &Problem{Kind: kindForeign, Detail: "a page of another origin may not act here: act on this node's own page, or send no Origin"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func loopbackHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sameOrigin: browsers say where a request comes from; other programs do not,
// and need not.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
