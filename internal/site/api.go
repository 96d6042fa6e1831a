package site

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/agenda"
	"polis/internal/platform/api"
	"polis/internal/platform/blob"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

// RegisterAPI adds the operations that read the public facts of the network.
func RegisterAPI(a *api.API, live *Live, c clock.Clock) {
	r := reader{live, c}
	tags := []string{"Network"}
	api.Register(a, huma.Operation{
		OperationID: "list-municipalities", Method: http.MethodGet, Path: "/api/v1/municipalities", Tags: tags,
		Summary:     "Find municipalities by name or code",
		Description: "By name or its beginning in any of its languages, ISTAT, land registry or postal code; larger places first.",
	}, r.municipalities)
	api.Register(a, huma.Operation{
		OperationID: "list-sites", Method: http.MethodGet, Path: "/api/v1/sites", Tags: tags,
		Summary:     "Find sites",
		Description: "Nearest first where `near` is given, else by name.",
	}, r.sites)
	api.Register(a, huma.Operation{
		OperationID: "get-site", Method: http.MethodGet, Path: "/api/v1/sites/{id}", Tags: tags,
		Summary: "Get a site with its hours and rules",
	}, r.site)
	api.Register(a, huma.Operation{
		OperationID: "list-resources", Method: http.MethodGet, Path: "/api/v1/sites/{id}/resources", Tags: tags,
		Summary: "List the places of a site",
	}, r.resources)
}

// reader answers from the network as it is.
type reader struct {
	live  *Live
	clock clock.Clock
}

// public is an answer that is the same for everyone and may be a minute old.
type public[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         T
}

func answer[T any](body T) (*public[T], error) { return &public[T]{"public, max-age=60", body}, nil }

// Limited is the parameter that says how many items of a list are asked for.
type Limited struct {
	Limit int `query:"limit" minimum:"1" maximum:"250" default:"20" doc:"Items at most"`
}

// MunicipalityFacts is a municipality as the API shows it.
type MunicipalityFacts struct {
	ISTAT          string  `json:"istat" doc:"Code of the national institute of statistics" example:"012072"`
	Belfiore       string  `json:"belfiore" doc:"Code of the land registry" example:"D946"`
	Name           string  `json:"name"`
	AltName        string  `json:"alt_name,omitempty" doc:"Official name in a second language"`
	Province       string  `json:"province" example:"VA"`
	ProvinceName   string  `json:"province_name"`
	Region         string  `json:"region"`
	Population     int     `json:"population"`
	PopulationYear int     `json:"population_year,omitempty"`
	PostalCode     string  `json:"postal_code,omitempty" doc:"One of the postal codes in use"`
	Lat            float64 `json:"lat" doc:"Degrees, WGS 84"`
	Lon            float64 `json:"lon"`
	Approximate    bool    `json:"approximate,omitempty" doc:"The point is a guess, such as the middle of the province"`
}

func (r reader) municipalities(_ context.Context, in *struct {
	Query string `query:"q" doc:"Name, its beginning, or a code; a province may follow" example:"gavirate va"`
	Limited
},
) (*public[api.Page[MunicipalityFacts]], error) {
	found := r.live.Network().Territory().Search(in.Query, in.Limit)
	items := make([]MunicipalityFacts, len(found))
	for i, m := range found {
		items[i] = municipalityFacts(m)
	}
	return answer(api.NewPage(items, ""))
}

func municipalityFacts(m territory.Municipality) MunicipalityFacts {
	return MunicipalityFacts{
		ISTAT: m.ISTAT, Belfiore: m.Belfiore, Name: m.Name, AltName: m.AltName, Province: m.Province, ProvinceName: m.ProvinceName,
		Region: m.Region, Population: m.Population, PopulationYear: m.PopulationYear, PostalCode: m.CAP,
		Lat: m.Lat, Lon: m.Lon, Approximate: m.Approximate,
	}
}

// Where are the parameters by which sites are found by place.
type Where struct {
	Near         string  `query:"near" doc:"Latitude and longitude in degrees" example:"45.8262,8.7236"`
	RadiusKm     float64 `query:"radius_km" minimum:"0" maximum:"20100" doc:"No further than this from near; 0 is however far"`
	Municipality string  `query:"municipality" doc:"ISTAT code" example:"012072"`
	Province     string  `query:"province" doc:"Code or name" example:"VA"`
	Region       string  `query:"region" example:"Lombardia"`
	Query        string  `query:"q" doc:"Words with which words of the name, the municipality or the address begin"`
}

