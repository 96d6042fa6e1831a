package desks

import (
	"net/http"

	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// servicesPage says which services an office has.
type servicesPage struct {
	web.Head
	House string
	Lead  string
	Table web.Table
}

func (servicesPage) Template() string { return "desks/services" }

// offerState is how a service stands, by shape and word.
func offerState(p *i18n.Printer, o counter.Offer) web.State {
	if o.Active {
		return web.State{Kind: "free", Text: p.T("desks.offer.active")}
	}
	if o.State == counter.OfferEnded {
		return web.State{Kind: "closed", Text: p.T("desks.offer.ended")}
	}
	return web.State{Kind: "pending", Text: p.T("desks.offer.not-yet")}
}

func (h *pages) services(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.QueueRead)
	if err != nil {
		return err
	}
	offers, err := h.Counter.Offers(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return err
	}
	p := x.p
	page := servicesPage{Head: x.head(p.T("desks.services.title"), "servizi"), House: counter.HouseName(h.Counter.Live.Network(), x.st)}
	page.Table = web.Table{Caption: p.T("desks.services.caption"), Columns: []web.Column{
		{Text: p.T("desks.col.service")}, {Text: p.T("desks.col.state")}, {Text: p.T("desks.col.since")}, {Text: p.T("desks.col.why")}, {Text: p.T("desks.col.needs")},
	}}
	active := 0
	for _, o := range offers {
		if o.Active {
			active++
		}
		state := offerState(p, o)
		name := web.Cell{Text: o.Service.In(string(p.Lang)).Name}
		if x.runs {
			name.Href = Path(x.st.Code) + "/servizi/" + o.Service.ID
		}
		since, why := "", ""
		if o.Since.Valid() {
			since = p.Day(o.Since)
		}
		if o.Reason != counter.ReasonNone {
			why = p.T("desks.reason." + string(o.Reason))
		}
		page.Table.Rows = append(page.Table.Rows, []web.Cell{name, {State: &state}, {Text: since}, {Text: why}, {Text: needs(p, o.Service)}})
	}
	page.Lead = p.T("desks.services.lead", "count", active, "all", len(offers))
	return h.ui.Render(w, r, http.StatusOK, page)
}

// needs is what a desk must have for a service.
func needs(p *i18n.Printer, sv *catalog.Service) (text string) {
	for i, e := range sv.Equipment {
		if i > 0 {
			text += ", "
		}
		text += feature(p, e)
	}
	return text
}

// servicePage changes how one service stands.
type servicePage struct {
	web.Head
	Form            *form.Form
	Path            string
	States, Reasons []web.Option
}

func (servicePage) Template() string { return "desks/service" }

var offerStates = []string{string(counter.OfferActive), string(counter.OfferNotYet), string(counter.OfferEnded)}

func offerFields(f *form.Form) *form.Date {
	f.Choice("stato", "desks.offer.state", offerStates...).Required()
	var reasons []string
	for _, x := range counter.Reasons {
		reasons = append(reasons, string(x))
	}
	f.Choice("motivo", "desks.offer.why", reasons...)
	return f.Date("dal", "desks.offer.since")
}

// offer is that of the service of a request, for who may change it.
func (h *pages) offer(r *http.Request) (x room, o counter.Offer, err error) {
	if x, err = h.enter(r, identity.DeskWrite); err != nil {
		return x, o, err
	}
	offers, err := h.Counter.Offers(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return x, o, err
	}
	for _, o := range offers {
		if o.Service.ID == r.PathValue("service") {
			return x, o, nil
		}
	}
	return x, o, errs.New(errs.NotFound, "counter.service.unknown", nil)
}

func (h *pages) showService(w http.ResponseWriter, r *http.Request) error {
	x, o, err := h.offer(r)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	state := o.State
	if state == "" {
		state = counter.OfferNotYet
		if o.Active {
			state = counter.OfferActive
		}
	}
	f.Set("stato", string(state))
	if o.Since.Valid() {
		f.Set("dal", o.Since.String())
	}
	f.Set("motivo", string(o.Reason))
	offerFields(f)
	return h.renderService(w, r, &x, o, f)
}

func (h *pages) renderService(w http.ResponseWriter, r *http.Request, x *room, o counter.Offer, f *form.Form) error {
	p := x.p
	page := servicePage{Head: x.head(o.Service.In(string(p.Lang)).Name, "servizi"), Form: f, Path: Path(x.st.Code) + "/servizi"}
	page.Crumbs = []web.Link{{Href: page.Path, Text: p.T("desks.services.title")}}
	for _, s := range offerStates {
		page.States = append(page.States, web.Option{Value: s, Text: p.T("desks.offer." + s)})
	}
	page.Reasons = []web.Option{{Text: p.T("desks.offer.no-reason")}}
	for _, reason := range counter.Reasons {
		page.Reasons = append(page.Reasons, web.Option{Value: string(reason), Text: p.T("desks.reason." + string(reason))})
	}
	page.Path += "/" + o.Service.ID
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) service(w http.ResponseWriter, r *http.Request) error {
	x, o, err := h.offer(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	since := offerFields(f)
	if f.Err() == nil {
		state, reason := counter.OfferState(f.Raw("stato")), counter.Reason(f.Raw("motivo"))
		if state == counter.OfferActive {
			reason = counter.ReasonNone
		}
		err = h.Counter.SetOffer(r.Context(), actor(r), x.st.ID, o.Service.ID, state, since.Value, reason)
		if err == nil {
			return h.ui.Done(w, r, Path(x.st.Code)+"/servizi", "desks.offer.done")
		}
		if !f.AddAs(err, form.Inputs{"state": "stato", "since": "dal", "reason": "motivo"}) {
			return err
		}
	}
	return h.renderService(w, r, &x, o, f)
}
