package coworking

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// holdView is what the page of a hold shows besides its parts: how long it is
// kept, what can be added.
type holdView struct {
	Page      string    // href of the booking
	Until     time.Time // in the zone of the place
	Left      string    // seconds, by the server's clock
	Clock     string    // the same, "9:41"
	Said      []said
	Days      []dayChoice
	Key       string
	Here      string // href to other places of the house at the same time
	Elsewhere string // href to the search
}

// said is what is told at so many seconds before the end.
type said struct{ At, Text string }

// dayChoice is another day that can be added, or not.
type dayChoice struct {
	Value, Text string
	State       web.State
	Free        bool
}

// rulesView are house rules to be accepted.
type rulesView struct {
	Value      string
	Label      string
	Paragraphs []string
	Chosen     bool
}

// whenSaid are the seconds before the end of a hold at which a reader who
// cannot see the clock is told.
var whenSaid = []int{300, 120, 60}

func (h *pages) showHold(r *http.Request, p *i18n.Printer, page *bookingPage, b Booking) (err error) {
	left := max(b.Due.Sub(h.clock.Now()), 0).Round(time.Second)
	seconds := int(left / time.Second)
	v := &holdView{
		Page: page.Path, Until: b.Due.In(zoneOf(b)), Left: strconv.Itoa(seconds), Clock: strconv.Itoa(seconds/60) + ":" + twoDigits(seconds%60),
		Key: rand.Text(), Here: "/spazi", Elsewhere: "/spazi?" + fieldAdding + "=" + b.ID,
	}
	for _, s := range whenSaid {
		v.Said = append(v.Said, said{strconv.Itoa(s), p.T("coworking.hold.said", "time", time.Duration(s)*time.Second)})
	}
	v.Said = append(v.Said, said{"0", p.T("coworking.hold.over")})
	if len(b.Places) > 0 {
		first := b.Places[0]
		q := timeQuery(first.From, first.To, first.Zone)
		q.Set("tipo", string(first.Kind))
		q.Set(fieldAdding, b.ID)
		v.Here, v.Elsewhere = spacePath(first.Site, q), "/spazi?"+q.Encode()
	}
	days, err := h.OtherDays(r.Context(), actor(r), b.ID)
	if err != nil {
		return err
	}
	for i, d := range days {
		c := dayChoice{Value: d.Date.String(), Text: p.Day(d.Date), State: dayState(p, d), Free: len(d.Parts) > 0}
		if i > 0 && d.Date.Year == days[i-1].Date.Year { // the year is said once
			c.Text = strings.TrimSuffix(c.Text, " "+strconv.Itoa(d.Date.Year))
		}
		v.Days = append(v.Days, c)
	}
	page.Hold = v
	page.Rules, err = h.rulesOpen(r, p, b)
	for i := range page.Rules {
		for _, value := range page.Form.All("regolamento") {
			page.Rules[i].Chosen = page.Rules[i].Chosen || value == page.Rules[i].Value
		}
	}
	return err
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// dayState is how another day stands, by shape and word.
func dayState(p *i18n.Printer, day OtherDay) web.State {
	kinds := map[DayState]string{DayFree: "free", DayOther: "free", DayTaken: "taken", DayClosed: "closed", DayLimit: "closed", DayHad: "mine"}
	count := 0
	for _, part := range day.Parts {
		count += max(part.Count+len(part.Resources), 1)
	}
	return web.State{Kind: kinds[day.State], Text: p.T("coworking.day."+string(day.State), "count", count)}
}

// rulesOpen are the house rules of a booking that its person has not accepted.
func (h *pages) rulesOpen(r *http.Request, p *i18n.Printer, b Booking) (open []rulesView, err error) {
	list, err := h.HouseRules(r.Context(), b)
	for _, rules := range list {
		if rules.Accepted {
			continue
		}
		v := rulesView{Value: rules.Name().String()}
		version := strconv.Itoa(rules.Version)
		if len(list) == 1 {
			v.Label = p.T("coworking.rules.accept", "version", version)
		} else {
			v.Label = p.T("coworking.rules.accept-of", "houses", strings.Join(rules.Houses, ", "), "version", version)
		}
		for paragraph := range strings.SplitSeq(rules.Text.In(string(p.Lang)), "\n\n") {
			if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
				v.Paragraphs = append(v.Paragraphs, paragraph)
			}
		}
		open = append(open, v)
	}
	return open, err
}

