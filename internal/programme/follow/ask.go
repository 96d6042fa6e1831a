package follow

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/web"
)

// askLife is how long a link to confirm opens; a request that nobody confirms is
// dropped then.
const askLife = 3 * 24 * time.Hour

// The limits: of who asks (a whole house may share the address of a client), of
// what is mailed to one address, and of links that open nothing. An address counts
// whether or not it follows anything.
var (
	asksOfClient  = identity.Limit{Name: "follow.client", Burst: 30, Each: 2 * time.Minute}
	asksOfAddress = identity.Limit{Name: "follow.address", Burst: 6, Each: 2 * time.Hour}
	wrongLinks    = identity.Limit{Name: "follow.links", Burst: 30, Each: 30 * time.Second}
)

// Asking is somebody who wants an address to follow something.
type Asking struct {
	Address  string
	Topic    Topic
	Rhythm   Rhythm
	Language string
	Client   netip.Addr
}

// request is what a link to confirm is about; it lies sealed. With Change it is
// the wish to see what the address follows.
type request struct {
	Address  string `json:"address"`
	Kind     Kind   `json:"kind,omitempty"`
	Place    string `json:"place,omitempty"`
	Rhythm   Rhythm `json:"rhythm,omitempty"`
	Language string `json:"language"`
	Change   bool   `json:"change,omitempty"`
}

func (r request) topic() Topic { return Topic{r.Kind, r.Place} }

var (
	putRequest  = db.Q("follow.request-put", `INSERT INTO programme_follow_request (id, contact, data, expires) VALUES ($1, $2, $3, $4)`)
	getRequest  = db.Q("follow.request-get", `SELECT data FROM programme_follow_request WHERE id = $1 AND expires > $2`)
	takeRequest = db.Q("follow.request-take", `DELETE FROM programme_follow_request WHERE id = $1 AND expires > $2 RETURNING data`)
)

func placeOfRequest(id string) string { return "programme_follow_request:" + id }

// Ask mails an address whether it wants to follow something. The answer is the same
// whatever it follows already. Errors: Invalid on "email"; TooMany
// "identity.too-many"; Rule "follow.no-mail".
func (s *Service) Ask(ctx context.Context, a Asking) (err error) {
	defer errs.Wrap(&err, "follow.Ask")
	return s.ask(ctx, a.Client, request{Address: a.Address, Kind: a.Topic.Kind, Place: a.Topic.Place, Rhythm: a.Rhythm, Language: a.Language})
}

// AskChange mails an address a link to what it follows, where it follows anything;
// nothing that is answered tells which. The errors are those of Ask.
func (s *Service) AskChange(ctx context.Context, address, language string, client netip.Addr) (err error) {
	defer errs.Wrap(&err, "follow.AskChange")
	return s.ask(ctx, client, request{Address: address, Language: language, Change: true})
}

func (s *Service) ask(ctx context.Context, client netip.Addr, req request) (err error) {
	if !s.Mails() {
		return errs.New(errs.Rule, "follow.no-mail", nil)
	}
	if req.Address, err = identity.Address(req.Address); err != nil {
		return err
	}
	if err := s.Access.Limits.Take(ctx, asksOfClient, identity.ClientName(client)); err != nil {
		return err
	}
	if err := s.Access.Limits.Take(ctx, asksOfAddress, req.Address); err != nil {
		return err
	}
	plain, err := json.Marshal(req)
	if err != nil {
		return err
	}
	id, now := s.IDs(), s.Clock.Now()
	sealed, err := s.Keys.Seal(placeOfRequest(id), plain)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, putRequest, id, s.contact(req.Address), sealed, clock.Micros(now.Add(askLife))); err != nil {
			return err
		}
		tx.After(s.wake)
		return jobs.Enqueue(ctx, tx, askMail{id}, now)
	})
}

// asked is what a link to confirm is about, without using it; the errors are those
// of open, and Rule "follow.link.over".
func (s *Service) asked(ctx context.Context, link string) (req request, id string, err error) {
	if id, err = s.open(toConfirm, link); err != nil {
		return req, "", err
	}
	req, err = s.pending(ctx, s.DB, getRequest, id)
	return req, id, err
}

