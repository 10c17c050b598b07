package web

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/matryer/is"
)

// Where no node answers, the error says what to do and ends with 3.
func TestAClientWithoutANode(t *testing.T) {
	is := is.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	address := l.Addr().String()
	is.NoErr(l.Close())
	_, err = NewClient(address).Status(t.Context())
	p := problemIn(t, err)
	is.Equal(p.ExitCode(), 3)
	is.True(p.Detail != "")
}

// What answers and is no node is not taken for one.
func TestAClientOfSomethingElse(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"a page":          {200, "<html>welcome</html>"},
		"another problem": {404, `{"type":"about:blank","status":404}`},
		"an error page":   {502, "bad gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, c.status, c.body) }))
			defer other.Close()
			_, err := NewClient(other.URL).Status(t.Context())
			is.Equal(problemIn(t, err).ExitCode(), 3)
		})
	}
}

// An address that is none is bad input.
func TestAClientOfNoAddress(t *testing.T) {
	is := is.New(t)
	_, err := NewClient("http://[").Status(t.Context())
	is.Equal(problemIn(t, err).ExitCode(), 2)
}
