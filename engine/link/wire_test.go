package link

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// messages are one of each kind that goes over a link.
func messages() map[string]any {
	session := Session{From: run(3), To: events.Run{Number: 9, Mark: "k3f9"}}
	return map[string]any{
		"greeting": Greeting{
			Node: sector, Run: run(3), Runs: positions(1, 9, 3, 300), Known: positions(2, 70_000),
			Want: []engine.Gap{{Source: events.Source{Node: village, Run: run(2)}, From: 4, To: 6}},
		},
		"first-greeting": Greeting{Node: "RW", Run: run(1)},
		"batch": Batch{Session: session, After: 9, Upto: engine.Position{Run: run(3), Seq: 12}, Items: []Item{
			{At: engine.Position{Run: run(3), Seq: 10}, Subject: "ev.RW.57.node.RW57", Header: map[string][]string{"ce-id": {"a"}, "ce-actor": {"W-7"}}, Body: []byte(`{"kind":"sighting"}`)},
			{At: engine.Position{Run: run(3), Seq: 11}, Subject: "ev", Header: map[string][]string{"ce-id": {"a", "b"}}, Body: []byte{}},
		}},
		"empty-batch": Batch{Session: session, After: 9, Upto: engine.Position{Run: run(3), Seq: 9}},
		"poll":        Poll{Session: session, Got: 1 << 40},
		"answer":      Answer{Upto: 129},
		"batch-keys": Batch{Session: session, After: 9, Upto: engine.Position{Run: run(3), Seq: 9}, Wraps: []engine.Wrap{wrapOf(1), wrapOf(2)},
			Asks: []engine.Ask{{Case: caseOf(1), Node: sector, Keys: []string{"AAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB"}}, {Case: caseOf(2), Node: district}}},
		"poll-took":   Poll{Session: session, Got: 7, Took: []string{"AAAAAAAAAAAAAAAA"}},
		"answer-took": Answer{Upto: 129, Took: []string{"AAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB"}},
		"failed":      Failed{Why: "conflict"},
		"greet":       ErrGreet,
	}
}

// TestWire: every message is read as it was written, and is written as the
// golden files say for ever: nodes of different versions speak to each other.
// UPDATE_GOLDEN=1 writes the files of new kinds.
func TestWire(t *testing.T) {
	for name, message := range messages() {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			raw := Encode(message)
			read, err := Decode(raw)
			is.NoErr(err)
			is.Equal(read, message)

			path := filepath.Join("testdata", name+".hex")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				is.NoErr(os.MkdirAll("testdata", 0o755))
				is.NoErr(os.WriteFile(path, []byte(dump(raw)), 0o644))
			}
			golden, err := os.ReadFile(path)
			is.NoErr(err)
			is.Equal(dump(raw), string(golden))
		})
	}
}

// dump writes bytes as hexadecimal lines of 32.
func dump(raw []byte) string {
	var out strings.Builder
	for len(raw) > 0 {
		n := min(len(raw), 32)
		out.WriteString(hex.EncodeToString(raw[:n]) + "\n")
		raw = raw[n:]
	}
	return out.String()
}

// TestDecodeRefuses: what no node writes is an error, and costs no memory.
func TestDecodeRefuses(t *testing.T) {
	long := func(tag byte, n uint64, rest ...byte) []byte {
		return append(binary.AppendUvarint([]byte{tag}, n), rest...)
	}
	batch := Encode(messages()["empty-batch"])
	for name, raw := range map[string][]byte{
		"nothing":               {},
		"an unknown kind":       {'Z'},
		"a byte too many":       append(Encode(Answer{Upto: 1}), 0),
		"a number cut short":    {'A', 0x80},
		"a number too long":     {'A', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"a text beyond the end": long('F', 9, 'x'),
		"a text too long":       long('F', wireTextMax+1, bytes.Repeat([]byte{'x'}, wireTextMax+1)...),
		"a list beyond the end": append(batch[:len(batch)-1:len(batch)-1], 0xff, 0x01),
		"no place":              append([]byte{'H', 2, 'r', 'w'}, Encode(Greeting{})[2:]...),
		"too many wraps":        append(append([]byte{'b'}, Encode(Batch{Upto: engine.Position{}})[1:]...), WrapsMax+1),
		"no source":             append(Encode(Greeting{Node: "RW"})[:8:8], 1, 1, 'x', 1, 1),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := Decode(raw)
			is.True(err != nil)
			is.Equal(got, nil)
		})
	}
}

// TestDecodeCutShort: every beginning of a message is an error.
func TestDecodeCutShort(t *testing.T) {
	for name, message := range messages() {
		raw := Encode(message)
		for n := range raw {
			if got, err := Decode(raw[:n]); err == nil {
				t.Fatalf("%s, cut after %d bytes, is read as %v", name, n, got)
			}
		}
	}
}

// TestLargestBatch: the largest batch that a sender makes is read.
func TestLargestBatch(t *testing.T) {
	is := is.New(t)
	b := Batch{}
	for range BatchRecordsMax + BatchRecordsMax/2 {
		b.Items = append(b.Items, Item{Subject: "ev", Header: map[string][]string{}, Body: []byte("{}")})
	}
	read, err := Decode(Encode(b))
	is.NoErr(err)
	is.Equal(len(read.(Batch).Items), len(b.Items))
}

// TestLargestBatchOfWraps: and with the most wraps and asks it fits one message.
func TestLargestBatchOfWraps(t *testing.T) {
	is := is.New(t)
	b := Batch{Items: []Item{{Subject: "ev", Header: map[string][]string{}, Body: make([]byte, wireBodyMax)}}}
	for n := range WrapsMax {
		w := wrapOf(n)
		w.Data = make([]byte, engine.WrapDataMax)
		w.Keys = slices.Repeat(w.Keys, engine.WrapKeysMax)
		b.Wraps = append(b.Wraps, w)
	}
	for n := range AsksMax {
		b.Asks = append(b.Asks, engine.Ask{Case: caseOf(n), Node: district, Keys: slices.Repeat([]string{"AAAAAAAAAAAAAAAA"}, AskKeysMax)})
	}
	raw := Encode(b)
	read, err := Decode(raw)
	is.NoErr(err)
	is.Equal(read, b)
	const payload = 1 << 20
	// Passing stops at WrapsBytesMax and at most one wrap more.
	is.True(BatchBytesMax+BatchRecordsMax*200+WrapsBytesMax+engine.WrapDataMax+WrapsMax*800+AsksMax*(AskKeysMax*17+200) < payload)
}

// FuzzDecode: no bytes make Decode panic, and what it reads is written as it
// came.
func FuzzDecode(f *testing.F) {
	for _, message := range messages() {
		f.Add(Encode(message))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		message, err := Decode(raw)
		if err != nil {
			return
		}
		again, err := Decode(Encode(message))
		is := is.New(t)
		is.NoErr(err)
		if e, ok := message.(error); ok {
			is.True(errors.Is(e, ErrGreet))
			return
		}
		is.Equal(again, message)
	})
}
