package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"umuryango/engine/node"
	"umuryango/events"
)

// Client talks to a node's API. Every error that it returns is a *Problem.
type Client struct {
	URL  string // "http://127.0.0.1:7405"
	HTTP *http.Client
}

// ClientWithin bounds one request of a client from NewClient: a durable act on
// a poor disk takes some hundred milliseconds.
const ClientWithin = 30 * time.Second

// NewClient makes a client of the node whose pages are at address.
func NewClient(address string) *Client {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	return &Client{URL: strings.TrimRight(address, "/"), HTTP: &http.Client{Timeout: ClientWithin}}
}

// headerNode names the node in every answer, so that a client knows one.
const headerNode = "Umuryango-Node"

// answerMax bounds what a client reads of one answer.
const answerMax = 64 << 20

func (c *Client) call(ctx context.Context, method, path string, id events.ID, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return &Problem{Kind: kindInput, Detail: err.Error()}
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, body)
	if err != nil || r.URL.Host == "" || r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return &Problem{Kind: kindInput, Detail: fmt.Sprintf("%s is no address of a node: one as %s is expected", c.URL, exampleURL)}
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if id != "" {
		r.Header.Set(HeaderKey, string(id))
	}
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return c.unreachable(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	if err != nil {
		return c.unreachable(err)
	}
	return c.read(answer, raw, out)
}

// read tells a node's answer from that of another program on the same port.
func (c *Client) read(answer *http.Response, raw []byte, out any) error {
	if answer.Header.Get(headerNode) == "" {
		return &Problem{Kind: kindUnreachable, Detail: fmt.Sprintf("another program answers at %s (status %d): name a node with --node", c.URL, answer.StatusCode)}
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return c.problem(answer.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return &Problem{Kind: kindUnreachable, Detail: fmt.Sprintf("the node at %s answers in another way than this program reads (%v): use the same release of both", c.URL, err)}
	}
	return nil
}

func (c *Client) unreachable(err error) error {
	return &Problem{Kind: kindUnreachable, Detail: fmt.Sprintf("no node answers at %s (%s): start it, or name another with --node, as %s", c.URL, whyUnreachable(err), exampleURL)}
}

// exampleURL is what an address of a node looks like.
const exampleURL = "http://127.0.0.1:7401"

// whyUnreachable is why no answer came, without the request that has none.
func whyUnreachable(err error) string {
	var name *net.DNSError
	var request *url.Error
	var dial *net.OpError
	switch {
	case errors.As(err, &name):
		return "no machine is found under that name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there"
	case errors.As(err, &request) && request.Timeout():
		return "it did not answer in time"
	case errors.As(err, &dial):
		return dial.Err.Error()
	case errors.As(err, &request):
		return request.Err.Error()
	}
	return err.Error()
}

func (c *Client) problem(status int, raw []byte) error {
	var p Problem
	if json.Unmarshal(raw, &p) == nil && strings.HasPrefix(p.Kind, typePrefix) {
		p.Kind = strings.TrimPrefix(p.Kind, typePrefix)
		if _, known := kinds[p.Kind]; known {
			return &p
		}
	}
	return &Problem{Kind: kindUnreachable, Status: status, Detail: fmt.Sprintf("the node at %s answers %d in another way than this program reads: use the same release of both", c.URL, status)}
}

func get[T any](ctx context.Context, c *Client, path string, query ...string) (out T, err error) {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			q.Set(query[i], query[i+1])
		}
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	err = c.call(ctx, http.MethodGet, path, "", nil, &out)
	return out, err
}

func post[T any](ctx context.Context, c *Client, path string, id events.ID, in any) (out T, err error) {
	err = c.call(ctx, http.MethodPost, path, id, in, &out)
	return out, err
}

func (c *Client) act(ctx context.Context, ref, act string, id events.ID, in any) (Done, error) {
	return post[Done](ctx, c, "/api/v1/referrals/"+url.PathEscape(ref)+"/"+act, id, in)
}

// Raise opens a case. Of this and the acts below: ref is a case's id or spoken
// code, and id the event's, empty for one that the node makes.
func (c *Client) Raise(ctx context.Context, id events.ID, in RaiseRequest) (Done, error) {
	return post[Done](ctx, c, "/api/v1/referrals", id, in)
}

// Forward hands the pen to an office above.
func (c *Client) Forward(ctx context.Context, ref string, id events.ID, in ForwardRequest) (Done, error) {
	return c.act(ctx, ref, "forward", id, in)
}

