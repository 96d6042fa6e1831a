package coworking

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// spacePage is a house with its places at a time.
type spacePage struct {
	web.Head
	Form    *form.Form
	When    when
	Place   string // "Gavirate (VA)"
	Address string
	Made    bool       // made up for the demonstration
	State   *web.State // unless it is open
	Opens   string     // the day on which it is expected to open
	Coming  string     // what there will be then
	Near    string     // href to other houses nearby
	Told    *refusal
	Path    string
	Kind    site.ResourceKind
	Kinds   []kindTab
	Time    string
	Shown   bool // whether the time can be
	Summary string
	Free    int
	Notice  *web.Alert // why nothing can be booked
	Choices []choice   // what is free instead
	Floors  []kindTab
	Plan    *planView // nil where none is known
	Rooms   []roomPlaces
	Away    []placeRow // chosen places of other floors
	Chosen  []string   // ids
	Names   string     // of the chosen places
	Lost    string     // names of those that were chosen and are not free
	Span    string     // "9:00–13:00"
	Send    url.Values // the time, for the form that books
	Key     string
	Adding  *adding // the hold that what is chosen is added to
	House   house
	Album   string // href of the care of its photos, for those who may
}

func (spacePage) Template() string { return "coworking/space" }

// kindTab leads to another kind of place of the house.
type kindTab struct {
	web.Link
	Current bool
}

// choice is something that can be had at one tap: a form of its own.
type choice struct {
	Text, Detail string
	Action       string
	Fields       []web.Option // hidden
}

func (h *pages) spacePage(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st, err := h.live.Network().ByCode(r.PathValue("code"))
	if err != nil {
		return err
	}
	in := h.readSpace(h.ui.Printer(r), f, st)
	return h.showSpace(w, r, st, f, in, nil)
}

// spaceInput is what the page of a house was asked.
type spaceInput struct {
	when  when
	kind  site.ResourceKind
	kinds []site.ResourceKind
	count int
	asked *int   // floor
	floor int    // that is shown
	room  string // code of the room that alone is shown, or ""
	ids   []string
}

func (h *pages) readSpace(p *i18n.Printer, f *form.Form, st *site.Site) spaceInput {
	in := spaceInput{kinds: h.Kinds(st.ID)}
	if len(in.kinds) == 0 || st.State != site.Open {
		return in
	}
	in.kind = in.kinds[0]
	if kind := site.ResourceKind(f.Raw("tipo")); slices.Contains(in.kinds, kind) {
		in.kind = kind
	}
	in.count = between(f.Raw("posti"), 1, maxCount)
	f.Set("posti", strconv.Itoa(in.count))
	if n, err := strconv.Atoi(f.Raw("piano")); err == nil {
		in.asked = &n
	}
	in.room, in.ids = f.Raw("stanza"), f.All("posto")
	zone := h.live.Network().Zone(st)
	from, to := nextWorkingTime(h.clock.Now(), zone)
	in.when = readWhen(p, f, zone, from, to)
	rules := h.live.Network().Rules(st.ID, in.kind)
	in.when.SeveralOK = in.when.SeveralOK || severalDays(&rules)
	return in
}

