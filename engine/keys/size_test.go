package keys

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// TestSizeOfASealedText: an event with 300 bytes of sealed text is at most 1.3
// times as large as with the text in clear, its wraps apart.
func TestSizeOfASealedText(t *testing.T) {
	is := is.New(t)
	v, d := newMachine(t, village), newMachine(t, district)
	text := engine.Narrative{engine.NoteKey: strings.Repeat("hungry ", 42) + "and up"}
	is.Equal(len(text[engine.NoteKey]), 300)
	plain, err := events.Encode(text)
	is.NoErr(err)
	part := v.seal(t, path(v, d), events.FieldNarrative, string(plain))
	clear := []byte(`{"kind":"note"}`)
	sealed, err := events.WithSealed(clear, events.Sealed{part})
	is.NoErr(err)
	open := append(append(clear[:len(clear)-1:len(clear)-1], ','), plain[1:]...)
	size := func(body []byte) float64 {
		key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
		at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		e, err := events.Sign(events.Draft{
			ID: "01a1f795-4f80-7000-8000-000000000001", Type: events.TypeContributed, Subject: child, Office: village, Actor: "IZU-1",
			Time: at, Recorded: at, Code: "K7Q-F2MD", Prev: events.Hash{1}, Edition: "2.1.6", Body: body,
		}, events.Author{
			Source: events.Source{Node: village, Run: events.Run{Number: 7, Mark: "k3f9"}}, Number: 12,
			Key: events.KeyID(key.Public().(ed25519.PublicKey)), Sign: events.SignWith(key),
		})
		is.NoErr(err)
		return float64(e.Size())
	}
	ratio := size(sealed) / size(open)
	t.Logf("%.0f bytes sealed, %.0f in clear: %.3f", size(sealed), size(open), ratio)
	is.True(ratio <= 1.3)
}
