package projections

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/events"
)

// child is one case as a test tells it: each act follows the one before.
type child struct {
	p       *pen
	subject events.Subject
	prev    events.Hash
	at      time.Duration // after origin; each act is an hour later
	all     []events.Event
}

// raised opens a case of the village.
func raised(p *pen, at time.Duration, by, to events.Place) *child {
	c := &child{p: p, at: at, subject: events.Subject{Place: village}}
	c.act(by, events.TypeRaised, events.Raised{To: to.ID(), Source: "izu", Facts: events.Facts(`{}`)})
	c.subject = c.all[0].Subject
	return c
}

// act adds the next event of the line.
func (c *child) act(office events.Place, t events.Type, body any) *child {
	e := c.p.act(c.subject, office, c.prev, c.at, t, body)
	c.prev, c.all, c.at = e.Hash(), append(c.all, e), c.at+time.Hour
	return c
}

func (c *child) accepted(office events.Place) *child {
	return c.act(office, events.TypeAccepted, events.Accepted{})
}

func (c *child) forwarded(office, to events.Place) *child {
	return c.act(office, events.TypeForwarded, events.Forwarded{To: to.ID()})
}

func (c *child) sentBack(office, to events.Place) *child {
	return c.act(office, events.TypeSentBack, events.SentBack{To: to.ID(), Reason: "incomplete"})
}

func (c *child) assessed(office events.Place) *child {
	return c.act(office, events.TypeAssessed, events.Assessed{Facts: events.Facts(`{}`)})
}

func (c *child) proposed(office events.Place) *child {
	return c.act(office, events.TypeProposed, events.Proposed{Decision: "placement", Facts: events.Facts(`{}`), Checked: checked})
}

func (c *child) decided(office events.Place, answer string, contributions ...events.ID) *child {
	return c.act(office, events.TypeDecided, events.Decided{
		Care: "kinship_formal", Asked: checked, Panel: []events.Member{}, Reason: "family_first", Answer: answer, Contributions: contributions,
	})
}

func (c *child) takenOver(office, from events.Place) *child {
	return c.act(office, events.TypeTakenOver, events.TakenOver{From: from.ID(), Reason: "unheard"})
}

// told adds a contribution, which nothing follows.
func (c *child) told(office events.Place, facts string) *child {
	b := events.Contributed{Kind: "sighting"}
	if facts != "" {
		b.Facts = events.Facts(facts)
	}
	c.all, c.at = append(c.all, c.p.act(c.subject, office, c.prev, c.at, events.TypeContributed, b)), c.at+time.Hour
	return c
}

// newer adds an event of a type that this program does not know.
func (c *child) newer(office events.Place) *child {
	e := c.p.act(c.subject, office, c.prev, c.at, "rw.umuryango.case.closed.v9", struct{}{})
	c.all, c.at = append(c.all, e), c.at+time.Hour
	return c
}

// fork lets the next act follow an earlier one, as of an office that had heard
// no more.
func (c *child) fork(n int) *child {
	c.prev = c.all[n].Hash()
	return c
}

// last is the event that was added last.
func (c *child) last() events.Event { return c.all[len(c.all)-1] }

var checked = events.Checked{Case: []byte(`{}`), Result: []byte(`{}`), PackHash: "sha256:00"}

// shown is a store of views over a stream of its own.
type shown struct {
	*Store
	is  *is.I
	src *stream
	dir string
}

func show(t *testing.T, is *is.I) *shown {
	t.Helper()
	s := &shown{is: is, src: newStream(), dir: t.TempDir()}
	s.open()
	t.Cleanup(func() { s.Store.Close(); s.history.Close() })
	return s
}

func (s *shown) open() {
	s.is.Helper()
	h, err := OpenHistory(filepath.Join(s.dir, "history.db"), sector, s.src)
	s.is.NoErr(err)
	s.Store, err = OpenStore(filepath.Join(s.dir, "views.db"), h, s.src)
	s.is.NoErr(err)
}

// crash closes both files as a kill does, and opens them again.
func (s *shown) crash() {
	s.is.Helper()
	s.is.NoErr(s.Store.abandon())
	s.is.NoErr(s.history.abandon())
	s.open()
}

// add appends events and waits until they are shown.
func (s *shown) add(all ...events.Event) {
	s.is.Helper()
	s.src.add(s.is, all...)
	s.is.NoErr(s.Wait(ctx, s.src.Head()))
}

// tell adds what a child's story has beyond what is shown.
func (s *shown) tell(c *child, from int) int {
	s.is.Helper()
	s.add(c.all[from:]...)
	return len(c.all)
}

func (s *shown) inbox(office events.Place, after time.Duration, clocks Clocks) []InboxItem {
	s.is.Helper()
	out, err := s.Inbox(office, origin.Add(after), clocks)
	s.is.NoErr(err)
	return out
}

func (s *shown) hash() string {
	s.is.Helper()
	h, err := s.Hash()
	s.is.NoErr(err)
	return h
}

// day gives each thing that waits a day, but what is sent back.
func day(what string) (time.Duration, bool) { return 24 * time.Hour, what != WhatSentBack }
