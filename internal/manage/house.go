package manage

import (
	"polis/internal/identity"
	"polis/internal/site"
)

// House is a house that the actor may change, by its code. Errors: NotFound,
// Unauthenticated, Forbidden.
func (s *Service) House(actor identity.Actor, code string) (*site.Site, error) {
	st, err := s.Live.Network().ByCode(code)
	if err != nil {
		return nil, err
	}
	return st, actor.Check(identity.SiteWrite, identity.Site(st.ID))
}
