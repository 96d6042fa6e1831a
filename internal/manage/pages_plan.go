package manage

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// planPage is the plan of a floor as one draws it: as a picture, and as the
// same numbers in a form, which is what is sent. The script of the page moves
// both together.
type planPage struct {
	houseHead
	Form     *form.Form
	Action   string
	Version  string // of the floor as it is shown
	Floor    string
	Floors   []tab
	More     []web.Link // floors that are not there yet
	NewRoom  string
	Canvas   canvas
	Rooms    []planRoom
	Blank    []planRow  // a new room and a new place, for the script to fill in
	Taken    string     // all codes of the house, for the script to choose others
	Stale    *web.Alert // somebody else changed the floor meanwhile
	Affected *affectedPlacesView
}

func (planPage) Template() string { return "manage/plan" }

// planRoom is a room in the form, with its places.
type planRoom struct {
	Row    planRow
	Places []planRow
	Open   bool // its places are shown at once
}

// planRow is a room or place in the form.
type planRow struct {
	Key        string // of its inputs
	Place      bool
	Room       string // key of a place's room
	Moved      bool   // into that room, from another
	Name, Code string
	Note       string // "Scrivania, 1 posto"
	Href       string // its other fields
	X, Y, W, H string // in metres, as they stand in the inputs
	Was        string // how it is saved
	Kind       string // of a place, or purpose of a room
	Seats      int
	Out        bool // out of use
	CanGo      bool // a room that may be taken away, and is to be:
	Go         bool
	New        *planChoices // what something new may be; nil for what is there
	Like       string       // key of the place of which a new one is a copy
	Meanwhile  string       // what somebody else made of it
	Faults     []string
}

// planNumber is one of the four numbers of a row.
type planNumber struct{ Name, Label, Value string }

// Numbers are those of a row with the keys of their labels.
func (row planRow) Numbers() []planNumber {
	return []planNumber{
		{"x." + row.Key, "manage.plan.x", row.X},
		{"y." + row.Key, "manage.plan.y", row.Y},
		{"w." + row.Key, "manage.plan.width", row.W},
		{"h." + row.Key, "manage.plan.depth", row.H},
	}
}

// planChoices are what the inputs of something new offer.
type planChoices struct{ Kinds, Purposes []web.Option }

// floorAsked is the floor that a request asks for.
func floorAsked(r *http.Request) (int, error) {
	n, err := strconv.Atoi(r.URL.Query().Get("piano"))
	switch {
	case r.URL.Query().Get("piano") == "":
		return 0, nil
	case err != nil || n < site.LowestFloor || n > site.MaxFloor:
		return 0, errs.New(errs.NotFound, "manage.plan.no-floor", nil)
	}
	return n, nil
}

func (h *pages) planPage(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	floor, err := floorAsked(r)
	if err != nil {
		return err
	}
	if l := h.Live.Network().Layout(st.ID); r.URL.Query().Get("piano") == "" {
		floor = firstFloor(l)
	}
	return h.showPlan(w, r, st, floor, form.Of(nil), planShown{})
}

// planShown is what a plan that is shown again has besides its rows.
type planShown struct {
	sent     []sentRow
	stale    bool
	affected *affectedPlacesView
}

func (h *pages) showPlan(w http.ResponseWriter, r *http.Request, st *site.Site, floor int, f *form.Form, shown planShown) error {
	p, l := h.ui.Printer(r), h.Live.Network().Layout(st.ID)
	on := l.Floor(floor)
	page := planPage{
		houseHead: h.roomsHead(p, st), Form: f, Action: planPath(st.Code, floor), Version: on.Version(), Floor: floorName(p, floor),
		NewRoom: roomPath(st.Code, "nuova") + "?piano=" + strconv.Itoa(floor), Affected: shown.affected,
	}
	page.Taken = takenCodes(&l)
	fresh := &planChoices{Kinds: kindOptions(p, &site.Resource{}), Purposes: purposeOptions(p)}
	page.Blank = []planRow{
		{Key: blankRoom, New: fresh, Code: nextRoom(&l), CanGo: true},
		{Key: blankPlace, New: fresh, Code: nextCode(&l, "D-01"), Place: true, Kind: string(site.Desk), Seats: 1},
	}
	page.Title = p.T("manage.plan.title", "floor", page.Floor, "house", st.Name)
	page.Floors, page.More = h.floorTabs(r, st, l, floor)
	v := planView{p: p, fresh: fresh, f: f, st: st, all: &l, on: &on, sent: map[string]sentRow{}, stale: shown.stale, floor: page.Floor}
	for _, row := range shown.sent {
		v.sent[row.key] = row
	}
	page.Rooms = v.rooms(shown.sent)
	page.Canvas = v.canvas(page.Rooms)
	status := f.Status()
	if shown.stale {
		status = http.StatusConflict
		page.Stale = &web.Alert{Tone: web.Warning, Title: p.T("manage.plan.stale"), Text: p.T("manage.plan.stale-text")}
	}
	return h.ui.Render(w, r, status, page)
}

