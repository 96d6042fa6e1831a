package coworking

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// The fields of a search in forms and addresses, besides those of the time.
const (
	fieldWhere     = "q"
	fieldRadius    = "raggio"
	fieldKind      = "tipo"
	fieldCount     = "posti"
	fieldSize      = "dimensione"
	fieldStepFree  = "senza-gradini"
	fieldToilet    = "bagno-accessibile"
	fieldParking   = "parcheggio"
	fieldAmenities = "dotazioni"
)

// askFields are those by which an address asks for a search.
var askFields = []string{
	fieldWhere, "lat", "lon", "provincia", "regione", fieldRadius, fieldKind, fieldCount, fieldSize, fieldStepFree, fieldToilet,
	fieldParking, fieldAmenities, fieldDay, fieldFrom, fieldTo, fieldLast, web.PageField,
}

// ask is a search as somebody asks for it.
type ask struct {
	Query
	at   somewhere
	when when
}

var sizes = []string{string(site.Small), string(site.Medium), string(site.Large)}

// readAsk reads a search from a form or an address; faults stay in the form. A
// time that is missing is the next working time.
func readAsk(p *i18n.Printer, f *form.Form, net *site.Network, now time.Time) ask {
	var a ask
	f.String(fieldWhere, "coworking.search.where").Max(100)
	a.at = readPlace(p, f, net)
	a.Where = a.at.filter
	radius := f.Choice(fieldRadius, "coworking.search.radius", radiusValues()...).Default(strconv.Itoa(usualRadius))
	if a.Where.Near != nil {
		a.Where.RadiusKm, _ = strconv.ParseFloat(radius.Value, 64)
	}
	a.Kind = site.ResourceKind(f.Choice(fieldKind, "coworking.search.kind", kindValues(site.Bookable)...).Default(string(site.Desk)).Value)
	a.Count = f.Int(fieldCount, "coworking.search.count").Default(1).Between(1, maxCount).Value
	a.Needs = readNeeds(f)
	from, to := nextWorkingTime(now, i18n.Rome)
	a.when = readWhen(p, f, i18n.Rome, from, to)
	a.when.SeveralOK = a.when.SeveralOK || a.Kind != site.Desk && a.Kind != site.Meeting
	a.From, a.To = a.when.From, a.when.To
	return a
}

func readNeeds(f *form.Form) Needs {
	n := Needs{
		StepFree: f.Bool(fieldStepFree, "coworking.need.step-free"),
		Toilet:   f.Bool(fieldToilet, "coworking.need.toilet"),
		Parking:  f.Bool(fieldParking, "coworking.need.parking"),
		Size:     site.Size(f.Choice(fieldSize, "coworking.fact.size", sizes...).Value),
	}
	f.String(fieldAmenities, "coworking.need.amenities")
	for _, a := range site.Amenities { // what is none is passed over
		if slices.Contains(f.All(fieldAmenities), string(a)) {
			n.Amenities = append(n.Amenities, a)
		}
	}
	return n
}

// values are the search as an address has it: two that find the same are
// written alike.
func (a *ask) values() url.Values {
	v := timeQuery(a.From, a.To, i18n.Rome)
	maps.Copy(v, a.at.values)
	v.Set(fieldKind, string(a.Kind))
	if a.Where.Near != nil {
		v.Set(fieldRadius, strconv.Itoa(int(a.Where.RadiusKm)))
	}
	if a.Count > 1 {
		v.Set(fieldCount, strconv.Itoa(a.Count))
	}
	if a.Needs.Size != "" {
		v.Set(fieldSize, string(a.Needs.Size))
	}
	for field, on := range map[string]bool{fieldStepFree: a.Needs.StepFree, fieldToilet: a.Needs.Toilet, fieldParking: a.Needs.Parking} {
		if on {
			v.Set(field, "1")
		}
	}
	for _, x := range a.Needs.Amenities {
		v.Add(fieldAmenities, string(x))
	}
	return v
}

// chips are what a search asks for beyond where and when, each with the address
// of the search without it.
func chips(p *i18n.Printer, u *url.URL, a ask) (out []web.Link) {
	add := func(text string, fields ...string) {
		out = append(out, web.Link{Href: without(u, append(fields, web.PageField)...), Text: text})
	}
	if a.Kind != site.Desk && a.Kind != "" {
		add(p.T("coworking.kind."+string(a.Kind)), fieldKind)
	}
	if a.Count > 1 {
		add(p.T("coworking.seats", "count", a.Count), fieldCount)
	}
	if a.Where.Near != nil && a.Where.RadiusKm != usualRadius {
		text := p.T("coworking.search.all-italy")
		if km := int(a.Where.RadiusKm); km > 0 {
			text = p.T("coworking.chip.within", "km", km)
		}
		add(text, fieldRadius)
	}
	if a.Needs.Size != "" {
		add(p.T("coworking.chip.size."+string(a.Needs.Size)), fieldSize)
	}
	if a.Needs.StepFree {
		add(p.T("coworking.need.step-free"), fieldStepFree)
	}
	if a.Needs.Toilet {
		add(p.T("coworking.need.toilet"), fieldToilet)
	}
	if a.Needs.Parking {
		add(p.T("coworking.need.parking"), fieldParking)
	}
	for _, x := range a.Needs.Amenities {
		q := u.Query()
		q[fieldAmenities] = slices.DeleteFunc(slices.Clone(q[fieldAmenities]), func(v string) bool { return v == string(x) })
		q.Del(web.PageField)
		out = append(out, web.Link{Href: u.Path + "?" + q.Encode(), Text: p.T("site.amenity." + string(x))})
	}
	return out
}

func sizeOptions(p *i18n.Printer) []web.Option {
	out := []web.Option{{Text: p.T("coworking.need.any")}}
	for _, s := range sizes {
		out = append(out, web.Option{Value: s, Text: p.T("coworking.size." + s)})
	}
	return out
}

func amenityOptions(p *i18n.Printer) (out []web.Option) {
	for _, a := range site.Amenities {
		out = append(out, web.Option{Value: string(a), Text: p.T("site.amenity." + string(a))})
	}
	return out
}
