package app

import (
	"context"
	"net/http"
	"net/url"

	"polis/internal/counter"
	"polis/internal/counter/atm"
	"polis/internal/counter/console"
	"polis/internal/counter/kiosk"
	"polis/internal/identity"
	"polis/internal/platform/web"
)

// kioskPages are what stands in an office for everybody.
func (p *program) kioskPages(personal *http.ServeMux, ui *web.Renderer) error {
	if err := kiosk.RegisterPages(personal, ui, kiosk.Options{
		Counter: p.counter, Watch: counter.NumberPath,
		Arrive: func(ctx context.Context, actor identity.Actor, office, code string) (string, error) {
			a, err := p.appointments.Arrive(ctx, actor, office, code)
			return a.Ticket, err
		},
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
			Phone: func(office string) string { return counter.Root + "/" + url.PathEscape(office) },
			ATM:   atm.DemoPath, Office: showOffice, SignIn: identity.SignInPath, Console: console.DeskPath,
		})
	}
	return nil
}
