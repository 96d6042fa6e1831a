package manage

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/web"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

// Finds is what somebody at the desk may mean by a few words.
type Finds struct {
	Bookings []reserve.Booking // of the code, with what of them lies where the actor reads bookings
	Report   web.Link          // of the number
	Houses   []*site.Site
	Places   []FoundPlace
	More     bool // there are more houses or places than are told
}

// FoundPlace is a place with its house.
type FoundPlace struct {
	Site  *site.Site
	Place *site.Resource
}

// Len is how many things were found.
func (f Finds) Len() int {
	n := len(f.Bookings) + len(f.Houses) + len(f.Places)
	if f.Report.Href != "" {
		n++
	}
	return n
}

// mostFinds is how many houses, and how many places, are told.
const mostFinds = 20

// reportNumber is how the number of a report is said: a year and a number, with
// or without the zeros before it.
var reportNumber = regexp.MustCompile(`^([0-9]{4})[-/ ]([0-9]{1,9})$`)

// Find looks for a booking by its code, a report by its number, houses by code
// or words, places by code: exactly, and only where the actor reads bookings.
// Whose booking is found is noted.
func (s *Service) Find(ctx context.Context, actor identity.Actor, text string) (f Finds, err error) {
	if err := actor.CheckSomewhere(identity.BookingRead); err != nil {
		return f, err
	}
	if text = strings.TrimSpace(text); text == "" {
		return f, nil
	}
	bookings, err := s.Engine.ByReference(ctx, text)
	if err != nil {
		return f, err
	}
	read := identity.Reading{Page: "found"}
	for _, b := range bookings {
		b = b.Within(func(siteID string) bool { return actor.May(identity.BookingRead, identity.Site(siteID)) })
		if slices.ContainsFunc(b.Parts, func(p reserve.Part) bool { return len(p.Units)+len(p.Missed) > 0 }) {
			f.Bookings = append(f.Bookings, b)
			read.Of = append(read.Of, identity.Seen{Person: b.Person, About: identity.ForBooking(b.ID)})
		}
	}
	if err := s.Read(ctx, actor, read); err != nil {
		return f, err
	}
	if m := reportNumber.FindStringSubmatch(text); m != nil {
		number := m[1] + "-" + strings.Repeat("0", max(0, 6-len(m[2]))) + m[2]
		if f.Report, err = s.Report(ctx, actor, number); err != nil {
			return f, err
		}
	}
	s.findHouses(actor, text, &f)
	s.findPlaces(actor, text, &f)
	return f, nil
}

// findHouses looks for houses: one whose code it is, else by words.
func (s *Service) findHouses(actor identity.Actor, text string, f *Finds) {
	net := s.Live.Network()
	may := func(st *site.Site) bool { return actor.May(identity.BookingRead, identity.Site(st.ID)) }
	if st, err := net.ByCode(strings.ToLower(text)); err == nil && may(st) {
		f.Houses = append(f.Houses, st)
		return
	}
	for _, hit := range net.Sites(site.Filter{Query: text}) {
		if !may(hit.Site) {
			continue
		}
		if len(f.Houses) == mostFinds {
			f.More = true
			return
		}
		f.Houses = append(f.Houses, hit.Site)
	}
}

// findPlaces looks for places whose code is one of the words, in the houses that
// the other words name.
func (s *Service) findPlaces(actor identity.Actor, text string, f *Finds) {
	words := strings.Fields(text)
	for i, word := range words {
		if !strings.ContainsAny(word, "0123456789") && !strings.Contains(word, "-") {
			continue
		}
		rest := strings.Join(slices.Delete(slices.Clone(words), i, i+1), " ")
		net := s.Live.Network()
		for _, hit := range net.Sites(site.Filter{Query: rest}) {
			if !actor.May(identity.BookingRead, identity.Site(hit.Site.ID)) {
				continue
			}
			for _, r := range net.Resources(hit.Site.ID) {
				if r.Kind == site.Admission || !strings.EqualFold(r.Code, word) && territory.Fold(r.Code) != territory.Fold(word) {
					continue
				}
				if len(f.Places) == mostFinds {
					f.More = true
					return
				}
				f.Places = append(f.Places, FoundPlace{hit.Site, r})
			}
		}
	}
}
