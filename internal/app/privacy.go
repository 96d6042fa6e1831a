package app

import (
	"strings"

	"polis/internal/feedback"
	"polis/internal/identity"
	"polis/internal/identity/privacy"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/reserve"
)

// startPrivacy makes the room in which people see and end what is held about
// them. Each room that holds something says so here.
func (p *program) startPrivacy() {
	p.privacy = privacy.New(privacy.Options{
		DB: p.db, People: p.people, Access: p.access, Sessions: p.sessions, Clock: p.env.clock, IDs: p.env.ids, Words: p.words, Log: p.env.log,
		About:   aboutRead,
		Holders: []privacy.Holder{p.coworking.Holder(), p.feedback.Holder(), p.notes.Holder(), p.lists.Holder(), p.oidc.Holder(), p.mandates.Holder()},
	})
}

// aboutRead leads to that for which somebody's record was read.
func aboutRead(p *i18n.Printer, about string) web.Link {
	if id, ok := strings.CutPrefix(about, identity.ForBooking("")); ok {
		return web.Link{Href: "/prenotazioni/" + id, Text: p.T("app.about.booking", "code", reserve.Reference(id))}
	}
	if number, ok := strings.CutPrefix(about, identity.ForReport("")); ok {
		return web.Link{Href: feedback.ReportPath(number), Text: p.T("app.about.report", "code", number)}
	}
	return web.Link{}
}
