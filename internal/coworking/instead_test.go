package coworking_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db/dbtest"
	"polis/internal/site"
)

func TestInstead(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	net := w.Live.Network()
	at := func(day, from, to string) coworking.Query {
		q := coworking.Query{Kind: site.Desk, Count: 1, Limit: 10, Where: site.Filter{Near: &site.Point{Lat: 45.84, Lon: 8.71}, RadiusKm: 50}}
		for i, text := range []string{from, to} {
			v, err := time.ParseInLocation("2006-01-02 15:04", day+" "+text, mustRome(t))
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				q.From = v
			} else {
				q.To = v
			}
		}
		return q
	}
	say := func(list []coworking.Alternative) string {
		var out []string
		for _, a := range list {
			st, err := net.Site(a.Site)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s %s", st.Code, a.From.Format("Mon 15:04")))
		}
		return strings.Join(out, ", ")
	}
	for name, c := range map[string]struct {
		q             coworking.Query
		times, places string
	}{
		"closed on Sunday":    {at("2026-11-29", "10:00", "12:00"), "aurora Mon 08:00, aurora Mon 08:30, aurora Sat 11:00", "faro Sun 09:00, molo Sun 10:00"},
		"over since long":     {at("2020-11-29", "10:00", "12:00"), "aurora Mon 08:15, aurora Mon 08:45, aurora Mon 09:15", ""},
		"before it opens":     {at("2026-11-24", "06:00", "10:00"), "aurora Tue 08:00, aurora Tue 08:30, aurora Tue 09:00", "faro Tue 05:00, molo Tue 06:00"},
		"Christmas and after": {at("2026-12-25", "10:00", "12:00"), "aurora Thu 18:00, aurora Thu 17:30, aurora Thu 17:00", "faro Fri 09:00, molo Fri 10:00"},
	} {
		got := w.Service.Instead(t.Context(), w.Maria.Actor, c.q)
		if times, places := say(got.Times), say(got.Places); times != c.times || places != c.places {
			t.Errorf("%s: times %s; places %s; want %s; %s", name, times, places, c.times, c.places)
		}
	}
	q := at("2026-11-24", "10:00", "12:00")
	q.Needs.Amenities = []site.Amenity{"nursing-room"} // which nobody has
	if got := w.Service.Instead(t.Context(), w.Maria.Actor, q); len(got.Times)+len(got.Places) > 0 {
		t.Errorf("offered though no house has that: %+v", got)
	}
}

func mustRome(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Houses that can never have as many places are not among the few whose other
// times are looked at.
func TestInsteadLooksAtHousesThatAreLargeEnough(t *testing.T) {
	t.Parallel()
	data := coworkingtest.Network()
	var borgo site.Site
	for _, s := range data.Sites {
		if s.Code == "borgo" {
			borgo = s
		}
	}
	for i := range 9 { // between here and the house that is large enough
		s, n := borgo, len(data.Resources)+1
		s.ID, s.Code, s.Groups = fmt.Sprintf("0190aaaa-0000-7000-8000-%012d", i), fmt.Sprintf("nido-%d", i), nil
		room := site.Room{ID: fmt.Sprintf("0190bbbb-0000-7000-8000-%012d", i), Site: s.ID, Code: "O", Name: "Open space"}
		data.Sites, data.Rooms = append(data.Sites, s), append(data.Rooms, room)
		data.Resources = append(data.Resources, site.Resource{
			Ordinal: int64(n), ID: fmt.Sprintf("0190cccc-0000-7000-8000-%012d", i), Site: s.ID, Room: room.ID,
			Kind: site.Desk, Code: "D-01", Name: "D-01", Seats: 1, Active: true,
		})
	}
	w := coworkingtest.NewWith(t, dbtest.SQLite(t), data)
	sunday := time.Date(2026, time.November, 29, 9, 0, 0, 0, time.UTC)
	out := w.Service.Instead(t.Context(), w.Maria.Actor, coworking.Query{
		Where: site.Filter{Near: &site.Point{Lat: borgo.Lat, Lon: borgo.Lon}}, Kind: site.Desk, Count: 5, From: sunday, To: sunday.Add(2 * time.Hour),
	})
	if len(out.Times) == 0 || out.Times[0].SiteName != "Spazio Aurora" {
		t.Errorf("no other time at the house that is large enough: %+v", out.Times)
	}
}
