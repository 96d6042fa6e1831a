package app

import (
	"context"
	"net/url"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/errs"
	"polis/internal/programme/follow"
)

// startFollow readies who follows the programme.
func (p *program) startFollow(ctx context.Context) error {
	key, err := p.keys.Secret(ctx, "follow-link", random32)
	if err != nil {
		return err
	}
	p.follow = follow.New(follow.Options{
		DB: p.db, Live: p.live, Keys: p.keys, People: p.people, Access: p.access, Notes: p.notes, Clock: p.env.clock, IDs: p.env.ids,
		URL: p.public, Key: key, Programme: p.programme,
		HousePage: func(code string) string { return "/programma/case/" + url.PathEscape(code) },
	})
	return nil
}

func (p *program) followPages() follow.PageOptions {
	o := follow.PageOptions{Service: p.follow}
	if p.mailbox != nil {
		o.Mailbox = notify.Mailbox.Href
	}
	return o
}

// addressees are all whom messages go to: people, and who follows the programme
// and is nobody here.
type addressees struct {
	*identity.People
	store *store
}

// Get is People.Get, for followers too.
func (a addressees) Get(ctx context.Context, id string) (identity.Person, error) {
	p, err := a.People.Get(ctx, id)
	if errs.HasKey(err, "identity.unknown") {
		return follow.Addressee(ctx, a.store.db, a.store.keys, id)
	}
	return p, err
}
