package coworking_test

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/pass"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/reserve"
	"polis/internal/site"
)

func TestNetworkIsRead(t *testing.T) {
	play(t,
		step{
			name: "by name", do: "GET /municipalities?q=gavirate%20va", want: 200,
			has: `{"items":[{"istat":"012072","name":"Gavirate","province":"VA","region":"Lombardia","lat":"*"}]}`,
		},
		step{name: "by code", do: "GET /municipalities?q=H501&limit=5", want: 200, has: `{"items":[{"name":"Roma"}]}`},
		step{name: "no question, no answer", do: "GET /municipalities", want: 200, has: `{"items":[]}`},
		step{name: "too many", do: "GET /municipalities?q=a&limit=251", want: 400, has: `{"code":"api.maximum","errors":[{"parameter":"limit"}]}`},

		step{name: "by name of the site", do: "GET /sites?limit=2", want: 200, has: `{"items":[{"code":"aurora","id":"<aurora>","kind":"space",
			"state":"open","size":"medium","municipality":"Gavirate","municipality_istat":"012072","province":"VA","region":"Lombardia","generated":false,
			"places":{"desk":7,"meeting":1,"training":1,"hall":5}},{"code":"borgo"}],"next":"*"}`, hasNot: []string{"distance_km", "opens_on"}},
		step{
			name: "nearest first", do: "GET /sites?near=45.84,8.71&kind=space&limit=2", want: 200,
			has: `{"items":[{"code":"aurora","distance_km":0.58},{"code":"cantiere","state":"works","opens_on":"2027-03-01"}]}`,
		},
		step{name: "in a radius", do: "GET /sites?near=45.84,8.71&radius_km=10", want: 200, has: `{"items":[{"code":"aurora"},{"code":"ufficio"}]}`},
		step{name: "province", do: "GET /sites?province=palermo&state=open", want: 200, has: `{"items":[{"code":"faro"},{"code":"molo"}]}`},
		step{name: "region", do: "GET /sites?region=lazio", want: 200, has: `{"items":[{"code":"cantiere"}]}`},
		step{name: "municipality without sites", do: "GET /sites?municipality=015146", want: 200, has: `{"items":[]}`},
		step{name: "a radius around nothing", do: "GET /sites?radius_km=10", want: 400, has: `{"code":"site.radius-alone","errors":[{"parameter":"radius_km"}]}`},
		step{name: "a cursor that is none", do: "GET /sites?cursor=abc", want: 400, has: `{"code":"cursor.invalid","errors":[{"parameter":"cursor"}]}`},

		step{name: "by code", do: "GET /sites/aurora", want: 200, has: `{"id":"<aurora>","opening_hours":"Mo-Fr 08:00-20:00; Sa 09:00-13:00; PH off","zone":"Europe/Rome",
			"rules":{"desk":{"min_length":30,"turnover":0},"hall":{"turnover":30}},
			"week":[{"date":"2026-11-23","open":[{"from":"2026-11-23T08:00:00+01:00","to":"2026-11-23T20:00:00+01:00"}]},"*","*","*","*","*",{"date":"2026-11-29","open":[]}]}`},
		step{name: "by id", do: "GET /sites/<aurora>", want: 200, has: `{"code":"aurora"}`},
		step{name: "none", do: "GET /sites/nessuno", want: 404, has: `{"code":"site.unknown","type":"/problems/not-found","status":404}`},
		step{name: "in English", do: "GET /sites/nessuno", head: map[string]string{"Accept-Language": "en-GB"}, want: 404, has: `{"detail":"There is no such site."}`},
		step{name: "places", do: "GET /sites/molo/resources", want: 200, has: `{"items":["*","*","*","*","*",
			{"code":"M-1","kind":"meeting","seats":2,"features":["screen"],"room":"Piano terra","floor":0,"active":true},"*"]}`, hasNot: []string{"admission"}},
		step{name: "a hall and its parts", do: "GET /sites/aurora/resources", want: 200, hasNot: []string{"soci"}},
	)
}

