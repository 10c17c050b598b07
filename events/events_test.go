package events

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// testDraft is a draft that Sign takes; each test changes what it is about.
func testDraft() Draft {
	at := time.Date(2026, 11, 20, 6, 12, 0, 0, time.UTC)
	return Draft{
		ID: "01a1f795-4f80-7e11-b0c2-94d8a6f3e5b7", Type: TypeForwarded, Office: "RW.57.12.05",
		Subject: Subject{Place: "RW.57.12.05.03", Kind: KindCase, ID: "01a1f795-4f80-7c3a-9d51-6e0f2b84a7c9"},
		Actor:   "W-7", Time: at, Recorded: at.Add(time.Minute), Code: NewCode(7), Edition: RwandaEdition,
		Body: []byte(`{"to":"RW5712"}`),
	}
}

func signed(is *is.I, change ...func(*Draft)) Event {
	is.Helper()
	d := testDraft()
	for _, c := range change {
		c(&d)
	}
	e, err := Sign(d, testAuthor("/RW/57/12/7-k3f9", 4, nil))
	is.NoErr(err)
	return e
}

// TestSign: a signed event is what Parse reads from its wire form, its times
// are whole milliseconds in UTC, and it bears its author's signature and no
// other's.
func TestSign(t *testing.T) {
	is := is.New(t)
	kigali := time.FixedZone("CAT", 2*3600)
	e := signed(is, func(d *Draft) { d.Time = time.Date(2026, 11, 20, 8, 12, 0, 123_987_654, kigali) })
	is.Equal(e.Time, time.Date(2026, 11, 20, 6, 12, 0, 123_000_000, time.UTC))
	is.Equal(e.Header()["ce-time"], []string{"2026-11-20T06:12:00.123Z"})

	read, err := Parse(e.Subject.String(), e.Header(), e.Body)
	is.NoErr(err)
	is.Equal(read, e)
	is.Equal(read.Hash(), e.Hash())
	is.NoErr(read.Verify(publicKey(testKey())))

	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	is.True(errors.Is(read.Verify(publicKey(other)), ErrSignature))
	is.True(errors.Is(read.Verify(nil), ErrSignature)) // no key: no panic
}

// TestSignRefuses: nothing is signed that Parse would not read back.
func TestSignRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Draft)
		want   string
	}{
		"no id":            {func(d *Draft) { d.ID = "" }, "ce-id is missing"},
		"id of version 4":  {func(d *Draft) { d.ID = "01a1f795-4f80-4e11-b0c2-94d8a6f3e5b7" }, "ce-id"},
		"no actor":         {func(d *Draft) { d.Actor = "" }, "ce-actor is missing"},
		"control in actor": {func(d *Draft) { d.Actor = "W-7\n" }, "control characters"},
		"no office":        {func(d *Draft) { d.Office = "" }, "ce-office is missing"},
		"no type":          {func(d *Draft) { d.Type = "" }, "ce-type is missing"},
		"no code":          {func(d *Draft) { d.Code = "" }, "ce-subject is missing"},
		"no edition":       {func(d *Draft) { d.Edition = "" }, "ce-edition is missing"},
		"no body":          {func(d *Draft) { d.Body = nil }, "not one JSON object"},
		"a list":           {func(d *Draft) { d.Body = []byte(`[]`) }, "not one JSON object"},
		"two values":       {func(d *Draft) { d.Body = []byte(`{}{}`) }, "not one JSON object"},
		"Latin-1":          {func(d *Draft) { d.Body = []byte("{\"a\":\"\xe9\"}") }, "UTF-8"},
		"unknown kind":     {func(d *Draft) { d.Subject.Kind = "child" }, "no kind of thing"},
		"year 10000":       {func(d *Draft) { d.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "ce-time"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			d := testDraft()
			c.change(&d)
			_, err := Sign(d, testAuthor("/RW/57/12/7-k3f9", 4, nil))
			is.True(err != nil)
			is.True(strings.Contains(err.Error(), c.want))
		})
	}
}

// TestSignWithoutAKey: what kept the author from signing is told, and there is
// no event.
func TestSignWithoutAKey(t *testing.T) {
	is := is.New(t)
	locked := errors.New("the key is locked")
	a := testAuthor("/RW/57/12/7-k3f9", 4, nil)
	a.Sign = func([]byte) ([]byte, error) { return nil, locked }
	e, err := Sign(testDraft(), a)
	is.True(errors.Is(err, locked))
	is.Equal(e.Signature(), nil)
}

// TestOfficeOffThePath: an office that does not lie on its subject's path is
// named as it stands, and is no office of the event.
func TestOfficeOffThePath(t *testing.T) {
	is := is.New(t)
	e := signed(is, func(d *Draft) { d.Office = "RW.11" })
	is.Equal(e.OfficeID(), "RW11")
	is.Equal(e.Office, Place(""))
}

