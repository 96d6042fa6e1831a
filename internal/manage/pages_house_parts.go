package manage

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// part is what a house says of itself that is changed together: one form.
type part struct {
	key    string // in its address, and of its words under manage.part
	values func(h *pages, st *site.Site) url.Values
	read   func(h *pages, f *form.Form, want *site.Site)
	facts  func(h *pages, p *i18n.Printer, st *site.Site) []web.Fact
	words  map[string]string // prefix of the words for the values of an input
}

var parts = []part{
	{"dove", (*pages).whereValues, (*pages).readWhere, (*pages).whereFacts, map[string]string{"tipo": "site.kind.", "taglia": "site.size."}},
	{"stato", (*pages).stateValues, (*pages).readState, (*pages).stateFacts, map[string]string{"stato": "site.state."}},
	{"contatti", (*pages).contactValues, (*pages).readContacts, (*pages).contactFacts, nil},
	{"servizi", (*pages).serviceValues, (*pages).readServices, (*pages).serviceFacts, map[string]string{
		"servizi": "site.amenity.", "gradini": "site.access.", "bagno": "site.access.", "parcheggio": "site.parking.",
		"edificio": "site.building.", "territorio": "site.territory.",
	}},
	{"gruppi", (*pages).groupValues, (*pages).readGroups, (*pages).groupFacts, nil},
}

// partFields are the inputs for the fields of the errors of a house.
var partFields = form.Inputs{
	"name": "nome", "address": "indirizzo", "municipality": "comune", "lat": "lat", "zone": "fuso", "size": "taglia", "kind": "tipo", "code": "codice-sede",
	"state": "stato", "state_since": "dal", "opens_on": "apre", "groups": "gruppi", "patron": "patrono", "to": "al",
	"profile.phone": "telefono", "profile.email": "email", "profile.directions": "strada", "profile.amenities": "servizi",
	"profile.step_free": "gradini", "profile.accessible_toilet": "bagno", "profile.parking": "parcheggio", "profile.accessible_bays": "riservati",
	"profile.building": "edificio", "profile.territory": "territorio", "profile.area": "superficie",
}

func partOf(key string) (part, error) {
	at := slices.IndexFunc(parts, func(p part) bool { return p.key == key })
	if at < 0 {
		return part{}, errs.New(errs.NotFound, "manage.part.unknown", nil)
	}
	return parts[at], nil
}

func partPath(code, key string) string { return housePath(code) + "/scheda/" + key }

// factsPage is the first page of a house: all that it says of itself.
type factsPage struct {
	houseHead
	Unsettled *web.Alert
	Parts     []shownPart
	Map       *web.Map
}

type shownPart struct {
	Title, Change, Label string
	Facts                []web.Fact
}

func (factsPage) Template() string { return "manage/house" }

