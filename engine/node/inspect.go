package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
	"umuryango/engine/journal"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/events"
)

// Inspected is what the files of a node hold, as an auditor finds them.
type Inspected struct {
	ID      *keys.Identity
	Records []engine.Record
	// Wraps are those for this node: with its passphrase they open what is sealed.
	Wraps []engine.Wrap
	// Damage lists what could not be read, or what the store had to repair.
	Damage []string
	// Untold is what it refused while it was locked and has still to tell of.
	Untold []link.Refusal
	// Rotation is what it is still to ask the node above; nil: nothing.
	Rotation *engine.Rotation

	sealer *keys.Sealer
}

// Inspect reads the store in a node's folder without changing it: a copy is
// opened, so the node may even be running. It needs no key but to know whose
// folder it is.
func Inspect(ctx context.Context, dir string) (_ Inspected, err error) {
	id, err := keys.Read(filepath.Join(dir, DirKeys))
	if err != nil {
		return Inspected{}, fmt.Errorf("read whose store is in %s: %w", dir, err)
	}
	out := Inspected{ID: id}
	if out.Rotation, err = wishOf(id); err != nil {
		return out, err
	}
	temp, err := os.MkdirTemp("", "umuryango-verify-")
	if err != nil {
		return out, fmt.Errorf("make room for a copy of %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := os.CopyFS(temp, os.DirFS(filepath.Join(dir, DirStream))); err != nil {
		return out, fmt.Errorf("copy the store in %s: %w", dir, err)
	}
	if err := out.read(ctx, temp); err != nil {
		return out, err
	}
	return out, out.readState(dir, temp)
}

// wishOf is the rotation that a node is still to ask for.
func wishOf(id *keys.Identity) (*engine.Rotation, error) {
	raw, err := id.Wish()
	if raw == nil {
		return nil, err
	}
	var wish engine.Rotation
	if err := json.Unmarshal(raw, &wish); err != nil {
		return nil, fmt.Errorf("read the rotation that %s is still to ask for: %w", id.Place, err)
	}
	return &wish, nil
}

// readState reads a copy of what lies beside the stream.
func (i *Inspected) readState(dir, temp string) (err error) {
	raw, err := os.ReadFile(filepath.Join(dir, fileState))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it never ran
	}
	if err != nil {
		return fmt.Errorf("read what lies beside the stream of %s: %w", i.ID.Place, err)
	}
	file := filepath.Join(temp, fileState)
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return fmt.Errorf("copy what lies beside the stream of %s: %w", i.ID.Place, err)
	}
	unreadable := func(why any) {
		i.Damage = append(i.Damage, fmt.Sprintf("%s cannot be read: %v; of a running node, look again", fileState, why))
	}
	s, err := readState(file)
	if err != nil {
		unreadable(err)
		return nil
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if i.Untold, err = s.untold(math.MaxInt); err != nil {
		unreadable(err)
	}
	return nil
}

// read opens the copy as a node would and takes all that it holds.
func (i *Inspected) read(ctx context.Context, dir string) error {
	heard := &complaints{}
	s, err := server.NewServer(&server.Options{
		ServerName: "inspect", JetStream: true, StoreDir: dir, DontListen: true, NoSigs: true, MaxPayload: payloadMax,
		DisableJetStreamBanner: true, NoSystemAccount: true,
	})
	if err != nil {
		return fmt.Errorf("open the copy of %s: %w", i.ID.Place, err)
	}
	s.SetLogger(serverLog{slog.New(heard)}, false, false)
	s.Start()
	defer func() {
		s.Shutdown()
		s.WaitForShutdown()
	}()
	if !s.ReadyForConnections(readyWithin) {
		i.Damage = append(i.Damage, "the store cannot be opened")
		return nil
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return fmt.Errorf("open the copy of %s: %w", i.ID.Place, err)
	}
	defer conn.Close()
	if err := errors.Join(i.stream(ctx, conn), i.wraps(ctx, conn)); err != nil {
		return err
	}
	i.Damage = append(i.Damage, heard.all()...)
	return nil
}