func TestAvailability(t *testing.T) {
	const at = "&from=2026-11-24T08:00:00Z&to=2026-11-24T11:00:00Z"
	play(t,
		step{as: "giuseppe", do: "GET /availability?kind=desk&near=38.1,13.3" + at, want: 200, has: `{"items":[
			{"site":{"id":"<molo>","code":"molo","name":"Spazio Molo","municipality":"Palermo (PA)","address":"Via Cala 5","lat":38.1157,"lon":13.3615},
				"distance_km":5.66,"free":5,"resources":["<molo.D-01>","*","*","*","*"]},
			{"site":{"code":"faro"},"free":4},{"site":{"code":"borgo"},"free":3},{"site":{"code":"aurora"},"free":7}],"searched":19}`},
		step{
			name: "without a point by name, without a distance", do: "GET /availability?kind=desk" + at, want: 200,
			has: `{"items":[{"site":{"code":"aurora"},"free":6},{"site":{"code":"faro"}},{"site":{"code":"molo"}}]}`, hasNot: []string{"distance"},
		},
		step{name: "a municipality is exact", do: "GET /availability?kind=desk&municipality=012072" + at, want: 200, has: `{"items":[{"site":{"code":"aurora"}}]}`},
		step{name: "also where it has no space", do: "GET /availability?kind=desk&municipality=015146" + at, want: 200, has: `{"items":[],"searched":0}`},
		step{name: "the nearest only", do: "GET /availability?kind=desk&limit=1&near=38.1,13.3&radius_km=1000" + at, want: 200, has: `{"items":[{"site":{"code":"molo"}}]}`},
		step{name: "several places", do: "GET /availability?kind=desk&count=5" + at, want: 200, has: `{"items":[{"site":{"code":"aurora"}}]}`},
		step{name: "a union needs all its parts", as: "maria", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.H-B>"), want: 201},
		step{
			name: "and the half-hour after a hall", do: "GET /availability?kind=hall&from=2026-11-24T09:00:00Z&to=2026-11-24T10:00:00Z", want: 200,
			has: `{"items":[{"free":2,"resources":["<aurora.H-A>","<aurora.H-C>"]}]}`,
		},
		step{name: "no rule allows it", do: "GET /availability?kind=desk&from=2026-11-24T08:00:00Z&to=2026-11-24T08:15:00Z", want: 422, has: `{"code":"rule.too-short"}`},
		step{name: "a kind that is none", do: "GET /availability?kind=sofa" + at, want: 400, has: `{"code":"api.one_of","errors":[{"parameter":"kind"}]}`},
		step{name: "no kind", do: "GET /availability?from=2026-11-24T08:00:00Z&to=2026-11-24T08:15:00Z", want: 400, has: `{"code":"api.required"}`},
		step{name: "a point that is none", do: "GET /availability?kind=desk&near=NaN,8" + at, want: 400, has: `{"code":"site.near","errors":[{"parameter":"near"}]}`},
	)
}

func TestTakenNamesAlternatives(t *testing.T) {
	play(t,
		step{as: "giuseppe", do: "POST /bookings", body: want("09:00", "12:00", "<aurora.M-1>"), want: 201},
		step{as: "maria", do: "POST /bookings", body: want("10:00", "11:00", "<aurora.M-1>"), want: 409, has: `{"status":409,"code":"booking.taken","type":"/problems/conflict",
			"taken":["<aurora.M-1>"],"alternatives":[
				{"site":"<aurora>","resources":["<aurora.M-1>"],"names":["M-1"],"from":"2026-11-24T12:15:00+01:00","to":"2026-11-24T13:15:00+01:00","distance_km":0},
				{"site":"<aurora>","from":"*"},
				{"site":"*","from":"*","site_name":"*","municipality":"Palermo (PA)"},"*"]}`},
		step{name: "what is offered is accepted", as: "maria", do: "POST /bookings", body: want("12:15", "13:15", "<aurora.M-1>"), want: 201},
		step{
			name: "closed rather than taken", as: "luca", do: "POST /sites/aurora/closures", want: 201, hasNot: []string{"null"},
			body: `{"resources":["<aurora.T-1>"],"reason":"Pulizie","from":"` + tuesday("08:00") + `","to":"` + tuesday("20:00") + `"}`,
		},
		step{as: "maria", do: "POST /bookings", body: want("10:00", "11:00", "<aurora.T-1>"), want: 409, has: `{"code":"booking.shut","closed":true}`},
		step{
			name: "closed at night", as: "maria", do: "POST /bookings", body: want("20:00", "21:00", "<aurora.D-01>"), want: 422,
			has: `{"code":"booking.closed","rule":"opening_hours","open":[{"from":"2026-11-24T08:00:00+01:00","to":"2026-11-24T20:00:00+01:00"}]}`,
		},
	)
}

func TestBodiesOfABooking(t *testing.T) {
	const time = `"from":"2026-11-24T09:00:00+01:00","to":"2026-11-24T10:00:00+01:00"`
	play(t,
		step{name: "a pool by code", as: "maria", do: "POST /bookings", body: `{"site":"aurora","kind":"desk","count":2,` + time + `}`, want: 201, has: `{"resources":["*","*"],"status":"confirmed"}`},
		step{name: "one if nobody says how many", as: "maria", do: "POST /bookings", body: `{"site":"<aurora>","kind":"desk",` + time + `}`, want: 201, has: `{"resources":["*"]}`},
		step{name: "nothing", as: "maria", do: "POST /bookings", body: `{}`, want: 400, has: `{"code":"booking.time-missing","errors":[{"pointer":"#/from"}]}`},
		step{name: "no place", as: "maria", do: "POST /bookings", body: `{` + time + `}`, want: 400, has: `{"code":"kind.unknown"}`},
		step{name: "two forms at once", as: "maria", do: "POST /bookings", body: `{"parts":[{"site":"aurora","kind":"desk",` + time + `}],` + time + `}`, want: 400, has: `{"code":"booking.either"}`},
		step{name: "places and a pool", as: "maria", do: "POST /bookings", body: `{"resources":["<aurora.D-01>"],"count":2,` + time + `}`, want: 400, has: `{"code":"booking.either"}`},
		step{name: "a part without a time", as: "maria", do: "POST /bookings", body: `{"parts":[{"site":"aurora","kind":"desk"}]}`, want: 400, has: `{"errors":[{"pointer":"#/parts/0/from"}]}`},
		step{name: "no parts", as: "maria", do: "POST /bookings", body: `{"parts":[]}`, want: 400, has: `{"code":"booking.parts"}`},
		step{name: "21 parts", as: "maria", do: "POST /bookings", body: `{"parts":[{` + time + `}` + strings.Repeat(`,{`+time+`}`, 20) + `]}`, want: 400, has: `{"code":"booking.parts"}`},
		step{name: "a place twice", as: "maria", do: "POST /bookings", body: want("13:00", "14:00", "<aurora.D-01>", "<aurora.D-01>"), want: 400, has: `{"code":"booking.same-place-twice"}`},
		step{name: "a site that is none", as: "maria", do: "POST /bookings", body: `{"site":"nessuno","kind":"desk",` + time + `}`, want: 404, has: `{"code":"site.unknown"}`},
		step{name: "a kind the site has not", as: "maria", do: "POST /bookings", body: `{"site":"molo","kind":"hall",` + time + `}`, want: 422, has: `{"code":"booking.no-such-kind"}`},
		step{name: "a counter desk", as: "maria", do: "POST /bookings", body: `{"resources":["<ufficio.S-1>"],` + time + `}`, want: 404, has: `{"code":"resource.unknown"}`},
		step{name: "admissions are no places", as: "maria", do: "POST /bookings", body: `{"resources":["<molo.A-1>"],` + time + `}`, want: 404, has: `{"code":"resource.unknown"}`},
		step{name: "nor have they a calendar", do: "GET /resources/<molo.A-1>/calendar", want: 404},
		step{name: "nobody", do: "POST /bookings", body: want("13:00", "14:00", "<aurora.D-01>"), want: 401},
	)
}

func TestFairUse(t *testing.T) {
	var steps []step
	for i := range 5 {
		steps = append(steps, step{
			as: "maria", do: "POST /bookings", want: 201, keep: fmt.Sprintf("b%d", i),
			body: want("09:00", "10:00", fmt.Sprintf("<aurora.D-%02d>", i+1)),
		})
	}
	steps = append(steps,
		step{
			name: "a sixth", as: "maria", do: "POST /bookings", body: want("14:00", "15:00", "<aurora.D-01>"), want: 422,
			has: `{"code":"fair-use.coming","rule":"coming","limit":5,"now":5,"detail":"Si possono avere 5 prenotazioni future di questo tipo. Annullarne una per farne un’altra."}`,
		},
		step{as: "maria", do: "DELETE /bookings/<b0>", want: 200},
		step{name: "one less", as: "maria", do: "POST /bookings", body: want("14:00", "15:00", "<aurora.D-01>"), want: 201},
		step{
			name: "40 hours a week", as: "giuseppe", do: "POST /bookings", want: 422, has: `{"code":"fair-use.week-hours","limit":40}`,
			body: `{"site":"faro","kind":"desk","count":4,"from":"2026-11-24T08:00:00Z","to":"2026-11-24T18:15:00Z"}`,
		},
		step{
			name: "whom it does not bind", as: "load", do: "POST /bookings", want: 201,
			body: `{"site":"faro","kind":"desk","count":4,"from":"2026-11-24T08:00:00Z","to":"2026-11-24T18:15:00Z"}`,
		},
	)
	play(t, steps...)
}

func TestChangesNeedTheTruth(t *testing.T) {
	at := func(from, to string) string { return `{"from":"` + tuesday(from) + `","to":"` + tuesday(to) + `"}` }
	match := func(tag string) map[string]string { return map[string]string{"If-Match": tag} }
	play(t,
		step{as: "maria", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.D-01>"), want: 201, keep: "b"},
		step{
			name: "moved", as: "maria", do: "PATCH /bookings/<b>", head: match(`"1"`), body: at("10:00", "11:00"), want: 200,
			has: `{"rev":2,"from":"2026-11-24T10:00:00+01:00","resources":["<aurora.D-01>"]}`,
		},
		step{name: "by somebody who knows the old one", as: "maria", do: "PATCH /bookings/<b>", head: match(`"1"`), body: at("12:00", "13:00"), want: 412, has: `{"code":"api.stale"}`},
		step{name: "a weak tag", as: "maria", do: "DELETE /bookings/<b>", head: match(`W/"2"`), want: 412},
		step{name: "no tag", as: "maria", do: "DELETE /bookings/<b>", head: match(`2`), want: 400, has: `{"errors":[{"header":"If-Match"}]}`},
		step{name: "whatever it is", as: "maria", do: "PATCH /bookings/<b>", head: match(`*`), body: at("12:00", "13:00"), want: 200, has: `{"rev":3}`},
		step{name: "without asking", as: "maria", do: "PATCH /bookings/<b>", body: at("12:30", "13:30"), want: 200, has: `{"rev":4}`},
		step{name: "the old time is free", as: "giuseppe", do: "POST /bookings", body: want("09:00", "12:30", "<aurora.D-01>"), want: 201},
		step{name: "onto another", as: "maria", do: "PATCH /bookings/<b>", body: at("12:00", "13:00"), want: 409, has: `{"code":"booking.taken","alternatives":"*"}`},
		step{name: "without a time", as: "maria", do: "PATCH /bookings/<b>", body: `{"from":"` + tuesday("09:00") + `"}`, want: 400, has: `{"errors":[{"pointer":"#/to"}]}`},
		step{name: "cancelled", as: "maria", do: "DELETE /bookings/<b>", head: match(`"0", "4"`), want: 200, has: `{"status":"cancelled","rev":5}`, hasNot: []string{"check_in"}},
		step{name: "again", as: "maria", do: "DELETE /bookings/<b>", want: 200, has: `{"rev":5}`},
		step{name: "what is cancelled does not move", as: "maria", do: "PATCH /bookings/<b>", body: at("15:00", "16:00"), want: 409, has: `{"code":"booking.cancelled"}`},
	)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	p := newPlayer(t)
	made := p.send(t, "maria", "POST /bookings", nil, strings.NewReader(p.fill(want("09:00", "10:00", "<aurora.D-01>"))))
	id := strings.TrimPrefix(made.header.Get("Location"), "/api/v1/bookings/")
	if made.status != 201 || len(id) != 36 || made.header.Get("ETag") != `"1"` {
		t.Fatalf("%d %v", made.status, made.header)
	}
	p.kept["b"] = id
	for _, c := range []struct{ as, do, cache, kind string }{
		{"maria", "GET /bookings/<b>", "no-store", "application/json"},
		{"maria", "GET /bookings", "no-store", "application/json"},
		{"maria", "GET /me", "no-store", "application/json"},
		{"maria", "GET /bookings/<b>/pass", "no-store", "text/plain; charset=utf-8"},
		{"maria", "GET /bookings/<b>/pass.svg", "no-store", "image/svg+xml"},
		{"maria", "GET /bookings/<b>/calendar.ics", "no-store", "text/calendar; charset=utf-8"},
		{"", "GET /availability?kind=desk&from=2026-11-24T08:00:00Z&to=2026-11-24T09:00:00Z", "no-store", "application/json"},
		{"", "GET /sites/aurora", "public, max-age=60", "application/json"},
		{"", "GET /pass-key", "public, max-age=300", "application/x-pem-file"},
		{"", "GET /sites/nessuno", "no-store", "application/problem+json"},
		{"", "HEAD /sites/aurora", "public, max-age=60", "application/json"},
	} {
		got := p.send(t, c.as, c.do, nil, nil)
		if got.header.Get("Cache-Control") != c.cache || got.header.Get("Content-Type") != c.kind {
			t.Errorf("%s: %d %v", c.do, got.status, got.header)
		}
	}
	if got := p.send(t, "", "OPTIONS /bookings", nil, nil); got.status >= 500 || got.header.Get("Allow") == "" {
		t.Errorf("OPTIONS: %d %v", got.status, got.header)
	}
}

func TestPassOpensTheDoor(t *testing.T) {
	t.Parallel()
	p := newPlayer(t)
	p.step(t, "book", step{as: "giuseppe", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.D-01>"), want: 201, keep: "b"})
	keys, err := pass.ParsePublicPEM(p.send(t, "", "GET /pass-key", nil, nil).body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(p.send(t, "giuseppe", "GET /bookings/<b>/pass", nil, nil).body)
	open := instant(t, tuesday("08:30"))
	got, err := pass.Verify(keys, text, open)
	if err != nil || got.ID != p.kept["b"] || got.Holder != "Giuseppe V." || !slices.Equal(got.Doors, []string{"site:aurora"}) || got.Issuer != coworkingtest.Issuer {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := pass.Verify(keys, text, open.Add(-time.Second)); err == nil {
		t.Error("good before check-in opens")
	}
	if _, err := pass.Verify([]ed25519.PublicKey{make(ed25519.PublicKey, 32)}, text, open); err == nil {
		t.Error("good with another key")
	}
	svg := string(p.send(t, "giuseppe", "GET /bookings/<b>/pass.svg", nil, nil).body)
	if !strings.HasPrefix(svg, "<svg ") || !strings.Contains(svg, "<title>QR code of the entry pass</title>") {
		t.Errorf("%.200s", svg)
	}
	ics := string(p.send(t, "giuseppe", "GET /bookings/<b>/calendar.ics", nil, nil).body)
	if !strings.Contains(ics, "DTSTART:20261124T080000Z") || !strings.Contains(ics, "SUMMARY:Place booked: Spazio Aurora") {
		t.Error(ics)
	}
}

func TestClosures(t *testing.T) {
	body := `{"reason":"Tinteggiatura","from":"` + tuesday("08:00") + `","to":"` + tuesday("12:00") + `"`
	play(t,
		step{as: "maria", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.D-01>"), want: 201, keep: "b"},
		step{name: "a citizen", as: "maria", do: "POST /sites/aurora/closures", body: body + `}`, want: 403, has: `{"code":"identity.forbidden"}`},
		step{name: "reception", as: "anna", do: "POST /sites/aurora/closures", body: body + `}`, want: 403},
		step{
			name: "reception looks", as: "anna", do: "GET /sites/aurora/in-the-way?from=2026-11-24T08:00:00Z&to=2026-11-24T09:00:00Z&resources=<aurora.D-01>,<aurora.D-02>", want: 200,
			has: `{"items":[{"id":"<b>","from":"2026-11-24T09:00:00+01:00","resources":["<aurora.D-01>"]}]}`,
		},
		step{name: "at her site only", as: "anna", do: "GET /sites/molo/in-the-way?from=2026-11-24T08:00:00Z&to=2026-11-24T09:00:00Z", want: 403},
		step{name: "a manager", as: "luca", do: "POST /sites/aurora/closures", body: body + `}`, want: 201, keep: "c", has: `{"site":"<aurora>","reason":"Tinteggiatura",
			"from":"2026-11-24T08:00:00+01:00","in_the_way":[{"id":"<b>"}]}`},
		step{name: "of one place", as: "luca", do: "POST /sites/aurora/closures", body: body + `,"resources":["<aurora.D-02>"]}`, want: 201, has: `{"in_the_way":[]}`},
		step{name: "of another site's place", as: "luca", do: "POST /sites/aurora/closures", body: body + `,"resources":["<molo.D-02>"]}`, want: 404},
		step{name: "without a reason", as: "luca", do: "POST /sites/aurora/closures", body: strings.Replace(body, "Tinteggiatura", " ", 1) + `}`, want: 400, has: `{"code":"closure.reason"}`},
		step{name: "everybody reads them", do: "GET /sites/aurora/closures", want: 200, has: `{"items":[{"id":"<c>"},"*"]}`},
		step{name: "the booking stays", as: "maria", do: "GET /bookings/<b>", want: 200, has: `{"status":"confirmed"}`},
		step{name: "others are refused", as: "giuseppe", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.D-03>"), want: 409, has: `{"code":"booking.shut"}`},
		step{name: "a citizen does not open", as: "maria", do: "DELETE /sites/aurora/closures/<c>", want: 403},
		step{name: "not through another site", as: "luca", do: "DELETE /sites/molo/closures/<c>", want: 404},
		step{name: "open again", as: "luca", do: "DELETE /sites/aurora/closures/<c>", want: 204},
		step{name: "once", as: "luca", do: "DELETE /sites/aurora/closures/<c>", want: 404, has: `{"code":"closure.unknown"}`},
		step{as: "giuseppe", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.D-03>"), want: 201},
	)
}

func TestMe(t *testing.T) {
	play(t,
		step{as: "maria", do: "GET /me", want: 200, has: `{"name":"Maria B.","given_name":"Maria","family_name":"Bianchi","role":"citizen","language":"it","id":"*"}`, hasNot: []string{"site"}},
		step{as: "anna", do: "GET /me", want: 200, has: `{"role":"counter-operator","site":"<aurora>","method":"token","roles":[{"role":"counter-operator","scope":{"kind":"site","id":"<aurora>"}}]}`},
		step{do: "GET /me", want: 401, has: `{"code":"api.sign_in"}`},
		step{name: "a wrong token", do: "GET /me", head: map[string]string{"Authorization": "Bearer polis_nobody"}, want: 401, has: `{"code":"identity.token"}`},
	)
}

// 250 bookings come in pages, each once, whatever is booked meanwhile.
func TestBookingsComeInPages(t *testing.T) {
	t.Parallel()
	p := newPlayer(t)
	start := coworkingtest.Now.Truncate(24 * time.Hour).Add(48 * time.Hour)
	book := func(i int) string {
		from := start.Add(time.Duration(i/4) * 30 * time.Minute)
		b, err := p.w.Service.Book(t.Context(), p.w.Load.Actor, coworking.Request{Parts: []coworking.PartRequest{
			{Site: coworkingtest.SiteID("faro"), Kind: site.Desk, From: from, To: from.Add(30 * time.Minute)},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return b.ID
	}
	var all []string
	for i := range 250 {
		all = append(all, book(i))
	}
	var got []string
	for cursor, pages := "", 0; ; pages++ {
		page := readPage(t, p.send(t, "load", "GET /bookings?limit=40"+cursor, nil, nil))
		got = append(got, page.ids...)
		if page.next == "" {
			if pages != 6 {
				t.Errorf("%d full pages", pages)
			}
			break
		}
		if cursor = "&cursor=" + page.next; pages == 2 {
			book(250) // later than all: on a page that was read
		}
	}
	slices.Sort(all)
	slices.Sort(got)
	if !slices.Equal(got, all) {
		t.Errorf("%d bookings in pages, %d made", len(got), len(all))
	}
	if other := readPage(t, p.send(t, "maria", "GET /bookings", nil, nil)); len(other.ids) > 0 {
		t.Error("bookings of somebody else")
	}
	for _, bad := range []string{"x", "AAAA", strings.Repeat("A", 3000)} {
		if got := p.send(t, "load", "GET /bookings?cursor="+bad, nil, nil); got.status != 400 {
			t.Errorf("cursor %.10s: %d %s", bad, got.status, got.body)
		}
	}
}

func TestSitesComeInPages(t *testing.T) {
	t.Parallel()
	p := newPlayer(t)
	for _, where := range []string{"", "&near=45.8,8.7"} {
		seen := map[string]int{}
		for cursor := ""; ; {
			page := readPage(t, p.send(t, "", "GET /sites?limit=1"+where+cursor, nil, nil))
			for _, id := range page.ids {
				seen[id]++
			}
			if cursor = "&cursor=" + page.next; page.next == "" {
				break
			}
		}
		if len(seen) != 6 {
			t.Errorf("%q: %v", where, seen)
		}
	}
}

func TestWordsOfErrors(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	for _, problem := range i18ntest.Problems(w.Words, os.DirFS(".")) {
		// Words of other packages are tested there, those of pages with the pages.
		if key, _, _ := strings.Cut(problem, ":"); !strings.HasSuffix(problem, ": unused") && !strings.Contains(problem, "pages") && !strings.Contains(problem, "figures/") && !strings.HasPrefix(key, "error.") {
			t.Error(key, problem)
		}
	}
	for _, st := range []reserve.Status{
		reserve.Held, reserve.Confirmed, reserve.CheckedIn, reserve.Completed, reserve.Cancelled, reserve.Expired, reserve.NoShow, reserve.Waiting,
	} {
		if !w.Words.Has("booking." + string(st)) {
			t.Errorf("no words for the status %s", st)
		}
	}
	for _, limit := range []string{"coming", "week-hours", "holds", "suspended"} {
		if !w.Words.Has("fair-use." + limit) {
			t.Errorf("no words for the limit %s", limit)
		}
	}
}
