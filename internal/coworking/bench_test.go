package coworking_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/demo"
	"polis/internal/platform/db/dbtest"
	"polis/internal/site"
	"polis/internal/territory"
)

// national is a world with the network of the demonstration, without bookings.
func national(b *testing.B) *coworkingtest.World {
	b.Helper()
	return coworkingtest.NewWith(b, dbtest.SQLite(b), demo.Network(territory.Embedded(), demo.Seed, agenda.DateOf(coworkingtest.Now)))
}

func request(w *coworkingtest.World, method, path, body string) *http.Request {
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+w.Load.Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func serve(b *testing.B, w *coworkingtest.World, r *http.Request, want int) {
	rec := httptest.NewRecorder()
	w.Handler.ServeHTTP(rec, r)
	if rec.Code != want {
		b.Errorf("%s %s: %d %s", r.Method, r.URL, rec.Code, rec.Body)
	}
}

// The handler alone over the national network: no connection, no chain.
func BenchmarkAvailability(b *testing.B) {
	w := national(b)
	const at = "&from=2026-11-24T09:00:00%2B01:00&to=2026-11-24T12:00:00%2B01:00"
	for _, c := range []struct{ name, query string }{
		{"near", "kind=desk&near=45.46,9.19"},
		{"all", "kind=desk&near=45.46,9.19&limit=250"},
		{"radius", "kind=desk&near=45.46,9.19&radius_km=50"},
		{"municipality", "kind=desk&municipality=015146"},
		{"province", "kind=meeting&province=VA"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := request(w, "GET", "/availability?"+c.query+at, "")
			b.ReportAllocs()
			for b.Loop() {
				serve(b, w, r.Clone(b.Context()), 200)
			}
		})
	}
}

// Bookings of half an hour by several callers, each durable in SQLite.
func BenchmarkBook(b *testing.B) {
	w := national(b)
	first := instant(b, tuesday("09:00"))
	desks := desksOpen(b, w, first)
	var n atomic.Int64 // over all runs: no place is booked twice
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism((callers + 1) / 2)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := int(n.Add(1)) - 1
					slot := i / len(desks)
					from := first.AddDate(0, 0, slot/16).Add(time.Duration(slot%16) * 30 * time.Minute)
					serve(b, w, request(w, "POST", "/bookings", fmt.Sprintf(`{"resources":["%s"],"from":"%s","to":"%s"}`,
						desks[i%len(desks)], from.Format(time.RFC3339), from.Add(30*time.Minute).Format(time.RFC3339))), 201)
				}
			})
		})
	}
}

// desksOpen are the desks that everybody can book for 8 hours on four days.
func desksOpen(b *testing.B, w *coworkingtest.World, first time.Time) (ids []string) {
	b.Helper()
	var cells []agenda.Cell
	for day := range 4 {
		from := first.AddDate(0, 0, day)
		more, err := agenda.Cells(from, from.Add(8*time.Hour))
		if err != nil {
			b.Fatal(err)
		}
		cells = append(cells, more...)
	}
	net := w.Live.Network()
	for _, h := range net.Sites(site.Filter{State: site.Open, Kind: site.Space}) {
		if !net.Opening(h.Site.ID).Contains(cells) || len(h.Site.Groups) > 0 {
			continue
		}
		for _, r := range net.OfKind(h.Site.ID, site.Desk) {
			if r.Active && len(r.Groups) == 0 {
				ids = append(ids, r.ID)
			}
		}
	}
	return ids
}
