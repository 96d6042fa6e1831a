package oidc

import (
	"cmp"
	"context"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Part is the row of the profile about the providers by which somebody comes in.
func (s *Service) Part() identity.ProfilePart {
	return identity.ProfilePart{Entry: web.Entry{Href: LinksPath, Key: "oidc.links.title"}, Group: identity.GroupWays, Now: s.now}
}

func (s *Service) now(ctx context.Context, actor identity.Actor, p *i18n.Printer) (string, error) {
	list, err := s.Connected(ctx, actor.Person)
	var names []string
	for _, l := range list {
		names = append(names, l.Label)
	}
	return cmp.Or(strings.Join(names, ", "), p.T("oidc.now.none")), err
}
