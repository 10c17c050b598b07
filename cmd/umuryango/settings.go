package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	yaml "go.yaml.in/yaml/v4"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine/node"
	"umuryango/events"
)

// fileSettings is the name of a node's settings, in its folder.
const fileSettings = "node.yaml"

// settings are a node's node.yaml: what must be known before its store is open.
// Who the node is stands in its key folder, and everything else in its stream.
type settings struct {
	Listen  string         `yaml:"listen,omitempty"`  // where lower nodes and the operator dial; empty: nowhere
	Address string         `yaml:"address,omitempty"` // where lower nodes reach it, if not at listen
	Pages   string         `yaml:"pages"`             // loopback address of pages and API
	Upper   *upperSettings `yaml:"upper,omitempty"`   // the node above; absent for the nation's
	Packs   string         `yaml:"packs,omitempty"`   // folder of policy packs, instead of those in the program
}

// upperSettings say where the node above is and which key it must show.
type upperSettings struct {
	Place   string `yaml:"place"`
	Address string `yaml:"address"`
	LinkKey string `yaml:"link_key"` // Ed25519 public key in base64
}

// readSettings reads a node.yaml; dir is the folder that it stands in.
func readSettings(path string) (s settings, dir string, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return s, "", &inputError{fmt.Errorf("read the node's settings: %w", err)}
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return s, "", &inputError{fmt.Errorf("read %s: it is empty: pages, the loopback address of the node's pages, must stand in it, as pages: 127.0.0.1:7401", path)}
	}
	if err := yaml.Load(raw, &s, yaml.WithV4Defaults(), yaml.WithKnownFields()); err != nil {
		return s, "", &inputError{fmt.Errorf("read %s: %s; the keys are listen, address, pages, upper (place, address, link_key) and packs",
			path, strings.ReplaceAll(err.Error(), " in type main.settings", ""))}
	}
	if s.Pages == "" {
		return s, "", &inputError{fmt.Errorf("read %s: pages is missing: the loopback address of the node's pages, as 127.0.0.1:7401", path)}
	}
	if s.Packs != "" && !filepath.IsAbs(s.Packs) {
		s.Packs = filepath.Join(filepath.Dir(path), s.Packs)
	}
	return s, filepath.Dir(path), nil
}

// check refuses, before a node is made or started, where it could not listen or
// be reached. An address that is only in use now may be free by then.
func (s settings) check() error {
	if err := web.CheckLoopback(s.Pages); err != nil {
		return &inputError{err}
	}
	if err := listenable(s.Pages); err != nil {
		return &inputError{fmt.Errorf("listen on %s for pages: %w", s.Pages, err)}
	}
	if s.Listen != "" {
		if err := listenable(s.Listen); err != nil {
			return &inputError{fmt.Errorf("listen on %s for lower nodes: %w: give an address of this machine, as 127.0.0.1:7411", s.Listen, err)}
		}
	}
	if s.Address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s.Address)
	if number, e := strconv.ParseUint(port, 10, 16); err == nil && (host == "" || e != nil || number == 0) {
		err = errors.New("a host and a port are expected, as node.example:7411")
	}
	if err != nil {
		return &inputError{fmt.Errorf("reach this node at %s: %w", s.Address, err)}
	}
	return nil
}

func listenable(address string) error {
	if err := tryPort(address); !errors.Is(err, node.ErrTaken) {
		return err
	}
	return nil
}

// tryPort listens on an address and ends that at once; node.ErrTaken where it is
// in use.
func tryPort(address string) error {
	listener, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return node.ErrTaken
	case err != nil:
		return err
	}
	return listener.Close()
}

// writeSettings makes a node.yaml, or puts another in its place: it is there
// whole, or as it was.
func writeSettings(dir string, s settings) error {
	var out bytes.Buffer
	enc, err := yaml.NewDumper(&out, yaml.WithV4Defaults())
	if err == nil {
		err = errors.Join(enc.Dump(s), enc.Close())
	}
	if err != nil {
		return fmt.Errorf("write the node's settings: %w", err)
	}
	if err := writeWhole(filepath.Join(dir, fileSettings), out.Bytes()); err != nil {
		return fmt.Errorf("write the node's settings: %w", err)
	}
	return nil
}

// writeWhole writes a file that its owner alone reads beside the one that it
// then takes the place of.
func writeWhole(path string, raw []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // of mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// upper is the node above as the link dials it.
func (s settings) upper() (node.Upper, error) {
	if s.Upper == nil {
		return node.Upper{}, nil
	}
	place, err := events.ParsePlace(s.Upper.Place)
	if err != nil {
		return node.Upper{}, &inputError{fmt.Errorf("node.yaml, upper.place: %w", err)}
	}
	key, err := base64.StdEncoding.DecodeString(s.Upper.LinkKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return node.Upper{}, &inputError{fmt.Errorf("node.yaml, upper.link_key: %d bytes in base64 are expected", ed25519.PublicKeySize)}
	}
	if s.Upper.Address == "" {
		return node.Upper{}, &inputError{errors.New("node.yaml, upper.address: where the node above listens is missing")}
	}
	return node.Upper{Place: place, Address: s.Upper.Address, LinkKey: key}, nil
}

func upperOf(u node.Upper) *upperSettings {
	return &upperSettings{Place: string(u.Place), Address: u.Address, LinkKey: base64.StdEncoding.EncodeToString(u.LinkKey)}
}
