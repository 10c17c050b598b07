package web

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/node"
)

// Pages and API cannot be opened to other machines.
func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	is := is.New(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0", "localhost:0", "example.org:0"} {
		_, err := ListenLoopback(address)
		t.Log(address)
		is.True(errors.Is(err, ErrNotLoopback))
	}
	_, err := ListenLoopback("127.0.0.1")
	is.True(err != nil && strings.Contains(err.Error(), "127.0.0.1")) // no port
	l, err := ListenLoopback("127.0.0.1:0")
	is.NoErr(err)
	defer l.Close()
	_, err = ListenLoopback(l.Addr().String())
	is.True(errors.Is(err, node.ErrTaken))
	var op *net.OpError
	is.True(errors.As(err, &op))
}

// A name that was rebound to loopback reads and writes nothing.
func TestOtherHostsAreRefused(t *testing.T) {
	is, w := is.New(t), newTown(t)
	for _, path := range []string{"/", "/api/v1/status", "/livez", "/style.css"} {
		got := w.send("GET", path, "", "Host", "rebound.example:80")
		is.Equal(got.status, http.StatusForbidden)
		is.Equal(got.problem(t).Kind, typePrefix+kindForeign)
	}
	for _, host := range []string{"localhost", "localhost:7401", "127.0.0.1:7401", "[::1]:7401"} {
		is.Equal(w.send("GET", "/livez", "", "Host", host).status, http.StatusOK)
	}
}

// A page of somebody else cannot act through the browser of a person here;
// programs that are no browsers can.
func TestOtherOriginsAreRefused(t *testing.T) {
	is, w := is.New(t), newTown(t)
	body := `{"office":"` + village + `","actor":"IZU-1","to":"` + cell + `","source":"izu"}`
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://example.org"},
		{"Origin", "null"},
		{"Origin", "http://127.0.0.1:9"},
		{"Origin", w.url, "Sec-Fetch-Site", "cross-site"},
	} {
		got := w.send("POST", "/api/v1/referrals", body, headers...)
		t.Log(headers)
		is.Equal(got.status, http.StatusForbidden)
		is.Equal(got.problem(t).Kind, typePrefix+kindForeign)
	}
	list, err := w.client.Cases(t.Context(), country)
	is.NoErr(err)
	is.Equal(len(list), 0)
	for _, headers := range [][]string{nil, {"Origin", w.url, "Sec-Fetch-Site", "same-origin"}} {
		is.Equal(w.send("POST", "/api/v1/referrals", body, headers...).status, http.StatusCreated)
	}
}

// Every answer forbids scripts, framing and storing.
func TestEveryAnswerIsGuarded(t *testing.T) {
	is, w := is.New(t), newTown(t)
	for _, path := range []string{"/", "/nowhere", "/api/v1/status", "/api/v1/nowhere", "/style.css"} {
		h := w.send("GET", path, "").header
		is.True(strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'"))
		is.True(!strings.Contains(h.Get("Content-Security-Policy"), "script-src"))
		is.Equal(h.Get("X-Content-Type-Options"), "nosniff")
		is.Equal(h.Get("Cache-Control"), "no-store")
	}
}
