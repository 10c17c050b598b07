package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/events"
)

func aRead() Read {
	return Read{
		At: time.Date(2026, 11, 25, 9, 30, 0, 123456789, time.FixedZone("CAT", 7200)), Actor: "DIS-3", Office: "RW.57",
		Page: PageReporter, Codes: []string{"010-00GX", events.NewCode(7)}, Reason: "safety",
	}
}

// The wire form of a record of READS stays as it is: an auditor reads years of
// them.
func TestGoldenRead(t *testing.T) {
	is := is.New(t)
	raw, err := aRead().Encode()
	is.NoErr(err)
	golden, err := os.ReadFile(filepath.Join("testdata", "golden", "read.json"))
	is.NoErr(err)
	is.Equal(string(raw)+"\n", string(golden))
	read, err := DecodeRead(raw)
	is.NoErr(err)
	want := aRead()
	want.At = want.At.UTC().Truncate(time.Millisecond)
	is.Equal(read, want)
}

// What is no record of an opened page is neither written nor read: above all
// nothing in which a name would fit.
func TestReadsHoldCodesOnly(t *testing.T) {
	for name, change := range map[string]func(*Read){
		"no instant":       func(r *Read) { r.At = time.Time{} },
		"a name acts":      func(r *Read) { r.Actor = "Mutesi Aline" },
		"nobody acts":      func(r *Read) { r.Actor = "" },
		"no office":        func(r *Read) { r.Office = "" },
		"an unknown page":  func(r *Read) { r.Page = "diary" },
		"no case":          func(r *Read) { r.Codes = nil },
		"a name as code":   func(r *Read) { r.Codes = []string{"Mutesi"} },
		"a code twice":     func(r *Read) { r.Codes = []string{"010-00GX", "010-00GX"} },
		"a sloppy code":    func(r *Read) { r.Codes = []string{"01000gx"} },
		"too many cases":   func(r *Read) { r.Codes = make([]string, ReadCodesMax+1) },
		"a text as reason": func(r *Read) { r.Reason = "Aline asked" },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := aRead()
			change(&r)
			_, err := r.Encode()
			is.True(err != nil)
		})
	}
}

// A record is read strictly, so that nothing hides beside its members.
func TestDecodeReadIsStrict(t *testing.T) {
	is := is.New(t)
	raw, err := aRead().Encode()
	is.NoErr(err)
	for _, bad := range []string{
		"", "null", "[]", string(raw) + "{}", strings.Replace(string(raw), `"at"`, `"At"`, 1),
		strings.Replace(string(raw), `{"at"`, `{"name":"Aline","at"`, 1), strings.Replace(string(raw), `{"at"`, `{"page":"case","at"`, 1),
	} {
		_, err := DecodeRead([]byte(bad))
		is.True(err != nil)
	}
}

// FuzzRead: whatever is read is written again to the same record.
func FuzzRead(f *testing.F) {
	raw, err := aRead().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"at":"2026-11-25T07:30:00Z","actor":"A","office":"RW","page":"list","codes":["010-00GX"]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeRead(raw)
		if err != nil {
			return
		}
		again, err := r.Encode()
		if err != nil {
			t.Fatalf("%s was read and cannot be written: %v", raw, err)
		}
		read, err := DecodeRead(again)
		is.New(t).NoErr(err)
		is.New(t).Equal(read, r)
	})
}
