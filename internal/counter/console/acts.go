package console

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// doing is something that is done from a desk.
type doing func(r *http.Request, f *form.Form, office string, n int) error

// act does something and comes back to the console, which says what was refused.
func (h *pages) act(do doing) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		office, n, err := at(r)
		if err != nil {
			return err
		}
		f, err := form.New(w, r)
		if err != nil {
			return err
		}
		if err := do(r, f, office, n); err != nil {
			return h.refused(w, r, err)
		}
		return web.Redirect(w, r, pathOf(r))
	}
}

// refused shows the console as it stands, with what was refused above it; what is no
// matter of the line is shown as everywhere.
func (h *pages) refused(w http.ResponseWriter, r *http.Request, err error) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Kind != errs.Conflict && e.Kind != errs.Rule && e.Kind != errs.Invalid {
		return err
	}
	p := h.ui.Printer(r)
	return h.render(w, r, http.StatusUnprocessableEntity, &web.Alert{Tone: web.Warning, Title: p.T("console.refused"), Text: p.T(e.Key, e.Args)})
}

func (h *pages) next(r *http.Request, _ *form.Form, office string, n int) error {
	t, err := h.Counter.CallNext(r.Context(), actor(r), office, n)
	if err == nil && t == nil {
		return errs.New(errs.Rule, "console.nobody", nil)
	}
	return err
}

func (h *pages) open(r *http.Request, _ *form.Form, office string, n int) error {
	_, err := h.Counter.OpenDesk(r.Context(), actor(r), office, n)
	return err
}

func (h *pages) close(r *http.Request, _ *form.Form, office string, n int) error {
	return h.Counter.CloseDesk(r.Context(), actor(r), office, n)
}

func (h *pages) call(r *http.Request, f *form.Form, _ string, n int) error {
	_, err := h.Counter.Call(r.Context(), actor(r), f.Raw("biglietto"), n)
	return err
}

// ticket does something with the ticket that the form names: never with whichever is
// at the desk by now, so that a second click hits nobody else.
func (h *pages) ticket(do func(context.Context, identity.Actor, string) (*counter.Ticket, error)) doing {
	return func(r *http.Request, f *form.Form, _ string, _ int) error {
		_, err := do(r.Context(), actor(r), f.Raw("biglietto"))
		return err
	}
}

func (h *pages) park(r *http.Request, f *form.Form, _ string, _ int) error {
	_, err := h.Counter.Park(r.Context(), actor(r), f.Raw("biglietto"), f.Raw("torna") != "")
	return err
}

func (h *pages) transfer(r *http.Request, f *form.Form, _ string, _ int) error {
	desk, err := number(f, "sportello")
	if err != nil {
		return err
	}
	_, err = h.Counter.Transfer(r.Context(), actor(r), f.Raw("biglietto"), desk)
	return err
}

func (h *pages) done(r *http.Request, f *form.Form, _ string, _ int) error {
	item, err := number(f, "voce")
	if err != nil {
		return err
	}
	_, err = h.Counter.Done(r.Context(), actor(r), f.Raw("biglietto"), item)
	return err
}

func (h *pages) tick(r *http.Request, f *form.Form, _ string, _ int) error {
	item, err := number(f, "voce")
	if err != nil {
		return err
	}
	step, err := number(f, "passo")
	if err != nil {
		return err
	}
	_, err = h.Counter.Tick(r.Context(), actor(r), f.Raw("biglietto"), item, step, f.Raw("fatto") != "")
	return err
}

func (h *pages) add(r *http.Request, f *form.Form, _ string, _ int) error {
	_, err := h.Counter.Add(r.Context(), actor(r), f.Raw("biglietto"), f.Raw("servizio"))
	return err
}

// number reads a whole number that a button sends: it is never typed.
func number(f *form.Form, name string) (int, error) {
	n, err := strconv.Atoi(f.Raw(name))
	if err != nil || n < 0 {
		return 0, errs.New(errs.Invalid, "console.form", nil)
	}
	return n, nil
}
