package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"polis/internal/identity"
	"polis/internal/installation"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
)

// findSettings reads what the installation is, and tells whether that is yet to
// be said: the store has no administrator, and no houses unless somebody has
// begun to say it. A demonstration is never asked.
func (b *base) findSettings(ctx context.Context) (err error) {
	c := b.cmd
	flags := installation.Flags{
		PublicURL: c.PublicURL, Owner: c.Owner, OwnerURL: c.OwnerURL, ContactEmail: c.ContactEmail, ContactPhone: c.ContactPhone,
		AccessibilityURL: c.AccessibilityURL, OwnerCode: c.OwnerCode, SMTP: c.SMTP, MailFrom: c.MailFrom, MailBounces: c.MailBounces,
	}
	if err := flags.Check(); err != nil {
		return err
	}
	store := installation.NewStore(b.db, b.keys, b.env.clock)
	if b.settings, err = installation.NewLive(ctx, store, flags); err != nil {
		return err
	}
	b.installation = installation.New(installation.Options{
		DB: b.db, Keys: b.keys, People: b.people, Grants: b.grants, Live: b.settings,
		Clock: b.env.clock, IDs: b.env.ids, Log: b.env.log, Demo: b.demo,
	})
	setUp := installation.NewSetUp(b.installation)
	wanted, err := b.wantsSetUp(ctx, setUp)
	if err != nil {
		return err
	}
	if wanted {
		b.firstRun = setUp
	}
	return nil
}

// wantsSetUp tells whether the installation is yet to be set up.
func (b *base) wantsSetUp(ctx context.Context, setUp *installation.SetUp) (bool, error) {
	demo, err := isDemo(ctx, b.store)
	if err != nil || demo || b.demo || setUp.Done() {
		return false, err
	}
	held, err := b.grants.Held(ctx, identity.Administrator)
	return !held && (setUp.Begun() || b.live.Network().Len() == 0), err
}

// setUpOpen tells whether the set-up goes on.
func (b *base) setUpOpen() bool { return b.firstRun != nil && !b.firstRun.Done() }

// tellSecret prints where the set-up is and the secret that admits to it.
func (b *base) tellSecret(ctx context.Context) error {
	if !b.setUpOpen() {
		return nil
	}
	secret, err := b.firstRun.Secret(ctx)
	if errs.Is(err, errs.NotFound) { // another replica has ended it just now
		return nil
	}
	if err != nil {
		return err
	}
	words, err := allWords()
	if err != nil {
		return err
	}
	lang := b.env.Lang
	p := words.Printer(i18n.Negotiate("", strings.ToLower(lang[:min(len(lang), 2)]), "en"), i18n.Rome)
	fmt.Fprintln(b.env.Stdout, p.T("set-up.where", "address", b.door.now.Load().public+installation.SetUpPath))
	fmt.Fprintln(b.env.Stdout, p.T("set-up.secret", "secret", secret))
	return nil
}

// welcome signs a person in with the cookie that sessions have now: a change of
// the address may have changed it since the request came.
func (b *base) welcome(w http.ResponseWriter, r *http.Request, person string) error {
	return b.door.now.Load().sessions.Begin(w, r, identity.Proof{Person: person, Method: "set-up", Level: identity.LevelLow})
}

// linkFor is an address by which a person signs in once, at the address that
// the pages have now.
func (b *base) linkFor(ctx context.Context, person string) (string, error) {
	return b.door.now.Load().access.Link(ctx, person)
}