// Filter is what the parameters ask for. The error is Invalid.
func (w Where) Filter() (Filter, error) {
	f := Filter{
		RadiusKm: w.RadiusKm, Municipality: w.Municipality, Province: w.Province, Region: w.Region, Query: w.Query,
	}
	if w.Near == "" {
		if w.RadiusKm > 0 {
			return f, errs.New(errs.Invalid, "site.radius-alone", nil).On("radius_km")
		}
		return f, nil
	}
	lat, lon, _ := strings.Cut(w.Near, ",")
	var p Point
	var errLat, errLon error
	p.Lat, errLat = strconv.ParseFloat(strings.TrimSpace(lat), 64)
	p.Lon, errLon = strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if errLat != nil || errLon != nil || !p.Valid() {
		return f, errs.New(errs.Invalid, "site.near", nil).On("near")
	}
	f.Near = &p
	return f, nil
}

// SiteFacts is a site as the API shows it.
type SiteFacts struct {
	ID           string               `json:"id"`
	Code         string               `json:"code" doc:"Short name, which stands for the id in addresses" example:"gavirate"`
	Name         string               `json:"name"`
	Kind         Kind                 `json:"kind" enum:"office,space"`
	State        State                `json:"state" enum:"planned,works,testing,open,suspended" doc:"Only an open site can be used"`
	StateSince   string               `json:"state_since,omitempty" format:"date"`
	OpensOn      string               `json:"opens_on,omitempty" format:"date" doc:"Announced for the opening"`
	Size         Size                 `json:"size,omitempty" enum:"small,medium,large"`
	Municipality string               `json:"municipality" doc:"Name of the municipality"`
	ISTAT        string               `json:"municipality_istat" doc:"ISTAT code of the municipality"`
	Province     string               `json:"province" example:"VA"`
	Region       string               `json:"region"`
	Address      string               `json:"address"`
	Lat          float64              `json:"lat" doc:"Degrees, WGS 84"`
	Lon          float64              `json:"lon"`
	DistanceKm   *float64             `json:"distance_km,omitempty" doc:"From near, where given"`
	Generated    bool                 `json:"generated" doc:"Made up for a demonstration"`
	Places       map[ResourceKind]int `json:"places" doc:"How many places of each kind are in use"`
}

