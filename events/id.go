package events

import (
	"errors"
	"strconv"
	"strings"
)

// ID is a UUIDv7 (RFC 9562) in its usual text form, made where an act was made.
type ID string

// Valid reports whether id is a version 7 UUID in lower case.
func (id ID) Valid() bool {
	if len(id) != 36 || id[14] != '7' || !strings.ContainsRune("89ab", rune(id[19])) {
		return false
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Spoken codes: six symbols of Crockford's base 32 and a check symbol, so that
// a code read out over a bad line is not taken for another's.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeSymbols  = 6
)

// NewCode makes the spoken code of a case, "K7Q-F2MD", from 30 random bits.
func NewCode(random uint32) string {
	symbols := make([]byte, codeSymbols)
	for i := range symbols {
		symbols[i] = codeAlphabet[random>>(5*i)&31]
	}
	code := string(symbols) + string(checkSymbol(string(symbols)))
	return code[:3] + "-" + code[3:]
}

// CodeOf is the spoken code of the case that was opened by the event with this
// id: it is taken from the id's random bits, so a retried act has the same.
func CodeOf(id ID) string {
	if len(id) != 36 {
		return ""
	}
	n, err := strconv.ParseUint(string(id[28:]), 16, 32)
	if err != nil {
		return ""
	}
	return NewCode(uint32(n))
}

// ParseCode reads a code as it was spoken or typed: in either case, with or
// without the dash, O for 0, I and L for 1. It fails when the check symbol
// does not fit, without repeating what was typed: it may be a name.
func ParseCode(s string) (string, error) {
	clean := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
	if len(clean) != codeSymbols+1 || strings.Trim(clean, codeAlphabet) != "" {
		return "", errors.New("seven letters or digits as in 010-00GX are expected for a code")
	}
	if checkSymbol(clean[:codeSymbols]) != clean[codeSymbols] {
		return "", errors.New("the last sign does not fit the others; one of them was misheard or mistyped")
	}
	return clean[:3] + "-" + clean[3:], nil
}

// checkSymbol is Luhn's algorithm modulo 32 (ISO/IEC 7812 generalised).
func checkSymbol(symbols string) byte {
	sum, factor := 0, 2
	for i := len(symbols) - 1; i >= 0; i-- {
		n := factor * strings.IndexByte(codeAlphabet, symbols[i])
		sum += n/32 + n%32
		factor = 3 - factor
	}
	return codeAlphabet[(32-sum%32)%32]
}