// Accept takes on the responsibility.
func (c *Client) Accept(ctx context.Context, ref string, id events.ID, in ActRequest) (Done, error) {
	return c.act(ctx, ref, "accept", id, in)
}

// SendBack returns the pen to the office that sent the referral.
func (c *Client) SendBack(ctx context.Context, ref string, id events.ID, in ReasonRequest) (Done, error) {
	return c.act(ctx, ref, "send-back", id, in)
}

// Assess adds what was found out.
func (c *Client) Assess(ctx context.Context, ref string, id events.ID, in FactsRequest) (Done, error) {
	return c.act(ctx, ref, "assess", id, in)
}

// Propose asks for a placement.
func (c *Client) Propose(ctx context.Context, ref string, id events.ID, in FactsRequest) (Done, error) {
	return c.act(ctx, ref, "propose", id, in)
}

// Decide records a panel's decision.
func (c *Client) Decide(ctx context.Context, ref string, id events.ID, in DecideRequest) (Done, error) {
	return c.act(ctx, ref, "decide", id, in)
}

// Contribute tells something without the pen.
func (c *Client) Contribute(ctx context.Context, ref string, id events.ID, in ContributeRequest) (Done, error) {
	return c.act(ctx, ref, "contribute", id, in)
}

// TakeOver takes the pen from an office below.
func (c *Client) TakeOver(ctx context.Context, ref string, id events.ID, in ReasonRequest) (Done, error) {
	return post[Done](ctx, c, "/api/v1/cases/"+url.PathEscape(ref)+"/take-over", id, in)
}

// Restrict says who from now on neither sees a case nor holds its keys.
func (c *Client) Restrict(ctx context.Context, ref string, id events.ID, in RestrictRequest) (Done, error) {
	return c.record(ctx, ref, "restrict", id, in)
}

// OpenRecord breaks the glass for hours.
func (c *Client) OpenRecord(ctx context.Context, ref string, id events.ID, in OpenRequest) (Done, error) {
	return c.record(ctx, ref, "open", id, in)
}

// Erase orders that keys are destroyed wherever they are.
func (c *Client) Erase(ctx context.Context, ref string, id events.ID, in EraseRequest) (Done, error) {
	return c.record(ctx, ref, "erase", id, in)
}

// Holders tells who can open a case, and how far an erasure of it has come.
func (c *Client) Holders(ctx context.Context, ref string, by ActRequest) (HoldersView, error) {
	return get[HoldersView](ctx, c, "/api/v1/records/"+url.PathEscape(ref)+"/holders", "office", by.Office, paramActor, by.Actor)
}

// Exposure lists which records a lost machine could open.
func (c *Client) Exposure(ctx context.Context, node string) (ExposureView, error) {
	return get[ExposureView](ctx, c, "/api/v1/nodes/"+url.PathEscape(node)+"/exposure")
}

func (c *Client) record(ctx context.Context, ref, act string, id events.ID, in any) (Done, error) {
	return post[Done](ctx, c, "/api/v1/records/"+url.PathEscape(ref)+"/"+act, id, in)
}

// Reporter opens who reported, at the supervisor's node alone.
func (c *Client) Reporter(ctx context.Context, ref string, in ReasonRequest) (ReporterView, error) {
	return post[ReporterView](ctx, c, "/api/v1/records/"+url.PathEscape(ref)+"/reporter", "", in)
}

// Give opens the whole file of a person in a language, to hand it to them.
func (c *Client) Give(ctx context.Context, ref, lang string, in ReasonRequest) (FileView, error) {
	return post[FileView](ctx, c, "/api/v1/records/"+url.PathEscape(ref)+"/give?lang="+url.QueryEscape(lang), "", in)
}

// CaseAs is one case as it stands at the node, opened for somebody; an empty
// actor opens nothing.
func (c *Client) CaseAs(ctx context.Context, ref string, by ActRequest) (CaseView, error) {
	return get[CaseView](ctx, c, "/api/v1/referrals/"+url.PathEscape(ref), "office", by.Office, paramActor, by.Actor)
}

// CasesAs lists the cases of an office's subtree with their names, from one
// entry on.
func (c *Client) CasesAs(ctx context.Context, by ActRequest, from int) ([]CaseEntry, error) {
	return get[[]CaseEntry](ctx, c, "/api/v1/referrals", "office", by.Office, paramActor, by.Actor, "from", strconv.Itoa(from))
}

// Reads lists the pages that were opened at the node, or those of one case.
func (c *Client) Reads(ctx context.Context, ref string) ([]ReadEntry, error) {
	return get[[]ReadEntry](ctx, c, "/api/v1/reads", "case", ref)
}

