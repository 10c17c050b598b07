package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/events"
)

var warmEvents int // made here, each with an id of its own

func warmEvent(t *testing.T, c events.Subject, size int) events.Event {
	warmEvents++
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	e, err := events.Sign(events.Draft{
		ID: events.ID(fmt.Sprintf("01a1f795-4f80-7000-8000-%012d", warmEvents)), Type: events.TypeContributed, Subject: c, Office: "RW", Actor: "W-1", Time: at, Recorded: at,
		Code: "K7Q-F2MD", Edition: "test", Body: []byte(`{"kind":"` + strings.Repeat("x", size) + `"}`),
	}, events.Author{Source: events.Source{Node: "RW", Run: events.Run{Number: 1, Mark: "t"}}, Number: 1, Key: "k", Sign: func([]byte) ([]byte, error) { return []byte("s"), nil }})
	is.New(t).NoErr(err)
	return e
}

func warmCase(n byte) events.Subject {
	return events.Subject{Place: "RW", Kind: events.KindCase, ID: "01a1f795-4f80-7000-8000-00000000000" + string('0'+rune(n))}
}

// TestWhatIsRememberedIsBounded: cases that are too large are not remembered,
// and when there is no room all are forgotten; what is remembered grows with the
// stream and never changes for who has it already.
func TestWhatIsRememberedIsBounded(t *testing.T) {
	is := is.New(t)
	var w warm
	has := func(n byte) bool {
		_, ok := w.get(warmCase(n))
		return ok
	}
	is.True(!has(1))
	w.add([]Record{{Event: warmEvent(t, warmCase(1), 10)}})
	is.True(!has(1)) // its beginning is not known here
	w.put(warmCase(1), nil)
	w.add([]Record{{Event: warmEvent(t, warmCase(1), 10)}, {Event: warmEvent(t, warmCase(2), 10)}})
	one, ok := w.get(warmCase(1))
	is.True(ok)
	is.Equal(len(one), 1)
	w.put(warmCase(1), nil) // it is there already
	w.add([]Record{{Event: warmEvent(t, warmCase(1), 20)}})
	_ = append(one, warmEvent(t, warmCase(2), 30)) // nobody else sees it
	two, _ := w.get(warmCase(1))
	is.Equal(len(one), 1)
	is.Equal(len(two), 2)
	is.Equal(two[1].Subject, warmCase(1))

	large := []events.Event{warmEvent(t, warmCase(3), 60<<10), warmEvent(t, warmCase(3), 60<<10), warmEvent(t, warmCase(3), 60<<10)}
	w.put(warmCase(3), large)
	is.True(!has(3))
	w.put(warmCase(3), large[:1])
	w.put(warmCase(4), large[:2])
	is.True(has(1) && has(3) && has(4))
	w.put(warmCase(5), large[:2]) // no room
	is.True(has(5) && !has(1) && !has(3) && !has(4))
	for range 3 {
		w.add([]Record{{Event: warmEvent(t, warmCase(5), 60<<10)}})
	}
	is.True(!has(5))
	is.Equal(w.bytes, 0)
}

// TestWhatHistoryHadAlreadyStandsOnce: where history has what somebody else wrote
// before the writer hears of it, and a plan brought it here, it is not added a
// second time.
func TestWhatHistoryHadAlreadyStandsOnce(t *testing.T) {
	is := is.New(t)
	var w warm
	one, two, three := warmEvent(t, warmCase(1), 10), warmEvent(t, warmCase(1), 10), warmEvent(t, warmCase(1), 10)
	w.put(warmCase(1), []events.Event{one, two})
	w.add([]Record{{Event: one}, {Event: two}, {Event: three}})
	all, ok := w.get(warmCase(1))
	is.True(ok)
	is.Equal(all, []events.Event{one, two, three})
	is.Equal(w.bytes, one.Size()+two.Size()+three.Size())
}
