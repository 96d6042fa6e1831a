package console

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// lineShown is how much of the line a page lists.
const lineShown = 40

// deskPage is the console: who is here, and who comes.
type deskPage struct {
	web.Head
	Form    *form.Form
	House   string
	Name    string // of the desk
	Path    string
	Events  string
	Told    *web.Alert
	Taken   *web.Alert // somebody else sits here
	Counts  []string
	Here    *here
	Next    *lineRow
	Call    act
	Open    bool // the actor sits here
	Sit     act
	Leave   act
	Line    []lineRow
	More    string
	Parked  []lineRow
	Missed  []lineRow
	Links   []web.Link
	Say     string // what has changed, for who does not see it
	Numbers string // where a number is taken for somebody
}

func (deskPage) Template() string { return "console/desk" }

// act is a button that does something; Key presses it.
type act struct {
	Action, Text, Key string
	Class             string
	About             string // said to who does not see the row
	Fields            []web.Option
}

// lineRow is somebody in the line.
type lineRow struct {
	Number, What, Since string
	Marks               []web.State
	Call, Back          *act
	Away                *act // gives the number back
}

// here is who is at the desk.
type here struct {
	Number, State, Since string
	Serving              bool
	Facts                []string
	Services             []serviceRow
	Citizen              string
	Identify             string
	ActFor               *act
	Main, Acts           []act
	Transfer             []act
	Add                  []web.Option
	AddPath              string
	ID                   string
}

// serviceRow is something that they came for.
type serviceRow struct {
	Name, About string
	State       web.State
	Current     bool
	Bring       []string
	Steps       []stepRow
	Done        *act
}

// stepRow is a step to tick.
type stepRow struct {
	N    int
	Text string
	On   bool
	Act  act
}

// The keys of the acts: the first letters of both languages where they agree.
const (
	keyCall   = "c"
	keyRecall = "r"
	keyStart  = "s"
	keyMissed = "a"
	keyPark   = "p"
	keyFetch  = "d"
	keyFinish = "f"
)

func (h *pages) show(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, nil)
}

func (h *pages) render(w http.ResponseWriter, r *http.Request, status int, told *web.Alert) error {
	office, n, err := at(r)
	if err != nil {
		return err
	}
	work, err := h.Counter.Work(r.Context(), actor(r), office)
	if err != nil {
		return err
	}
	d, err := deskOf(work.Desks, n)
	if err != nil {
		return err
	}
	v := &view{pages: h, r: r, p: h.ui.Printer(r).In(h.Counter.Live.Network().Zone(work.Office)), work: &work, desk: d, path: DeskPath(work.Office.Code, n)}
	page, err := v.page()
	if err != nil {
		return err
	}
	page.Told = told
	return h.ui.Render(w, r, status, page)
}

func deskOf(list []counter.Desk, n int) (*counter.Desk, error) {
	for i := range list {
		if list[i].Number == n {
			return &list[i], nil
		}
	}
	return nil, errs.New(errs.NotFound, "counter.desk.unknown", nil)
}

// head is that of the console, with its own style sheet.
func head(title string, crumbs ...web.Link) web.Head {
	x := web.DeskHead(Path, title, crumbs...)
	x.Styles, x.Framed = "console.css", true
	return x
}

// view makes the page of one request.
type view struct {
	*pages
	r    *http.Request
	p    *i18n.Printer
	work *counter.Work
	desk *counter.Desk
	path string
}

