package events

import (
	"fmt"
	"strconv"
	"strings"
)

// markMax bounds the random mark of a run.
const markMax = 8

// Run is one start of a node: one higher than the last that its store knew,
// with a random mark, so that two starts from one older copy differ.
type Run struct {
	Number uint64
	Mark   string
}

// IsZero reports whether r stands for "no run".
func (r Run) IsZero() bool { return r == Run{} }

// String is "7-k3f9".
func (r Run) String() string { return strconv.FormatUint(r.Number, 10) + "-" + r.Mark }

// Compare orders runs by number, then by mark.
func (r Run) Compare(o Run) int {
	switch {
	case r.Number < o.Number:
		return -1
	case r.Number > o.Number:
		return 1
	}
	return strings.Compare(r.Mark, o.Mark)
}

// MarshalText writes "7-k3f9".
func (r Run) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads "7-k3f9".
func (r *Run) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRun(string(text))
	return err
}

// ParseRun reads "7-k3f9": a number from 1 and a mark of lower-case letters
// and digits.
func ParseRun(s string) (Run, error) {
	number, mark, ok := strings.Cut(s, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	r := Run{Number: n, Mark: mark}
	if !ok || err != nil || strconv.FormatUint(n, 10) != number || !r.valid() {
		return Run{}, fmt.Errorf("run %q: a number and a mark as in 7-k3f9 are expected", clip(s))
	}
	return r, nil
}

// valid reports whether ParseRun would read what String writes.
func (r Run) valid() bool {
	bad := strings.Trim(r.Mark, "abcdefghijklmnopqrstuvwxyz0123456789") != ""
	return r.Number > 0 && r.Mark != "" && len(r.Mark) <= markMax && !bad
}

// RunEnd is a run and the last number in it.
type RunEnd struct {
	Run  Run    `json:"run"`
	Last uint64 `json:"last"`
}

// String is "7-k3f9.42".
func (r RunEnd) String() string { return r.Run.String() + "." + strconv.FormatUint(r.Last, 10) }

// RunEnds are ends of several runs, oldest first; in JSON one text, as a node
// that is started every day has thousands.
type RunEnds []RunEnd

// MarshalText writes "6-m1q8.118 7-k3f9.42".
func (r RunEnds) MarshalText() ([]byte, error) {
	words := make([]string, len(r))
	for i, end := range r {
		words[i] = end.String()
	}
	return []byte(strings.Join(words, " ")), nil
}

// UnmarshalText reads what MarshalText writes, one end or more.
func (r *RunEnds) UnmarshalText(text []byte) error {
	*r = nil
	for word := range strings.SplitSeq(string(text), " ") {
		end, err := parseRunEnd(word)
		if err != nil {
			return err
		}
		*r = append(*r, *end)
	}
	return nil
}

func parseRunEnd(s string) (*RunEnd, error) {
	run, last, ok := strings.Cut(s, ".")
	if !ok {
		return nil, fmt.Errorf("%q: a run and its last number as in 7-k3f9.42 are expected", clip(s))
	}
	r, err := ParseRun(run)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(last, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != last {
		return nil, fmt.Errorf("%q: %q is no number", clip(s), clip(last))
	}
	return &RunEnd{Run: r, Last: n}, nil
}

// Source is the author node and its run.
type Source struct {
	Node Place
	Run  Run
}

// String is "/RW/57/12/7-k3f9".
func (s Source) String() string {
	return "/" + strings.ReplaceAll(string(s.Node), ".", "/") + "/" + s.Run.String()
}

// ParseSource reads "/RW/57/12/7-k3f9".
func ParseSource(s string) (Source, error) {
	rest, ok := strings.CutPrefix(s, "/")
	i := strings.LastIndexByte(rest, '/')
	if !ok || i < 0 || strings.Contains(rest, ".") {
		return Source{}, fmt.Errorf("source %q: a node and a run as in /RW/57/12/7-k3f9 are expected", clip(s))
	}
	place, err := ParsePlace(strings.ReplaceAll(rest[:i], "/", "."))
	if err != nil {
		return Source{}, fmt.Errorf("source %q: %w", clip(s), err)
	}
	run, err := ParseRun(rest[i+1:])
	if err != nil {
		return Source{}, fmt.Errorf("source %q: %w", clip(s), err)
	}
	return Source{Node: place, Run: run}, nil
}
