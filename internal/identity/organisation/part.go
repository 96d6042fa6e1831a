package organisation

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Part is the row of the profile about one's own organisations.
func (s *Service) Part() identity.ProfilePart {
	return identity.ProfilePart{Entry: web.Entry{Href: Path, Key: "organisation.title"}, Group: identity.GroupOthers, Now: s.now}
}

// now says first what waits for an answer.
func (s *Service) now(ctx context.Context, actor identity.Actor, p *i18n.Printer) (string, error) {
	waiting, _, err := s.Waiting(ctx, actor)
	if err != nil || len(waiting) > 0 {
		return p.T("organisation.now.waiting", "count", len(waiting)), err
	}
	mine, err := s.Mine(ctx, actor)
	switch {
	case err != nil:
		return "", err
	case len(mine) == 0:
		return p.T("organisation.now.none"), nil
	case len(mine) == 1:
		return mine[0].Name, nil
	}
	return p.T("organisation.now.more", "name", mine[0].Name, "count", len(mine)-1), nil
}