func (v *view) page() (page deskPage, err error) {
	p, st, me := v.p, v.work.Office, actor(v.r).Agent()
	name := deskName(p, v.desk.Number)
	page = deskPage{
		Head: head(p.T("console.title", "desk", name)), Form: form.Of(nil), House: counter.HouseName(v.Counter.Live.Network(), st), Name: name, Path: v.path,
		Open: v.desk.Operator == me, Numbers: v.path + "/numero",
		Call:  act{Action: v.path + "/prossimo", Text: p.T("console.call-next"), Key: keyCall, Class: "btn-primary"},
		Sit:   act{Action: v.path + "/apri", Text: p.T("console.open"), Class: "btn-outline-primary"},
		Leave: act{Action: v.path + "/chiudi", Text: p.T("console.close"), Class: "btn-outline-primary"},
	}
	if v.Events != nil {
		page.Events = v.Events(st.ID)
	}
	page.Links = []web.Link{{Href: Path + "/" + st.Code + "?cambia", Text: p.T("console.change-desk")}}
	if v.Board != nil {
		page.Links = append(page.Links, web.Link{Href: v.Board(st.Code), Text: p.T("console.board")})
	}
	if v.Manage != nil && actor(v.r).May(identity.DeskWrite, identity.Site(st.ID)) {
		page.Links = append(page.Links, web.Link{Href: v.Manage(st.Code), Text: p.T("console.manage")})
	}
	if err := v.seat(&page, me); err != nil {
		return page, err
	}
	v.line(&page)
	if t := v.work.At[v.desk.ID]; t != nil {
		if page.Here, err = v.here(t); err != nil {
			return page, err
		}
		page.Say = page.Here.Number + ". " + page.Here.State
	}
	return page, nil
}

// seat says who sits at the desk where it is not the actor.
func (v *view) seat(page *deskPage, me string) error {
	if !v.desk.Open() || v.desk.Operator == me {
		return nil
	}
	who, err := v.People.Get(v.r.Context(), v.desk.Operator)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	page.Taken = &web.Alert{Tone: web.Warning, Text: v.p.T("console.taken", "name", cmp.Or(who.DisplayName(), "—"), "time", v.p.Time(v.desk.Opened))}
	return nil
}

// line is who waits, was missed or is on hold.
func (v *view) line(page *deskPage) {
	p, now := v.p, v.work.Now
	page.Counts = []string{p.T("console.waiting", "count", len(v.work.Line))}
	longest := time.Duration(0)
	for _, t := range v.work.Line {
		longest = max(longest, now.Sub(t.Taken))
	}
	if len(v.work.Line) > 0 {
		page.Counts = append(page.Counts, p.T("console.longest", "time", minutes(p, longest)))
	}
	open := 0
	for _, d := range v.work.Desks {
		if d.Open() {
			open++
		}
	}
	page.Counts = append(page.Counts, p.T("console.desks-open", "count", open))
	entries := make([]queue.Entry, len(v.work.Line))
	for i, t := range v.work.Line {
		entries[i] = queue.Entry{ID: t.ID, Services: t.Open(), Priority: t.Priority, Taken: t.Taken, Due: t.Due, Desk: t.OnlyDesk, Arrived: true}
	}
	next, some := queue.Next(entries, now, v.desk.ID, v.desk.Can)
	for i, t := range v.work.Line {
		row := v.row(t)
		if some && t.ID == next.ID {
			row.Marks = append([]web.State{{Kind: "mine", Text: p.T("console.next")}}, row.Marks...)
			first := row
			page.Next = &first
		} else if !v.able(t) {
			row.Marks = append(row.Marks, web.State{Kind: "closed", Text: p.T("console.not-here")})
		}
		if i < lineShown {
			page.Line = append(page.Line, row)
		}
	}
	if more := len(v.work.Line) - lineShown; more > 0 {
		page.More = p.T("console.more", "count", more)
	}
	for _, t := range v.work.Parked {
		row := v.row(t)
		row.Back = v.button(t, "rimetti", "console.requeue")
		if t.Fetches() {
			row.Marks = append(row.Marks, web.State{Kind: "pending", Text: p.T("console.fetches")})
		}
		page.Parked = append(page.Parked, row)
	}
	for _, t := range v.work.Missed {
		row := v.row(t)
		row.Back = v.button(t, "rimetti", "console.requeue")
		row.Away = v.button(t, "rinuncia", "console.gone")
		page.Missed = append(page.Missed, row)
	}
}

