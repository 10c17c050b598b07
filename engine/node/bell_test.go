package node

import (
	"context"
	"testing"

	"github.com/matryer/is"
)

func TestARingBeforeTheWaitIsNotMissed(t *testing.T) {
	is := is.New(t)
	var b bell
	mark := b.mark()
	b.ring()
	ctx, stop := b.until(context.Background(), mark)
	defer stop()
	is.True(ctx.Err() != nil)

	ctx, stop = b.until(context.Background(), b.mark())
	is.NoErr(ctx.Err())
	b.ring()
	<-ctx.Done()
	stop()
	is.Equal(len(b.wake), 0) // who stopped waiting is forgotten
}