// acceptedIn are the versions of house rules that a form accepts.
func acceptedIn(f *form.Form) (names []RulesVersion) {
	f.String("regolamento", "coworking.rules.title")
	for _, text := range f.All("regolamento") {
		names = append(names, parseRulesVersion(text))
	}
	return names
}

// aboutRules puts a refusal that is about house rules beside their box.
func aboutRules(f *form.Form, err error) bool {
	return errs.As(err).Field == "rules" && f.AddAs(err, form.Inputs{"rules": "regolamento"})
}

func (h *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	b, err := h.ConfirmAccepting(r.Context(), actor(r), r.PathValue("id"), acceptedIn(f)...)
	if err != nil {
		return h.askedAgain(w, r, f, err)
	}
	return web.Redirect(w, r, bookingPath(b.ID)) // whose heading says what was done
}

// acceptRules accepts house rules for what is booked already.
func (h *pages) acceptRules(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	names := acceptedIn(f)
	if len(names) == 0 {
		return h.askedAgain(w, r, f, errs.New(errs.Rule, "rules.not-accepted", nil).On("rules"))
	}
	b, err := h.AcceptRules(r.Context(), actor(r), r.PathValue("id"), names...)
	if err != nil {
		return h.askedAgain(w, r, f, err)
	}
	return h.ui.Done(w, r, bookingPath(b.ID), "coworking.done.accepted")
}

// askedAgain shows a booking whose rules are still to be accepted, or what else
// was wrong.
func (h *pages) askedAgain(w http.ResponseWriter, r *http.Request, f *form.Form, err error) error {
	if !aboutRules(f, err) {
		return h.acted(w, r, err)
	}
	b, err := h.read(r)
	if err != nil {
		return err
	}
	return h.showBooking(w, r, b, nil, f)
}

// giveUp releases a hold and goes back to its house. It knows the revision, so
// that the button of an old page does not cancel what was confirmed since.
func (h *pages) giveUp(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	b, err := h.Cancel(r.Context(), actor(r), r.PathValue("id"), revOf(f))
	if err != nil {
		return h.acted(w, r, err)
	}
	return h.ui.Done(w, r, h.again(b), "coworking.done.released")
}

// addDays adds the chosen days to a hold.
func (h *pages) addDays(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	days, err := h.OtherDays(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	f.String("giorni", "coworking.hold.days")
	parts, had, err := wantedOn(days, f.All("giorni"))
	switch {
	case err != nil:
		return h.acted(w, r, err)
	case len(parts) == 0 && had: // a second tap
		return web.Redirect(w, r, bookingPath(id))
	case len(parts) == 0:
		f.Add(errs.New(errs.Invalid, "coworking.hold.no-day", nil).On("giorni"))
		b, err := h.read(r)
		if err != nil {
			return err
		}
		return h.showBooking(w, r, b, nil, f)
	}
	if _, err = h.holdOnce(r.Context(), actor(r), parts, f.Raw("chiave"), id); err != nil {
		return h.acted(w, r, err)
	}
	return h.ui.Done(w, r, bookingPath(id), "coworking.done.added")
}

// wantedOn is what to ask for on the chosen days, and whether the hold has one
// of them already. A day that cannot be had any more is an error.
func wantedOn(days []OtherDay, chosen []string) (parts []PartRequest, had bool, err error) {
	for _, d := range days {
		switch {
		case !slices.Contains(chosen, d.Date.String()):
		case d.State == DayHad:
			had = true
		case len(d.Parts) == 0:
			return nil, false, errs.New(errs.Conflict, "coworking.hold.day-gone", nil)
		default:
			parts = append(parts, d.Parts...)
		}
	}
	return parts, had, nil
}

// drop gives a part of a hold back.
func (h *pages) drop(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	part, err := strconv.Atoi(f.Raw("parte"))
	if err != nil {
		part = -1
	}
	b, err := h.Drop(r.Context(), actor(r), r.PathValue("id"), part, revOf(f))
	if err != nil {
		return h.acted(w, r, err)
	}
	return h.ui.Done(w, r, bookingPath(b.ID), "coworking.done.dropped")
}

// retry holds once more what expired.
func (h *pages) retry(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	alive := func(b Booking) bool { return standing(b.Booking, h.clock.Now()).Alive() }
	b, err := once(f.Raw("chiave"), "again:"+id, alive, func(key string) (Booking, error) {
		return h.HoldAgain(r.Context(), actor(r), id, key)
	})
	if err != nil {
		return h.acted(w, r, err)
	}
	return web.Redirect(w, r, bookingPath(b.ID))
}
