package manage

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

func placesPath(code string) string { return housePath(code) + "/posti" }

func placePath(code, place string) string { return placesPath(code) + "/" + url.PathEscape(place) }

// pathOf is the page of a place: by its code, or by its id where the code is the
// name of another page.
func pathOf(st *site.Site, place *site.Resource) string {
	if slices.Contains([]string{"nuovo", "serie", "uso"}, place.Code) {
		return placePath(st.Code, place.ID)
	}
	return placePath(st.Code, place.Code)
}

func roomPath(code, id string) string { return housePath(code) + "/stanze/" + url.PathEscape(id) }

func planPath(code string, floor int) string {
	return housePath(code) + "/pianta?piano=" + strconv.Itoa(floor)
}

// roomsPage lists the rooms and places of a house, floor by floor.
type roomsPage struct {
	houseHead
	Path, NewRoom, NewPlace, NewWhole, Plan string
	Form                                    *form.Form
	Sum                                     string
	Floors                                  []roomsFloor
	Empty                                   *web.Empty
	Affected                                *affectedPlacesView
	Unsettled                               *web.Alert // bookings that do not stand as the house is
}

func (roomsPage) Template() string { return "manage/rooms" }

// Many tells whether the house has several floors.
func (p roomsPage) Many() bool { return len(p.Floors) > 1 }

// roomsFloor is a floor in the list.
type roomsFloor struct {
	ID, Name, Plan string
	Rooms          []roomRow
}

// roomRow is a room in the list, with its places.
type roomRow struct {
	ID, Name, Code, Area, Href string
	Purpose                    string // in words; "" for a room with places
	Add, AddMany               string // hrefs
	Places                     []placeRow
}

// placeRow is a place in the list.
type placeRow struct {
	ID, Name, Code, Href, Kind, Seats string
	Equipment, Groups, Parts          string
	Area                              string
	Active                            bool
	State                             web.State
}

func (h *pages) roomsPage(w http.ResponseWriter, r *http.Request) error {
	return h.showRooms(w, r, form.Of(nil), nil)
}