func (s *Service) pending(ctx context.Context, r db.Reader, q db.Query, id string) (req request, err error) {
	var sealed []byte
	err = db.One(ctx, r, q, []any{id, clock.Micros(s.Clock.Now())}, &sealed)
	if errors.Is(err, db.ErrNoRow) {
		return req, errOver()
	}
	if err != nil {
		return req, err
	}
	plain, err := s.Keys.Open(placeOfRequest(id), sealed)
	if err != nil {
		return req, err
	}
	return req, json.Unmarshal(plain, &req)
}

// Confirm uses a link to confirm: the address follows from now on. It says who
// follows what; of two at once one is Rule "follow.link.over".
func (s *Service) Confirm(ctx context.Context, link string) (follower string, t Topic, err error) {
	defer errs.Wrap(&err, "follow.Confirm")
	req, id, err := s.asked(ctx, link)
	if err == nil && req.Change { // which asks for a link, and for nothing else
		err = errNoLink()
	}
	if err != nil {
		return "", t, err
	}
	return follower, req.topic(), s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.pending(ctx, tx, takeRequest, id); err != nil {
			return err
		}
		follower, err = s.add(ctx, tx, req.Address, req.Language, req.topic(), req.Rhythm)
		return err
	})
}

// askMail is the job that mails what a request is about.
type askMail struct{ Request string }

func (askMail) Kind() string { return "follow.ask" }

// sendAsk mails the link of a request, unless it is over. Who wants to change what
// they follow gets it only where there is something.
func (s *Service) sendAsk(ctx context.Context, m askMail) error {
	req, err := s.pending(ctx, s.DB, getRequest, m.Request)
	if errs.Is(err, errs.Rule) {
		return nil
	}
	if err != nil {
		return err
	}
	l := s.Access.Letter(req.Language, "")
	if req.Change {
		return s.sendChange(ctx, m, req)
	}
	topic := req.topic().Say(l.Printer, s.Live.Network())
	l.Subject = l.T("follow.mail.ask.subject")
	l.Title = l.T("follow.mail.ask.title")
	l.Lead = []string{l.T("follow.mail.ask.text", "topic", topic, "address", s.Access.Host())}
	l.Parts = []letter.Part{{Facts: []web.Fact{
		{Name: l.T("follow.fact.topic"), Value: topic},
		{Name: l.T("follow.fact.rhythm"), Value: l.T("follow.rhythm." + string(req.Rhythm))},
	}}}
	l.NextTitle = l.T("follow.mail.ask.next")
	l.Next = []string{l.T("follow.mail.ask.how"), l.T("follow.mail.ask.until", "days", int(askLife.Hours()/24)), l.T("follow.mail.ask.not-you")}
	l.Links = []web.Link{{Href: s.URL + confirmPath + "/" + s.link(toConfirm, m.Request, time.Time{}), Text: l.T("follow.mail.ask.link")}}
	return s.Access.Post(ctx, m.Request, req.Address, "", l)
}

// sendChange mails who asked for it the link to what their address follows.
func (s *Service) sendChange(ctx context.Context, m askMail, req request) error {
	f, err := s.one(ctx, s.DB, ofContact, s.contact(req.Address))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	l := s.Access.Letter(req.Language, "")
	l.Subject = l.T("follow.mail.change.subject")
	l.Title = l.Subject
	l.Lead = []string{l.T("follow.mail.change.text", "address", s.Access.Host())}
	l.Next = []string{l.T("follow.mail.change.not-you")}
	l.NextTitle = l.T("follow.mail.ask.next")
	l.Links = []web.Link{{Href: s.changeURL(f.ID), Text: l.T("follow.mail.change.link")}}
	return s.Access.Post(ctx, m.Request, req.Address, "", l)
}

// changeURL is the page of all that a follower follows.
func (s *Service) changeURL(id string) string {
	return s.URL + minePath + "/" + s.link(toChange, id, s.Clock.Now().Add(changeLife))
}

// stopURL is where one click, or a mail program, ends all.
func (s *Service) stopURL(id string) string {
	return s.URL + stopPath + "/" + s.link(toStop, id, time.Time{})
}
