package node

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/link"
)

// Whatever a page of the file beside the stream holds, it ends nobody's look at the
// store; a copy of a running node's is torn now and then.
func TestATornFileBesideTheStreamIsTold(t *testing.T) {
	is := is.New(t)
	c := founded(t)
	path := filepath.Join(c.Dir, fileState)
	s, err := openState(path)
	is.NoErr(err)
	for n := range byte(100) {
		r := link.Refusal{Peer: "RW.57", Lower: "RW.57", Fault: "form", Untold: true}
		r.Hash[0] = n
		is.NoErr(keeper{s, "RW"}.Keep(r))
	}
	is.NoErr(s.close())
	whole, err := os.ReadFile(path)
	is.NoErr(err)
	size, damaged := os.Getpagesize(), 0
	for at := 0; at+size <= len(whole); at += size {
		for _, filling := range []byte{0, 0xff} {
			for _, from := range []int{0, 16} { // all of a page, or all but what it is
				raw := bytes.Clone(whole)
				copy(raw[at+from:at+size], bytes.Repeat([]byte{filling}, size))
				is.NoErr(os.WriteFile(path, raw, 0o600))
				i, err := Inspect(context.Background(), c.Dir)
				is.NoErr(err)
				if strings.Contains(strings.Join(i.Damage, " "), fileState) {
					damaged++
				}
			}
		}
	}
	is.True(damaged > 4)
}
