package coworking

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

const walkInRoot = dayRoot + "/accogli"

func walkInPath(code string) string { return walkInRoot + "?sede=" + url.QueryEscape(code) }

// walkInPage takes somebody in who stands at the desk: what they get is chosen
// already, so that one tap is enough.
type walkInPage struct {
	web.Head
	House, Code, Key string
	Told             *refusal
	Form             *form.Form
	Kinds            []web.Option
	Ends             []web.Option
	Places           string // what they get
	Until            string
	Back             string
}

func (walkInPage) Template() string { return "coworking/day-walk-in" }

// readWalkIn reads what somebody wants; what is missing is the usual.
func (h *pages) readWalkIn(f *form.Form, st *site.Site) WalkIn {
	kinds := h.Kinds(st.ID)
	usual := ""
	if len(kinds) > 0 {
		usual = string(kinds[0])
	}
	return WalkIn{
		Site: st.Code, Kind: site.ResourceKind(f.Choice("tipo", "day.kind", kindValues(kinds)...).Default(usual).Value),
		Count: f.Int("posti", "coworking.search.count").Default(1).Between(1, maxCount).Value,
		To:    until(f.String("fino", "day.walk-in.until").Value),
		Given: f.String("nome", "day.walk-in.given").Max(120).Value, Family: f.String("cognome", "day.walk-in.family").Max(120).Value,
		Known: f.String("noto", "day.walk-in.known").Max(254).Value, Key: f.Raw("chiave"),
	}
}

func (h *pages) walkInPage(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st, err := h.live.Network().ByCode(f.Raw("sede"))
	if err != nil {
		return err
	}
	return h.showWalkIn(w, r, st, f, h.readWalkIn(f, st), nil)
}

func (h *pages) showWalkIn(w http.ResponseWriter, r *http.Request, st *site.Site, f *form.Form, req WalkIn, refused error) error {
	if err := h.checkDesk(actor(r), st.ID); err != nil {
		return err
	}
	zone := h.live.Network().Zone(st)
	p := h.ui.Printer(r).In(zone)
	page := walkInPage{
		Head:  web.DeskHead(dayRoot, p.T("day.walk-in.title"), dayCrumb(p, st)),
		House: st.Name, Code: st.Code, Key: req.Key, Form: f, Kinds: kindOptions(p, h.Kinds(st.ID)),
		Back: TodayPath(st.Code),
	}
	if page.Key == "" {
		page.Key = rand.Text()
	}
	offer, err := h.WalkInOffer(actor(r), req, nil)
	page.Ends = walkInEndOptions(p, offer, f)
	if err == nil {
		var places []string
		for _, u := range offer.Units {
			places = append(places, u.Name)
		}
		page.Places, page.Until = names(p, places), endTime(p, offer.To.In(zone))
	}
	if refused == nil {
		refused = err
	}
	status := f.Status()
	if refused != nil && f.Err() == nil {
		told, ok := h.refused(h.ui.Printer(r), refused, zone)
		if !ok || errs.Is(refused, errs.Forbidden) {
			return refused
		}
		told.Choices = nil
		page.Told = &told
		if r.Method == http.MethodPost {
			status = told.Status
		}
	}
	return h.ui.Render(w, r, status, page)
}

// walkInEndOptions are the ends that can be chosen; what was chosen stays.
func walkInEndOptions(p *i18n.Printer, o WalkInOffer, f *form.Form) (out []web.Option) {
	if o.Closes.IsZero() {
		return []web.Option{{Text: p.T("day.walk-in.closed")}}
	}
	for _, to := range walkInEnds(o.From, o.Closes) {
		text := p.T("day.walk-in.length", "time", endTime(p, to.In(o.Zone)), "length", p.Duration(to.Sub(o.From)))
		if to.Equal(o.Closes) {
			text = p.T("day.walk-in.closing", "time", endTime(p, to.In(o.Zone)))
		}
		out = append(out, web.Option{Value: to.UTC().Format(time.RFC3339), Text: text})
	}
	to := o.To.UTC().Format(time.RFC3339)
	if !slices.ContainsFunc(out, func(x web.Option) bool { return x.Value == to }) { // chosen a while ago
		out = append(out, web.Option{Value: to, Text: p.T("day.walk-in.length", "time", endTime(p, o.To.In(o.Zone)), "length", p.Duration(o.To.Sub(o.From)))})
	}
	f.Set("fino", to)
	return out
}

func (h *pages) walkIn(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st, err := h.live.Network().ByCode(f.Raw("sede"))
	if err != nil {
		return err
	}
	req := h.readWalkIn(f, st)
	if err := h.checkDesk(actor(r), st.ID); err != nil {
		return err
	}
	if f.Err() != nil || f.Raw("guarda") != "" { // it looks by POST, so that no name stands in an address
		return h.showWalkIn(w, r, st, f, req, nil)
	}
	b, err := h.WalkIn(r.Context(), actor(r), req)
	if err == nil {
		return h.ui.Done(w, r, VisitPath(b.ID), "day.done.walk-in")
	}
	inputs := form.Inputs{"known": "noto", "name": "nome"}
	if _, typed := inputs[errs.As(err).Field]; typed {
		f.AddAs(err, inputs)
	}
	return h.showWalkIn(w, r, st, f, req, err)
}

func (h *pages) walkInRoutes() map[string]web.Handler {
	return map[string]web.Handler{"GET " + walkInRoot: h.walkInPage, "POST " + walkInRoot: h.walkIn}
}
