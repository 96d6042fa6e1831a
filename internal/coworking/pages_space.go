package coworking

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/reserve"
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
	Rooms   []roomPlaces
	Send    url.Values // the time, for the form that books
	Key     string
	House   house
}

func (spacePage) Template() string { return "coworking/space" }

// kindTab leads to another kind of place of the house.
type kindTab struct {
	web.Link
	Current bool
}

// roomPlaces are the places of a room.
type roomPlaces struct {
	ID     string
	Name   string
	Places []placeRow
}

// placeRow is a place that can be chosen, or not.
type placeRow struct {
	ID, Name string
	Detail   string
	State    web.State
	Free     bool
	Chosen   bool
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
}

func (h *pages) readSpace(p *i18n.Printer, f *form.Form, st *site.Site) spaceInput {
	in := spaceInput{kinds: h.Kinds(st.ID)}
	if len(in.kinds) > 0 {
		in.kind = in.kinds[0]
	}
	zone := h.live.Network().Zone(st)
	kind := f.Choice("tipo", "coworking.search.kind", kindValues(site.Bookable)...)
	if slices.Contains(in.kinds, site.ResourceKind(kind.Value)) {
		in.kind = site.ResourceKind(kind.Value)
	}
	in.count = f.Int("posti", "coworking.search.count").Default(1).Between(1, maxCount).Value
	from, to := nextWorkingTime(h.clock.Now(), zone)
	in.when = readWhen(p, f, zone, from, to)
	if in.kind != "" {
		rules := h.live.Network().Rules(st.ID, in.kind)
		in.when.SeveralOK = in.when.SeveralOK || severalDays(&rules)
	}
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
	status := f.Status()
	if told != nil {
		status = told.Status
	}
	if st.State != site.Open {
		state := siteState(p, st)
		page.State, page.Opens = &state, opensOn(p, st)
	}
	var rules *site.Rules
	if in.kind != "" && st.State == site.Open && in.when.Valid() && f.Fault("posti") == nil {
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
	var err error
	if page.House, err = h.house(r.Context(), p, net, st, rules, in.kind); err != nil {
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
	page.Rooms = h.roomsOf(p, st, offer.Places, page.Form.All("posto"))
}

// roomsOf sorts places into their rooms.
func (h *pages) roomsOf(p *i18n.Printer, st *site.Site, places []Place, chosen []string) []roomPlaces {
	net := h.live.Network()
	byRoom := map[string]*roomPlaces{}
	var order []string
	for _, pl := range places {
		room := byRoom[pl.Room]
		if room == nil {
			room = &roomPlaces{ID: "sala-" + strconv.Itoa(len(order)+1)}
			if rm, err := net.Room(pl.Room); err == nil {
				room.Name = p.T("coworking.room.on", "room", rm.Name, "floor", floorName(p, rm.Floor))
			}
			byRoom[pl.Room] = room
			order = append(order, pl.Room)
		}
		room.Places = append(room.Places, placeRow{
			ID: pl.ID, Name: pl.Name, Detail: details(p, pl.Resource), Free: pl.State == PlaceFree,
			State: placeState(p, pl.State), Chosen: pl.State == PlaceFree && slices.Contains(chosen, pl.ID),
		})
	}
	rooms := make([]roomPlaces, 0, len(order))
	for _, rm := range net.Rooms(st.ID) {
		if room := byRoom[rm.ID]; room != nil {
			rooms = append(rooms, *room)
		}
	}
	return rooms
}

func placeState(p *i18n.Printer, s PlaceState) web.State {
	kind := string(s)
	if s == PlaceReserved {
		kind = "closed"
	}
	return web.State{Kind: kind, Text: p.T("coworking.place." + string(s))}
}

func floorName(p *i18n.Printer, floor int) string {
	if floor >= -1 && floor <= 1 {
		return p.T("coworking.floor." + strconv.Itoa(floor))
	}
	return p.T("coworking.floor.other", "floor", strconv.Itoa(floor))
}

// details are the seats and the equipment of a place, in words.
func details(p *i18n.Printer, r *site.Resource) string {
	var parts []string
	if r.Seats > 1 {
		parts = append(parts, p.T("coworking.seats", "count", r.Seats))
	}
	for _, f := range r.Features {
		if key := "coworking.feature." + f; p.Has(key) {
			parts = append(parts, p.T(key))
		}
	}
	return strings.Join(parts, ", ")
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
			Text: names(p, a.Names), Detail: p.Span(a.From.In(zone), a.To.In(zone)),
			Action: spacePath(st, nil) + "/prenota",
		}
		c.Detail = a.SiteName + " · " + c.Detail
		if a.DistanceKm > 0 {
			c.Detail = a.SiteName + " (" + p.Distance(a.DistanceKm) + ") · " + p.Span(a.From.In(zone), a.To.In(zone))
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
	auto := f.Choice("modo", "coworking.space.mode", "scelti", "auto").Value == "auto"
	f.String("posto", "coworking.space.places")
	f.String("chiave", "coworking.space.key").Max(60)
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
		return signIn(w, r, spacePath(st, choiceQuery(f, in, auto)))
	}
	b, err := h.holdOnce(r.Context(), actor(r), part, f.Raw("chiave"))
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

// holdOnce holds places once, however often one form is sent. The key of the
// form counts together with what it asks for, since the back button brings the
// same form with another choice; and a hold that was given up meanwhile does
// not stand in the way of a new one.
func (h *pages) holdOnce(ctx context.Context, actor identity.Actor, part PartRequest, key string) (Booking, error) {
	sum := sha256.New()
	for _, text := range append([]string{key, part.Site, string(part.Kind), strconv.Itoa(part.Count),
		part.From.UTC().Format(time.RFC3339), part.To.UTC().Format(time.RFC3339)}, part.Resources...) {
		sum.Write([]byte(text))
		sum.Write([]byte{0})
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	req := Request{Parts: []PartRequest{part}, Hash: hash}
	if key != "" {
		req.Key = "page:" + hash
	}
	b, err := h.Hold(ctx, actor, req)
	if err == nil && b.Status == reserve.Held && standing(b.Booking, h.clock.Now()) == reserve.Expired ||
		err == nil && !b.Status.Alive() {
		req.Key = "page:" + hash + ":" + b.ID
		return h.Hold(ctx, actor, req)
	}
	return b, err
}

// house is what there is to know about a house beside its places.
type house struct {
	Facts  []web.Fact
	Week   []dayHours
	Closed []string // coming days on which it is closed
	Rules  []string
}

type dayHours struct{ Days, Hours string }

func (h *pages) house(ctx context.Context, p *i18n.Printer, net *site.Network, st *site.Site, rules *site.Rules, kind site.ResourceKind) (house, error) {
	var out house
	add := func(key, value string) {
		if value != "" {
			out.Facts = append(out.Facts, web.Fact{Name: p.T(key), Value: value})
		}
	}
	add("coworking.fact.address", st.Address)
	add("coworking.fact.municipality", net.Place(st))
	if st.Size != "" {
		add("coworking.fact.size", p.T("coworking.size."+string(st.Size)))
	}
	add("coworking.fact.rooms", p.Number(len(net.Rooms(st.ID))))
	var has []string
	for _, k := range h.Kinds(st.ID) {
		has = append(has, p.T("coworking.places."+string(k), "count", len(net.OfKind(st.ID, k))))
	}
	add("coworking.fact.places", strings.Join(has, ", "))
	out.Week = weekHours(p, st.Hours)
	if rules != nil {
		out.Rules = rulesInWords(p, *rules, kind)
	}
	var err error
	if st.State == site.Open {
		out.Closed, err = h.closedDays(ctx, p, net, st)
	}
	return out, err
}

// weekHours are the opening hours, days that open alike together.
func weekHours(p *i18n.Printer, hours agenda.Hours) (out []dayHours) {
	text := func(spans []agenda.Span) string {
		var parts []string
		for _, s := range spans {
			if s == (agenda.Span{From: 0, To: agenda.Midnight24}) {
				return p.T("coworking.hours.all-day")
			}
			parts = append(parts, strings.ReplaceAll(s.String(), "-", "–"))
		}
		if len(parts) == 0 {
			return p.T("coworking.hours.closed")
		}
		return strings.Join(parts, ", ")
	}
	for i := 0; i < 7; {
		first := weekday(i)
		j := i
		for j+1 < 7 && slices.Equal(hours.On(weekday(j+1), false), hours.On(first, false)) {
			j++
		}
		days := p.Weekday(first)
		switch {
		case i == 0 && j == 6:
			days = p.T("coworking.hours.every-day")
		case j > i:
			days = p.T("coworking.hours.from-to", "from", p.Weekday(first), "to", p.Weekday(weekday(j)))
		}
		out = append(out, dayHours{days, text(hours.On(first, false))})
		i = j + 1
	}
	holiday := hours.On(time.Monday, true)
	for i := range 7 {
		if !slices.Equal(hours.On(weekday(i), true), holiday) {
			return out // no rule of its own: a holiday is a day like any other
		}
	}
	return append(out, dayHours{p.T("coworking.hours.holidays"), text(holiday)})
}

// weekday is the nth day of the week, from Monday.
func weekday(n int) time.Weekday { return time.Weekday((n + 1) % 7) }

const (
	lookAhead  = 60 // days in which closed days are told
	mostClosed = 6
)

// closedDays tells the coming closures, and the days on which a house is
// closed though its week says otherwise.
func (h *pages) closedDays(ctx context.Context, p *i18n.Printer, net *site.Network, st *site.Site) ([]string, error) {
	zone := net.Zone(st)
	today := agenda.DateOf(h.clock.Now().In(zone))
	last := today.AddDays(lookAhead)
	var out []string
	closures, err := h.Closures(ctx, st.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range closures {
		if from := c.Starts.In(zone); agenda.DateOf(from).Before(last) && len(out) < mostClosed {
			out = append(out, p.T("coworking.closed.because", "day", p.Span(from, c.Ends.In(zone)), "reason", c.Reason))
		}
	}
	holidays := map[agenda.Date]string{}
	for year := today.Year; year <= last.Year; year++ {
		for _, hd := range agenda.NationalHolidays(year) {
			holidays[hd.Date] = "coworking.holiday." + strings.TrimPrefix(hd.Key, "holiday.")
		}
	}
	opening := net.Opening(st.ID)
	for d := today; d.Before(last) && len(out) < mostClosed; d = d.AddDays(1) {
		if len(opening.On(d)) > 0 || len(st.Hours.On(d.Weekday(), false)) == 0 {
			continue
		}
		key := holidays[d]
		switch {
		case key == "" && agenda.IsHoliday(d, st.Patron):
			key = "coworking.closed.patron"
		case key == "":
			out = append(out, p.Day(d))
			continue
		}
		out = append(out, p.T("coworking.closed.because", "day", p.Day(d), "reason", p.T(key)))
	}
	return out, nil
}

// rulesInWords says how a kind of place may be booked.
func rulesInWords(p *i18n.Printer, r site.Rules, kind site.ResourceKind) (out []string) {
	add := func(key string, vars ...any) { out = append(out, p.T("coworking.rule."+key, vars...)) }
	length := func(minutes int) string { return p.Duration(time.Duration(minutes) * time.Minute) }
	add("length", "least", length(r.MinLength), "most", length(r.MaxLength))
	add("horizon", "count", r.HorizonDays)
	if r.Lead > 0 {
		add("lead", "lead", length(r.Lead))
	}
	if r.Turnover > 0 {
		add("turnover", "length", length(r.Turnover))
	}
	if r.Release > 0 {
		add("check-in", "early", length(r.CheckInEarly), "late", length(r.Release))
	}
	add("fair-use", "kind", strings.ToLower(p.T("coworking.kind."+string(kind))), "coming", r.Coming, "hours", r.WeekHours)
	if r.SuspendDays > 0 {
		add("no-shows", "missed", r.NoShows, "days", r.NoShowDays, "suspended", r.SuspendDays)
	}
	return out
}
