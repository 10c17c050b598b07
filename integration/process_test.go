package integration

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"umuryango/engine"
	"umuryango/engine/node"
	"umuryango/events"
)

// envProcess makes the test binary run as one node: it holds a nodeProcess as
// JSON.
const envProcess = "UMURYANGO_TEST_NODE"

// nodeProcess is what a node process is told.
type nodeProcess struct {
	Dir   string
	Upper node.Upper
	// Early is the control build: it acknowledges before it appends.
	Early bool
	// Phases is the file in which it keeps what it is at.
	Phases string
}

func TestMain(m *testing.M) {
	if told := os.Getenv(envProcess); told != "" {
		if err := runProcess(told, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if told := os.Getenv(envSlope); told != "" {
		if err := runSlope(told, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runProcess is a node as a process of its own. For each line that comes in it
// carries out an act, several at a time, and says "done" and the event's id when
// the act is accepted. It ends when there is no more input.
func runProcess(told string, in io.Reader, out io.Writer) (err error) {
	var p nodeProcess
	if err := json.Unmarshal([]byte(told), &p); err != nil {
		return err
	}
	ctx := context.Background()
	go watchPhases(ctx, p.Phases)
	n, err := node.Open(ctx, node.Config{
		Dir: p.Dir, Listen: "127.0.0.1:0", Upper: p.Upper, Edition: events.RwandaEdition, Gate: plain, Now: time.Now, NewID: newID,
		Log:        slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Passphrase: passphrase,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	h, closeHistory, err := openHistory(ctx, p.Dir, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeHistory()) }()
	_, closeViews, err := openViews(ctx, p.Dir, n, h)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeViews()) }()
	if err := n.Begin(ctx, h); err != nil {
		return err
	}
	service := *n.Service
	say := &sayer{out: out}
	if p.Early {
		service.Writer = engine.NewWriter(n.Service.Writer.Self(), early{n.Journal, say}, h, nil)
	}
	say.line("ready " + n.Address())
	return work(ctx, &service, say, in, p.Early)
}

func work(ctx context.Context, service *engine.Service, say *sayer, in io.Reader, early bool) error {
	var acts sync.WaitGroup
	defer acts.Wait()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		acts.Go(func() {
			id, err := oneAct(ctx, service)
			switch {
			case err != nil:
				say.line("failed " + strings.ReplaceAll(err.Error(), "\n", " "))
			case !early:
				say.line("done " + string(id))
			}
		})
	}
	return lines.Err()
}

// oneAct raises a referral at the node's own place.
func oneAct(ctx context.Context, service *engine.Service) (events.ID, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	office := service.Writer.Self().Node
	_, err = service.Do(ctx, command(id, office, events.Subject{Place: office}, engine.Raise{
		To: office, Source: "izu", Facts: events.Facts(`{"child":{"age_months":18}}`), Personal: engine.Personal{Identity: engine.Identity{Name: "a child"}},
	}))
	return id, err
}

// sayer writes whole lines.
type sayer struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *sayer) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.out, text+"\n"); err != nil {
		panic(err) // whoever listens is gone, and so is the test
	}
}

// early is a journal that acknowledges before it appends: what no node may do.
type early struct {
	engine.Journal
	say *sayer
}

func (e early) Append(ctx context.Context, head uint64, records []engine.Record) error {
	for _, r := range records {
		e.say.line("done " + string(r.Event.ID))
	}
	return e.Journal.Append(ctx, head, records)
}
