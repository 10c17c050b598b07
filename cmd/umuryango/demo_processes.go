package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	// readyWithin bounds the start of one node's process.
	readyWithin = 60 * time.Second
	// stopWithin is how long a process may take to end after it was asked to.
	stopWithin = 20 * time.Second
	askAgain   = 50 * time.Millisecond
	askWithin  = 2 * time.Second
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
	url  string
	cmd  *exec.Cmd
	done chan struct{}
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
		s, _, err := readSettings(path)
		if err != nil {
			return nil, err
		}
		args := []string{"serve", "--config", path, "--log", "warn", "--passphrase-file", fromStdin}
		if address, ok := via[i]; ok {
			args = append(args, "--upper-address", address)
		}
		if err := ps.start(ctx, self, "http://"+s.Pages, args); err != nil {
			return nil, fmt.Errorf("start the node of %s: %w", p, err)
		}
	}
	return ps, nil
}

// start runs one process and returns when its pages answer.
func (ps *processes) start(ctx context.Context, self, url string, args []string) error {
	p := &process{url: url, cmd: exec.Command(self, args...), done: make(chan struct{})}
	p.cmd.Stdin = bytes.NewReader(append(demoPassphrase().text, '\n'))
	p.cmd.Stderr = ps.stderr
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
		ps.ended <- fmt.Errorf("the node at %s ended: %w", url, errors.Join(err, errEnded))
	}()
	return p.ready(ctx)
}

var errEnded = errors.New("its process is gone")

// ready waits until the process answers, or is gone.
func (p *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	client := &http.Client{Timeout: askWithin}
	ask := func() error {
		select {
		case <-p.done:
			return backoff.Permanent(errEnded)
		default:
		}
		answer, err := client.Get(p.url + "/livez")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("it answers %s", answer.Status)
		}
		return nil
	}
	if err := backoff.Retry(ask, backoff.WithContext(backoff.NewConstantBackOff(askAgain), ctx)); err != nil {
		return fmt.Errorf("wait until %s answers: %w", p.url, err)
	}
	return nil
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
		return fmt.Errorf("stop the node at %s: %w", p.url, err)
	}
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-p.done:
		return nil
	case <-late.C:
		err := p.cmd.Process.Kill()
		<-p.done
		return errors.Join(fmt.Errorf("the node at %s did not stop within %s and was killed", p.url, stopWithin), err)
	}
}