// What stands where the script puts the key of something new.
const (
	blankRoom  = "NEW-ROOM"
	blankPlace = "NEW-PLACE"
)

// nextRoom is a code that no room has.
func nextRoom(l *site.Layout) string {
	for n := 1; ; n++ {
		code := "S-" + strconv.Itoa(n)
		if !slices.ContainsFunc(l.Rooms, func(r site.Room) bool { return r.Code == code }) {
			return code
		}
	}
}

// takenCodes are all codes of a house.
func takenCodes(l *site.Layout) string {
	var codes []string
	for _, room := range l.Rooms {
		codes = append(codes, room.Code)
	}
	for _, place := range l.Places {
		codes = append(codes, place.Code)
	}
	return strings.Join(codes, " ")
}

// floorTabs are the floors of a house, and those that could come to them.
func (h *pages) floorTabs(r *http.Request, st *site.Site, l site.Layout, floor int) (tabs []tab, more []web.Link) {
	p := h.ui.Printer(r)
	floors := []int{floor}
	for _, room := range l.Rooms {
		floors = append(floors, room.Floor)
	}
	slices.Sort(floors)
	floors = slices.Compact(floors)
	for _, n := range floors {
		tabs = append(tabs, tab{web.Link{Href: planPath(st.Code, n), Text: floorName(p, n)}, n == floor})
	}
	for _, n := range []int{floors[0] - 1, floors[len(floors)-1] + 1} {
		if n >= site.LowestFloor && n <= site.MaxFloor {
			more = append(more, web.Link{Href: planPath(st.Code, n), Text: floorName(p, n)})
		}
	}
	return tabs, more
}

// savePlan takes the form of a floor.
func (h *pages) savePlan(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	floor, err := floorAsked(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	l := h.Live.Network().Layout(st.ID)
	sent := readPlan(f, h.ui.Printer(r), &l, floor)
	if f.Err() != nil {
		return h.showPlan(w, r, st, floor, f, planShown{sent: sent})
	}
	plan := Plan{Floor: floor, Version: f.Raw("versione"), Refit: h.wished(&l, floor, sent)}
	err = h.SavePlan(r.Context(), actor(r), st.ID, plan)
	switch {
	case err == nil:
		return h.ui.Done(w, r, planPath(st.Code, floor), "manage.plan.done")
	case errs.HasKey(err, "manage.plan.changed"):
		return h.showPlan(w, r, st, floor, f, planShown{sent: sent, stale: true})
	}
	affected, ok := h.planRefused(r, st, f, err, sent)
	if !ok {
		return err
	}
	return h.showPlan(w, r, st, floor, f, planShown{sent: sent, affected: affected})
}

// planRefused puts what the Service refuses beside the rows it is about, each
// with the name of its room or place.
func (h *pages) planRefused(r *http.Request, st *site.Site, f *form.Form, err error, sent []sentRow) (*affectedPlacesView, bool) {
	p := h.ui.Printer(r)
	e := *errs.As(err)
	named := slices.Clone(e.Fields)
	for i := range named {
		id, _, _ := splitFault(named[i].Field)
		name := ""
		for _, row := range sent {
			if row.id == id {
				name = row.name
			}
		}
		if name == "" { // nothing of it was sent: it lies where another is to be
			name = nameOf(h.Live.Network(), id)
		}
		named[i].Key, named[i].Args = "manage.plan.fault", errs.Args{"name": name, "fault": p.T(named[i].Key, named[i].Args)}
	}
	e.Fields = named
	return h.unfit(r, st, f, &e, func(id, input string) string {
		for _, row := range sent {
			if row.id == id {
				return row.input(input)
			}
		}
		return ""
	})
}

// nameOf is the name of a room or place by its id.
func nameOf(net *site.Network, id string) string {
	if place, err := net.Resource(id); err == nil {
		return place.Name
	}
	if room, err := net.Room(id); err == nil {
		return room.Name
	}
	return ""
}

func (h *pages) planRoutes() map[string]web.Handler {
	const plan = housesRoot + "/{code}/pianta"
	return map[string]web.Handler{"GET " + plan: h.planPage, "POST " + plan: h.savePlan}
}
