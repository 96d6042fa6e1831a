package manage

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// placePage changes a place, or adds one.
type placePage struct {
	houseHead
	Heading  string
	Form     *form.Form
	Rooms    []web.Option
	Kinds    []web.Option
	Features []web.Option
	Whole    bool // it is made of others:
	Parts    []partsOfRoom
	Back     string
	Plan     string     // href of its floor; "" for a new place
	NoRoom   *web.Empty // there is no room to put it in
	Affected *affectedPlacesView
}

func (placePage) Template() string { return "manage/place" }

// partsOfRoom are the atoms of a room that a composite may be made of.
type partsOfRoom struct {
	Name string
	Open bool // shown at once
	List []partBox
}

type partBox struct {
	ID, Text string
	Chosen   bool
}

// placeOfRequest is the place that an address names, by its code or its id; a
// new one where it names none.
func (h *pages) placeOfRequest(r *http.Request, st *site.Site) (*site.Resource, error) {
	id := r.PathValue("place")
	if id == "" {
		return &site.Resource{Room: r.URL.Query().Get("stanza"), Active: true, Seats: 1}, nil
	}
	for _, place := range h.Live.Network().Resources(st.ID) {
		if place.Code == id {
			return place, nil
		}
	}
	place, err := h.Live.Network().Resource(id)
	if err == nil && place.Site != st.ID {
		err = errs.New(errs.NotFound, "resource.unknown", nil)
	}
	return place, err
}

// whole tells whether a request is about a composite.
func whole(r *http.Request, place *site.Resource) bool {
	return place.Composite() || place.ID == "" && r.URL.Query().Get("insieme") != ""
}

// kinds are those that a place may be of: one that people book or a counter,
// and the one it is of.
func kinds(place *site.Resource) []site.ResourceKind {
	list := append(slices.Clone(site.Bookable), site.Counter)
	if place.Kind != "" && !slices.Contains(list, place.Kind) {
		list = append(list, place.Kind)
	}
	return list
}

// placeFields declares the inputs of a place and reads them into one.
func placeFields(f *form.Form, l *site.Layout, place site.Resource, whole bool) site.Resource {
	place.Name = f.String("nome", "manage.rooms.name").Max(site.MaxName).Value
	place.Code = f.String("codice", "manage.rooms.code").Required().Max(site.MaxCode).Value
	if place.Name == "" {
		place.Name = place.Code
	}
	var ids, values []string
	for _, room := range l.Rooms {
		ids = append(ids, room.ID)
	}
	place.Room = f.Choice("stanza", "manage.rooms.room", ids...).Required().Value
	for _, k := range kinds(&place) {
		values = append(values, string(k))
	}
	place.Kind = site.ResourceKind(f.Choice("tipo", "manage.rooms.kind", values...).Required().Value)
	place.Seats = f.Int("posti", "manage.rooms.seats").Required().Between(1, site.MaxSeats).Value
	f.String("dotazioni", "manage.rooms.equipment")
	place.Features = features(f, place.Features)
	place.Groups = groups(f)
	place.Active = f.Bool("in_uso", "manage.rooms.in-use")
	f.String("parti", "manage.rooms.parts")
	if whole {
		place.Atoms = atoms(f, l)
	}
	return place
}

// features are the ticked pieces of equipment, and those of before that have no
// name and so no box.
func features(f *form.Form, before []string) (list []string) {
	for _, name := range before {
		if !slices.Contains(site.Features, name) {
			list = append(list, name)
		}
	}
	for _, name := range site.Features {
		if slices.Contains(f.All("dotazioni"), name) {
			list = append(list, name)
		}
	}
	return list
}

// groups are written with commas between them.
func groups(f *form.Form) (list []string) {
	for name := range strings.SplitSeq(f.String("gruppi", "manage.rooms.groups").Max(site.MaxGroups).Value, ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, name)
		}
	}
	return list
}