// Case is one case as it stands at the node.
func (c *Client) Case(ctx context.Context, ref string) (CaseView, error) {
	return get[CaseView](ctx, c, "/api/v1/referrals/"+url.PathEscape(ref))
}

// Cases lists the cases of an office's subtree; empty for the node's own.
func (c *Client) Cases(ctx context.Context, office string) ([]CaseEntry, error) {
	return get[[]CaseEntry](ctx, c, "/api/v1/referrals", "office", office)
}

// Inbox lists what waits at an office.
func (c *Client) Inbox(ctx context.Context, office string) ([]InboxEntry, error) {
	return get[[]InboxEntry](ctx, c, "/api/v1/inbox", "office", office)
}

// InboxAs lists what waits at an office with the names, for somebody; an empty
// actor opens nothing.
func (c *Client) InboxAs(ctx context.Context, by ActRequest) ([]InboxEntry, error) {
	return get[[]InboxEntry](ctx, c, "/api/v1/inbox", "office", by.Office, paramActor, by.Actor)
}

// Answers lists what the persons who referred at an office are told.
func (c *Client) Answers(ctx context.Context, office string) ([]AnswerEntry, error) {
	return get[[]AnswerEntry](ctx, c, "/api/v1/answers", "office", office)
}

// Places finds places by id, path from the top or name.
func (c *Client) Places(ctx context.Context, text string) ([]PlaceEntry, error) {
	return get[[]PlaceEntry](ctx, c, "/api/v1/places", "q", text)
}

// Policy is the policy pack in force at the node.
func (c *Client) Policy(ctx context.Context) (PolicyView, error) {
	return get[PolicyView](ctx, c, "/api/v1/policy")
}

// Status is the node and its links.
func (c *Client) Status(ctx context.Context) (StatusView, error) {
	return get[StatusView](ctx, c, "/api/v1/status")
}

// Quarantine lists what the node refused.
func (c *Client) Quarantine(ctx context.Context) ([]node.Kept, error) {
	return get[[]node.Kept](ctx, c, "/api/v1/quarantine")
}

// Invite lets another node join.
func (c *Client) Invite(ctx context.Context, in InviteRequest) (Invitation, error) {
	return post[Invitation](ctx, c, "/api/v1/invitations", "", in)
}

// InviteAll lets nodes join for every office right below, or every one below.
func (c *Client) InviteAll(ctx context.Context, in InviteAllRequest) (Invitations, error) {
	return post[Invitations](ctx, c, "/api/v1/invitations/all", "", in)
}

// Nodes lists the nodes below, and how they stand.
func (c *Client) Nodes(ctx context.Context) ([]NodeEntry, error) {
	return get[[]NodeEntry](ctx, c, "/api/v1/nodes")
}

// Stand suspends, resumes or revokes the node of an office below: do is the
// last part of the address.
func (c *Client) Stand(ctx context.Context, place, do string, in StandRequest) (Stood, error) {
	return post[Stood](ctx, c, "/api/v1/offices/"+url.PathEscape(place)+"/"+do, "", in)
}

// Rotate gives the node other keys.
func (c *Client) Rotate(ctx context.Context, in RotateRequest) (Rotated, error) {
	return post[Rotated](ctx, c, "/api/v1/rotate", "", in)
}

// Recall makes the node speak again for an office that had one of its own.
func (c *Client) Recall(ctx context.Context, place string, in RecallRequest) (Recalled, error) {
	return post[Recalled](ctx, c, "/api/v1/offices/"+url.PathEscape(place)+"/recall", "", in)
}

// Unlock lets the node sign and open.
func (c *Client) Unlock(ctx context.Context, in UnlockRequest) (LockView, error) {
	return post[LockView](ctx, c, "/api/v1/unlock", "", in)
}

// Lock makes the node forget its opened keys.
func (c *Client) Lock(ctx context.Context) (LockView, error) {
	return post[LockView](ctx, c, "/api/v1/lock", "", struct{}{})
}

// ChangePassphrase puts the node's keys under another passphrase.
func (c *Client) ChangePassphrase(ctx context.Context, in PassphraseRequest) (LockView, error) {
	return post[LockView](ctx, c, "/api/v1/passphrase", "", in)
}

// Rebuild throws the node's views away and makes them anew.
func (c *Client) Rebuild(ctx context.Context) (Rebuilt, error) {
	return post[Rebuilt](ctx, c, "/api/v1/views/rebuild", "", struct{}{})
}
