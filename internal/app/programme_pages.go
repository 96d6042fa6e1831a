package app

import (
	"net/http"

	"polis/internal/home"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/works"
)

// programmePages are the pages of the public account and its rooms, each with
// what it shows of the others.
func (p *program) programmePages(personal *http.ServeMux, ui *web.Renderer) error {
	if err := programme.RegisterPages(personal, ui, p.programme, programme.Front{}); err != nil {
		return err
	}
	return works.RegisterPages(personal, ui, p.works, works.Links{House: home.HousePath})
}
