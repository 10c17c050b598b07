package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"

	"umuryango/events"
)

// newID makes a UUID of version 7 (RFC 9562, section 5.7): 48 bits of Unix
// milliseconds, the rest random.
func newID() (events.ID, error) {
	var raw [16]byte
	rand.Read(raw[:]) // never fails (crypto/rand)
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(time.Now().UnixMilli()))
	copy(raw[:6], at[2:])
	raw[6] = raw[6]&0x0f | 0x70
	raw[8] = raw[8]&0x3f | 0x80
	text := hex.EncodeToString(raw[:])
	return events.ID(text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]), nil
}
