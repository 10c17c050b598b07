package node

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/events"
)

var morning = time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)

func inviteOf(place events.Place) keys.Invitation {
	return keys.Invitation{Place: place, Secret: keys.NewSecret(), Until: morning.Add(time.Hour)}
}

func (s *state) knows(i keys.Invitation) bool {
	_, ok := s.invited(base64.RawURLEncoding.EncodeToString(i.Secret), morning)
	return ok
}

// An invitation counts once it is on disk, and until the next one for its place.
func TestOneInvitationIsOpenForAPlace(t *testing.T) {
	is := is.New(t)
	s, err := openState(filepath.Join(t.TempDir(), fileState))
	is.NoErr(err)
	first, other, second := inviteOf("RW.57"), inviteOf("RW.58"), inviteOf("RW.57")
	is.NoErr(s.invite([]keys.Invitation{first, other}, false))
	is.True(s.knows(first) && s.knows(other))
	is.NoErr(s.invite([]keys.Invitation{second}, false))
	is.True(!s.knows(first) && s.knows(second) && s.knows(other))
	is.Equal(len(s.secrets), 2) // nothing is kept of the first
	is.NoErr(s.close())
	is.True(s.invite([]keys.Invitation{inviteOf("RW.59")}, false) != nil)
	is.Equal(len(s.secrets), 2) // nor of what was not kept
}

// Whoever used an invitation does not use up the one that was opened meanwhile.
func TestAUsedInvitationLeavesTheNextOneOpen(t *testing.T) {
	is := is.New(t)
	s, err := openState(filepath.Join(t.TempDir(), fileState))
	is.NoErr(err)
	defer s.close()
	is.NoErr(s.invite([]keys.Invitation{inviteOf("RW.57")}, false))
	first, err := s.invitation("RW.57")
	is.NoErr(err)
	is.NoErr(s.used(first, []byte("key")))
	now, err := s.invitation("RW.57")
	is.NoErr(err)
	is.Equal(now.LinkKey, []byte("key"))

	second := inviteOf("RW.57")
	is.NoErr(s.invite([]keys.Invitation{second}, true))
	is.NoErr(s.used(first, []byte("late")))
	now, err = s.invitation("RW.57")
	is.NoErr(err)
	is.True(now.Whole && now.LinkKey == nil)
	is.True(s.knows(second))
}

// A torn page of what cannot be made again ends the start in words, with the way
// out, and not in a panic.
func TestATornStateIsNamed(t *testing.T) {
	is := is.New(t)
	path := filepath.Join(t.TempDir(), fileState)
	s, err := openState(path)
	is.NoErr(err)
	for range 200 {
		is.NoErr(s.invite([]keys.Invitation{inviteOf("RW.57"), inviteOf("RW.58")}, false))
	}
	is.NoErr(s.close())
	whole, err := os.ReadFile(path)
	is.NoErr(err)
	size, named := os.Getpagesize(), 0
	for at := 0; at+size <= len(whole); at += size {
		raw := bytes.Clone(whole)
		copy(raw[at+16:at+size], bytes.Repeat([]byte{0xff}, size))
		is.NoErr(os.WriteFile(path, raw, 0o600))
		s, err := openState(path)
		if err == nil { // a page that is not in use
			is.NoErr(s.close())
			continue
		}
		is.True(errors.Is(err, engine.ErrBroken) && strings.Contains(err.Error(), "of a backup"))
		named++
	}
	is.True(named > 0)
}
