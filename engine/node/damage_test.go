package node

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine/journal"
)

// A running node tells of damage in its log, when it finds it, and in its status.
func TestARunningNodeTellsOfDamage(t *testing.T) {
	is := is.New(t)
	ctx := context.Background()
	c := founded(t)
	n, err := begin(t, c)
	is.NoErr(err)
	count, first := n.damage()
	is.Equal(count, uint64(0))
	is.Equal(first, "")
	js, err := jetstream.New(n.conn)
	is.NoErr(err)
	for _, subject := range []string{"ev.foreign", "key.foreign"} {
		_, err = js.Publish(ctx, subject, []byte("x"))
		is.NoErr(err)
	}
	is.NoErr(n.Close())

	var log bytes.Buffer
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	n, err = begin(t, c)
	is.NoErr(err)
	status := n.Status()
	is.NoErr(n.Close())
	is.Equal(status.Damaged, uint64(2))
	is.True(strings.HasPrefix(status.Damage, journal.Stream+" 2: "))
	is.Equal(strings.Count(log.String(), "cannot be read"), 2) // once for each stream
	is.True(strings.Contains(log.String(), "from=2 to=2"))
}