// TestTampering: every part that is signed is covered by the signature. Each
// change still parses, and must not verify.
func TestTampering(t *testing.T) {
	e := signed(is.New(t), func(d *Draft) { d.Policy = "rwanda-2026.1"; d.Prev = Hash{1} })
	type parts struct {
		subject string
		header  map[string][]string
		body    []byte
	}
	set := func(name, value string) func(*parts) {
		return func(p *parts) { p.header[name] = []string{value} }
	}
	for name, change := range map[string]func(*parts){
		"subject":   func(p *parts) { p.subject = strings.Replace(p.subject, ".05.03.", ".05.04.", 1) },
		"body":      func(p *parts) { p.body = []byte(`{"to":"RW57"}`) },
		"space":     func(p *parts) { p.body = []byte(`{"to": "RW5712"}`) },
		"actor":     set("ce-actor", "W-8"),
		"spelling":  set("ce-actor", "W%2D7"), // the same actor, otherwise encoded
		"number":    set("ce-sequence", "000000000005"),
		"previous":  set("ce-prevhash", strings.Repeat("0", 63)+"1"),
		"new":       set("ce-newattribute", "1"),
		"dropped":   func(p *parts) { delete(p.header, "ce-policyver") },
		"signature": set("ce-sig", strings.Repeat("A", 86)),
		"short":     set("ce-sig", "AAAA"),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			p := parts{e.Subject.String(), e.Header(), e.Body}
			change(&p)
			read, err := Parse(p.subject, p.header, p.body)
			is.NoErr(err)
			is.True(errors.Is(read.Verify(publicKey(testKey())), ErrSignature))
		})
	}
}

// TestSizeMax: subject, headers and body together may have SizeMax bytes and
// not one more, whoever counts.
func TestSizeMax(t *testing.T) {
	is := is.New(t)
	bodyOf := func(n int) []byte { return []byte(`{"a":"` + strings.Repeat("x", n-8) + `"}`) }
	small := signed(is, func(d *Draft) { d.Body = bodyOf(100) })
	onWire := len(small.Subject.String()) + len(small.Body)
	for name, values := range small.Header() {
		onWire += len(name) + len(values[0]) + len(":\n")
	}
	is.Equal(small.Size(), onWire)

	fits := 100 + SizeMax - small.Size()
	largest := signed(is, func(d *Draft) { d.Body = bodyOf(fits) })
	is.Equal(largest.Size(), SizeMax)

	d := testDraft()
	d.Body = bodyOf(fits + 1)
	_, err := Sign(d, testAuthor("/RW/57/12/7-k3f9", 4, nil))
	is.True(errors.Is(err, ErrTooLarge))
	_, err = Parse(largest.Subject.String(), largest.Header(), bodyOf(fits+1))
	is.True(errors.Is(err, ErrTooLarge)) // by its sum
	_, err = Parse(largest.Subject.String(), largest.Header(), bodyOf(SizeMax+1))
	is.True(errors.Is(err, ErrTooLarge)) // by its body alone
	header := small.Header()
	header["ce-more"] = []string{strings.Repeat("x", SizeMax)}
	_, err = Parse(small.Subject.String(), header, small.Body)
	is.True(errors.Is(err, ErrTooLarge)) // by its headers
}

// TestHash: the identity of an event is the SHA-256 of what was signed, read
// back only from its one spelling.
func TestHash(t *testing.T) {
	is := is.New(t)
	e := signed(is)
	h, err := ParseHash(e.Hash().String())
	is.NoErr(err)
	is.Equal(h, e.Hash())
	is.True(!h.IsZero())
	is.True(Hash{}.IsZero())
	other := signed(is, func(d *Draft) { d.Actor = "W-8" })
	is.True(other.Hash() != e.Hash())
	good := h.String()
	for _, bad := range []string{"", good[1:], good + "0", strings.ToUpper(good), strings.Repeat("g", 64)} {
		_, err := ParseHash(bad)
		is.True(err != nil)
		is.True(new(Hash).UnmarshalText([]byte(bad)) != nil)
	}
}

// TestInDoubt: a clock cannot be right that records before it happens or lies
// ahead by more than ClockLead; late entry is no doubt, and no event is refused.
func TestInDoubt(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		at, recorded time.Time
		want         bool
	}{
		"at once":               {now, now, false},
		"late by a month":       {now.AddDate(0, -1, 0), now, false},
		"recorded before":       {now, now.Add(-time.Millisecond), true},
		"ahead, within measure": {now, now.Add(ClockLead), false},
		"ahead":                 {now, now.Add(ClockLead + time.Millisecond), true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			e := signed(is, func(d *Draft) { d.Time, d.Recorded = c.at, c.recorded })
			is.Equal(e.InDoubt(now), c.want)
		})
	}
}