func (i *Inspected) stream(ctx context.Context, conn *nats.Conn) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("read the copy of %s: %w", i.ID.Place, err)
	}
	// journal.Open would make a stream where there is none.
	if _, err := js.Stream(ctx, journal.Stream); errors.Is(err, jetstream.ErrStreamNotFound) {
		i.Damage = append(i.Damage, "there is no stream "+journal.Stream)
		return nil
	}
	j, err := journal.Open(ctx, conn, journal.Config{AllowUnsafeSync: true})
	if err != nil {
		i.Damage = append(i.Damage, err.Error())
		return nil
	}
	const stretch = 256
	for next := uint64(1); next <= j.Head(); next += stretch {
		records, err := j.Read(ctx, next, stretch)
		if err != nil {
			return fmt.Errorf("read the copy of %s: %w", i.ID.Place, err)
		}
		for _, r := range records {
			if r.Seq < next+stretch { // a hole lets later ones into this stretch
				i.Records = append(i.Records, r)
			}
		}
	}
	for _, f := range j.Damage() {
		if f.From > j.Head() {
			continue // a batch that a crash cut short: the neighbour still has it all
		}
		i.Damage = append(i.Damage, fmt.Sprintf("sequences %d to %d: %v", f.From, f.To, f.Err))
	}
	return nil
}

// wraps reads this node's own wraps.
func (i *Inspected) wraps(ctx context.Context, conn *nats.Conn) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("read the wraps of %s: %w", i.ID.Place, err)
	}
	// journal.OpenKeys would make a stream where there is none.
	if _, err := js.Stream(ctx, journal.StreamKeys); errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil // a node of before there were keys
	}
	k, err := journal.OpenKeys(ctx, conn, journal.Config{AllowUnsafeSync: true}, i.ID.Place, func(engine.Wrap) {})
	if err != nil {
		i.Damage = append(i.Damage, err.Error())
		return nil
	}
	for _, f := range k.Damage() {
		i.Damage = append(i.Damage, fmt.Sprintf("%s %d: %v", journal.StreamKeys, f.From, f.Err))
	}
	for _, c := range k.Held() {
		own, err := k.Own(ctx, c)
		if err != nil {
			return fmt.Errorf("read the wraps of %s: %w", i.ID.Place, err)
		}
		i.Wraps = append(i.Wraps, own...)
	}
	return nil
}

// Open opens a sealed field with the keys that were found, once the identity is
// unlocked. It fails as engine.Sealer does.
func (i *Inspected) Open(e events.Event, part events.SealedPart) ([]byte, error) {
	if i.sealer == nil {
		i.sealer = &keys.Sealer{
			Node: i.ID.Place, Opener: i.ID, Store: found(i.Wraps),
			Linked: func() bool { return true }, // it is asked what it can open, not what it should
			Erased: func(events.Subject, string) bool { return false },
		}
	}
	return i.sealer.Open(context.Background(), engine.BindingOf(e), part)
}

// found are wraps that are only read.
type found []engine.Wrap

var errFound = errors.New("these wraps are only read")

// Put implements engine.WrapStore.
func (found) Put(context.Context, []engine.Wrap) error { return errFound }

// Own implements engine.WrapStore.
func (f found) Own(_ context.Context, c events.Subject) ([]engine.Wrap, error) {
	return slices.DeleteFunc(slices.Clone(f), func(w engine.Wrap) bool { return w.Case != c }), nil
}

// Given implements engine.WrapStore.
func (found) Given(context.Context, events.Subject) ([]engine.Given, error) { return nil, nil }

// afterCrash are warnings that tell of nothing lost: the stream's index is
// written at times and at a stop, so after a crash it lags behind the events.
var afterCrash = regexp.MustCompile(`Stream state outdated, .* will rebuild$|errored: prior state file$`)

// complaints keeps what the server warns of while it opens a store.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func (c *complaints) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (c *complaints) WithAttrs([]slog.Attr) slog.Handler           { return c }
func (c *complaints) WithGroup(string) slog.Handler                { return c }

// Handle implements slog.Handler.
func (c *complaints) Handle(_ context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !afterCrash.MatchString(r.Message) {
		c.list = append(c.list, r.Message)
	}
	return nil
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.list...)
}
