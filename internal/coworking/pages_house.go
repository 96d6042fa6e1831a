package coworking

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/blob"
	"polis/internal/platform/i18n"
	pictures "polis/internal/platform/picture"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// house is what there is to know about a house beside its places, in the order
// in which people ask.
type house struct {
	Today        string // "oggi 08:00–20:00"
	Badges       []badge
	Rating       string // "4,3 su 5, da 12 visite"; empty while there are few
	Photos       []photo
	Week         []site.DayHours
	Closed       []string // coming days on which it is closed
	GettingThere []web.Fact
	Directions   []string // paragraphs
	Point        string   // "45.84350, 8.71550"
	Map          template.URL
	Phone        string
	Dial         string // the phone number as a link wants it
	Email        string
	Access       []web.Fact
	Amenities    []badge
	Facts        []web.Fact
	Territory    []badge
	Rules        []string
	Law          []string // paragraphs of the rules of the house
	LawTitle     string
	Nearby       []nearby
	Report       string // href
}

// badge is a word with its sign.
type badge struct{ Icon, Text string }

// photo is a picture of the house as its page shows it.
type photo struct {
	Large, Thumb  string // hrefs
	Set           template.Srcset
	Alt           string
	Width, Height int
}

// nearby is another house.
type nearby struct {
	web.Link
	Detail string
	State  *web.State
}

func (h *pages) house(ctx context.Context, p *i18n.Printer, net *site.Network, st *site.Site, in spaceInput, rules *site.Rules) (house, error) {
	pr := st.Profile
	out := house{
		Badges: badges(p, st), Photos: photos(p, st), Week: site.WeekInWords(p, st.Hours),
		Phone: pr.Phone, Dial: strings.ReplaceAll(pr.Phone, " ", ""), Email: pr.Email,
		Directions: paragraphs(pr.Directions.In(string(p.Lang))), Access: site.AccessInWords(p, st),
		Facts: h.facts(p, net, st), Nearby: h.nearby(ctx, p, net, st, in),
		Report: "/segnala?" + url.Values{"sede": {st.Code}}.Encode(),
	}
	out.GettingThere = []web.Fact{{Name: p.T("coworking.fact.address"), Value: st.Address}, {Name: p.T("coworking.fact.municipality"), Value: net.Place(st)}}
	if st.Lat != 0 || st.Lon != 0 {
		out.Point = fmt.Sprintf("%.5f, %.5f", st.Lat, st.Lon)
		// only numbers of ours: the scheme is one that templates do not know
		out.Map = template.URL(fmt.Sprintf("geo:%.5f,%.5f", st.Lat, st.Lon))
	}
	for _, a := range site.Amenities {
		if slices.Contains(pr.Amenities, a) {
			out.Amenities = append(out.Amenities, badge{cmp.Or(amenityIcons[a], "it-check"), p.T("site.amenity." + string(a))})
		}
	}
	for _, t := range pr.Territory {
		out.Territory = append(out.Territory, badge{"it-flag", p.T("site.territory." + string(t))})
	}
	if rules != nil {
		out.Rules = rulesInWords(p, *rules, in.kind)
	}
	if law, ok := net.HouseRules(st.ID); ok {
		out.Law = paragraphs(law.Text.In(string(p.Lang)))
		out.LawTitle = p.T("coworking.space.law", "version", law.Version, "since", p.DateShort(law.Since))
	}
	if st.State != site.Open {
		return out, nil
	}
	average, count, err := h.Ratings(ctx, st.ID)
	if err != nil {
		return out, err
	}
	if count > 0 {
		out.Rating = p.T("coworking.space.rating", "count", count, "average", p.Number(math.Round(average*10)/10))
	}
	today := agenda.DateOf(h.clock.Now().In(net.Zone(st)))
	out.Today = p.T("coworking.space.today", "hours", hoursOn(p, net.Opening(st.ID), today))
	out.Closed, err = h.closedDays(ctx, p, net, st)
	return out, err
}