// able tells whether what comes first of a ticket can be done at the desk.
func (v *view) able(t *counter.Ticket) bool {
	if t.OnlyDesk != "" && t.OnlyDesk != v.desk.ID {
		return false
	}
	open := t.Open()
	return len(open) == 0 || v.desk.Can(open[0])
}

// row is a ticket in a list.
func (v *view) row(t *counter.Ticket) lineRow {
	p := v.p
	row := lineRow{Number: t.Name(), What: v.services(t), Since: p.T("console.since", "time", minutes(p, v.work.Now.Sub(t.Since)))}
	switch {
	case t.State == counter.Waiting && t.Priority == queue.Returning:
		row.Marks = append(row.Marks, web.State{Kind: "pending", Text: p.T("console.priority.returning")})
	case t.Priority == queue.Frail || t.Priority == queue.Pregnant:
		row.Marks = append(row.Marks, web.State{Kind: "warning", Text: p.T("console.priority." + string(t.Priority))})
	}
	if !t.Due.IsZero() {
		row.Marks = append(row.Marks, web.State{Kind: "free", Text: p.T("console.due", "time", p.Time(t.Due))})
	}
	if v.work.At[v.desk.ID] == nil {
		row.Call = v.button(t, "chiama", "console.call-this")
	}
	return row
}

// button does something with one ticket.
func (v *view) button(t *counter.Ticket, what, key string, more ...web.Option) *act {
	return &act{
		Action: v.path + "/" + what, Text: v.p.T(key), About: t.Name(), Class: "btn-outline-primary",
		Fields: append([]web.Option{{Value: "biglietto", Text: t.ID}}, more...),
	}
}

// services are the names of what is still to be done of a ticket.
func (v *view) services(t *counter.Ticket) (text string) {
	for i, id := range t.Open() {
		if i > 0 {
			text += ", "
		}
		text += v.service(id)
	}
	return text
}

func (v *view) service(id string) string {
	if sv, ok := catalog.Find(id); ok {
		return sv.In(string(v.p.Lang)).Name
	}
	return id
}

// minutes is a length of time as people say it: never in seconds.
func minutes(p *i18n.Printer, d time.Duration) string {
	if d < time.Minute {
		return p.T("console.under-a-minute")
	}
	return p.Duration(d.Truncate(time.Minute))
}

// languages are those of whom a kiosk speaks, in the order of the catalogue.
func (v *view) facts(t *counter.Ticket) (list []string) {
	p := v.p
	list = append(list, p.T("console.origin."+string(t.Origin)))
	if t.Language != "it" && p.Has("console.language."+t.Language) {
		list = append(list, p.T("console.language."+t.Language))
	}
	if t.Priority != queue.Ordinary {
		list = append(list, p.T("console.priority."+string(t.Priority)))
	}
	if !t.Due.IsZero() {
		list = append(list, p.T("console.due", "time", p.Time(t.Due)))
	}
	if t.Calls > 1 {
		list = append(list, p.T("console.calls", "count", t.Calls))
	}
	return list
}

