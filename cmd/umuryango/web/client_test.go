package web

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// Where no node answers, or another program in its place, the error says so,
// says what to do, and ends with 3.
func TestTheClientTellsWhoDoesNotAnswer(t *testing.T) {
	serve := func(status int, body string, header ...string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if len(header) == 2 {
				w.Header().Set(header[0], header[1])
			}
			plain(w, status, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	for name, c := range map[string]struct{ url, says, next string }{
		"nobody":                    {nobody(t), "no node answers at http://127.0.0.1", "--node"},
		"a mail server":             {mailServer(t), "no node answers at http://127.0.0.1", "--node"},
		"another page":              {serve(200, "<html>welcome</html>"), "another program answers at", "--node"},
		"another API":               {serve(200, "{}"), "another program answers at", "--node"},
		"another problem":           {serve(404, `{"type":"about:blank","status":404}`), "another program answers at", "--node"},
		"an error page":             {serve(502, "bad gateway"), "another program answers at", "--node"},
		"another release":           {serve(200, `{"head":"many"}`, headerNode, "RW"), "in another way", "the same release"},
		"another release's problem": {serve(418, `{"type":"`+typePrefix+`new"}`, headerNode, "RW"), "in another way", "the same release"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := NewClient(c.url).Status(t.Context())
			p := problemIn(t, err)
			is.Equal([]any{p.Kind, p.ExitCode()}, []any{kindUnreachable, 3})
			if !strings.Contains(p.Detail, c.says) || !strings.Contains(p.Detail, c.next) {
				t.Errorf("%q does not say %q and %q", p.Detail, c.says, c.next)
			}
		})
	}
}

// nobody is an address at which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

// mailServer greets before it is asked.
func mailServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("220 mail.example ESMTP\r\n"))
			c.Close()
		}
	}()
	return l.Addr().String()
}

// A node that hangs is given up.
func TestTheClientDoesNotWaitForEver(t *testing.T) {
	is := is.New(t)
	left := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(left)
	}))
	defer s.Close()
	c := NewClient(s.URL)
	c.HTTP.Timeout = 50 * time.Millisecond
	_, err := c.Status(t.Context())
	is.Equal(problemIn(t, err).ExitCode(), 3)
	<-left
}

// An address that is none is bad input.
func TestAClientOfNoAddress(t *testing.T) {
	is := is.New(t)
	for _, address := range []string{"http://[", "ftp://127.0.0.1", "http://", "http://a b", "127.0.0.1:x"} {
		_, err := NewClient(address).Status(t.Context())
		p := problemIn(t, err)
		is.Equal([]any{p.Kind, p.ExitCode()}, []any{kindInput, 2})
		is.True(strings.Contains(p.Detail, "http://127.0.0.1:7401"))
	}
}