func (h *pages) showRooms(w http.ResponseWriter, r *http.Request, f *form.Form, affected *affectedPlacesView) error {
	st, head, err := h.house(r, "places")
	if err != nil {
		return err
	}
	p, net := h.ui.Printer(r), h.Live.Network()
	page := roomsPage{
		houseHead: head, Form: f, Affected: affected, Path: placesPath(st.Code),
		NewRoom: roomPath(st.Code, "nuova"), NewPlace: placePath(st.Code, "nuovo"), NewWhole: placePath(st.Code, "nuovo") + "?insieme=1",
	}
	if page.Unsettled, err = h.unsettledAlert(r, st); err != nil {
		return err
	}
	layout := net.Layout(st.ID)
	page.Floors = roomsFloors(p, st, layout)
	page.Plan = planPath(st.Code, firstFloor(layout))
	active := 0
	for _, pl := range layout.Places {
		if pl.Active {
			active++
		}
	}
	page.Sum = p.T("manage.rooms.sum", "rooms", p.T("manage.rooms.sum-rooms", "count", len(layout.Rooms)),
		"places", p.T("manage.rooms.sum-places", "count", len(layout.Places)), "active", p.T("manage.rooms.sum-active", "count", active))
	if len(layout.Rooms) == 0 {
		page.Empty = &web.Empty{Title: p.T("manage.rooms.empty"), Text: p.T("manage.rooms.empty-text"), Links: []web.Link{
			{Href: page.NewRoom, Text: p.T("manage.rooms.new-room")}, {Href: page.Plan, Text: p.T("manage.rooms.draw")},
		}}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// roomsHead is the head of a page under the list of rooms and places.
func (h *pages) roomsHead(p *i18n.Printer, st *site.Site) houseHead {
	head := h.houseHeadOf(p, st, "places")
	head.Crumbs = append(head.Crumbs, web.Link{Href: placesPath(st.Code), Text: p.T("manage.house.title", "house", st.Name, "tab", p.T("manage.house.tab.places"))})
	return head
}

// firstFloor is the floor that one enters, else the lowest.
func firstFloor(l site.Layout) int {
	if len(l.Rooms) == 0 || slices.ContainsFunc(l.Rooms, func(r site.Room) bool { return r.Floor == 0 }) {
		return 0
	}
	return l.Rooms[0].Floor
}

func roomsFloors(p *i18n.Printer, st *site.Site, l site.Layout) (floors []roomsFloor) {
	floor := 0
	for i := range l.Rooms {
		rm := &l.Rooms[i]
		if len(floors) == 0 || rm.Floor != floor {
			floor = rm.Floor
			floors = append(floors, roomsFloor{ID: "piano" + strconv.Itoa(floor), Name: floorName(p, floor), Plan: planPath(st.Code, floor)})
		}
		row := roomRow{ID: rm.ID, Name: rm.Name, Code: rm.Code, Area: squareMetres(p, rm.Area), Href: roomPath(st.Code, rm.ID)}
		if rm.Purpose != "" {
			row.Purpose = p.T(rm.Purpose.Label())
		} else {
			q := "?stanza=" + url.QueryEscape(rm.ID)
			row.Add, row.AddMany = placesPath(st.Code)+"/nuovo"+q, placesPath(st.Code)+"/serie"+q
		}
		for j := range l.Places {
			if pl := &l.Places[j]; pl.Room == rm.ID {
				row.Places = append(row.Places, placeRowOf(p, st, &l, pl))
			}
		}
		at := &floors[len(floors)-1]
		at.Rooms = append(at.Rooms, row)
	}
	return floors
}

func placeRowOf(p *i18n.Printer, st *site.Site, l *site.Layout, r *site.Resource) placeRow {
	row := placeRow{
		ID: r.ID, Name: r.Name, Code: r.Code, Href: pathOf(st, r), Kind: p.T(r.Kind.Label(), "count", 1), Seats: p.Number(r.Seats),
		Equipment: strings.Join(equipment(p, r.Features), ", "), Groups: strings.Join(r.Groups, ", "), Active: r.Active,
		Area: squareMetres(p, r.Area), State: web.State{Kind: "free", Text: p.T("manage.rooms.active")},
	}
	if !r.Active {
		row.State = web.State{Kind: "closed", Text: p.T("manage.rooms.out")}
	}
	if r.Composite() {
		row.Parts = p.T("manage.rooms.made-of", "parts", strings.Join(partNames(l, r), ", "))
	}
	return row
}

// partNames are the codes of what a place is made of.
func partNames(l *site.Layout, r *site.Resource) (names []string) {
	for _, o := range r.Atoms {
		if part := l.ByOrdinal(o); part != nil {
			names = append(names, part.Code)
		}
	}
	return names
}

// equipment are the names of pieces of equipment; one without a name is shown
// as it is written.
func equipment(p *i18n.Printer, features []string) (names []string) {
	for _, f := range features {
		if slices.Contains(site.Features, f) {
			f = p.T(site.FeatureLabel(f))
		}
		names = append(names, f)
	}
	return names
}

func floorName(p *i18n.Printer, floor int) string {
	if floor >= -1 && floor <= 1 {
		return p.T("manage.floor." + strconv.Itoa(floor))
	}
	return p.T("manage.floor.other", "floor", strconv.Itoa(floor))
}

// squareMetres is the size of an area in words; "" where it is not drawn.
func squareMetres(p *i18n.Printer, a site.Rect) string {
	if !a.Drawn() {
		return ""
	}
	return p.T("manage.rooms.m2", "area", p.Number(float64((a.W*a.H+500)/1000)/10))
}

// usePlace takes a place out of use, or back: the button says which.
func (h *pages) usePlace(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	id, back, key := f.Raw("fuori"), false, "manage.rooms.done.out"
	if id == "" {
		id, back, key = f.Raw("dentro"), true, "manage.rooms.done.in"
	}
	if err := h.UsePlace(r.Context(), actor(r), st.ID, id, back); err != nil {
		affected, ok := h.unfit(r, st, f, err, nil)
		if !ok {
			return err
		}
		return h.showRooms(w, r, f, affected)
	}
	return h.ui.Done(w, r, placesPath(st.Code)+"#p-"+url.PathEscape(id), key)
}

// affectedPlacesView are the bookings that a change of places affects.
type affectedPlacesView struct {
	Day  string // where they can be moved
	Rows []affectedPlaceRow
	More string // that there are more
}

type affectedPlaceRow struct{ Place, When string }

// affectedPlacesShown is how many of them are listed.
const affectedPlacesShown = 20

// unfit puts what the Service refuses beside the inputs of a form, by the
// inputs of its faults; what has none is said of the whole form. False where the
// error is not the person's to mend.
func (h *pages) unfit(r *http.Request, st *site.Site, f *form.Form, err error, names func(id, input string) string) (*affectedPlacesView, bool) {
	e := *errs.As(err)
	switch e.Kind {
	case errs.Invalid, errs.Rule, errs.Conflict:
	default:
		return nil, false
	}
	list := e.Fields
	if len(list) == 0 {
		list = []errs.Error{e}
	}
	e.Fields = slices.Clone(list)
	for i := range e.Fields {
		one := &e.Fields[i]
		id, input, pair := strings.Cut(one.Field, " ")
		if !pair {
			id, input = "", one.Field
		}
		if one.Details, one.Field = nil, ""; names != nil {
			one.Field = names(id, input)
		}
	}
	f.Add(&e)
	standing, ok := e.Details.(AffectedPlaces)
	if !ok {
		return nil, true
	}
	return h.affectedPlacesOf(h.ui.Printer(r).In(h.Live.Network().Zone(st)), st, standing), true
}

func (h *pages) affectedPlacesOf(p *i18n.Printer, st *site.Site, s AffectedPlaces) *affectedPlacesView {
	v := &affectedPlacesView{Day: h.Links.Day(st.Code, agenda.DateOf(s.List[0].From.In(p.Zone)))}
	for _, c := range s.List[:min(len(s.List), affectedPlacesShown)] {
		v.Rows = append(v.Rows, affectedPlaceRow{c.Place, p.Span(c.From, c.To)})
	}
	if more := len(s.List) - affectedPlacesShown; more > 0 {
		v.More = p.T("manage.rooms.affected-more", "count", more)
	}
	return v
}

func (h *pages) roomsRoutes() map[string]web.Handler {
	const house = housesRoot + "/{code}"
	return map[string]web.Handler{
		"GET " + house + "/posti":                h.roomsPage,
		"POST " + house + "/posti/uso":           h.usePlace,
		"GET " + house + "/stanze/nuova":         h.roomForm,
		"POST " + house + "/stanze/nuova":        h.saveRoom,
		"GET " + house + "/stanze/{room}":        h.roomForm,
		"POST " + house + "/stanze/{room}":       h.saveRoom,
		"POST " + house + "/stanze/{room}/togli": h.dropRoom,
		"GET " + house + "/posti/nuovo":          h.placeForm,
		"POST " + house + "/posti/nuovo":         h.savePlace,
		"GET " + house + "/posti/serie":          h.rowForm,
		"POST " + house + "/posti/serie":         h.saveRow,
		"GET " + house + "/posti/{place}":        h.placeForm,
		"POST " + house + "/posti/{place}":       h.savePlace,
	}
}
