// Package compose checks docker-compose.yml without a Docker engine: the file
// is loaded as Docker would load it, and its commands, environments and health
// checks run as plain processes over one folder in place of the volumes.
package compose

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/matryer/is"
	yaml "go.yaml.in/yaml/v4"
)

const (
	imageSecrets = "/run/secrets/"
	imageBinary  = "/umuryango"
	imageNodes   = "/nodes"
)

// host runs services of the file as processes.
type host struct {
	t       *testing.T
	project *types.Project
	binary  string
	nodes   string
}

func newHost(t *testing.T) host {
	t.Helper()
	is := is.New(t)
	root, err := filepath.Abs("../..")
	is.NoErr(err)
	h := host{t: t, binary: filepath.Join(t.TempDir(), "umuryango"), nodes: t.TempDir()}
	build := exec.Command("go", "build", "-o", h.binary, "./cmd/umuryango")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithWorkingDirectory(root))
	is.NoErr(err)
	h.project, err = options.LoadProject(t.Context())
	is.NoErr(err) // the file is what Docker accepts
	return h
}

// args puts the host's places in for the image's.
func (h host) args(given []string) []string {
	out := make([]string, len(given))
	for i, a := range given {
		switch {
		case a == imageBinary:
			out[i] = h.binary
		case a == imageNodes || strings.HasPrefix(a, imageNodes+"/"):
			out[i] = h.nodes + strings.TrimPrefix(a, imageNodes)
		default:
			out[i] = a
		}
	}
	return out
}

func (h host) command(ctx context.Context, service string) *exec.Cmd {
	s := h.project.Services[service]
	c := exec.CommandContext(ctx, h.binary, h.args(s.Command)...)
	for name, value := range s.Environment {
		if value != nil {
			c.Env = append(c.Env, name+"="+h.secret(s, *value))
		}
	}
	return c
}

// secret is where a secret lies that a service is given; any other value is
// itself.
func (h host) secret(s types.ServiceConfig, value string) string {
	name, ok := strings.CutPrefix(value, imageSecrets)
	if !ok {
		return value
	}
	if !slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == name }) {
		h.t.Fatalf("%s is not given the secret %s", s.Name, name)
	}
	return h.project.Secrets[name].File
}

// start runs a service until the test ends, which must be in order.
func (h host) start(service string) {
	h.t.Helper()
	c := h.command(context.Background(), service)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			h.t.Errorf("stop %s: %v", service, err)
		}
		if err := c.Wait(); err != nil {
			h.t.Errorf("%s did not stop in order: %v", service, err)
		}
	})
}

// healthy runs a service's own health check until it passes.
func (h host) healthy(ctx context.Context, service string) error {
	check := h.project.Services[service].HealthCheck
	return backoff.Retry(func() error {
		args := h.args(check.Test[1:])
		return exec.CommandContext(ctx, args[0], args[1:]...).Run()
	}, backoff.WithContext(backoff.NewConstantBackOff(100*time.Millisecond), ctx))
}

func TestFileRunsTheFiveNodes(t *testing.T) {
	is := is.New(t)
	h := newHost(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for range 2 { // it may run again, as after every "docker compose up"
		out, err := h.command(ctx, "init").CombinedOutput()
		if err != nil {
			t.Fatalf("init: %v\n%s", err, out)
		}
	}
	nodes := slices.DeleteFunc(h.project.ServiceNames(), func(s string) bool { return s == "init" })
	is.Equal(nodes, []string{"cell", "district", "nation", "sector", "village"})
	for _, service := range nodes {
		h.start(service)
	}
	for _, service := range nodes {
		if err := h.healthy(ctx, service); err != nil {
			t.Fatalf("%s is not healthy: %v", service, err)
		}
	}
	for _, service := range nodes { // each has read its passphrase
		args := append(h.args(h.project.Services[service].HealthCheck.Test[1:])[1:], "-o", "json")
		out, err := exec.CommandContext(ctx, h.binary, args...).Output()
		is.NoErr(err)
		is.True(strings.Contains(string(out), `"locked": false`))
	}
	raise := exec.CommandContext(ctx, h.binary, "--node", "http://127.0.0.1:7405", "referral", "raise",
		"--actor", "IZU-1", "--to", "RW571203", "--source", "izu", "--reason", "poverty", "--age-months", "18")
	out, err := raise.CombinedOutput()
	if err != nil {
		t.Fatalf("raise: %v\n%s", err, out)
	}
}

func TestHealthChecksFailWhileNothingRuns(t *testing.T) {
	is := is.New(t)
	h := newHost(t)
	for name, s := range h.project.Services {
		if name == "init" {
			continue
		}
		args := h.args(s.HealthCheck.Test[1:])
		is.True(exec.CommandContext(t.Context(), args[0], args[1:]...).Run() != nil) // no node, no health
	}
}

func TestVolumesHoldEachNodeAlone(t *testing.T) {
	is := is.New(t)
	h := newHost(t)
	init := h.project.Services["init"]
	is.Equal(len(init.Volumes), 5)
	for _, v := range init.Volumes {
		s := h.project.Services[v.Source]
		is.Equal(len(s.Volumes), 1)
		is.Equal(s.Volumes[0].Source, v.Source)
		is.Equal(s.Volumes[0].Target, v.Target)                                                    // a node sees its own folder only
		is.True(slices.Contains(s.Command, v.Target+"/node.yaml"))                                 // and runs from it
		is.Equal(s.DependsOn["init"].Condition, types.ServiceConditionCompletedSuccessfully)       // once it is made
		is.Equal(s.Image, init.Image)                                                              // from one image
		is.True(s.ReadOnly && slices.Contains(s.CapDrop, "ALL") && s.HealthCheck.Test[0] == "CMD") // scratch has no shell
	}
}

// There are no accounts yet: nothing may be reachable from another machine.
func TestEverythingListensOnLoopback(t *testing.T) {
	is := is.New(t)
	h := newHost(t)
	out, err := h.command(t.Context(), "init").CombinedOutput()
	if err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	for name, s := range h.project.Services {
		is.Equal(len(s.Ports), 0)
		is.Equal(s.NetworkMode, "host")
		if name == "init" {
			continue
		}
		raw, err := os.ReadFile(h.args(s.Command)[2])
		is.NoErr(err)
		var settings struct{ Listen, Pages string }
		is.NoErr(yaml.Unmarshal(raw, &settings))
		for _, address := range []string{settings.Listen, settings.Pages} {
			if address == "" && name == "village" {
				continue // it has nobody below
			}
			host, _, err := net.SplitHostPort(address)
			is.NoErr(err)
			is.True(net.ParseIP(host).IsLoopback())
		}
	}
}
