package manage

import (
	"fmt"
	"strconv"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// sentRow is a room or place as the form of a plan sends it. Only rows that
// came are changed: the script of the page leaves out those that nobody touched.
type sentRow struct {
	key      string
	was      string // how it was when the page was shown, as rowState says it; empty of a new one
	id       string // of the room or place, made for a new one
	name     string
	place    bool
	isNew    bool
	area     site.Rect
	changed  bool // it is otherwise than it was when the page was shown
	out, go_ bool
	room     string // key of a place's room; "" where it stays
	code     string
	kind     string
	seats    int
	like     string // key of the place of which a new one is a copy
}

// maxPlanRows is more than a floor has.
const maxPlanRows = 2000

// input is the input of a row that a fault is about.
func (row *sentRow) input(about string) string {
	switch {
	case about == site.OnUse && row.place:
		return "fuori." + row.key
	case about == site.OnUse:
		return "togli." + row.key
	case about == site.OnCode && row.isNew:
		return "codice." + row.key
	}
	return "x." + row.key
}

// splitFault cuts the field of a fault into the id and what of it.
func splitFault(field string) (id, input string, ok bool) { return strings.Cut(field, " ") }

// readPlan declares the inputs of all rows that came, and reads them.
func readPlan(f *form.Form, p *i18n.Printer, l *site.Layout, floor int) (rows []sentRow) {
	keys := f.All("riga")
	seen := map[string]bool{}
	for _, text := range keys[:min(len(keys), maxPlanRows)] {
		key, was, _ := strings.Cut(text, " ")
		if seen[key] {
			continue
		}
		seen[key] = true
		row := sentRow{key: key, was: was}
		if room := l.Room(key); room != nil && room.Floor == floor {
			row.id, row.name = room.ID, room.Name
		} else if n, err := strconv.ParseInt(key, 10, 64); err == nil {
			place := l.ByOrdinal(n)
			if place == nil || l.Room(place.Room).Floor != floor {
				continue // it went to another floor meanwhile
			}
			row.id, row.name, row.place = place.ID, place.Name, true
		} else if !strings.HasPrefix(key, "n") || len(key) > 9 {
			continue
		} else {
			row.isNew, row.place = true, f.Raw("cosa."+key) == "posto"
		}
		row.read(f, p)
		rows = append(rows, row)
	}
	return rows
}

// read takes the inputs of a row.
func (row *sentRow) read(f *form.Form, p *i18n.Printer) {
	if row.isNew {
		row.readNew(f)
	}
	row.out, row.room = f.Bool("fuori."+row.key, "manage.plan.out"), f.Raw("stanza."+row.key)
	row.go_ = f.Bool("togli."+row.key, "manage.plan.go")
	var given int
	for _, c := range []struct {
		name, label string
		least       float64
		to          *int
	}{
		{"x.", "manage.plan.x", 0, &row.area.X},
		{"y.", "manage.plan.y", 0, &row.area.Y},
		{"w.", "manage.plan.width", 0.2, &row.area.W},
		{"h.", "manage.plan.depth", 0.2, &row.area.H},
	} {
		d := f.Decimal(c.name+row.key, c.label).Between(c.least, 500)
		if d.Given() {
			*c.to = centimetres(d.Value)
			given++
		}
	}
	if given != 0 && given != 4 && f.Fault("x."+row.key) == nil {
		f.Add(errs.New(errs.Invalid, "manage.plan.fault", errs.Args{"name": row.name, "fault": p.T("manage.plan.all-four")}).On("x." + row.key))
	}
	row.changed = row.isNew || row.was != row.state()
}

// readNew takes what only a new room or place has to say.
func (row *sentRow) readNew(f *form.Form) {
	row.code = f.String("codice."+row.key, "manage.rooms.code").Required().Max(site.MaxCode).Value
	row.name = f.String("nome."+row.key, "manage.rooms.name").Max(site.MaxName).Value
	if row.name == "" {
		row.name = row.code
	}
	if !row.place {
		values := []string{""}
		for _, p := range site.Purposes {
			values = append(values, string(p))
		}
		row.kind = f.Choice("scopo."+row.key, "manage.rooms.purpose", values...).Value
		return
	}
	var values []string
	for _, k := range kinds(&site.Resource{}) {
		values = append(values, string(k))
	}
	row.kind = f.Choice("tipo."+row.key, "manage.rooms.kind", values...).Required().Value
	row.like = f.Raw("come." + row.key)
	row.seats = f.Int("posti."+row.key, "manage.rooms.seats").Required().Between(1, site.MaxSeats).Value
}

// state is how a row stands, in one text: what the page sent with it says how it
// stood when it was shown.
func (row *sentRow) state() string { return rowState(row.area, row.out, row.go_, row.room) }

func rowState(a site.Rect, out, gone bool, room string) string {
	text := fmt.Sprint(a.X, a.Y, a.W, a.H)
	if out {
		text += " out"
	}
	if gone {
		text += " go"
	}
	return strings.TrimSpace(text + " " + room)
}

// wished is the floor as the rows say it shall be.
func (h *pages) wished(l *site.Layout, floor int, rows []sentRow) (c site.Refit) {
	ids := map[string]string{} // of rooms, by key
	for _, room := range l.Rooms {
		ids[room.ID] = room.ID
	}
	for i := range rows {
		row := &rows[i]
		if row.isNew {
			row.id = h.IDs()
		}
		if row.place || !row.changed {
			continue
		}
		room := site.Room{ID: row.id, Code: row.code, Name: row.name, Floor: floor, Purpose: site.Purpose(row.kind)}
		if !row.isNew {
			room = *l.Room(row.id)
		}
		room.Area, ids[row.key] = row.area, row.id
		switch {
		case row.go_ && row.isNew:
		case row.go_:
			c.Drop = append(c.Drop, row.id)
		default:
			c.Rooms = append(c.Rooms, room)
		}
	}
	for i := range rows {
		row := &rows[i]
		if !row.place || !row.changed || row.isNew && row.go_ {
			continue
		}
		place := site.Resource{ID: row.id, Code: row.code, Name: row.name, Kind: site.ResourceKind(row.kind), Seats: row.seats}
		if n, err := strconv.ParseInt(row.like, 10, 64); err == nil && l.ByOrdinal(n) != nil {
			place.Features, place.Groups = l.ByOrdinal(n).Features, l.ByOrdinal(n).Groups
		}
		if !row.isNew {
			place = *l.Place(row.id)
		}
		place.Area, place.Active = row.area, !row.out
		if row.room != "" {
			place.Room = ids[row.room]
		}
		c.Places = append(c.Places, place)
	}
	return c
}
