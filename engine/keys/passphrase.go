package keys

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"umuryango/engine"
)

const (
	// PassphraseMin is the fewest characters of a passphrase: what Primero, which
	// child-protection workers know, asks of a password.
	PassphraseMin = 8
	// PassphraseMax bounds what is read of one, in bytes.
	PassphraseMax = 1 << 10
)

// ErrPassphrase is returned for a passphrase that does not open a vault. There
// is no count and no lockout: each try costs what Cost says, and a village that
// mistypes must not be cut off.
var ErrPassphrase = errors.New("this passphrase does not open the node's keys: type it again; capitals and spaces count")

// CheckPassphrase fails with *engine.Invalid on one that is too short or too
// long to be set.
func CheckPassphrase(passphrase []byte) error {
	switch {
	case utf8.RuneCount(passphrase) < PassphraseMin:
		return &engine.Invalid{Field: "passphrase", Problem: fmt.Sprintf("it is too short: %d characters or more are expected, best several words", PassphraseMin)}
	case len(passphrase) > PassphraseMax:
		return &engine.Invalid{Field: "passphrase", Problem: fmt.Sprintf("it is too long: at most %d bytes are taken", PassphraseMax)}
	}
	return nil
}
