package coworking

import (
	"net/http"
	"slices"
	"strings"

	"polis/internal/notify"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// mailNotice says that mails to the person come back; nil where they arrive.
func (h *pages) mailNotice(r *http.Request, p *i18n.Printer) (*web.Alert, error) {
	ok, since, err := h.notes.Reachable(r.Context(), actor(r).Person)
	if err != nil || ok {
		return nil, err
	}
	return &web.Alert{
		Tone: web.Warning, Title: p.T("coworking.mail-notice.title"), Text: p.T("coworking.mail-notice.text", "day", p.Date(since)),
	}, nil
}

// mailed says where the last mail about a booking went or goes; empty where
// there is none on its way.
func (h *pages) mailed(r *http.Request, p *i18n.Printer, b Booking) (string, error) {
	if !h.notes.Enabled() {
		return "", nil
	}
	list, err := h.notes.About(r.Context(), b.ID)
	if err != nil || len(list) == 0 {
		return "", err
	}
	person, err := h.people.Get(r.Context(), b.Person)
	if err != nil || person.Email == "" {
		return "", err
	}
	for _, m := range slices.Backward(list) {
		switch {
		case m.Kind == mailReminder:
		case m.State == notify.StateSent:
			return p.T("coworking.booking.mail-sent", "address", masked(person.Email)), nil
		case m.State == notify.StateWaiting:
			return p.T("coworking.booking.mail-soon", "address", masked(person.Email)), nil
		}
	}
	return "", nil
}

// masked is an address that its owner knows again and who looks over their
// shoulder cannot read: m…@e….
func masked(address string) string {
	name, house, _ := strings.Cut(address, "@")
	first := func(s string) string {
		for _, r := range s {
			return string(r) + "…"
		}
		return ""
	}
	return first(name) + "@" + first(house)
}
