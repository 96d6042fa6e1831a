package privacy

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Parts are the rows of the profile about what is held about somebody.
func (s *Service) Parts() []identity.ProfilePart {
	part := func(href, key string, now func(context.Context, identity.Actor, *i18n.Printer) (string, error)) identity.ProfilePart {
		return identity.ProfilePart{Entry: web.Entry{Href: href, Key: key}, Group: identity.GroupData, Now: now}
	}
	return []identity.ProfilePart{
		part(DataPath, "privacy.now.take-title", s.exportNow),
		part(AccessesPath, "privacy.accesses.title", s.accessesNow),
		part(forgetPath, "privacy.forget.title", func(_ context.Context, _ identity.Actor, p *i18n.Printer) (string, error) {
			return p.T("privacy.now.forget"), nil
		}),
	}
}

func (s *Service) exportNow(ctx context.Context, actor identity.Actor, p *i18n.Printer) (string, error) {
	x, err := s.Asked(ctx, actor)
	switch {
	case x.ID == "":
		return p.T("privacy.now.take"), err
	case x.Size == 0:
		return p.T("privacy.now.making"), err
	}
	return p.T("privacy.now.ready"), err
}

func (s *Service) accessesNow(ctx context.Context, actor identity.Actor, p *i18n.Printer) (string, error) {
	list, err := s.Accesses(ctx, actor, Position{}, 1)
	if err != nil || len(list) == 0 {
		return p.T("privacy.now.unseen"), err
	}
	return p.T("privacy.now.seen", "day", p.DateShort(list[0].At.In(i18n.Rome))), nil
}
