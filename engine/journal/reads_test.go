package journal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
	"umuryango/events"
)

func readOf(n int, codes ...string) engine.Read {
	return engine.Read{
		At: time.Date(2026, 11, 25, 9, 0, 0, n*int(time.Millisecond), time.UTC), Actor: fmt.Sprintf("W-%d", n), Office: "RW.57",
		Page: engine.PageCase, Codes: codes,
	}
}

func openReads(t *testing.T, s *store) *Reads {
	t.Helper()
	r, err := OpenReads(ctx, s.connect(&line{store: s}), Config{SyncAlways: true})
	is.New(t).NoErr(err)
	return r
}

// Records are listed newest first, of one case where it is named, across
// chunks and after a start.
func TestReadsAreListed(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	r := openReads(t, s)
	first, second := events.NewCode(1), events.NewCode(2)
	none, err := r.List(ctx, "", 10)
	is.NoErr(err)
	is.Equal(len(none), 0)
	for n := range chunk + 3 {
		codes := []string{first}
		if n == 1 {
			codes = []string{first, second}
		}
		is.NoErr(r.Append(ctx, readOf(n, codes...)))
	}
	s.stop()
	s.start()
	r = openReads(t, s)
	all, err := r.List(ctx, "", 1000)
	is.NoErr(err)
	is.Equal(len(all), chunk+3)
	is.Equal(all[0], readOf(chunk+2, first))
	some, err := r.List(ctx, first, 2)
	is.NoErr(err)
	is.Equal(len(some), 2)
	one, err := r.List(ctx, second, 10)
	is.NoErr(err)
	is.Equal(one, []engine.Read{readOf(1, first, second)})
}

// Nothing that was recorded can be taken away, and a stream in which it could
// is refused.
func TestReadsStay(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	r := openReads(t, s)
	is.NoErr(r.Append(ctx, readOf(1, events.NewCode(1))))
	is.True(r.stream.DeleteMsg(ctx, 1) != nil)
	is.True(r.stream.Purge(ctx) != nil)
	weak := r.stream.CachedInfo().Config
	is.NoErr(checkReads(weak))
	weak.DenyDelete = false
	is.True(strings.Contains(checkReads(weak).Error(), "deny_delete"))
	_, err := OpenReads(ctx, s.connect(&line{store: s}), Config{})
	is.True(err != nil) // a power cut could take it
}

// One damaged record hides no other: it stands in every list, as it may be of any
// case.
func TestADamagedReadHidesNoOther(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	r := openReads(t, s)
	first, second := events.NewCode(1), events.NewCode(2)
	is.NoErr(r.Append(ctx, readOf(1, first)))
	_, err := r.js.Publish(ctx, subjectRead, []byte(`{"name":"x"}`))
	is.NoErr(err)
	is.NoErr(r.Append(ctx, readOf(2, second)))
	for code, want := range map[string][]engine.PageKind{
		"":     {engine.PageCase, PageUnreadable, engine.PageCase},
		first:  {PageUnreadable, engine.PageCase},
		second: {engine.PageCase, PageUnreadable},
	} {
		list, err := r.List(ctx, code, 10)
		is.NoErr(err)
		var pages []engine.PageKind
		for _, one := range list {
			pages = append(pages, one.Page)
			is.True(!one.At.IsZero())
		}
		is.Equal(pages, want)
	}
	some, err := r.stretch(ctx, 2, 7) // as if more had stood there
	is.NoErr(err)
	is.Equal(len(some), 6)
	is.Equal(some[1], readOf(2, second))
	is.Equal(some[5].Page, PageUnreadable)
}

// A record that could not be stored is an error.
func TestReadsFailLoudly(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	r := openReads(t, s)
	is.True(r.Append(ctx, readOf(1)) != nil) // no case
	s.stop()
	r.answerWithin = 50 * time.Millisecond
	err := r.Append(ctx, readOf(2, events.NewCode(1)))
	is.True(err != nil && !errors.Is(err, jetstream.ErrStreamNotFound))
}
