package coworking

import (
	"net/http"

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
