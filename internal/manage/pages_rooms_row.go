package manage

import (
	"math"
	"net/http"
	"net/url"

	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// rowPage adds many places at once.
type rowPage struct {
	houseHead
	Form     *form.Form
	Rooms    []web.Option
	Kinds    []web.Option
	Features []web.Option
	Back     string
	NoRoom   *web.Empty
}

func (rowPage) Template() string { return "manage/row" }

// rowFields declares the inputs of a row and reads them.
func rowFields(f *form.Form, l *site.Layout) (row Row) {
	var ids, values []string
	for _, room := range l.Rooms {
		ids = append(ids, room.ID)
	}
	row.Room = f.Choice("stanza", "manage.rooms.room", ids...).Required().Value
	for _, k := range kinds(&site.Resource{}) {
		values = append(values, string(k))
	}
	row.Kind = site.ResourceKind(f.Choice("tipo", "manage.rooms.kind", values...).Required().Value)
	row.Count = f.Int("quanti", "manage.rooms.count").Required().Between(1, MaxRow).Value
	row.First = f.String("primo", "manage.rooms.first").Required().Max(site.MaxCode).Value
	row.Seats = f.Int("posti", "manage.rooms.seats-each").Required().Between(1, site.MaxSeats).Value
	f.String("dotazioni", "manage.rooms.equipment")
	row.Features, row.Groups = features(f, nil), groups(f)
	row.Draw = f.Bool("disegna", "manage.rooms.draw-row")
	row.Lines = f.Int("file", "manage.rooms.lines").Required().Between(1, 40).Value
	row.W = centimetres(f.Decimal("l", "manage.plan.width").Required().Between(0.2, 500).Value)
	row.H = centimetres(f.Decimal("p", "manage.plan.depth").Required().Between(0.2, 500).Value)
	return row
}

func centimetres(metres float64) int { return int(math.Round(metres * 100)) }

func (h *pages) rowForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	l := h.Live.Network().Layout(st.ID)
	values := url.Values{
		"stanza": {r.URL.Query().Get("stanza")}, "tipo": {string(site.Desk)}, "quanti": {"6"}, "primo": {nextCode(&l, "D-01")}, "posti": {"1"},
		"disegna": {"1"}, "file": {"1"}, "l": {"1.60"}, "p": {"0.80"},
	}
	if room := l.Room(values.Get("stanza")); room != nil && !room.Area.Drawn() {
		values.Del("disegna") // in it nothing can be
	}
	f := form.Of(values)
	rowFields(f, &l)
	return h.showRow(w, r, st, f)
}

func (h *pages) showRow(w http.ResponseWriter, r *http.Request, st *site.Site, f *form.Form) error {
	p, l := h.ui.Printer(r), h.Live.Network().Layout(st.ID)
	page := rowPage{
		houseHead: h.roomsHead(p, st), Form: f, Back: placesPath(st.Code),
		Rooms: roomOptions(p, &l), Kinds: kindOptions(p, &site.Resource{}), Features: featureOptions(p),
	}
	if len(page.Rooms) == 0 {
		page.NoRoom = &web.Empty{Title: p.T("manage.rooms.no-rooms"), Links: []web.Link{
			{Href: roomPath(st.Code, "nuova"), Text: p.T("manage.rooms.new-room")},
		}}
	}
	page.Title = p.T("manage.rooms.new-row") + ", " + st.Name
	return h.ui.Render(w, r, f.Status(), page)
}

// rowInputs are the inputs for the faults of a row.
func rowInputs(_, input string) string {
	return map[string]string{site.OnCode: "primo", site.OnKind: "tipo", site.OnSeats: "posti", site.OnRoom: "stanza", site.OnArea: "file", site.OnGroups: "gruppi"}[input]
}

func (h *pages) saveRow(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	l := h.Live.Network().Layout(st.ID)
	row := rowFields(f, &l)
	if f.Err() != nil {
		return h.showRow(w, r, st, f)
	}
	if err := h.AddRow(r.Context(), actor(r), st.ID, row); err != nil {
		if _, ok := h.unfit(r, st, f, err, rowInputs); !ok {
			return err
		}
		return h.showRow(w, r, st, f)
	}
	return h.ui.Done(w, r, placesPath(st.Code)+"#s-"+url.PathEscape(row.Room), "manage.rooms.done.row")
}

// nextCode is the code after the highest of a house that is like one.
func nextCode(l *site.Layout, like string) string {
	row, best := Row{First: like, Count: 1}, like
	for _, p := range l.Places {
		other := Row{First: p.Code, Count: 2}
		if codes, err := other.codes(); err == nil && stem(p.Code) == stem(row.First) && (len(codes[1]) > len(best) || codes[1] > best) {
			best = codes[1]
		}
	}
	return best
}
