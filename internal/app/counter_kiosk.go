package app

import (
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/counter"
	"polis/internal/counter/kiosk"
	"polis/internal/identity"
	"polis/internal/platform/web"
)

// demoOffice is the office whose counter the demonstration shows: it is always open.
const demoOffice = "ufficio-gavirate"

// kioskPages are what stands in an office for everybody.
func (p *program) kioskPages(personal *http.ServeMux, ui *web.Renderer) error {
	if err := kiosk.RegisterPages(personal, ui, kiosk.Options{
		Counter: p.counter, Watch: func(ticket string) string { return "/numero/" + url.PathEscape(ticket) },
	}); err != nil {
		return err
	}
	if p.demo {
		kiosk.RegisterDemo(personal, ui, kiosk.DemoOptions{
			Counter: func(office string) (string, string, string, error) {
				st, err := p.counter.Office(office)
				if err != nil {
					return "", "", "", err
				}
				return st.Code, st.Name, st.ID, nil
			},
			Phone:  func(office string) string { return counter.Root + "/" + url.PathEscape(office) },
			Office: demoOffice, SignIn: identity.SignInPath,
			Console: func(office string, desk int) string {
				return "/operatore/" + url.PathEscape(office) + "/" + strconv.Itoa(desk)
			},
		})
	}
	return nil
}
