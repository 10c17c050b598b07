// Package policies is the gate: it reads a case document, asks the rules of a
// policy pack and says what they find. Rules are data of the pack; this
// package holds the language that they are written in and the few kinds of
// effect that they may have, and it knows no rule by name.
//
// It finds and never decides: a result that objects to nothing does not say
// that a placement is good. Same document and same pack give the same bytes,
// on any machine and in any year. It reads no clock, disk or network and
// knows nothing of events; what is absent from a document is unknown and is
// asked for, never guessed.
package policies

import "fmt"

// Error says what is wrong in a case document, and where.
type Error struct {
	Path    string // "child.age_months", "siblings[1].placed_together"; "" is the document itself
	Problem string
}

func (e *Error) Error() string {
	if e.Path == "" {
		return "case document: " + e.Problem
	}
	return "case document: " + e.Path + ": " + e.Problem
}

func wrong(path, format string, args ...any) *Error {
	return &Error{Path: path, Problem: fmt.Sprintf(format, args...)}
}

// PackError says what is wrong in a pack, and where.
type PackError struct {
	File    string
	Line    int
	Problem string
}

func (e *PackError) Error() string {
	switch {
	case e.File == "":
		return "policy pack: " + e.Problem
	case e.Line == 0:
		return fmt.Sprintf("policy pack: %s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("policy pack: %s:%d: %s", e.File, e.Line, e.Problem)
}

// clip keeps what a stranger wrote short in an error.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return string([]rune(s[:most])) + "…"
}
