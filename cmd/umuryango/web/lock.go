package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"umuryango/engine"
)

// UnlockRequest lets the node sign and open.
type UnlockRequest struct {
	Passphrase string `json:"passphrase"`
}

// PassphraseRequest puts the node's keys under another passphrase.
type PassphraseRequest struct {
	Older string `json:"older"`
	Newer string `json:"newer"`
}

// LockView is whether the node can sign and open.
type LockView struct {
	Place  string `json:"place"`
	Locked bool   `json:"locked"`
}

func (s *Server) lockView() LockView {
	return LockView{Place: s.Node.ID.Place.ID(), Locked: s.Node.ID.Locked()}
}

// decodeSecret reads a body in which a passphrase stands. It says less than
// decode of what is wrong with it: what was sent must not come back in an error,
// nor reach a log.
func decodeSecret(r *http.Request, into any, expected string) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	defer clear(raw)
	if json.Unmarshal(raw, into) != nil {
		return &engine.Invalid{Field: "body", Problem: expected + " is expected"}
	}
	return nil
}

func (s *Server) unlock(r *http.Request) (any, error) {
	var in UnlockRequest
	if err := decodeSecret(r, &in, `{"passphrase":"…"}`); err != nil {
		return nil, err
	}
	if err := s.Node.Unlock([]byte(in.Passphrase)); err != nil {
		return nil, err
	}
	return s.lockView(), nil
}

func (s *Server) lock(r *http.Request) (any, error) {
	if err := decodeNothing(r); err != nil {
		return nil, err
	}
	s.Node.Lock()
	return s.lockView(), nil
}

func (s *Server) passphrase(r *http.Request) (any, error) {
	var in PassphraseRequest
	if err := decodeSecret(r, &in, `{"older":"…","newer":"…"}`); err != nil {
		return nil, err
	}
	if err := s.Node.ChangePassphrase([]byte(in.Older), []byte(in.Newer)); err != nil {
		return nil, err
	}
	return s.lockView(), nil
}

// unlockForm serves the form of a locked node's page.
func (s *Server) unlockForm(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	if err := s.Node.Unlock([]byte(r.PostForm.Get("passphrase"))); err != nil {
		return err
	}
	return toFront(w, r)
}

// lockForm serves the button of an unlocked node's page.
func (s *Server) lockForm(w http.ResponseWriter, r *http.Request) error {
	s.Node.Lock()
	return toFront(w, r)
}

func toFront(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/?lang="+url.QueryEscape(langOf(r)), http.StatusSeeOther)
	return nil
}
