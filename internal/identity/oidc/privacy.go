package oidc

import (
	"polis/internal/identity/privacy"
	"polis/internal/platform/db"
)

var linksHeld = db.Q("oidc.link.held", `SELECT provider, issuer, created, used FROM oidc_link WHERE person = $1 ORDER BY created, issuer`)

// Holder says what is held of people here. What providers answered stays as long as
// the law wants it, sealed, also of who is forgotten.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "oidc", Tables: []string{"oidc_link", "oidc_ticket", "oidc_seen", "oidc_log"},
		Parts: []privacy.Part{{Name: "providers", Columns: []string{"provider", "issuer", "created@", "used@"}, Rows: linksHeld}},
		Keeps: []privacy.Retention{{Kind: "providers", Term: privacy.Term{Months: logMonths}, Fate: privacy.Deleted, Stays: true}},
	}
}
