package node

import (
	"fmt"

	"umuryango/engine/journal"
)

// damaged hears of every stretch of the stream that cannot be read, when it is
// found.
func (n *Node) damaged(f journal.Fault) {
	if f.Torn() {
		return
	}
	n.Log.Warn("a stretch of the stream cannot be read: it is left out, and asked for where another node holds it",
		"place", n.ID.Place.ID(), "stream", journal.Stream, "from", f.From, "to", f.To, "err", f.Err)
}

// tellUnreadable warns at the start of wraps that cannot be read.
func (n *Node) tellUnreadable() {
	if list := n.Keys.Damage(); len(list) > 0 {
		n.Log.Warn("wraps cannot be read: they are left out, and the keys that are missing are asked for",
			"place", n.ID.Place.ID(), "stream", journal.StreamKeys, "count", len(list), "first", list[0].From, "err", list[0].Err)
	}
}

// damage counts what is known to be unreadable of both streams, and names the
// first.
func (n *Node) damage() (records uint64, first string) {
	for _, of := range []struct {
		stream string
		list   []journal.Fault
	}{
		{journal.Stream, n.Journal.Damage()},
		{journal.StreamKeys, n.Keys.Damage()},
	} {
		for _, f := range of.list {
			if f.Torn() {
				continue
			}
			if records += f.To - f.From + 1; first == "" {
				first = fmt.Sprintf("%s %d: %v", of.stream, f.From, f.Err)
			}
		}
	}
	return records, first
}
