package events

import (
	"fmt"
	"strings"
)

const (
	// LevelsMax bounds the levels of a country below its nation.
	LevelsMax = 9
	// tokenMax bounds the digits that one level adds.
	tokenMax = 9
)

// Place is the address of an office: the country and the digits that each
// level adds, joined by dots, as in "RW.57.12.05.03". It is given once: a
// reform of codes changes names and look-up, not addresses.
type Place string

// ParsePlace reads an address.
func ParsePlace(s string) (Place, error) {
	tokens := strings.Split(s, ".")
	if !isCountry(tokens[0]) || len(tokens) > LevelsMax+1 {
		return "", fmt.Errorf("place %q: a country and digits as in RW.57.12 are expected", clip(s))
	}
	for _, t := range tokens[1:] {
		if !isDigits(t) {
			return "", fmt.Errorf("place %q: %q is not a level's digits", clip(s), clip(t))
		}
	}
	return Place(s), nil
}

// valid reports whether ParsePlace would take it.
func (p Place) valid() bool {
	country, rest, more := strings.Cut(string(p), ".")
	levels := 0
	for more {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if levels++; levels > LevelsMax || !isDigits(token) {
			return false
		}
	}
	return isCountry(country)
}

func isCountry(t string) bool {
	return len(t) == 2 && t[0] >= 'A' && t[0] <= 'Z' && t[1] >= 'A' && t[1] <= 'Z'
}

func isDigits(t string) bool {
	return t != "" && len(t) <= tokenMax && strings.Trim(t, "0123456789") == ""
}

// ID is the place's code, country first: "RW57120503".
func (p Place) ID() string { return strings.ReplaceAll(string(p), ".", "") }

// Country is the first token: "RW".
func (p Place) Country() string {
	c, _, _ := strings.Cut(string(p), ".")
	return c
}

// Level counts the levels below the nation: 0 for the nation itself.
func (p Place) Level() int { return strings.Count(string(p), ".") }

// Upper is the next place up; false for a nation.
func (p Place) Upper() (Place, bool) {
	i := strings.LastIndexByte(string(p), '.')
	if i < 0 {
		return "", false
	}
	return p[:i], true
}

// Covers reports whether q is p or lies below it.
func (p Place) Covers(q Place) bool {
	return p == q || len(q) > len(p) && q[len(p)] == '.' && q[:len(p)] == p
}

// Above reports whether p lies above q.
func (p Place) Above(q Place) bool { return p != q && p.Covers(q) }

// On finds the place with this code on p's path (p itself or one above it).
func (p Place) On(id string) (Place, bool) {
	for q, ok := p, true; ok; q, ok = q.Upper() {
		if q.ID() == id {
			return q, true
		}
	}
	return "", false
}

// Path lists the places from the nation down to p.
func (p Place) Path() []Place {
	var out []Place
	for i := range p {
		if p[i] == '.' {
			out = append(out, p[:i])
		}
	}
	return append(out, p)
}
