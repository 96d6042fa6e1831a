package manage

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/reserve"
	"polis/internal/site"
)

// change is a form that changes a house, with what stands against it: what
// others changed since it was shown, and bookings in the way. A page embeds it
// and shows it with the templates "change-top" and "change-way".
type change struct {
	Form    *form.Form
	Seen    string    // how the house was when the form was shown: see stamp
	Since   []since   // what others changed since then
	Way     *wayShown // the bookings in the way
	Saving  string    // the words of the button
	Look    string    // the words of another button, which saves nothing
	Cancel  string    // the way back
	Changed bool      // this very moment

	now    url.Values // what the form would show now
	others []string   // names of what others changed since it was shown
}

// since is something that somebody else changed.
type since struct{ Name, Value string }

// Names of the inputs that every such form has.
const (
	seenField = "visto"  // the stamp
	keepField = "tieni"  // when the bookings in the way were seen; ticked to let them stay
	pageField = "pagina" // of the list of those bookings
)

// stamp is a short mark of each value of a form as it was shown. With it one
// can tell later what somebody changed in the form, and what others did
// elsewhere.
func stamp(shown url.Values) string {
	var marks []string
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		marks = append(marks, mark(shown[name]))
	}
	return strings.Join(marks, ".")
}

func mark(values []string) string {
	text := strings.ReplaceAll(strings.Join(values, "\n"), "\r\n", "\n")
	sum := sha256.Sum256([]byte(strings.TrimSpace(text)))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// newChange is a form that nobody has filled in yet.
func newChange(shown url.Values) change {
	return change{Form: form.Of(shown), Seen: stamp(shown)}
}

// rebase brings a form that was shown as seen onto what it would show now, and
// names what others changed in between.
func (c *change) rebase(seen string, now url.Values) (others []string) {
	names, marks := slices.Sorted(maps.Keys(now)), strings.Split(seen, ".")
	c.Seen, c.now = stamp(now), now
	if len(marks) != len(names) {
		return nil // it was not shown: whoever sends it means it
	}
	for i, name := range names {
		typed := mark(c.Form.All(name))
		if marks[i] == mark(now[name]) || typed == mark(now[name]) {
			continue
		}
		others = append(others, name)
		if typed == marks[i] {
			c.Form.Set(name, now[name]...)
		}
	}
	return others
}

// keep is since when somebody lets the bookings in the way be; zero where they
// do not.
func (c *change) keep() time.Time {
	us, err := strconv.ParseInt(c.Form.Raw(keepField), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return clock.FromMicros(us)
}

// errLook ends the saving of what somebody only wants to look at.
var errLook = errors.New("nothing is to be saved")

// sent reads a form that changes a house and saves it; done where that went
// well, else the form stands as it is to be shown again. values are those of the
// form for the house as it is.
func (h *pages) sent(w http.ResponseWriter, r *http.Request, st *site.Site, values func(*site.Site) url.Values,
	read func(*form.Form), save func(ctx context.Context, keep time.Time) error,
) (c change, done bool, err error) {
	f, err := form.New(w, r)
	if err != nil {
		return c, false, err
	}
	c = change{Form: f}
	c.others = c.rebase(f.Raw(seenField), values(st))
	read(f)
	if len(c.others) > 0 || f.Err() != nil {
		return c, false, nil
	}
	err = save(r.Context(), c.keep())
	if err == nil {
		return c, true, nil
	}
	if errors.Is(err, errLook) {
		return c, false, nil
	}
	if errs.HasKey(err, "site.changed-since") { // this very moment
		fresh, err := h.House(actor(r), st.ID)
		if err != nil {
			return c, false, err
		}
		c.Changed, c.others = true, c.rebase(c.Seen, values(fresh))
		return c, false, nil
	}
	if !h.refused(r, &c, err) {
		return c, false, err
	}
	return c, false, nil
}

// tell says what others changed; words are the prefixes of the words for the
// values of inputs.
func (c *change) tell(p *i18n.Printer, words map[string]string) {
	now := form.Of(c.now)
	for _, name := range c.others {
		s := since{Name: name, Value: strings.Join(now.All(name), ", ")}
		if label := c.Form.Label(name); label != "" {
			s.Name = p.T(label)
		}
		if prefix := words[name]; prefix != "" {
			s.Value = wordsOf(p, prefix, now.All(name))
		}
		s.Value = orNone(p, s.Value)
		c.Since = append(c.Since, s)
	}
}

// refused notes why a house could not be changed; false for an error that is
// not of the form.
func (h *pages) refused(r *http.Request, c *change, err error) bool {
	if way, ok := WayOf(err); ok {
		c.Way = h.wayShown(r, way, c.Form)
		return true
	}
	e := *errs.As(err)
	if name, ok := partFields[e.Field]; ok {
		e.Field = name
	}
	return c.Form.Add(&e)
}

// status is that of the page that shows the form again.
func (c *change) status() int {
	switch {
	case len(c.Since) > 0 || c.Changed:
		return http.StatusConflict
	case c.Way != nil:
		return http.StatusUnprocessableEntity
	}
	return c.Form.Status()
}

// wayShown are bookings in the way as a page lists them.
type wayShown struct {
	Title string
	Rows  []wayRow
	Keep  string // the value of the box
	Label string // its words
	Text  string // "1–50 di 160"
	Prev  int    // pages; 0 where there is none
	Next  int
}

// wayRow is one of them.
type wayRow struct {
	When, Places, People, Why string
	Day                       string // href of the day on which it can be moved
}

// wayPerPage is how many bookings in the way a page lists.
const wayPerPage = 25

func (h *pages) wayShown(r *http.Request, way Way, f *form.Form) *wayShown {
	net := h.Live.Network()
	st, err := net.Site(way.Site)
	if err != nil {
		return nil // it was there a moment ago
	}
	p := h.ui.Printer(r).In(net.Zone(st))
	n := len(way.Bookings)
	shown := &wayShown{
		Title: p.T("manage.way", "count", n), Keep: strconv.FormatInt(clock.Micros(way.At), 10),
		Label: p.T("manage.way.keep", "count", n),
	}
	last := (n + wayPerPage - 1) / wayPerPage
	page := min(max(atoi(f.Raw(pageField)), 1), last)
	from, to := (page-1)*wayPerPage, min(page*wayPerPage, n)
	if last > 1 {
		shown.Text = p.T("manage.way.page", "from", from+1, "to", to, "total", n)
	}
	if page > 1 {
		shown.Prev = page - 1
	}
	if page < last {
		shown.Next = page + 1
	}
	for i := range way.Bookings[from:to] {
		shown.Rows = append(shown.Rows, wayRowOf(p, net, st, &way.Bookings[from+i]))
	}
	return shown
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

func wayRowOf(p *i18n.Printer, net *site.Network, st *site.Site, x *Hindrance) wayRow {
	row := wayRow{Why: p.T("manage.way.why." + string(x.Why))}
	var times, places []string
	people := 0
	for _, part := range x.In(st.ID) {
		if row.Day == "" {
			row.Day = dayPath(st.Code, part.From.In(p.Zone))
		}
		times = append(times, p.Span(part.From, part.To))
		names, seats := placesOf(p, net, part)
		places, people = append(places, names...), people+seats
	}
	slices.Sort(places)
	row.When, row.Places = strings.Join(times, "; "), strings.Join(slices.Compact(places), ", ")
	row.People = p.T("manage.way.people", "count", people)
	return row
}

// placesOf are the names of the places of a part, and how many people they are
// for.
func placesOf(p *i18n.Printer, net *site.Network, part reserve.Part) (names []string, people int) {
	for _, u := range part.Units {
		res, err := net.ByOrdinal(u)
		if err != nil {
			continue
		}
		name := res.Name
		if name == "" {
			name = p.T(res.Kind.Label(), "count", 1) + " " + res.Code
		}
		names, people = append(names, name), people+max(res.Seats, 1)
	}
	return names, people
}

// link is a web.Link.
func link(href, text string) web.Link { return web.Link{Href: href, Text: text} }
