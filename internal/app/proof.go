package app

import (
	"net/http"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/passkey"
	"polis/internal/identity/stepup"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// startProof readies the ways to prove who one is, and to prove it anew.
func (p *program) startProof() (err error) {
	o := passkey.Options{
		DB: p.db, People: p.people, Limits: p.access.Limits, Clock: p.env.clock, IDs: p.env.ids, Log: p.env.log, Name: p.now.Called(), URL: p.public,
	}
	if p.spacesHost != "" {
		o.Hosts = []string{p.spacesHost}
	}
	p.passkeys, err = passkey.New(o)
	p.forms = stepup.NewForms(p.db, p.keys, p.env.clock)
	return err
}

// afterSetUp is the way of the first administrator to a page: a passkey first, if
// one can be made at the address that the pages have now.
func (b *base) afterSetUp(r *http.Request, next string) string {
	return b.door.now.Load().passkeys.Offer(r, next)
}

// proofWork is what these rooms do again and again.
func (p *program) proofWork() {
	p.worker.Every("passkey.challenges", 10*time.Minute, p.passkeys.Sweep)
	p.worker.Every("stepup.forms", 10*time.Minute, p.forms.Sweep)
}

// proofPages adds their pages.
func (p *program) proofPages(personal *http.ServeMux, ui *web.Renderer) error {
	o := p.identityPages()
	if err := passkey.RegisterPages(personal, ui, passkey.PageOptions{PageOptions: o, Service: p.passkeys}); err != nil {
		return err
	}
	return stepup.RegisterPages(personal, ui, stepup.PageOptions{PageOptions: o, Passkeys: p.passkeys, Forms: p.forms})
}

// allWays are the ways to sign in beside mail, in the order shown.
func allWays(rooms ...identity.Ways) identity.Ways {
	return func(printer *i18n.Printer) (list []identity.Way) {
		for _, ways := range rooms {
			if ways != nil {
				list = append(list, ways(printer)...)
			}
		}
		return list
	}
}