func atoms(f *form.Form, l *site.Layout) (list []int64) {
	for _, id := range f.All("parti") {
		if part := l.Place(id); part != nil {
			list = append(list, part.Ordinal)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (h *pages) placeForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	place, err := h.placeOfRequest(r, st)
	if err != nil {
		return err
	}
	l := h.Live.Network().Layout(st.ID)
	values := url.Values{
		"nome": {place.Name}, "codice": {place.Code}, "stanza": {place.Room}, "tipo": {string(place.Kind)}, "posti": {strconv.Itoa(place.Seats)},
		"dotazioni": place.Features, "gruppi": {strings.Join(place.Groups, ", ")}, "in_uso": {},
	}
	if place.Active {
		values.Set("in_uso", "1")
	}
	for _, o := range place.Atoms {
		if part := l.ByOrdinal(o); part != nil {
			values.Add("parti", part.ID)
		}
	}
	f := form.Of(values)
	placeFields(f, &l, *place, false)
	return h.showPlace(w, r, st, place, f, nil)
}

func (h *pages) showPlace(w http.ResponseWriter, r *http.Request, st *site.Site, place *site.Resource, f *form.Form, affected *affectedPlacesView) error {
	p, l := h.ui.Printer(r), h.Live.Network().Layout(st.ID)
	page := placePage{
		houseHead: h.roomsHead(p, st), Form: f, Back: placesPath(st.Code), Whole: whole(r, place), Affected: affected,
		Rooms: roomOptions(p, &l), Kinds: kindOptions(p, place), Features: featureOptions(p),
	}
	switch {
	case place.ID != "":
		page.Heading = place.Name
		if room := l.Room(place.Room); room != nil {
			page.Plan = planPath(st.Code, room.Floor)
		}
	case page.Whole:
		page.Heading = p.T("manage.rooms.new-whole")
	default:
		page.Heading = p.T("manage.rooms.new-place")
	}
	if len(page.Rooms) == 0 {
		page.NoRoom = &web.Empty{Title: p.T("manage.rooms.no-rooms"), Links: []web.Link{
			{Href: roomPath(st.Code, "nuova"), Text: p.T("manage.rooms.new-room")},
		}}
	}
	if page.Whole {
		page.Parts = partsToChoose(p, &l, f, place)
	}
	page.Title = page.Heading + ", " + st.Name
	return h.ui.Render(w, r, f.Status(), page)
}

func roomOptions(p *i18n.Printer, l *site.Layout) (list []web.Option) {
	for _, room := range l.Rooms {
		if room.Purpose == "" {
			list = append(list, web.Option{Value: room.ID, Text: p.T("manage.rooms.room-on", "room", room.Name, "floor", floorName(p, room.Floor))})
		}
	}
	return list
}

func kindOptions(p *i18n.Printer, place *site.Resource) (list []web.Option) {
	for _, k := range kinds(place) {
		list = append(list, web.Option{Value: string(k), Text: p.T(k.Label(), "count", 1)})
	}
	return list
}

func featureOptions(p *i18n.Printer) (list []web.Option) {
	for _, name := range site.Features {
		list = append(list, web.Option{Value: name, Text: p.T(site.FeatureLabel(name))})
	}
	return list
}

// partsToChoose are the atoms of a house by room; rooms with chosen ones, and
// the one of the place, are open.
func partsToChoose(p *i18n.Printer, l *site.Layout, f *form.Form, place *site.Resource) (list []partsOfRoom) {
	chosen := f.All("parti")
	for _, room := range l.Rooms {
		group := partsOfRoom{Name: p.T("manage.rooms.room-on", "room", room.Name, "floor", floorName(p, room.Floor)), Open: room.ID == f.Raw("stanza")}
		for _, pl := range l.Places {
			if pl.Room != room.ID || pl.Composite() || pl.Kind == site.Admission || pl.ID == place.ID {
				continue
			}
			box := partBox{ID: pl.ID, Text: pl.Name, Chosen: slices.Contains(chosen, pl.ID)}
			if pl.Name != pl.Code {
				box.Text += " (" + pl.Code + ")"
			}
			group.List, group.Open = append(group.List, box), group.Open || box.Chosen
		}
		if len(group.List) > 0 {
			list = append(list, group)
		}
	}
	return list
}

// placeInputs are the inputs for the faults of a place. A fault of another
// place is said of the whole form.
func placeInputs(id string) func(of, input string) string {
	return func(of, input string) string {
		if of != "" && id != "" && of != id {
			return ""
		}
		return map[string]string{
			site.OnCode: "codice", "name": "nome", site.OnKind: "tipo", site.OnSeats: "posti", site.OnRoom: "stanza", site.OnParts: "parti", "atoms": "parti", site.OnUse: "in_uso", site.OnGroups: "gruppi",
		}[input]
	}
}

func (h *pages) savePlace(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	place, err := h.placeOfRequest(r, st)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	l := h.Live.Network().Layout(st.ID)
	wish := placeFields(f, &l, *place, whole(r, place))
	if whole(r, place) && len(wish.Atoms) < 2 {
		f.Add(errs.New(errs.Invalid, "layout.few-parts", nil).On("parti"))
	}
	if f.Err() != nil {
		return h.showPlace(w, r, st, place, f, nil)
	}
	id, err := h.SavePlace(r.Context(), actor(r), st.ID, wish)
	if err != nil {
		affected, ok := h.unfit(r, st, f, err, placeInputs(place.ID))
		if !ok {
			return err
		}
		return h.showPlace(w, r, st, place, f, affected)
	}
	key := "manage.rooms.done.place"
	if place.ID == "" {
		key = "manage.rooms.done.new-place"
	}
	return h.ui.Done(w, r, placesPath(st.Code)+"#p-"+url.PathEscape(id), key)
}