func (h *pages) factsPage(w http.ResponseWriter, r *http.Request) error {
	st, head, err := h.house(r, "facts")
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := factsPage{houseHead: head, Map: h.houseMap(p, st.Name, st.Lat, st.Lon)}
	if page.Unsettled, err = h.unsettledAlert(r, st); err != nil {
		return err
	}
	for _, part := range parts {
		title := p.T("manage.part." + part.key)
		page.Parts = append(page.Parts, shownPart{
			Title: title, Change: partPath(st.Code, part.key), Label: p.T("manage.change-of", "what", title), Facts: part.facts(h, p, st),
		})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// partPage is the form of one part.
type partPage struct {
	houseHead
	change
	Part, Name string
	Action     string

	Kinds, Sizes, States, Answers, Parkings, Buildings, Amenities, Territories []web.Option
	Map                                                                        *web.Map
}

func (partPage) Template() string { return "manage/part" }

func (h *pages) partPage(w http.ResponseWriter, r *http.Request) error {
	st, _, err := h.house(r, "facts")
	if err != nil {
		return err
	}
	part, err := partOf(r.PathValue("parte"))
	if err != nil {
		return err
	}
	c := newChange(part.values(h, st))
	part.read(h, c.Form, &site.Site{})
	return h.showPart(w, r, st, part, c, http.StatusOK)
}

func (h *pages) showPart(w http.ResponseWriter, r *http.Request, st *site.Site, part part, c change, status int) error {
	p := h.ui.Printer(r)
	page := partPage{houseHead: h.houseHeadOf(p, st, "facts"), change: c, Part: part.key, Name: p.T("manage.part." + part.key)}
	page.Title = p.T("manage.house.title", "house", st.Name, "tab", page.Name)
	page.Crumbs = append(page.Crumbs, link(housePath(st.Code), st.Name))
	page.Action, page.Cancel, page.Saving = partPath(st.Code, part.key), housePath(st.Code), p.T("manage.save")
	page.Kinds = choices(p, "site.kind.", []site.Kind{site.Space, site.Office})
	page.Sizes = append([]web.Option{{Text: p.T("manage.none")}}, choices(p, "site.size.", []site.Size{site.Small, site.Medium, site.Large})...)
	page.States = choices(p, "site.state.", site.States)
	page.Answers = append([]web.Option{{Text: p.T("site.access.unknown")}}, choices(p, "site.access.", []site.Answer{site.Yes, site.No})...)
	page.Parkings = append([]web.Option{{Text: p.T("site.access.unknown")}},
		choices(p, "site.parking.", []site.Parking{site.ParkingNone, site.ParkingStreet, site.ParkingOwn})...)
	page.Buildings = append([]web.Option{{Text: p.T("site.access.unknown")}}, choices(p, "site.building.", site.Buildings)...)
	page.Amenities = choices(p, "site.amenity.", site.Amenities)
	page.Territories = choices(p, "site.territory.", site.Territories)
	if part.key == "dove" {
		page.Map = h.houseMap(p, st.Name, degrees(c.Form.Raw("lat")), degrees(c.Form.Raw("lon")))
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) savePart(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	part, err := partOf(r.PathValue("parte"))
	if err != nil {
		return err
	}
	values := func(st *site.Site) url.Values { return part.values(h, st) }
	want := *st
	c, done, err := h.sent(w, r, st, values, func(f *form.Form) { part.read(h, f, &want) }, func(ctx context.Context, keep time.Time) error {
		if part.key == "stato" {
			since, err := agenda.ParseDate(want.StateSince)
			if err != nil {
				return errs.New(errs.Invalid, "site.invalid", nil).On("state_since")
			}
			return h.SetState(ctx, actor(r), st.ID, st.Rev, want.State, since, want.OpensOn, keep)
		}
		return h.SaveHouse(ctx, actor(r), want, keep, part.key)
	})
	if err != nil {
		return err
	}
	if done {
		return h.ui.Done(w, r, housePath(st.Code), "manage.saved")
	}
	c.tell(h.ui.Printer(r), part.words)
	if fresh, err := h.House(actor(r), st.ID); err == nil {
		st = fresh
	}
	return h.showPart(w, r, st, part, c, c.status())
}

// choices are the values of a select with their words.
func choices[T ~string](p *i18n.Printer, prefix string, values []T) (list []web.Option) {
	for _, v := range values {
		list = append(list, web.Option{Value: string(v), Text: p.T(prefix + string(v))})
	}
	return list
}

func texts[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// picked are the values of checkboxes.
func picked[T ~string](f *form.Form, name string) (out []T) {
	for _, v := range f.All(name) {
		out = append(out, T(v))
	}
	return out
}

// coordinate is a latitude or longitude to the metre; "" for none.
func coordinate(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(math.Round(v*1e5)/1e5, 'f', -1, 64)
}

func degrees(s string) float64 {
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	if err != nil {
		return 0
	}
	return v
}

// How far it is.

func (h *pages) stateValues(st *site.Site) url.Values {
	return url.Values{"stato": {string(st.State)}, "dal": {""}, "apre": {st.OpensOn}}
}

// readState reads the state; without a date it holds from today on, or since
// when it held already.
func (h *pages) readState(f *form.Form, st *site.Site) {
	was := st.State
	st.State = site.State(f.Choice("stato", "manage.field.state", texts(site.States)...).Required().Value)
	since := f.Date("dal", "manage.field.since")
	switch {
	case since.Given():
		st.StateSince = since.Value.String()
	case st.State != was || st.StateSince == "":
		st.StateSince = agenda.DateOf(h.Clock.Now().In(h.Live.Network().Zone(st))).String()
	}
	st.OpensOn = ""
	if on := f.Date("apre", "manage.field.opens-on"); on.Given() {
		st.OpensOn = on.Value.String()
	}
}

func (h *pages) stateFacts(p *i18n.Printer, st *site.Site) []web.Fact {
	list := []web.Fact{
		{Name: p.T("manage.field.state"), Value: p.T(st.State.Label())},
		{Name: p.T("manage.field.since"), Value: orNone(p, dayInWords(p, st.StateSince))},
	}
	if st.OpensOn != "" || st.State != site.Open {
		list = append(list, web.Fact{Name: p.T("manage.field.opens-on"), Value: orNone(p, dayInWords(p, st.OpensOn))})
	}
	return list
}

// dayInWords is a civil date in words; "" for none.
func dayInWords(p *i18n.Printer, date string) string {
	d, err := agenda.ParseDate(date)
	if err != nil {
		return ""
	}
	return p.Day(d)
}

// How to reach it.

func (h *pages) contactValues(st *site.Site) url.Values {
	pr := &st.Profile
	return url.Values{"telefono": {pr.Phone}, "email": {pr.Email}, "strada": {pr.Directions.IT}, "directions": {pr.Directions.EN}}
}

func (h *pages) readContacts(f *form.Form, st *site.Site) {
	pr := &st.Profile
	pr.Phone = f.String("telefono", "manage.field.phone").Max(25).Value
	pr.Email = f.String("email", "manage.field.email").Max(254).Value
	pr.Directions.IT = lines(f.String("strada", "manage.field.directions-it").Max(site.MaxText).Value)
	pr.Directions.EN = lines(f.String("directions", "manage.field.directions-en").Max(site.MaxText).Value)
}

// lines is a text of several lines as we keep it.
func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func (h *pages) contactFacts(p *i18n.Printer, st *site.Site) []web.Fact {
	pr := &st.Profile
	return []web.Fact{
		{Name: p.T("manage.field.phone"), Value: orNone(p, pr.Phone)},
		{Name: p.T("manage.field.email"), Value: orNone(p, pr.Email)},
		{Name: p.T("manage.field.directions-it"), Value: orNone(p, pr.Directions.IT)},
		{Name: p.T("manage.field.directions-en"), Value: orNone(p, pr.Directions.EN)},
	}
}

// What there is for everyone.

func (h *pages) serviceValues(st *site.Site) url.Values {
	pr := &st.Profile
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return url.Values{
		"servizi": texts(pr.Amenities), "gradini": {string(pr.StepFree)}, "bagno": {string(pr.AccessibleToilet)},
		"parcheggio": {string(pr.Parking)}, "riservati": {number(pr.AccessibleBays)}, "edificio": {string(pr.Building)},
		"territorio": texts(pr.Territory), "superficie": {number(pr.Area)},
	}
}

func (h *pages) readServices(f *form.Form, st *site.Site) {
	pr := &st.Profile
	f.String("servizi", "manage.field.amenities")
	pr.Amenities = picked[site.Amenity](f, "servizi")
	pr.StepFree = site.Answer(f.Choice("gradini", "site.access.step-free", "yes", "no").Value)
	pr.AccessibleToilet = site.Answer(f.Choice("bagno", "site.access.toilet", "yes", "no").Value)
	pr.Parking = site.Parking(f.Choice("parcheggio", "site.access.parking", "none", "street", "own").Value)
	pr.AccessibleBays = f.Int("riservati", "site.access.bays").Between(0, site.MaxBays).Value
	pr.Building = site.Building(f.Choice("edificio", "manage.field.building", texts(site.Buildings)...).Value)
	f.String("territorio", "manage.field.territory")
	pr.Territory = picked[site.Territory](f, "territorio")
	pr.Area = f.Int("superficie", "manage.field.area").Between(0, site.MaxArea).Value
}

func (h *pages) serviceFacts(p *i18n.Printer, st *site.Site) []web.Fact {
	pr := &st.Profile
	building, area := "", ""
	if pr.Building != "" {
		building = p.T(pr.Building.Label())
	}
	if pr.Area > 0 {
		area = p.Number(pr.Area)
	}
	list := append([]web.Fact{{Name: p.T("manage.field.amenities"), Value: orNone(p, wordsOf(p, "site.amenity.", texts(pr.Amenities)))}}, site.AccessInWords(p, st)...)
	return append(
		list,
		web.Fact{Name: p.T("manage.field.building"), Value: orNone(p, building)},
		web.Fact{Name: p.T("manage.field.territory"), Value: orNone(p, wordsOf(p, "site.territory.", texts(pr.Territory)))},
		web.Fact{Name: p.T("manage.field.area"), Value: orNone(p, area)},
	)
}

// wordsOf are the words for some values, in a row.
func wordsOf(p *i18n.Printer, prefix string, values []string) string {
	var list []string
	for _, v := range values {
		if v != "" {
			list = append(list, p.T(prefix+v))
		}
	}
	return strings.Join(list, ", ")
}

// Who may use it.

func (h *pages) groupValues(st *site.Site) url.Values {
	return url.Values{"gruppi": {strings.Join(st.Groups, " ")}}
}

func (h *pages) readGroups(f *form.Form, st *site.Site) {
	text := f.String("gruppi", "manage.field.groups").Max(site.MaxGroups).Value
	st.Groups = slices.Compact(slices.Sorted(slices.Values(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) }))))
}

func (h *pages) groupFacts(p *i18n.Printer, st *site.Site) []web.Fact {
	who := p.T("manage.groups.everyone")
	if len(st.Groups) > 0 {
		who = strings.Join(st.Groups, ", ")
	}
	return []web.Fact{{Name: p.T("manage.field.groups"), Value: who}}
}