// showSpace shows a house; told is what went wrong with what was just sent.
func (h *pages) showSpace(w http.ResponseWriter, r *http.Request, st *site.Site, f *form.Form, in spaceInput, told *refusal) error {
	p, net := h.ui.Printer(r), h.live.Network()
	page := spacePage{
		Head: web.Head{
			Title: st.Name, Section: "/spazi", Private: actor(r).SignedIn(),
			Crumbs: []web.Link{{Href: "/spazi", Text: p.T("coworking.nav.spaces")}},
		},
		Form: f, When: in.when, Place: net.Place(st), Address: st.Address, Made: st.Generated,
		Kind: in.kind, Told: told, Path: spacePath(st, nil), Key: rand.Text(),
	}
	page.Near = "/spazi?" + url.Values{"q": {page.Place}}.Encode()
	if actor(r).May(identity.SiteWrite, identity.Site(st.ID)) {
		page.Album = PhotosPath(st.Code)
	}
	var err error
	if page.Adding, err = h.adding(r, f.Raw(fieldAdding)); err != nil {
		return err
	}
	status := f.Status()
	if told != nil {
		status = told.Status
		page.Adding.carryAll(told.Choices)
	}
	if st.State != site.Open {
		state := siteState(p, st)
		page.State, page.Opens, page.Coming = &state, opensOn(p, st), h.has(p, net, st)
	}
	var rules *site.Rules
	if in.kind != "" && in.when.Valid() {
		offer, err := h.Offer(r.Context(), actor(r), st.ID, in.kind, in.when.From, in.when.To)
		if err != nil && !onPage(f, err) {
			return err
		}
		if err != nil {
			status = f.Status()
		} else {
			rules = offer.Rules
			h.showPlaces(p, &page, st, in, offer)
		}
	}
	if page.House, err = h.house(r.Context(), p, net, st, in, rules); err != nil {
		return err
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) showPlaces(p *i18n.Printer, page *spacePage, st *site.Site, in spaceInput, offer Offer) {
	page.Shown = true
	page.Free = offer.Free
	page.Time = p.Span(in.when.From, in.when.To)
	page.Summary = p.T("coworking.free."+string(in.kind), "count", offer.Free)
	if offer.Free == 0 {
		page.Summary = p.T("coworking.none." + string(in.kind))
	}
	page.Send = timeQuery(in.when.From, in.when.To, in.when.zone)
	page.Send.Set("tipo", string(in.kind))
	for _, k := range in.kinds {
		q := timeQuery(in.when.From, in.when.To, in.when.zone)
		q.Set("tipo", string(k))
		page.Adding.carry(q)
		page.Kinds = append(page.Kinds, kindTab{web.Link{Href: spacePath(st, q), Text: p.T("coworking.kinds." + string(k))}, k == in.kind})
	}
	if offer.Refused != nil {
		if told, ok := h.refused(p, offer.Refused, in.when.zone); ok {
			told.Title = "" // the heading says that nothing is free
			page.Notice = &told.Alert
		}
	}
	if page.Told == nil || len(page.Told.Choices) == 0 {
		page.Choices = h.choices(p, offer.Alternatives)
	}
	page.Adding.carryAll(page.Choices)
	h.choose(drawing{p: p, net: h.live.Network(), site: st, in: in, places: offer.Places, adding: page.Adding}, page)
}

// choices are alternatives as forms that book them.
func (h *pages) choices(p *i18n.Printer, list []Alternative) (out []choice) {
	net := h.live.Network()
	for _, a := range list {
		st, err := net.Site(a.Site)
		if err != nil {
			continue
		}
		zone := net.Zone(st)
		c := choice{
			Text: p.Span(a.From.In(zone), a.To.In(zone)), Detail: a.SiteName + " · " + names(p, a.Names),
			Action: spacePath(st, nil) + "/prenota",
		}
		if a.DistanceKm > 0 {
			c.Detail = a.SiteName + " (" + p.Distance(a.DistanceKm) + ") · " + names(p, a.Names)
		}
		q := timeQuery(a.From, a.To, zone)
		q["posto"] = a.Resources
		q.Set("modo", "scelti")
		q.Set("chiave", rand.Text())
		if res, err := net.Resource(a.Resources[0]); err == nil {
			q.Set("tipo", string(res.Kind))
		}
		for name, values := range q {
			for _, v := range values {
				c.Fields = append(c.Fields, web.Option{Value: v, Text: name})
			}
		}
		slices.SortFunc(c.Fields, func(a, b web.Option) int { return cmp.Or(cmp.Compare(a.Text, b.Text), cmp.Compare(a.Value, b.Value)) })
		out = append(out, c)
	}
	return out
}

// manyNames is how many places are named before they are counted.
const manyNames = 4

func names(p *i18n.Printer, list []string) string {
	if len(list) <= manyNames {
		return strings.Join(list, ", ")
	}
	return p.T("coworking.names.more", "names", strings.Join(list[:manyNames-1], ", "), "count", len(list)-manyNames+1)
}

// hold keeps the chosen places and goes on to the booking.
func (h *pages) hold(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	st, err := h.live.Network().ByCode(r.PathValue("code"))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	in := h.readSpace(p, f, st)
	if in.kind == "" { // nothing here can be booked: the page says why
		return web.Redirect(w, r, spacePath(st, nil))
	}
	auto := f.Raw("modo") == "auto"
	f.String("posto", "coworking.space.places")
	part := PartRequest{From: in.when.From, To: in.when.To}
	if auto {
		part.Site, part.Kind, part.Count = st.ID, in.kind, in.count
	} else if part.Resources = f.All("posto"); len(part.Resources) == 0 {
		f.Add(errs.New(errs.Invalid, "coworking.space.choose-one", nil).On("posto"))
	}
	if f.Err() != nil {
		return h.showSpace(w, r, st, f, in, nil)
	}
	if !actor(r).SignedIn() {
		return identity.ToSignIn(w, r, spacePath(st, choiceQuery(f, in, auto)))
	}
	b, err := h.holdOnce(r.Context(), actor(r), []PartRequest{part}, f.Raw("chiave"), f.Raw(fieldAdding))
	if err != nil {
		if onPage(f, err) {
			return h.showSpace(w, r, st, f, in, nil)
		}
		told, ok := h.refused(p, err, in.when.zone)
		if !ok {
			return err
		}
		return h.showSpace(w, r, st, f, in, &told)
	}
	return web.Redirect(w, r, bookingPath(b.ID))
}

// choiceQuery is what was chosen on the page of a house as its address, so that
// it is still chosen when somebody comes back from signing in.
func choiceQuery(f *form.Form, in spaceInput, auto bool) url.Values {
	q := timeQuery(in.when.From, in.when.To, in.when.zone)
	q.Set("tipo", string(in.kind))
	if auto {
		q.Set("posti", strconv.Itoa(in.count))
		return q
	}
	q["posto"] = f.All("posto")
	if len(q["posto"]) > maxInAddress {
		q["posto"] = q["posto"][:maxInAddress]
	}
	return q
}

// maxInAddress is how many chosen places an address remembers.
const maxInAddress = 40

func (h *pages) spaceRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET /spazi/{code}":               h.spacePage,
		"GET /spazi/{code}/posti/{place}": h.weekPage,
		"POST /spazi/{code}/prenota":      h.hold,
		// Where a form was refused the address is that of the form; whoever loads it
		// again, or changes the language, comes to the page of the thing.
		"GET /spazi/{code}/prenota": toSpace,
	}
}
