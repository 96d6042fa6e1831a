package passkey

import (
	"context"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Part is the row of the profile about one's own passkeys.
func (s *Service) Part() identity.ProfilePart {
	return identity.ProfilePart{Entry: web.Entry{Href: ListPath, Key: "passkey.mine"}, Group: identity.GroupWays, Now: s.now}
}

func (s *Service) now(ctx context.Context, actor identity.Actor, p *i18n.Printer) (string, error) {
	list, err := s.List(ctx, actor, actor.Person)
	var used time.Time
	for _, k := range list {
		if k.Used.After(used) {
			used = k.Used
		}
	}
	switch {
	case len(list) == 0:
		return p.T("passkey.now.none"), err
	case used.IsZero():
		return p.T("passkey.now.unused", "count", len(list)), err
	}
	return p.T("passkey.now.used", "count", len(list), "day", p.DateShort(used)), err
}
