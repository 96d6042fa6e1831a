package coworking

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// roomPlaces are the places of a room: those that are free come first.
type roomPlaces struct {
	Name       string
	Free, Rest []placeRow
}

// placeRow is a place that can be chosen, or not.
type placeRow struct {
	ID, Name string
	Detail   string
	State    web.State
	Free     bool
	Chosen   bool
	Parts    string // ids of the places that a composite takes with it
	Week     string // href
}

// choose shows the places of one floor, on its plan and as a list, and what of
// all is chosen.
func (h *pages) choose(d drawing, page *spacePage) {
	var lost, names []string
	for _, id := range d.in.ids {
		i := slices.IndexFunc(d.places, func(pl Place) bool { return pl.ID == id })
		switch {
		case i < 0 || slices.ContainsFunc(d.chosen, func(pl Place) bool { return pl.ID == id }):
		case d.places[i].State == PlaceFree:
			d.chosen = append(d.chosen, d.places[i])
			page.Chosen, names = append(page.Chosen, id), append(names, d.places[i].Name)
		default:
			lost = append(lost, d.places[i].Name)
		}
	}
	floors := floorsOf(d.net, d.site, d.places)
	d.in.floor = floorToShow(d.net, floors, d.in.asked, d.chosen)
	if len(floors) > 1 {
		page.Send.Set("piano", strconv.Itoa(d.in.floor))
	}
	page.Floors, page.Plan = d.floors(floors), d.view()
	page.Rooms, page.Away = d.list()
	page.Names, page.Lost = strings.Join(names, ", "), strings.Join(lost, ", ")
	page.Span = d.p.Hours(d.in.when.From, d.in.when.To)
	if agenda.DateOf(d.in.when.From) != agenda.DateOf(d.in.when.To.Add(-1)) {
		page.Span = page.Time
	}
}

// list sorts the places of the floor into their rooms, those that have a room
// to themselves together; away are the chosen ones of other floors.
func (d drawing) list() (groups []roomPlaces, away []placeRow) {
	in := map[string][]Place{}
	for _, pl := range d.places {
		in[pl.Room] = append(in[pl.Room], pl)
	}
	alone := -1 // the group of those with a room to themselves
	for _, rm := range d.net.Rooms(d.site.ID) {
		list := in[rm.ID]
		switch {
		case len(list) == 0:
			continue
		case rm.Floor != d.in.floor:
			for _, pl := range list {
				if row := d.row(pl); row.Chosen {
					away = append(away, row)
				}
			}
			continue
		case len(list) > 1 || alone < 0:
			groups = append(groups, roomPlaces{Name: d.p.T("coworking.room.on", "room", rm.Name, "floor", floorName(d.p, rm.Floor))})
		}
		at := len(groups) - 1
		if len(list) == 1 && alone < 0 {
			alone, groups[at].Name = at, capital(floorName(d.p, rm.Floor))
		} else if len(list) == 1 {
			at = alone
		}
		for _, pl := range list {
			if row := d.row(pl); row.Free {
				groups[at].Free = append(groups[at].Free, row)
			} else {
				groups[at].Rest = append(groups[at].Rest, row)
			}
		}
	}
	return groups, away
}

func (d drawing) row(pl Place) placeRow {
	row := placeRow{
		ID: pl.ID, Name: pl.Name, Detail: strings.Join(detailList(d.p, pl.Resource), ", "), Free: pl.State == PlaceFree,
		State: placeState(d.p, pl), Week: d.week(pl.Resource),
		Chosen: slices.ContainsFunc(d.chosen, func(c Place) bool { return c.ID == pl.ID }),
	}
	if pl.Composite() && row.Free {
		var parts []string
		for _, o := range pl.Atoms {
			if a, err := d.net.ByOrdinal(o); err == nil {
				parts = append(parts, a.ID)
			}
		}
		row.Parts = strings.Join(parts, " ")
	}
	return row
}

// capital is a text with a capital first letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// feminine are the kinds whose Italian names are: una sala è libera.
var feminine = []site.ResourceKind{site.Desk, site.Meeting, site.Training, site.Hall}

func placeState(p *i18n.Printer, pl Place) web.State {
	s := web.State{Kind: string(pl.State), Text: p.T("coworking.place." + string(pl.State))}
	if slices.Contains(feminine, pl.Kind) {
		s.Text = p.T("coworking.place.feminine." + string(pl.State))
	}
	if pl.State == PlaceReserved {
		s.Kind = "closed"
	}
	return s
}

func floorName(p *i18n.Printer, floor int) string {
	if floor >= -1 && floor <= 1 {
		return p.T("coworking.floor." + strconv.Itoa(floor))
	}
	return p.T("coworking.floor.other", "floor", strconv.Itoa(floor))
}

// detailList are the seats and the equipment of a place, in words.
func detailList(p *i18n.Printer, r *site.Resource) (parts []string) {
	if r.Seats > 1 {
		parts = append(parts, p.T("coworking.seats", "count", r.Seats))
	}
	return append(parts, features(p, r)...)
}

// features are the equipment of a place, in words.
func features(p *i18n.Printer, r *site.Resource) (list []string) {
	for _, f := range r.Features {
		if key := site.FeatureLabel(f); p.Has(key) {
			list = append(list, p.T(key))
		}
	}
	return list
}