func (r reader) sites(_ context.Context, in *struct {
	Kind  Kind  `query:"kind" enum:"office,space"`
	State State `query:"state" enum:"planned,works,testing,open,suspended"`
	Where
	Cursor string `query:"cursor" doc:"Where the page begins: next of the page before"`
	Limited
},
) (*public[api.Page[SiteFacts]], error) {
	filter, err := in.Filter()
	if err != nil {
		return nil, err
	}
	filter.Kind, filter.State = in.Kind, in.State
	net := r.live.Network()
	page, next, err := net.Page(net.Sites(filter), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	items := make([]SiteFacts, len(page))
	for i, hit := range page {
		items[i] = net.facts(hit.Site)
		if filter.Near != nil {
			km := Hundredths(hit.DistanceKm)
			items[i].DistanceKm = &km
		}
	}
	return answer(api.NewPage(items, next))
}

// Hundredths rounds kilometres to ten metres, which is as good as the points
// of sites are.
func Hundredths(km float64) float64 { return math.Round(km*100) / 100 }

func (n *Network) facts(s *Site) SiteFacts {
	m, _ := n.territory.ByISTAT(s.Municipality)
	places := map[ResourceKind]int{}
	for _, r := range n.Resources(s.ID) {
		if r.Active && r.Kind != Admission {
			places[r.Kind]++
		}
	}
	return SiteFacts{
		ID: s.ID, Code: s.Code, Name: s.Name, Kind: s.Kind, State: s.State, StateSince: s.StateSince, OpensOn: s.OpensOn,
		Size: s.Size, Municipality: m.Name, ISTAT: s.Municipality, Province: m.Province, Region: m.Region,
		Address: s.Address, Lat: s.Lat, Lon: s.Lon, Generated: s.Generated, Places: places,
	}
}

// SiteDetails is all that the API tells of a site.
type SiteDetails struct {
	SiteFacts
	Zone         string                 `json:"zone" doc:"Time zone (IANA)" example:"Europe/Rome"`
	OpeningHours string                 `json:"opening_hours" doc:"In the syntax of OpenStreetMap" example:"Mo-Fr 08:20-19:05; PH off"`
	Week         []OpenDay              `json:"week" doc:"Opening of today and the six days after, holidays and exceptions heeded"`
	Rules        map[ResourceKind]Rules `json:"rules" doc:"How each kind of place may be booked; lengths in minutes"`
	Profile      Profile                `json:"profile" doc:"What the house says of itself; what is not known is left out"`
	Photos       []PhotoFacts           `json:"photos" nullable:"false" doc:"In the order in which they are shown"`
	HouseRules   *HouseRulesFacts       `json:"house_rules,omitempty" doc:"What one agrees to when booking"`
}

// PhotoFacts is a photo as the API shows it.
type PhotoFacts struct {
	URL    string `json:"url" format:"uri-reference" doc:"Of the picture, on this server; its content never changes" example:"/media/9f86d081"`
	Thumb  string `json:"thumb_url" format:"uri-reference" doc:"Of a small one"`
	Alt    Text   `json:"alt" doc:"What it shows, for people who do not see it"`
	Width  int    `json:"width" doc:"Of the picture, pixels"`
	Height int    `json:"height"`
}

// HouseRulesFacts are house rules as the API shows them.
type HouseRulesFacts struct {
	Version int       `json:"version" doc:"A version never changes"`
	Since   time.Time `json:"since"`
	Text    Text      `json:"text" doc:"Paragraphs, divided by empty lines"`
}

// about adds what a house says of itself.
func (n *Network) about(d *SiteDetails, s *Site) {
	d.Profile, d.Photos = s.Profile, []PhotoFacts{}
	for _, p := range s.Photos {
		d.Photos = append(d.Photos, PhotoFacts{blob.Path + p.Picture, blob.Path + p.Thumb, p.Alt, p.Width, p.Height})
	}
	if r, ok := n.HouseRules(s.ID); ok {
		d.HouseRules = &HouseRulesFacts{r.Version, r.Since, r.Text}
	}
}

// OpenDay is the opening that begins on a date.
type OpenDay struct {
	Date string     `json:"date" format:"date"`
	Open []OpenTime `json:"open"`
}

// OpenTime is a time from, to, with the offset of the site.
type OpenTime struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Named is the parameter that names a site.
type Named struct {
	ID string `path:"id" doc:"Id or code of the site"`
}

func (r reader) site(_ context.Context, in *Named) (*public[SiteDetails], error) {
	net := r.live.Network()
	s, err := net.ByCode(in.ID)
	if err != nil {
		return nil, err
	}
	zone := net.Zone(s)
	d := SiteDetails{
		SiteFacts: net.facts(s), Zone: zone.String(), OpeningHours: s.Hours.String(), Rules: map[ResourceKind]Rules{},
	}
	net.about(&d, s)
	for kind := range d.Places {
		d.Rules[kind] = net.Rules(s.ID, kind)
	}
	today := agenda.DateOf(r.clock.Now().In(zone))
	for i := range 7 {
		day := OpenDay{Date: today.AddDays(i).String(), Open: []OpenTime{}}
		for _, o := range net.Opening(s.ID).On(today.AddDays(i)) {
			day.Open = append(day.Open, OpenTime{o.From, o.To})
		}
		d.Week = append(d.Week, day)
	}
	return answer(d)
}

// ResourceFacts is a place as the API shows it.
type ResourceFacts struct {
	ID       string       `json:"id"`
	Code     string       `json:"code" example:"D-014"`
	Name     string       `json:"name"`
	Kind     ResourceKind `json:"kind" enum:"desk,meeting,private,training,hall,outdoor,counter"`
	Seats    int          `json:"seats"`
	Features []string     `json:"features" doc:"Equipment"`
	Room     string       `json:"room,omitempty" doc:"Name of the room"`
	Floor    *int         `json:"floor,omitempty"`
	Area     *Rect        `json:"area,omitempty" doc:"On the plan of its floor, in centimetres; all floors of a site share one corner"`
	Parts    []string     `json:"parts,omitempty" doc:"Ids of the places of which this one is made: it is free when all of them are"`
	Active   bool         `json:"active" doc:"In use"`
}

func (r reader) resources(_ context.Context, in *Named) (*public[api.Page[ResourceFacts]], error) {
	net := r.live.Network()
	s, err := net.ByCode(in.ID)
	if err != nil {
		return nil, err
	}
	var items []ResourceFacts
	for _, p := range net.Resources(s.ID) {
		if p.Kind != Admission {
			items = append(items, net.resourceFacts(p))
		}
	}
	return answer(api.NewPage(items, ""))
}

func (n *Network) resourceFacts(r *Resource) ResourceFacts {
	out := ResourceFacts{
		ID: r.ID, Code: r.Code, Name: r.Name, Kind: r.Kind, Seats: r.Seats, Features: r.Features, Active: r.Active,
	}
	if out.Features == nil {
		out.Features = []string{}
	}
	if r.Area.Drawn() {
		out.Area = &r.Area
	}
	if room, err := n.Room(r.Room); err == nil {
		out.Room, out.Floor = room.Name, &room.Floor
	}
	for _, o := range r.Atoms {
		if atom, err := n.ByOrdinal(o); err == nil {
			out.Parts = append(out.Parts, atom.ID)
		}
	}
	return out
}
