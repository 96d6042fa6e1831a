package manage

import (
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// roomPage changes a room, or adds one.
type roomPage struct {
	houseHead
	Heading  string
	Form     *form.Form
	Purposes []web.Option
	Back     string
	Plan     string // href of its floor; "" for a new room
	Drop     string // where it is taken away; "" where it cannot be
}

func (roomPage) Template() string { return "manage/room" }

// roomOfRequest is the room that an address names; a new one where it names
// none.
func (h *pages) roomOfRequest(r *http.Request, st *site.Site) (*site.Room, error) {
	id := r.PathValue("room")
	if id == "" {
		floor, _ := strconv.Atoi(r.URL.Query().Get("piano"))
		return &site.Room{Floor: floor}, nil
	}
	room, err := h.Live.Network().Room(id)
	if err == nil && room.Site != st.ID {
		err = errs.New(errs.NotFound, "room.unknown", nil)
	}
	return room, err
}

// roomFields declares the inputs of a room and reads them into one.
func roomFields(f *form.Form, room site.Room) site.Room {
	room.Name = f.String("nome", "manage.rooms.name").Required().Max(site.MaxName).Value
	room.Code = f.String("codice", "manage.rooms.code").Required().Max(site.MaxCode).Value
	room.Floor = f.Int("piano", "manage.rooms.floor").Required().Between(site.LowestFloor, site.MaxFloor).Value
	values := []string{""}
	for _, p := range site.Purposes {
		values = append(values, string(p))
	}
	room.Purpose = site.Purpose(f.Choice("scopo", "manage.rooms.purpose", values...).Value)
	return room
}

func (h *pages) roomForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	room, err := h.roomOfRequest(r, st)
	if err != nil {
		return err
	}
	f := form.Of(url.Values{
		"nome": {room.Name}, "codice": {room.Code}, "piano": {strconv.Itoa(room.Floor)}, "scopo": {string(room.Purpose)},
	})
	roomFields(f, *room)
	return h.showRoom(w, r, st, room, f)
}

func (h *pages) showRoom(w http.ResponseWriter, r *http.Request, st *site.Site, room *site.Room, f *form.Form) error {
	p := h.ui.Printer(r)
	page := roomPage{houseHead: h.roomsHead(p, st), Heading: p.T("manage.rooms.new-room"), Form: f, Back: placesPath(st.Code)}
	page.Purposes = purposeOptions(p)
	if room.ID != "" {
		page.Heading = room.Name
		page.Plan = planPath(st.Code, room.Floor)
		layout := h.Live.Network().Layout(st.ID)
		used := false
		for _, pl := range layout.Places {
			used = used || pl.Room == room.ID
		}
		if !used {
			page.Drop = roomPath(st.Code, room.ID) + "/togli"
		}
	}
	page.Title = page.Heading + ", " + st.Name
	return h.ui.Render(w, r, f.Status(), page)
}

func purposeOptions(p *i18n.Printer) []web.Option {
	list := []web.Option{{Text: p.T("manage.rooms.with-places")}}
	for _, purpose := range site.Purposes {
		list = append(list, web.Option{Value: string(purpose), Text: p.T(purpose.Label())})
	}
	return list
}

// roomInputs are the inputs for the faults of a room.
func roomInputs(_, input string) string {
	return map[string]string{site.OnCode: "codice", "name": "nome", site.OnKind: "scopo", "purpose": "scopo", site.OnArea: "piano"}[input]
}

func (h *pages) saveRoom(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	room, err := h.roomOfRequest(r, st)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	wish := roomFields(f, *room)
	if f.Err() != nil {
		return h.showRoom(w, r, st, room, f)
	}
	id, err := h.SaveRoom(r.Context(), actor(r), st.ID, wish)
	if err != nil {
		if _, ok := h.unfit(r, st, f, err, roomInputs); !ok {
			return err
		}
		return h.showRoom(w, r, st, room, f)
	}
	key := "manage.rooms.done.room"
	if room.ID == "" {
		key = "manage.rooms.done.new-room"
	}
	return h.ui.Done(w, r, placesPath(st.Code)+"#s-"+url.PathEscape(id), key)
}

func (h *pages) dropRoom(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	room, err := h.roomOfRequest(r, st)
	if errs.Is(err, errs.NotFound) { // a second tap
		return h.ui.Done(w, r, placesPath(st.Code), "manage.rooms.done.room-gone")
	}
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if err := h.DropRoom(r.Context(), actor(r), st.ID, room.ID); err != nil {
		if _, ok := h.unfit(r, st, f, err, nil); !ok {
			return err
		}
		return h.showRooms(w, r, f, nil)
	}
	return h.ui.Done(w, r, placesPath(st.Code), "manage.rooms.done.room-gone")
}
