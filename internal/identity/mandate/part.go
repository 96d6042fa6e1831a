package mandate

import (
	"context"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

var (
	countGiven = db.Q("mandate.count-given", `
		SELECT COUNT(*) FROM mandate WHERE principal = $1 AND state = 'active' AND ends > $2 AND kind <> 'counter'`)
	countHeld = db.Q("mandate.count-held", `
		SELECT COUNT(*) FROM mandate WHERE agent = $1 AND state = 'active' AND ends > $2 AND kind <> 'counter'`)
)

// Part is the row of the profile about who acts for whom.
func (s *Service) Part() identity.ProfilePart {
	return identity.ProfilePart{Entry: web.Entry{Href: Path, Key: "mandate.title"}, Group: identity.GroupOthers, Now: s.now}
}

// now says first what waits for an answer.
func (s *Service) now(ctx context.Context, actor identity.Actor, p *i18n.Printer) (string, error) {
	offers, err := s.Offers(ctx, actor)
	if err != nil || len(offers) > 0 {
		return p.T("mandate.now.waiting", "count", len(offers)), err
	}
	given, held, now := 0, 0, clock.Micros(s.Clock.Now())
	if err := db.One(ctx, s.DB, countGiven, []any{actor.Person, now}, &given); err != nil {
		return "", err
	}
	if err := db.One(ctx, s.DB, countHeld, []any{actor.Person, now}, &held); err != nil {
		return "", err
	}
	var said []string
	if given > 0 {
		said = append(said, p.T("mandate.now.given", "count", given))
	}
	if held > 0 {
		said = append(said, p.T("mandate.now.held", "count", held))
	}
	if said == nil {
		return p.T("mandate.now.none"), nil
	}
	return strings.Join(said, ". "), nil
}
