package policies

import (
	"regexp"
	"slices"
	"strings"
)

var stepForm = regexp.MustCompile(`^([a-z][a-z0-9_]*)(\[(?:0|[1-9][0-9]{0,2})\])?$`)

// unknowableProblem says why a path may not be called unknowable; "" if it may.
func unknowableProblem(path string) string {
	if problem := pathProblem(path); problem != "" {
		return problem
	}
	if first := stepForm.FindStringSubmatch(strings.SplitN(path, ".", 2)[0]); slices.Contains(officesOwn, first[1]) {
		return "cannot be unknowable: it is the offices' own fact"
	}
	return ""
}

// pathProblem says why a path leads nowhere in a case document; "" if it does.
func pathProblem(path string) string {
	at := caseShape
	for step := range strings.SplitSeq(path, ".") {
		m := stepForm.FindStringSubmatch(step)
		if m == nil || at.kind != kindRecord {
			return "is no path of a case document"
		}
		slot, there := at.slots[m[1]]
		if !there {
			return "is no path of a case document"
		}
		at = at.fields[slot].shape
		if m[2] != "" {
			if at.kind != kindList {
				return "is no path of a case document"
			}
			at = at.elem
		}
	}
	return ""
}

// covers reports whether a path is named by another: itself or an ancestor.
func covers(above, path string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// covering finds the unknowable path that names this one.
func (c *Case) covering(path string) (string, bool) {
	for _, u := range c.unknowable {
		if covers(u, path) {
			return u, true
		}
	}
	return "", false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
