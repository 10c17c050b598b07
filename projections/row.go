package projections

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// The form of keys and values in this package's files: numbers as varints,
// texts behind their length, fields in a fixed order. The files are made again
// when the form changes (see format in file.go), so it carries no versions.

var errRow = errors.New("a row cannot be read")

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime keeps milliseconds, as events do.
func appendTime(b []byte, t time.Time) []byte { return binary.AppendVarint(b, t.UnixMilli()) }

func appendFlag(b []byte, f bool) []byte {
	if f {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendRun(b []byte, r events.Run) []byte {
	return appendText(binary.AppendUvarint(b, r.Number), r.Mark)
}

// decoder reads what the append functions wrote, and keeps the first fault.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s, %d bytes before its end: %w", errRow, what, len(d.rest), engine.ErrBroken)
	}
	d.rest = nil
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.fail("no number")
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// count reads a number of things that each take at least one byte.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.fail("a count beyond the end")
		return 0
	}
	return int(n)
}

func (d *decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.fail("too short")
		return nil
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) text() string { return string(d.take(d.count())) }

func (d *decoder) place() events.Place { return events.Place(d.text()) }

func (d *decoder) time() time.Time {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.fail("no time")
		return time.Time{}
	}
	d.rest = d.rest[n:]
	return time.UnixMilli(v).UTC()
}

func (d *decoder) flag() bool {
	b := d.take(1)
	if len(b) == 1 && b[0] > 1 {
		d.fail("no flag")
	}
	return len(b) == 1 && b[0] == 1
}

func (d *decoder) run() events.Run { return events.Run{Number: d.uint(), Mark: d.text()} }

func (d *decoder) hash() (h events.Hash) {
	copy(h[:], d.take(len(h)))
	return h
}

// end returns the first fault, or that something is left over.
func (d *decoder) end() error {
	if d.err == nil && len(d.rest) > 0 {
		d.fail("something follows")
	}
	return d.err
}