// here is the ticket at the desk.
func (v *view) here(t *counter.Ticket) (*here, error) {
	p, st := v.p, v.work.Office
	x := &here{
		ID: t.ID, Number: t.Name(), Serving: t.State == counter.Serving, Facts: v.facts(t),
		Since: p.T("console.since", "time", minutes(p, v.work.Now.Sub(t.Since))), Identify: v.path + "/cittadino", AddPath: v.path + "/aggiungi",
	}
	v.acts(x, t)
	v.steps(x, t)
	if t.Person == "" {
		return x, nil
	}
	who, err := v.People.Get(v.r.Context(), t.Person)
	if errs.Is(err, errs.NotFound) {
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	x.Citizen = who.FullName()
	x.ActFor = v.button(t, "agisci", "console.citizen.act")
	return x, v.People.NoteRead(v.r.Context(), actor(v.r), identity.Reading{Page: "console", Site: st.ID, Of: []identity.Seen{{Person: t.Person}}})
}

// acts are what can be done with the ticket as it stands.
func (v *view) acts(x *here, t *counter.Ticket) {
	p := v.p
	add := func(list *[]act, what, text, key, class string, fields ...web.Option) {
		b := v.button(t, what, text, fields...)
		b.Key, b.Class, b.About = key, class, ""
		*list = append(*list, *b)
	}
	toFetch := web.Option{Value: "torna", Text: "1"}
	if t.State == counter.Called {
		x.State = p.T("console.state.called")
		add(&x.Main, "inizia", "console.start", keyStart, "btn-primary")
		add(&x.Acts, "richiama", "console.recall", keyRecall, "btn-outline-primary")
		add(&x.Acts, "assente", "console.missed", keyMissed, "btn-outline-primary")
	} else {
		x.State = p.T("console.state.serving")
		add(&x.Main, "fine", "console.finish", keyFinish, "btn-primary")
		add(&x.Acts, "sospendi", "console.park", keyPark, "btn-outline-primary")
		add(&x.Acts, "sospendi", "console.fetch", keyFetch, "btn-outline-primary", toFetch)
	}
	add(&x.Transfer, "passa", "console.transfer.any", "", "btn-outline-primary", web.Option{Value: "sportello", Text: "0"})
	for _, d := range v.work.Desks {
		if d.Number == v.desk.Number {
			continue
		}
		b := v.button(t, "passa", "console.transfer", web.Option{Value: "sportello", Text: strconv.Itoa(d.Number)})
		b.Text, b.About = deskName(p, d.Number), ""
		if !d.Open() {
			b.Text = p.T("console.transfer.closed", "desk", b.Text)
		}
		x.Transfer = append(x.Transfer, *b)
	}
}

// steps are what they came for, with the steps of what is being done.
func (v *view) steps(x *here, t *counter.Ticket) {
	p := v.p
	current := true
	for n, it := range t.Items {
		sv, ok := catalog.Find(it.Service)
		if !ok {
			continue
		}
		text := sv.In(string(p.Lang))
		row := serviceRow{Name: text.Name}
		if it.State == counter.ItemDone {
			row.State = web.State{Kind: "free", Text: p.T("console.item.done")}
		} else if current {
			row.Current, row.Bring, current = true, text.Bring, false
			for i, step := range text.Steps {
				row.Steps = append(row.Steps, v.step(t, n, i, it, step))
			}
			if len(t.Open()) > 1 {
				row.Done = v.button(t, "fatto", "console.item.next", web.Option{Value: "voce", Text: strconv.Itoa(n)})
			}
		} else {
			row.State = web.State{Kind: "pending", Text: p.T("console.item.waits")}
		}
		x.Services = append(x.Services, row)
	}
	for _, sv := range catalog.All() {
		if v.desk.Can(sv.ID) {
			x.Add = append(x.Add, web.Option{Value: sv.ID, Text: sv.In(string(p.Lang)).Name})
		}
	}
}

func (v *view) step(t *counter.Ticket, n, i int, it counter.Item, text string) stepRow {
	on := false
	for _, done := range it.Steps {
		on = on || done == i
	}
	want := "1"
	if on {
		want = ""
	}
	b := v.button(t, "passo", "console.step",
		web.Option{Value: "voce", Text: strconv.Itoa(n)}, web.Option{Value: "passo", Text: strconv.Itoa(i)}, web.Option{Value: "fatto", Text: want})
	if i < 9 {
		b.Key = strconv.Itoa(i + 1)
	}
	return stepRow{N: i + 1, Text: text, On: on, Act: *b}
}

// houseOf finds the office of a request for who works there.
func (h *pages) houseOf(r *http.Request) (*site.Site, error) {
	st, err := h.Counter.Office(r.PathValue("office"))
	if err != nil {
		return nil, err
	}
	return st, actor(r).Check(identity.QueueWork, identity.Site(st.ID))
}
