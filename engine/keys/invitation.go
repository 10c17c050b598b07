package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"umuryango/events"
)

// Invitation is what a new node carries from the office above it: where to
// dial, which key to expect there, the nation's root key, and a secret that is
// good for one enrolment. It is given by hand, on paper or a trusted channel.
type Invitation struct {
	Place   events.Place      `json:"place"`   // the office that the new node is for
	Upper   events.Place      `json:"upper"`   // the node that invites
	Address string            `json:"address"` // where it listens
	LinkKey ed25519.PublicKey `json:"link"`
	Root    ed25519.PublicKey `json:"root"`
	Secret  []byte            `json:"secret"`
	Until   time.Time         `json:"-"` // when it ends: known to the node that gives it
}

const (
	invitationPrefix = "umuryango1-"
	secretSize       = 16
	checkSize        = 4
	invitationMax    = 4 << 10
)

// ErrInvitation is returned for a code that is not whole.
var ErrInvitation = errors.New("this is no whole invitation code: copy it again, from umuryango1- to its end")

// NewSecret makes an invitation's secret.
func NewSecret() []byte {
	secret := make([]byte, secretSize)
	rand.Read(secret) // never fails (crypto/rand)
	return secret
}

// Code is the invitation as one word.
func (i Invitation) Code() (string, error) {
	raw, err := json.Marshal(i)
	if err != nil {
		return "", fmt.Errorf("write the invitation of %s: %w", i.Place, err)
	}
	sum := sha256.Sum256(raw)
	return invitationPrefix + base64.RawURLEncoding.EncodeToString(append(raw, sum[:checkSize]...)), nil
}

// ParseInvitation reads a code; ErrInvitation when a part of it is missing or
// mistyped.
func ParseInvitation(code string) (Invitation, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(code), invitationPrefix)
	if !ok || len(rest) > invitationMax {
		return Invitation{}, ErrInvitation
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(raw) < checkSize {
		return Invitation{}, ErrInvitation
	}
	raw, check := raw[:len(raw)-checkSize], raw[len(raw)-checkSize:]
	if sum := sha256.Sum256(raw); !bytes.Equal(sum[:checkSize], check) {
		return Invitation{}, ErrInvitation
	}
	var i Invitation
	if err := json.Unmarshal(raw, &i); err != nil {
		return Invitation{}, ErrInvitation
	}
	_, errPlace := events.ParsePlace(string(i.Place))
	_, errUpper := events.ParsePlace(string(i.Upper))
	if errPlace != nil || errUpper != nil || !i.Upper.Above(i.Place) || i.Address == "" ||
		len(i.LinkKey) != ed25519.PublicKeySize || len(i.Root) != ed25519.PublicKeySize || len(i.Secret) != secretSize {
		return Invitation{}, ErrInvitation
	}
	return i, nil
}