// paragraphs are the parts of a text between empty lines.
func paragraphs(text string) (list []string) {
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// badges are what decides at once whether one can go.
func badges(p *i18n.Printer, st *site.Site) (list []badge) {
	if st.Profile.StepFree == site.Yes {
		list = append(list, badge{"it-check-circle", p.T("coworking.need.step-free")})
	}
	if st.Profile.AccessibleToilet == site.Yes {
		list = append(list, badge{"it-check-circle", p.T("coworking.need.toilet")})
	}
	if st.Size != "" {
		list = append(list, badge{"it-fullscreen", sizeInWords(p, st)})
	}
	return list
}

// sizeInWords is the class of a house, with its own area where it is known.
func sizeInWords(p *i18n.Printer, st *site.Site) string {
	if st.Profile.Area > 0 {
		return p.T("coworking.size.own."+string(st.Size), "area", p.Number(st.Profile.Area))
	}
	return p.T("coworking.size." + string(st.Size))
}

func photos(p *i18n.Printer, st *site.Site) (list []photo) {
	for _, ph := range st.Photos {
		large, thumb := blob.Path+ph.Picture, blob.Path+ph.Thumb
		list = append(list, photo{
			Large: large, Thumb: thumb, Alt: ph.Alt.In(string(p.Lang)), Width: ph.Width, Height: ph.Height,
			Set: template.Srcset(fmt.Sprintf("%s %dw, %s %dw", thumb, min(ph.Width, pictures.ThumbWidth), large, ph.Width)),
		})
	}
	return list
}

// amenityIcons are the signs of amenities; others have a tick.
var amenityIcons = map[site.Amenity]string{
	"wifi": "it-wifi", "printer": "it-print", "lockers": "it-locked", "phone-booth": "it-telephone", "ev-charging": "it-plug",
	"induction-loop": "it-hearing", "post-office": "it-mail",
}

// facts are what a house is.
func (h *pages) facts(p *i18n.Printer, net *site.Network, st *site.Site) (facts []web.Fact) {
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: p.T(key), Value: value})
		}
	}
	add("coworking.fact.places", h.has(p, net, st))
	if st.Size != "" {
		add("coworking.fact.size", sizeInWords(p, st))
	}
	if st.Profile.Building != "" {
		add("coworking.fact.building", p.T("site.building."+string(st.Profile.Building)))
	}
	return facts
}

// has are the places of a house, counted by kind.
func (h *pages) has(p *i18n.Printer, net *site.Network, st *site.Site) string {
	var list []string
	for _, k := range h.Kinds(st.ID) {
		list = append(list, p.T("coworking.places."+string(k), "count", len(net.OfKind(st.ID, k))))
	}
	return strings.Join(list, ", ")
}

// mostNearby is how many other houses are named.
const mostNearby = 3

// nearby are the nearest other houses that are open, with what is free there at
// the time and of the kind that the page shows.
func (h *pages) nearby(ctx context.Context, p *i18n.Printer, net *site.Network, st *site.Site, in spaceInput) (list []nearby) {
	here := &site.Point{Lat: st.Lat, Lon: st.Lon}
	if *here == (site.Point{}) {
		return nil
	}
	hits := net.Sites(site.Filter{Near: here, Kind: site.Space, State: site.Open})
	hits = slices.DeleteFunc(hits, func(hit site.Hit) bool { return hit.Site.ID == st.ID })
	hits = hits[:min(len(hits), mostNearby)]
	if len(hits) == 0 {
		return nil
	}
	q, free := url.Values(nil), map[string]int{}
	if in.kind != "" && in.when.Valid() {
		found, err := h.Search(ctx, identity.ActorFrom(ctx), Query{
			Where: site.Filter{Near: here, RadiusKm: hits[len(hits)-1].DistanceKm + 1}, Kind: in.kind,
			From: in.when.From, To: in.when.To, Limit: 2 * mostNearby,
		})
		if err == nil { // a time that cannot be booked is told beside the time
			q = timeQuery(in.when.From, in.when.To, in.when.zone)
			q.Set("tipo", string(in.kind))
		}
		for _, hit := range found.Hits {
			free[hit.Site.ID] = hit.Free
		}
	}
	for _, hit := range hits {
		n := nearby{
			Link:   web.Link{Href: spacePath(hit.Site, q), Text: hit.Site.Name},
			Detail: p.T("coworking.search.away", "place", net.Place(hit.Site), "distance", p.Distance(hit.DistanceKm)),
		}
		if count := free[hit.Site.ID]; q != nil && count > 0 {
			n.State = &web.State{Kind: "free", Text: p.T("coworking.free."+string(in.kind), "count", count)}
		} else if q != nil {
			n.State = &web.State{Kind: "taken", Text: p.T("coworking.search.full")}
		}
		list = append(list, n)
	}
	return list
}

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
			out = append(out, site.ClosureInWords(p, from, c.Ends.In(zone), c.Reason))
		}
	}
	return append(out, net.ClosedInWords(p, st, today, last, mostClosed-len(out))...), nil
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
