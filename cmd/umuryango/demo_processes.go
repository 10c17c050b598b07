package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"umuryango/events"
)

const (
	// readyWithin bounds the start of one node's process.
	readyWithin = 60 * time.Second
	// stopWithin is how long a process may take to end after it was asked to.
	stopWithin = 20 * time.Second
)

// processes are the five nodes, each in a process of its own.
type processes struct {
	mu    sync.Mutex
	procs []*process
	ended chan error

	stderr io.Writer
}

// sharedWriter lets the processes tell what they have to tell one at a time.
type sharedWriter struct {
	mu  sync.Mutex
	out io.Writer
}

// Write implements io.Writer.
func (w *sharedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

type process struct {
	place events.Place
	url   string // where it answers, as it told
	cmd   *exec.Cmd
	told  *firstLine
	done  chan struct{}
}

// firstLine is the output of a process, of which the first line is heard. Nobody
// else can tell it, whoever answers at the address that the process was to take.
type firstLine struct {
	line  []byte
	heard chan string
}

// Write implements io.Writer.
func (f *firstLine) Write(p []byte) (int, error) {
	if f.heard == nil {
		return len(p), nil
	}
	f.line = append(f.line, p...)
	if end := bytes.IndexByte(f.line, '\n'); end >= 0 {
		f.heard <- string(f.line[:end])
		f.heard = nil
	}
	return len(p), nil
}

func startProcesses(ctx context.Context, a *app, d layout, via map[int]string) (_ *processes, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's file: %w", err)
	}
	ps := &processes{ended: make(chan error, len(d.places)), stderr: &sharedWriter{out: a.stderr}}
	defer func() {
		if err != nil {
			err = errors.Join(err, ps.close())
		}
	}()
	for i, p := range d.places {
		path := filepath.Join(d.folder(p), fileSettings)
		args := []string{"serve", "--config", path, "--log", "warn", "--passphrase-file", fromStdin}
		if address, ok := via[i]; ok {
			args = append(args, "--upper-address", address)
		}
		if err := ps.start(ctx, self, p, args); err != nil {
			return nil, fmt.Errorf("start the node of %s: %w", p.ID(), err)
		}
	}
	return ps, nil
}

// start runs one process and returns when its pages answer.
func (ps *processes) start(ctx context.Context, self string, place events.Place, args []string) error {
	heard := make(chan string, 1)
	p := &process{place: place, cmd: exec.Command(self, args...), told: &firstLine{heard: heard}, done: make(chan struct{})}
	p.cmd.Stdin = bytes.NewReader(append(demoPassphrase().text, '\n'))
	p.cmd.Stdout, p.cmd.Stderr = p.told, ps.stderr
	// Ctrl-C reaches the whole group at once; the nodes are stopped in order.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	ps.mu.Lock()
	ps.procs = append(ps.procs, p)
	ps.mu.Unlock()
	go func() {
		err := p.cmd.Wait()
		close(p.done)
		ps.ended <- fmt.Errorf("the node of %s ended: %w", place.ID(), errors.Join(err, errEnded))
	}()
	return p.ready(ctx, heard)
}

var errEnded = errors.New("its process is gone: what it said stands above")

// ready waits until the process tells where it answers, or is gone.
func (p *process) ready(ctx context.Context, heard <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	select {
	case line := <-heard:
		_, url, ok := strings.Cut(line, answersAt)
		if !ok {
			return fmt.Errorf("it begins with %q instead of where it answers", line)
		}
		p.url = url
		return nil
	case <-p.done:
		return errEnded
	case <-ctx.Done():
		return fmt.Errorf("wait until it answers: %w", ctx.Err())
	}
}

func (ps *processes) urls() []string {
	var out []string
	for _, p := range ps.procs {
		out = append(out, p.url)
	}
	return out
}

func (ps *processes) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-ps.ended:
		return err
	}
}

// close asks the processes to stop, from the village up; one that does not is
// killed.
func (ps *processes) close() error {
	var errs []error
	for i := len(ps.procs) - 1; i >= 0; i-- {
		errs = append(errs, ps.procs[i].stop())
	}
	return errors.Join(errs...)
}

func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the node of %s: %w", p.place.ID(), err)
	}
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-p.done:
		return nil
	case <-late.C:
		err := p.cmd.Process.Kill()
		<-p.done
		return errors.Join(fmt.Errorf("the node of %s did not stop within %s and was killed", p.place.ID(), stopWithin), err)
	}
}
