package follow

import (
	"net/http"
	"net/url"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// followPage asks what to follow, and how often to be written to.
type followPage struct {
	web.Head
	Form    *form.Form
	Mails   bool
	Given   []web.Fact   // what was chosen already
	Hidden  []web.Option // that, as inputs
	Whats   []web.Option
	Places  []web.Option
	Houses  []web.Option // to choose from, where the words fit several
	Rhythms []web.Option
	Own     string // the actor's own address, masked; "" where it is asked for
	Mine    string // href of what one follows
	Atom    web.Link
	Count   string // how many follow
}

func (followPage) Template() string { return "follow/form" }

// The values of the choice of what to follow, in addresses.
const (
	ofMeasure = "misura"
	ofHouses  = "case"
	ofPlace   = "territorio"
	ofHouse   = "casa"
)

// rhythms are how the rhythms are called in a form.
var rhythms = []struct {
	slug   string
	rhythm Rhythm
}{{"settimana", Weekly}, {"subito", AtOnce}}

func rhythmOf(slug string) Rhythm {
	for _, x := range rhythms {
		if x.slug == slug {
			return x.rhythm
		}
	}
	return ""
}

func slugOf(r Rhythm) string {
	for _, x := range rhythms {
		if x.rhythm == r {
			return x.slug
		}
	}
	return ""
}

func rhythmOptions(p *i18n.Printer) (list []web.Option) {
	for _, x := range rhythms {
		list = append(list, web.Option{Value: x.slug, Text: p.T("follow.rhythm." + string(x.rhythm)), Hint: p.T("follow.rhythm-hint." + string(x.rhythm))})
	}
	return list
}

// fields are the declared inputs.
type fields struct {
	what         *form.Choice
	place, house *form.Text
	rhythm       *form.Choice
	email        *form.Text
	given        bool // what to follow stands in the address
}

func (h *pages) fields(f *form.Form, given bool) fields {
	x := fields{given: given}
	if !given {
		x.what = f.Choice("cosa", "follow.form.what", ofMeasure, ofHouses, ofPlace, ofHouse).Default(ofMeasure)
		x.place = f.String("territorio", "follow.form.place").Max(100)
		x.house = f.String("casa", "follow.form.house").Max(200)
	}
	x.rhythm = f.Choice("ritmo", "follow.form.rhythm", rhythms[0].slug, rhythms[1].slug).Default(rhythms[0].slug)
	x.email = f.String("email", "follow.form.email").Max(254)
	return x
}

// topic is what is to be followed; where it cannot be told the form says so.
func (h *pages) topic(f *form.Form, x fields, page *followPage) Topic {
	net := h.Live.Network()
	fail := func(field, key string) Topic {
		f.Add(errs.New(errs.Invalid, key, nil).On(field))
		return Topic{}
	}
	switch x.what.Value {
	case ofHouses:
		return Topic{Kind: Houses}
	case ofPlace:
		kind, name, _ := strings.Cut(x.place.Value, ":")
		t := Topic{Kind(kind), name}
		if t.Kind != Region && t.Kind != Province || !t.exists(net) {
			return fail("territorio", "follow.form.no-place")
		}
		return t
	case ofHouse:
		found := findHouses(net, x.house.Value)
		switch len(found) {
		case 0:
			return fail("casa", "follow.form.no-house")
		case 1:
			return Topic{House, found[0].Code}
		}
		for _, st := range found {
			page.Houses = append(page.Houses, web.Option{Value: houseName(net, st.Code), Text: st.Address})
		}
		return fail("casa", "follow.form.many-houses")
	}
	return Topic{Kind: Measure}
}

// mostHouses is how many houses are offered where the words fit several.
const mostHouses = 12

// findHouses finds the houses that somebody means: the one of that very name or
// code, else some of those whose words begin so.
func findHouses(net *site.Network, text string) (found []*site.Site) {
	if text == "" {
		return nil
	}
	if st, err := net.ByCode(text); err == nil {
		return []*site.Site{st}
	}
	name, _, _ := strings.Cut(text, " (") // the province is no word of a search
	for _, hit := range net.Sites(site.Filter{Query: name}) {
		if houseName(net, hit.Site.Code) == text {
			return []*site.Site{hit.Site}
		}
		if len(found) < mostHouses {
			found = append(found, hit.Site)
		}
	}
	return found
}

// suggest answers the search of a house.
func (h *pages) suggest(w http.ResponseWriter, r *http.Request) error {
	net, text := h.Live.Network(), r.URL.Query().Get("casa")
	var options []web.Option
	if len([]rune(text)) >= 2 && len(text) <= 200 {
		for _, st := range findHouses(net, text) {
			options = append(options, web.Option{Value: houseName(net, st.Code), Text: st.Address})
		}
	}
	return h.ui.Suggestions(w, r, options)
}

// form shows the form, with what to follow from the address.
func (h *pages) form(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	t, err := TopicOf(h.Live.Network(), q)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	f.Set("cosa", ofMeasure)
	f.Set("ritmo", rhythms[0].slug)
	h.fields(f, t.Kind != Measure)
	return h.show(w, r, f, followPage{}, t)
}

// send lets the actor's own address follow at once, and asks any other.
func (h *pages) send(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	// A topic that stood in the address comes in inputs that nobody sees.
	t, err := TopicOf(h.Live.Network(), url.Values{"casa": {f.Raw("sede")}, "provincia": {f.Raw("provincia")}, "regione": {f.Raw("regione")}, "case": {f.Raw("case")}})
	if err != nil {
		return err
	}
	page := followPage{}
	x := h.fields(f, t.Kind != Measure)
	if !x.given {
		t = h.topic(f, x, &page)
	}
	_, own, err := h.own(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if own == "" {
		x.email.Required()
	}
	shown := Topic{Kind: Measure}
	if x.given {
		shown = t
	}
	if f.Err() != nil {
		return h.show(w, r, f, page, shown)
	}
	lang, rhythm := string(h.ui.Printer(r).Lang), rhythmOf(x.rhythm.Value)
	if own != "" {
		if err := h.FollowOwn(r.Context(), actor(r), t, rhythm, lang); err != nil {
			return err
		}
		return h.ui.Done(w, r, minePath, "follow.done.following")
	}
	err = h.Ask(r.Context(), Asking{Address: x.email.Value, Topic: t, Rhythm: rhythm, Language: lang, Client: web.ClientAddr(r.Context())})
	if f.AddAs(err, nil) {
		return h.show(w, r, f, page, shown)
	}
	if err != nil {
		return identity.Later(w, err)
	}
	return web.Redirect(w, r, sentPath)
}

// show shows the form about a topic that stands in the address, or asks for one.
func (h *pages) show(w http.ResponseWriter, r *http.Request, f *form.Form, page followPage, t Topic) error {
	p, net := h.ui.Printer(r), h.Live.Network()
	name := t.Say(p, net)
	page.Head = head(p, p.T("follow.form.title"))
	page.Description, page.Head.Feed = p.T("follow.form.lead"), FeedLink(p, t, name)
	page.Form, page.Mails, page.Rhythms, page.Atom, page.Mine = f, h.Mails(), rhythmOptions(p), page.Head.Feed, minePath
	if t.Kind == Measure {
		page.Whats, page.Places = whatOptions(p), placeOptions(p, net)
	} else {
		page.Given = []web.Fact{{Name: p.T("follow.fact.topic"), Value: name}}
		for field, value := range t.query() {
			if field == "casa" { // which is what is typed
				field = "sede"
			}
			page.Hidden = []web.Option{{Value: value[0], Text: field}}
		}
	}
	n, err := h.Count(r.Context(), t)
	if err != nil {
		return err
	}
	if n > 0 {
		page.Count = p.T("follow.count", "count", n)
	}
	_, own, err := h.own(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if own != "" {
		page.Own = masked(own)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func whatOptions(p *i18n.Printer) []web.Option {
	return []web.Option{
		{Value: ofMeasure, Text: p.T("follow.topic.measure"), Hint: p.T("follow.what.measure-hint")},
		{Value: ofHouses, Text: p.T("follow.topic.houses"), Hint: p.T("follow.what.houses-hint")},
		{Value: ofPlace, Text: p.T("follow.what.place"), Hint: p.T("follow.what.place-hint")},
		{Value: ofHouse, Text: p.T("follow.what.house"), Hint: p.T("follow.what.house-hint")},
	}
}

// placeOptions are the regions, each followed by its provinces.
func placeOptions(p *i18n.Printer, net *site.Network) []web.Option {
	list := []web.Option{{Text: p.T("follow.form.choose")}}
	for _, region := range net.Territory().Regions() {
		list = append(list, web.Option{Value: string(Region) + ":" + region, Text: p.T("follow.form.region", "name", region)})
		for _, x := range net.Territory().Provinces() {
			if x.Region == region {
				list = append(list, web.Option{Value: string(Province) + ":" + x.Code, Text: p.T("follow.form.province", "name", x.Name, "code", x.Code)})
			}
		}
	}
	return list
}

// sentPage says what comes next.
type sentPage struct {
	web.Head
	Days    int
	Mailbox string
}

func (sentPage) Template() string { return "follow/sent" }

func (h *pages) sent(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	page := sentPage{Head: head(p, p.T("follow.sent.title"), web.Link{Href: followPath, Text: p.T("follow.form.title")}), Days: int(askLife.Hours() / 24), Mailbox: h.Mailbox}
	page.Private = true
	return h.ui.Render(w, r, http.StatusOK, page)
}
