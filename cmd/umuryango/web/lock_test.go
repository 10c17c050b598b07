package web

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/keys"
)

// TestLockAndUnlockOverTheAPI: acts are refused with the way out while the node
// is locked, and what is read goes on.
func TestLockAndUnlockOverTheAPI(t *testing.T) {
	is := is.New(t)
	w := newTown(t)
	ctx := t.Context()
	first := w.raise()
	l, err := w.client.Lock(ctx)
	is.NoErr(err)
	is.Equal(l, LockView{Place: country, Locked: true})
	s, err := w.client.Status(ctx)
	is.NoErr(err)
	is.True(s.Locked)

	_, err = w.client.Accept(ctx, first.Code, "", by(cell, "CEL-1"))
	p := problemIn(t, err)
	is.Equal(p.Code, "locked")
	is.Equal(p.ExitCode(), 1)
	is.True(strings.Contains(p.Detail, "umuryango node unlock"))
	_, err = w.client.Case(ctx, first.Code) // it is still read
	is.NoErr(err)

	_, err = w.client.Unlock(ctx, UnlockRequest{"another passphrase"})
	p = problemIn(t, err)
	is.Equal(p.Code, "passphrase")
	is.Equal(p.ExitCode(), 1)
	l, err = w.client.Unlock(ctx, UnlockRequest{townPassphrase})
	is.NoErr(err)
	is.True(!l.Locked)
	w.accepted(first.Code, cell)
}

func TestPassphraseIsChangedOverTheAPI(t *testing.T) {
	is := is.New(t)
	w := newTown(t)
	ctx := t.Context()
	_, err := w.client.ChangePassphrase(ctx, PassphraseRequest{Older: townPassphrase, Newer: "short"})
	p := problemIn(t, err)
	is.Equal(p.Field, "passphrase")
	is.Equal(p.ExitCode(), 2)
	_, err = w.client.ChangePassphrase(ctx, PassphraseRequest{Older: "another passphrase", Newer: "a newer passphrase"})
	is.Equal(problemIn(t, err).Code, "passphrase")
	_, err = w.client.ChangePassphrase(ctx, PassphraseRequest{Older: townPassphrase, Newer: "a newer passphrase"})
	is.NoErr(err)
	_, err = w.client.Unlock(ctx, UnlockRequest{townPassphrase})
	is.Equal(problemIn(t, err).Code, "passphrase")
	_, err = w.client.Unlock(ctx, UnlockRequest{"a newer passphrase"})
	is.NoErr(err)
}

// TestThePageOfALockedNode says so, offers the form, and goes on when it is
// sent; an unlocked one offers to lock.
func TestThePageOfALockedNode(t *testing.T) {
	is := is.New(t)
	w := newTown(t)
	page := func(path string) string { return string(w.send("GET", path, "").body) }
	is.True(!strings.Contains(page("/"), `action="/unlock`))
	send := func(path string, form url.Values, headers ...string) answer {
		return w.send("POST", path, form.Encode(), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
	}
	foreign := send("/lock", nil, "Sec-Fetch-Site", "cross-site")
	is.Equal(foreign.status, http.StatusForbidden) // a page of somebody else
	is.True(!w.server.Node.ID.Locked())
	locked := send("/lock?lang=fr", nil)
	is.Equal(locked.status, http.StatusSeeOther)
	is.Equal(locked.header.Get("Location"), "/?lang=fr")
	is.True(w.server.Node.ID.Locked())

	for _, lang := range langs {
		is.True(strings.Contains(page("/?lang="+lang.Code), html.EscapeString(words(lang.Code).T("locked"))))
	}
	is.True(strings.Contains(page("/"), `<input name="passphrase" type="password"`))
	is.True(!strings.Contains(page("/"), `action="/lock`))
	wrong := send("/unlock", url.Values{"passphrase": {"another passphrase"}})
	is.Equal(wrong.status, http.StatusConflict)
	is.True(strings.Contains(string(wrong.body), keys.ErrPassphrase.Error()[:20]))
	right := send("/unlock?lang=rw", url.Values{"passphrase": {townPassphrase}})
	is.Equal(right.status, http.StatusSeeOther)
	is.Equal(right.header.Get("Location"), "/?lang=rw")
	is.True(!w.server.Node.ID.Locked())
}

// TestAPassphraseNeverComesBack: neither a log nor an answer repeats what was
// sent as one, right or wrong, in whatever form.
func TestAPassphraseNeverComesBack(t *testing.T) {
	is := is.New(t)
	w := newTown(t)
	const marked = "marked-passphrase-7391"
	text, err := json.Marshal(marked)
	is.NoErr(err)
	form := "application/x-www-form-urlencoded"
	for _, sent := range []struct{ path, body, kind string }{
		{"/api/v1/unlock", `{"passphrase":` + string(text) + `}`, ""},
		{"/api/v1/unlock", `{"passphrase":[` + string(text) + `]}`, ""},
		{"/api/v1/unlock", `{"passphrase":73917391}`, ""},
		{"/api/v1/unlock", `{` + string(text) + `:1}`, ""},
		{"/api/v1/unlock", marked, ""},
		{"/api/v1/passphrase", `{"older":` + string(text) + `,"newer":"marked-passphrase-7391-newer"}`, ""},
		{"/api/v1/passphrase", `{"older":"` + townPassphrase + `","newer":"7391"}`, ""},
		{"/api/v1/passphrase", `{"older":7391,"newer":73917391}`, ""},
		{"/unlock", "passphrase=" + marked, form},
		{"/unlock", "passphrase=%zz" + marked, form},
		{"/unlock", "passphrase=" + strings.Repeat(marked, 10_000), form}, // more than is read
	} {
		a := w.send("POST", sent.path, sent.body, "Content-Type", sent.kind)
		is.True(a.status >= 400)
		told := string(a.body) + w.log.String()
		for _, values := range a.header {
			told += strings.Join(values, " ")
		}
		is.True(!strings.Contains(told, "7391") && !strings.Contains(told, townPassphrase))
	}
	a := w.send("POST", "/api/v1/unlock", `{"passphrase":"`+townPassphrase+`"}`)
	is.Equal(a.status, http.StatusOK)
	is.True(!strings.Contains(string(a.body)+w.log.String(), townPassphrase))
}
