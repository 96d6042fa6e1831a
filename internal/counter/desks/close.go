package desks

import (
	"net/http"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// closePage closes a desk: first it shows what becomes of the appointments.
type closePage struct {
	web.Head
	Form       *form.Form
	Path, Back string
	Seen       bool // what follows was shown, and is what would happen
	Lead       string
	Fates      web.Table
}

func (closePage) Template() string { return "desks/close" }

// closing are the fields of a closing.
type closing struct {
	day, last *form.Date
	from, to  *form.Time
	reason    *form.Text
}

func closeFields(f *form.Form) closing {
	return closing{
		day: f.Date("dal", "desks.close.day").Required(), from: f.Time("dalle", "desks.close.from").Required(),
		last: f.Date("al", "desks.close.last").Required(), to: f.Time("alle", "desks.close.to").Required(),
		reason: f.String("motivo", "desks.close.reason").Max(200).Required(),
	}
}

func (h *pages) showClose(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.DeskWrite)
	if err != nil {
		return err
	}
	d, err := h.desk(r, &x)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	now := x.now.In(x.zone)
	f.Set("dal", x.today().String())
	f.Set("al", x.today().String())
	f.Set("dalle", agenda.Clock(now.Hour()*60+now.Minute()).String())
	closeFields(f)
	return h.renderClose(w, r, &x, d, f, closePage{})
}

func (h *pages) renderClose(w http.ResponseWriter, r *http.Request, x *room, d counter.Desk, f *form.Form, page closePage) error {
	p := x.p
	page.Head = x.head(p.T("desks.close.title", "desk", p.T("desks.desk", "n", d.Number)), "")
	page.Crumbs = []web.Link{{Href: Path(x.st.Code), Text: p.T("desks.today.title")}}
	page.Form, page.Path, page.Back = f, r.URL.Path, Path(x.st.Code)
	return h.ui.Render(w, r, f.Status(), page)
}

// close shows what becomes of the appointments, and closes once that was seen.
func (h *pages) close(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.DeskWrite)
	if err != nil {
		return err
	}
	d, err := h.desk(r, &x)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	in := closeFields(f)
	if f.Err() != nil {
		return h.renderClose(w, r, &x, d, f, closePage{})
	}
	c, err := h.wanted(r, &x, d, in)
	if err == nil && f.Raw("visto") != "" {
		if _, err = h.Counter.CloseFor(r.Context(), actor(r), x.st.ID, d.Number, c.From, c.To, c.Reason, h.Settle); err == nil {
			return h.ui.Done(w, r, Path(x.st.Code), "desks.close.done")
		}
	}
	if err != nil {
		if !f.AddAs(err, form.Inputs{"from": "dalle", "to": "alle", "reason": "motivo"}) {
			return err
		}
		return h.renderClose(w, r, &x, d, f, closePage{})
	}
	page, err := h.fates(r, &x, c)
	if err != nil {
		return err
	}
	return h.renderClose(w, r, &x, d, f, page)
}

// wanted is the closing that a form asks for.
func (h *pages) wanted(r *http.Request, x *room, d counter.Desk, in closing) (counter.Closure, error) {
	from, _, err := agenda.Instant(in.day.Value, in.from.Value, x.zone)
	if err != nil {
		return counter.Closure{}, errs.New(errs.Invalid, "desks.close.no-time", nil).On("from")
	}
	first, second, err := agenda.Instant(in.last.Value, in.to.Value, x.zone)
	if err != nil {
		return counter.Closure{}, errs.New(errs.Invalid, "desks.close.no-time", nil).On("to")
	}
	to := first
	if !second.IsZero() { // an hour that comes twice is closed both times
		to = second
	}
	return h.Counter.CheckClosure(actor(r), x.st.ID, d.Number, from, to, in.reason.Value)
}

// fates shows what would become of the appointments.
func (h *pages) fates(r *http.Request, x *room, c counter.Closure) (page closePage, err error) {
	p := x.p
	page.Seen, page.Lead = true, p.T("desks.close.none")
	if h.IfClosed == nil {
		return page, nil
	}
	list, err := h.IfClosed(r.Context(), actor(r), x.st.ID, c)
	if err != nil || len(list) == 0 {
		return page, err
	}
	moved := 0
	page.Fates = web.Table{Caption: p.T("desks.close.caption"), Columns: []web.Column{
		{Text: p.T("desks.col.when")}, {Text: p.T("desks.col.service")}, {Text: p.T("desks.col.fate")},
	}}
	for _, x := range list {
		what := p.T("desks.close.no-slot")
		if x.Desk > 0 {
			moved++
			what = p.T("desks.close.moves", "desk", p.T("desks.desk", "n", x.Desk))
		} else if len(x.Next) > 0 {
			what = p.T("desks.close.next", "times", times(p.DateTime, x.Next))
		}
		page.Fates.Rows = append(page.Fates.Rows, []web.Cell{{Text: p.DateTime(x.From)}, {Text: serviceName(p, x.Service)}, {Text: what}})
	}
	page.Lead = p.T("desks.close.lead", "count", len(list), "moved", moved)
	return page, nil
}

func times(say func(time.Time) string, list []time.Time) (text string) {
	for i, t := range list {
		if i > 0 {
			text += "; "
		}
		text += say(t)
	}
	return text
}

func (h *pages) reopen(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.DeskWrite)
	if err != nil {
		return err
	}
	if err := h.Counter.Reopen(r.Context(), actor(r), x.st.ID, r.PathValue("closure")); err != nil {
		return err
	}
	return h.ui.Done(w, r, Path(x.st.Code), "desks.close.reopened")
}
