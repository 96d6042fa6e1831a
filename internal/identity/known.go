package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// A browser in which somebody was signed in carries a proof of it, one for each of
// the last people. It opens nothing and tells nobody who they are; but who signs in
// where theirs is missing is told by mail.

// KnownCookie is the name of the cookie that holds these proofs.
func KnownCookie(secure bool) string {
	if secure {
		return "__Host-polis_known"
	}
	return "polis_known"
}

// mostKnown is how many people one browser remembers.
const mostKnown = 8

// NewSignIn is somebody's first session in a browser.
type NewSignIn struct {
	Browser string // as browserOf says it
	Shared  bool
	Method  string
	Client  string // who called, as ClientName says it
}

// toldShared is how often somebody is told of signing in on devices of one place
// that people share: these remember nobody, and each time is the first.
var toldShared = Limit{"told.shared", 1, 24 * time.Hour}

// recognise tells who signs in for the first time in a browser, and lets the
// browser remember it unless people share it.
func (s *Sessions) recognise(ctx context.Context, v *visit, p Person, in NewSignIn) error {
	if s.tellNew == nil {
		return nil
	}
	name, rest := newSecret(), ""
	secure := s.manager.Cookie.Secure
	if c, err := v.r.Cookie(KnownCookie(secure)); err == nil {
		if given, more, ok := strings.Cut(c.Value, "."); ok && len(c.Value) < 1000 {
			name, rest = given, more
		}
	}
	key, err := s.people.keys.Secret(ctx, "browser", random32)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("known." + name + "." + p.ID))
	proof := tokenText.EncodeToString(mac.Sum(nil)[:10])
	proofs := slices.DeleteFunc(strings.Split(rest, "."), func(x string) bool { return x == "" })
	known := slices.ContainsFunc(proofs, func(x string) bool { return hmac.Equal([]byte(x), []byte(proof)) })
	if !in.Shared {
		proofs = append([]string{proof}, slices.DeleteFunc(proofs, func(x string) bool { return x == proof })...)
		http.SetCookie(v.w, &http.Cookie{
			Name: KnownCookie(secure), Value: name + "." + strings.Join(proofs[:min(len(proofs), mostKnown)], "."), Path: "/",
			MaxAge: int(MarkLife.Seconds()), HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
		})
	}
	if known || s.people.clk.Now().Sub(p.Created) < justMade {
		return nil
	}
	return s.tellNew(ctx, p.ID, in)
}

// justMade is how long somebody is new, to whom every browser is.
const justMade = time.Hour

// newBrowserMail is the job that tells somebody of it. The browser is encrypted
// with the key of the person.
type newBrowserMail struct {
	ID      string
	Person  string
	At      int64
	Browser []byte
	Shared  bool
}

func (newBrowserMail) Kind() string { return "identity.new-browser" }

// TellNew lets people be told by mail of sessions in browsers that were never
// theirs. The test people of a demonstration have no mail of their own.
func (a *Access) TellNew(s *Sessions) {
	s.tellNew = func(ctx context.Context, person string, in NewSignIn) error {
		if !a.Mails() || in.Method == "demo" {
			return nil
		}
		return a.db.Write(ctx, func(tx *db.Tx) error {
			if in.Shared {
				if wait, err := a.Limits.countIn(ctx, tx, toldShared, person+" "+in.Client); err != nil || wait > 0 {
					return err
				}
			}
			id, now := a.ids(), a.clk.Now()
			sealed, err := a.People.SealIn(ctx, tx, person, placeOfNewBrowser(id), []byte(in.Browser))
			if err != nil {
				return err
			}
			tx.After(a.wake)
			return jobs.Enqueue(ctx, tx, newBrowserMail{id, person, clock.Micros(now), sealed, in.Shared}, now)
		})
	}
}

func placeOfNewBrowser(id string) string { return "identity.new-browser:" + id }

func (a *Access) sendNewBrowser(ctx context.Context, m newBrowserMail) error {
	p, err := a.People.Get(ctx, m.Person)
	if errs.Is(err, errs.NotFound) || err == nil && (p.Email == "" || p.Verified.IsZero()) { // forgotten, or nowhere to write to
		return nil
	}
	if err != nil {
		return err
	}
	browser, err := a.People.Open(ctx, m.Person, placeOfNewBrowser(m.ID), m.Browser)
	if err != nil {
		return err
	}
	l := a.letter(p.Language, p.GivenName)
	l.Subject = l.T("identity.mail.new-browser.subject")
	l.Title = l.Subject
	l.Lead = []string{l.T("identity.mail.new-browser.text", "address", a.host())}
	where := browserText(l.T, string(browser))
	if m.Shared {
		where = l.T("identity.mail.new-browser.shared", "browser", where)
	}
	l.Parts = []letter.Part{{Facts: []web.Fact{
		{Name: l.T("identity.mail.new-browser.where"), Value: where},
		{Name: l.T("identity.mail.new-browser.when"), Value: l.DateTime(clock.FromMicros(m.At).In(i18n.Rome))},
	}}}
	l.NextTitle = l.T("identity.mail.new-browser.next")
	l.Next = []string{l.T("identity.mail.new-browser.you"), l.T("identity.mail.new-browser.not-you")}
	l.Links = []web.Link{{Href: a.URL + sessionsPath, Text: l.T("identity.mail.new-browser.open")}}
	err = a.post(ctx, m.ID, p.Email, p.FullName(), l)
	var rejected *mail.Rejected
	if errors.As(err, &rejected) { // the address is gone
		return nil
	}
	return err
}
