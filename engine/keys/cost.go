package keys

import (
	"crypto/cipher"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// Cost is what one try of a passphrase costs (argon2id, RFC 9106): who guesses
// pays it for every guess, who unlocks pays it once.
type Cost struct {
	Time      uint32 `json:"time"` // passes over the memory
	MemoryKiB uint32 `json:"memory_kib"`
	Threads   uint8  `json:"threads"`
}

var (
	// DefaultCost is the second choice of RFC 9106 in its memory, with one thread:
	// a tenth of a second on a small server, a second on a small laptop.
	DefaultCost = Cost{Time: 3, MemoryKiB: 64 << 10, Threads: 1}
	// CheapCost protects nothing. It is for tests, and for the demonstration,
	// whose passphrase everybody knows.
	CheapCost = Cost{Time: 1, MemoryKiB: 64, Threads: 1}
)

// What a vault may ask of the machine that opens it: a file from outside must
// not make a node run out of memory or time.
const (
	costTimeMax      = 16
	costMemoryMaxKiB = 512 << 10
	costThreadsMax   = 8
	costMemoryMinKiB = 8 // for each thread, as RFC 9106 asks
)

func (c Cost) check() error {
	if c.Time < 1 || c.Time > costTimeMax || c.Threads < 1 || c.Threads > costThreadsMax ||
		c.MemoryKiB < costMemoryMinKiB*uint32(c.Threads) || c.MemoryKiB > costMemoryMaxKiB {
		return fmt.Errorf("the cost of a passphrase is out of bounds: time %d (1 to %d), memory %d KiB (up to %d), threads %d (1 to %d)",
			c.Time, costTimeMax, c.MemoryKiB, costMemoryMaxKiB, c.Threads, costThreadsMax)
	}
	return nil
}

// aead is what a passphrase opens.
func (c Cost) aead(passphrase, salt []byte) (cipher.AEAD, error) {
	const aes256 = 32
	key := argon2.IDKey(passphrase, salt, c.Time, c.MemoryKiB, c.Threads, aes256)
	defer clear(key)
	return newGCM(key)
}
