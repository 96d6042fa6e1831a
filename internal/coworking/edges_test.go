package coworking_test

import (
	"strings"
	"testing"

	"polis/internal/agenda"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/site"
)

// The numbers are those of the edge cases that a booking engine must pass.

func TestEdge07_LengthsAtTheLimits(t *testing.T) {
	const desk = "<aurora.D-01>"
	play(t,
		step{
			name: "shorter than the minimum", as: "maria", do: "POST /bookings", body: want("09:00", "09:15", desk), want: 422,
			has: `{"code":"rule.too-short","rule":"min_length","limit":30,"detail":"La durata minima è 30 minuti."}`,
		},
		step{name: "the minimum", as: "maria", do: "POST /bookings", body: want("09:00", "09:30", desk), want: 201},
		step{
			name: "one above the maximum", as: "maria", do: "POST /bookings",
			body: `{"resources":["<faro.D-01>"],"from":"2026-11-24T08:00:00Z","to":"2026-11-24T20:15:00Z"}`, want: 422,
			has: `{"code":"rule.too-long","rule":"max_length","limit":720}`,
		},
		step{
			name: "the maximum", as: "maria", do: "POST /bookings",
			body: `{"resources":["<faro.D-01>"],"from":"2026-11-24T08:00:00Z","to":"2026-11-24T20:00:00Z"}`, want: 201,
		},
		step{
			name: "no length", as: "maria", do: "POST /bookings", body: want("10:00", "10:00", desk), want: 400,
			has: `{"code":"time.reversed","errors":[{"pointer":"#/to"}]}`,
		},
		step{name: "reversed", as: "maria", do: "POST /bookings", body: want("11:00", "10:00", desk), want: 400, has: `{"code":"time.reversed"}`},
		step{
			name: "off the quarter-hour", as: "maria", do: "POST /bookings", body: want("10:07", "11:00", desk), want: 422,
			has: `{"code":"time.grain","rule":"grain","limit":15}`,
		},
	)
}

func TestEdge08_BeganThisMorning(t *testing.T) {
	const desk, room = "<aurora.D-01>", "<aurora.M-1>"
	play(t,
		step{
			name: "a desk, running since 08:00", at: "2026-11-24T10:07:00+01:00", as: "maria", do: "POST /bookings",
			body: want("08:00", "12:00", desk), want: 201,
			has: `{"check_in_until":"2026-11-24T12:00:00+01:00"}`,
		}, // the time to check in was over when it was made
		step{
			name: "a room may have begun a quarter ago only", as: "maria", do: "POST /bookings", body: want("09:30", "12:00", room), want: 422,
			has: `{"code":"rule.past","rule":"late_start","limit":15}`,
		},
		step{name: "a room", as: "maria", do: "POST /bookings", body: want("10:00", "12:00", room), want: 201},
		step{
			name: "yesterday", as: "maria", do: "POST /bookings",
			body: `{"resources":["<faro.D-01>"],"from":"2026-11-23T23:00:00Z","to":"2026-11-24T10:00:00Z"}`, want: 422, has: `{"code":"rule.past"}`,
		},
		step{name: "over", as: "maria", do: "POST /bookings", body: want("08:00", "09:00", "<aurora.D-02>"), want: 422, has: `{"code":"rule.past"}`},
	)
}

func TestEdge16_SiteInAnotherZone(t *testing.T) {
	// In Rome it is 00:30 of the 25th, at Faro still 23:30 of the 24th.
	play(t,
		step{
			name: "asked in Roman time, answered in that of the site", at: "2026-11-24T23:30:00Z", as: "maria", do: "POST /bookings",
			body: `{"resources":["<faro.D-01>"],"from":"2026-11-25T10:00:00+01:00","to":"2026-11-25T12:00:00+01:00"}`, want: 201,
			has: `{"from":"2026-11-25T09:00:00Z","to":"2026-11-25T11:00:00Z","parts":[{"from":"2026-11-25T09:00:00Z"}]}`, keep: "b",
		},
		step{
			name: "today is that of the site", as: "maria", do: "GET /resources/<faro.D-01>/calendar", want: 200,
			has: `{"items":[{"date":"2026-11-24"},"*",{"date":"2026-11-26"},"*","*","*","*"]}`,
		},
		step{
			name: "the hours are those of the site", do: "GET /resources/<faro.D-01>/calendar?from=2026-11-25&to=2026-11-25", want: 200,
			has: `{"items":[{"open":[{"from":"2026-11-25T00:00:00Z","to":"2026-11-26T00:00:00Z"}],
				"free":[{"from":"2026-11-25T00:00:00Z","to":"2026-11-25T09:00:00Z"},{"from":"2026-11-25T11:00:00Z","to":"2026-11-26T00:00:00Z"}]}]}`,
		},
		step{name: "its week begins there too", do: "GET /sites/faro", want: 200, has: `{"zone":"Atlantic/Madeira","week":[{"date":"2026-11-24"},"*","*","*","*","*","*"]}`},
		step{name: "the list", as: "maria", do: "GET /bookings", want: 200, has: `{"items":[{"id":"<b>","from":"2026-11-25T09:00:00Z"}]}`},
	)
}

func TestEdge17_ThePastIsThatOfTheSite(t *testing.T) {
	// 00:30 in Rome: what began at 23:00 there was yesterday, at Faro today.
	play(t,
		step{
			name: "today at Faro", at: "2026-11-24T23:30:00Z", as: "maria", do: "POST /bookings",
			body: `{"resources":["<faro.D-01>"],"from":"2026-11-24T22:00:00Z","to":"2026-11-25T01:00:00Z"}`, want: 201,
		},
		step{
			name: "yesterday at Molo", as: "maria", do: "POST /bookings",
			body: `{"resources":["<molo.D-01>"],"from":"2026-11-24T22:00:00Z","to":"2026-11-25T01:00:00Z"}`, want: 422, has: `{"code":"rule.past"}`,
		},
		step{
			name: "the horizon ends with the day of the site", as: "maria", do: "POST /bookings",
			body: `{"resources":["<faro.D-01>"],"from":"2027-02-22T22:00:00Z","to":"2027-02-23T00:00:00Z"}`, want: 201,
		},
		step{
			name: "a quarter later", as: "maria", do: "POST /bookings",
			body: `{"resources":["<faro.D-02>"],"from":"2027-02-22T22:00:00Z","to":"2027-02-23T00:15:00Z"}`, want: 422,
			has: `{"code":"rule.horizon","rule":"horizon_days","limit":90,"unit":"days"}`,
		},
	)
}

func TestEdge18_ZoneOfASite(t *testing.T) {
	play(t,
		step{name: "without a zone it is Rome", do: "GET /sites/molo", want: 200, has: `{"zone":"Europe/Rome"}`},
		step{
			as: "maria", do: "POST /bookings", body: want("09:00", "12:00", "<molo.D-01>"), want: 201, keep: "b",
			has: `{"from":"2026-11-24T09:00:00+01:00"}`,
		},
		step{name: "the zone changes", then: func(t *testing.T, w *coworkingtest.World) {
			s, err := w.Live.Network().ByCode("molo")
			if err != nil {
				t.Fatal(err)
			}
			moved := *s
			moved.Zone = "Atlantic/Madeira"
			if err := w.Store.SaveSites(t.Context(), []site.Site{moved}); err != nil {
				t.Fatal(err)
			}
			w.Reload(t)
		}},
		step{name: "the booking stays where it is", as: "maria", do: "GET /bookings/<b>", want: 200, has: `{"from":"2026-11-24T08:00:00Z","to":"2026-11-24T11:00:00Z"}`},
		step{name: "and keeps its place", as: "giuseppe", do: "POST /bookings", body: want("10:00", "11:00", "<molo.D-01>"), want: 409},
	)
}

func TestEdge33_AllOrNothing(t *testing.T) {
	play(t,
		step{as: "giuseppe", do: "POST /bookings", body: want("10:00", "12:00", "<aurora.D-03>"), want: 201},
		step{
			name: "one of three is taken", as: "maria", do: "POST /bookings", body: want("09:00", "11:00", "<aurora.D-01>", "<aurora.D-02>", "<aurora.D-03>"), want: 409,
			has: `{"code":"booking.taken","taken":["<aurora.D-03>"],"alternatives":"*"}`,
		},
		step{name: "so nothing was booked", as: "maria", do: "GET /bookings", want: 200, has: `{"items":[]}`},
		step{
			name: "two sites, the second is full", as: "maria", do: "POST /bookings", want: 409,
			body: `{"parts":[` + want("09:00", "11:00", "<faro.D-01>") + `,` + want("10:00", "11:00", "<aurora.D-03>") + `]}`,
		},
		step{
			name: "two sites, two times", as: "maria", do: "POST /bookings", want: 201, keep: "b",
			body: `{"parts":[` + want("09:00", "11:00", "<faro.D-01>") + `,
				{"site":"aurora","kind":"desk","count":2,"from":"` + tuesday("14:00") + `","to":"` + tuesday("15:00") + `"}]}`,
			has: `{"from":"2026-11-24T08:00:00Z","to":"2026-11-24T14:00:00Z","site":"<faro>","resources":["*","*","*"],
				"parts":[{"site":"<faro>","site_name":"Spazio Faro","kind":"desk","from":"2026-11-24T08:00:00Z"},{"site":"<aurora>","from":"2026-11-24T14:00:00+01:00"}]}`,
		},
		step{
			name: "parts of several times do not move together", as: "maria", do: "PATCH /bookings/<b>", want: 422,
			body: `{"from":"` + tuesday("09:00") + `","to":"` + tuesday("10:00") + `"}`, has: `{"code":"booking.several-times"}`,
		},
		step{
			name: "a fault names its part", as: "maria", do: "POST /bookings", want: 404,
			body: `{"parts":[` + want("09:00", "11:00", "<faro.D-01>") + `,` + want("10:00", "11:00", "<aurora.D-01>", "nobody") + `]}`,
			has:  `{"code":"resource.unknown","errors":[{"pointer":"#/parts/1/resources/1"}]}`,
		},
		step{
			name: "also the only part", as: "maria", do: "POST /bookings", want: 404,
			body: `{"parts":[` + want("10:00", "11:00", "nobody") + `]}`, has: `{"errors":[{"pointer":"#/parts/0/resources/0"}]}`,
		},
		step{as: "maria", do: "DELETE /bookings/<b>", want: 200, has: `{"status":"cancelled","rev":2}`},
		step{name: "all its places are free again", as: "giuseppe", do: "POST /bookings", body: want("09:00", "11:00", "<faro.D-01>"), want: 201},
	)
}

func TestEdge34_LimitOfPeopleAtOnce(t *testing.T) {
	play(t,
		step{
			as: "maria", do: "POST /bookings", body: want("09:00", "12:00", "<molo.D-01>", "<molo.D-02>"), want: 201, keep: "b",
			has: `{"resources":["<molo.D-01>","<molo.D-02>"],"parts":["*"]}`,
		},
		step{name: "two seats, one person may still come", as: "giuseppe", do: "POST /bookings", body: want("11:00", "13:00", "<molo.M-1>"), want: 409},
		step{
			name: "search knows", as: "giuseppe", do: "GET /availability?kind=meeting&from=2026-11-24T10:00:00Z&to=2026-11-24T11:00:00Z&municipality=082053&q=molo", want: 200,
			has: `{"items":[]}`,
		},
		step{name: "one more", as: "giuseppe", do: "POST /bookings", body: want("11:00", "13:00", "<molo.D-03>"), want: 201},
		step{name: "full", as: "giuseppe", do: "POST /bookings", body: want("11:00", "12:00", "<molo.D-04>"), want: 409},
		step{name: "after the two", as: "giuseppe", do: "POST /bookings", body: want("12:00", "13:00", "<molo.M-1>"), want: 201},
		step{
			name: "moving within the limit", as: "maria", do: "PATCH /bookings/<b>", want: 200,
			body: `{"from":"` + tuesday("08:30") + `","to":"` + tuesday("11:30") + `"}`,
		},
		step{
			name: "moving into the room's time", as: "maria", do: "PATCH /bookings/<b>", want: 409,
			body: `{"from":"` + tuesday("11:00") + `","to":"` + tuesday("12:30") + `"}`,
		},
	)
}

func TestEdge42_SentAgain(t *testing.T) {
	key := map[string]string{"Idempotency-Key": "0b7c-1"}
	body := want("09:00", "12:00", "<aurora.D-01>")
	play(t,
		step{as: "maria", do: "POST /bookings", head: key, body: body, want: 201, keep: "b"},
		step{name: "again", as: "maria", do: "POST /bookings", head: key, body: body, want: 201, has: `{"id":"<b>","rev":1}`},
		step{
			name: "again, written otherwise", as: "maria", do: "POST /bookings", head: key, want: 201, has: `{"id":"<b>"}`,
			body: `{"to":"2026-11-24T11:00:00Z", "from":"2026-11-24T08:00:00.0Z", "resources":["<aurora.D-01>"]}`,
		},
		step{
			name: "another body", as: "maria", do: "POST /bookings", head: key, body: want("13:00", "14:00", "<aurora.D-01>"), want: 422,
			has: `{"code":"booking.key-reused"}`,
		},
		step{name: "another operation", as: "maria", do: "POST /holds", head: key, body: body, want: 422, has: `{"code":"booking.key-reused"}`},
		step{name: "somebody else’s key", as: "giuseppe", do: "POST /bookings", head: key, body: want("13:00", "14:00", "<aurora.D-01>"), want: 201},
		step{name: "only one was made", as: "maria", do: "GET /bookings", want: 200, has: `{"items":[{"id":"<b>"}]}`},
		step{
			name: "a key that is none", as: "maria", do: "POST /bookings", head: map[string]string{"Idempotency-Key": strings.Repeat("k", 256)}, body: body, want: 400,
			has: `{"errors":[{"header":"Idempotency-Key"}]}`,
		},
	)
}

func TestEdge44_HoldExpires(t *testing.T) {
	body := want("09:00", "12:00", "<aurora.D-01>")
	play(t,
		step{
			as: "maria", do: "POST /holds", body: body, want: 201, keep: "b",
			has: `{"status":"held","hold_expires":"2026-11-23T08:17:00+01:00","check_in_until":"2026-11-24T09:15:00+01:00"}`,
		},
		step{name: "others cannot have it", as: "giuseppe", do: "POST /bookings", body: body, want: 409},
		step{name: "no pass yet", as: "maria", do: "GET /bookings/<b>/pass", want: 409, has: `{"code":"booking.held","status":409}`},
		step{name: "too late", at: "2026-11-23T08:17:00+01:00", as: "maria", do: "POST /bookings/<b>/confirm", want: 409, has: `{"code":"booking.expired"}`},
		step{name: "free for others", as: "giuseppe", do: "POST /bookings", body: body, want: 201},
		step{as: "maria", do: "GET /bookings/<b>", want: 200, has: `{"status":"expired"}`},
		step{as: "maria", do: "POST /holds", body: want("13:00", "14:00", "<aurora.D-01>"), want: 201, keep: "c"},
		step{name: "in time", as: "maria", do: "POST /bookings/<c>/confirm", want: 200, has: `{"status":"confirmed","check_in_until":"2026-11-24T13:15:00+01:00"}`},
		step{name: "a second tap", as: "maria", do: "POST /bookings/<c>/confirm", want: 200, has: `{"rev":2}`},
	)
}

func TestEdge56_SomebodyElsesBooking(t *testing.T) {
	steps := []step{{as: "maria", do: "POST /bookings", body: want("09:00", "12:00", "<aurora.D-01>"), want: 201, keep: "b"}}
	for _, id := range []string{"<b>", "01900000-0000-7000-8000-00000000ffff", "x", "%27--", strings.Repeat("9", 300)} {
		for _, do := range []string{"GET ", "DELETE ", "PATCH ", "POST /confirm", "POST /check-in", "GET /pass", "GET /pass.svg", "GET /calendar.ics"} {
			method, rest, _ := strings.Cut(do, " ")
			s := step{
				as: "giuseppe", do: method + " /bookings/" + id + rest, want: 404, hasNot: []string{"Maria", "<aurora.D-01>"},
				has: `{"code":"booking.unknown","detail":"Questa prenotazione non esiste, o è di un’altra persona."}`,
			}
			if method == "PATCH" {
				s.body = `{"from":"` + tuesday("13:00") + `","to":"` + tuesday("14:00") + `"}`
			}
			steps = append(steps, s)
		}
	}
	steps = append(steps,
		step{name: "reception of the site sees it", as: "anna", do: "GET /bookings/<b>", want: 200, has: `{"id":"<b>"}`, hasNot: []string{"Maria"}},
		step{name: "but does not cancel it", as: "anna", do: "DELETE /bookings/<b>", want: 404},
		step{name: "nobody needs a token", do: "GET /bookings/<b>", want: 401},
		step{name: "it is whole", as: "maria", do: "GET /bookings/<b>", want: 200, has: `{"status":"confirmed","rev":1}`},
	)
	play(t, steps...)
}

func TestEdge57_NamesAreHidden(t *testing.T) {
	names := []string{"Maria", "Bianchi"}
	play(t,
		step{as: "maria", do: "POST /bookings", body: want("09:00", "12:00", "<aurora.D-01>"), want: 201, keep: "b", hasNot: names},
		step{as: "giuseppe", do: "GET /availability?kind=desk&from=2026-11-24T08:00:00Z&to=2026-11-24T11:00:00Z", want: 200, hasNot: names},
		step{
			do: "GET /resources/<aurora.D-01>/calendar?from=2026-11-24&to=2026-11-24", want: 200, hasNot: names,
			has: `{"items":[{"free":[{"from":"2026-11-24T08:00:00+01:00","to":"2026-11-24T09:00:00+01:00"},{"from":"2026-11-24T12:00:00+01:00"}]}]}`,
		},
		step{as: "giuseppe", do: "POST /bookings", body: want("09:00", "12:00", "<aurora.D-01>"), want: 409, hasNot: names},
		step{
			as: "luca", do: "POST /sites/aurora/closures", want: 201, hasNot: names, has: `{"in_the_way":[{"id":"<b>","resources":["<aurora.D-01>"]}]}`,
			body: `{"reason":"Tinteggiatura","from":"` + tuesday("08:00") + `","to":"` + tuesday("20:00") + `"}`,
		},
		step{as: "anna", do: "GET /sites/aurora/in-the-way?from=2026-11-24T08:00:00Z&to=2026-11-24T11:00:00Z", want: 200, hasNot: names, has: `{"items":[{"id":"<b>"}]}`},
	)
}

func TestEdge58_OutOfUse(t *testing.T) {
	play(t,
		step{
			name: "a site in works", as: "maria", do: "POST /bookings", body: want("09:00", "12:00", "<cantiere.D-01>"), want: 422,
			has: `{"code":"site.not-open-yet","state":"works","opens_on":"2027-03-01"}`,
		},
		step{name: "a desk out of use", as: "maria", do: "POST /bookings", body: want("09:00", "12:00", "<aurora.D-08>"), want: 422, has: `{"code":"resource.out-of-use"}`},
		step{name: "neither is offered", do: "GET /availability?kind=desk&from=2026-11-24T08:00:00Z&to=2026-11-24T11:00:00Z&count=7", want: 200, has: `{"items":[]}`},
		step{as: "maria", do: "POST /bookings", body: want("09:00", "12:00", "<aurora.D-01>"), want: 201, keep: "b"},
		step{name: "the site is suspended", then: func(t *testing.T, w *coworkingtest.World) {
			if err := w.Store.SetState(t.Context(), coworkingtest.SiteID("aurora"), site.Suspended, agenda.DateOf(coworkingtest.Now), "", ""); err != nil {
				t.Fatal(err)
			}
			w.Reload(t)
		}},
		step{as: "maria", do: "POST /bookings", body: want("13:00", "14:00", "<aurora.D-01>"), want: 422, has: `{"code":"site.suspended"}`},
		step{name: "what was booked can be given back", as: "maria", do: "DELETE /bookings/<b>", want: 200},
	)
}

func TestEdge59_GroupsOfSiteAndPlace(t *testing.T) {
	const at = "&from=2026-11-24T08:00:00Z&to=2026-11-24T11:00:00Z"
	play(t,
		step{name: "a reserved desk", as: "maria", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.D-07>"), want: 403, has: `{"code":"resource.reserved"}`},
		step{name: "of the group", as: "giuseppe", do: "POST /bookings", body: want("09:00", "10:00", "<aurora.D-07>"), want: 201},
		step{name: "a reserved site", as: "maria", do: "POST /bookings", body: want("09:00", "10:00", "<borgo.D-01>"), want: 403},
		step{
			name: "its pool too", as: "maria", do: "POST /bookings", want: 403,
			body: `{"site":"borgo","kind":"desk","from":"` + tuesday("09:00") + `","to":"` + tuesday("10:00") + `"}`,
		},
		step{
			name: "both must hold", as: "giuseppe", do: "POST /bookings", want: 201,
			body: `{"site":"borgo","kind":"desk","count":3,"from":"` + tuesday("09:00") + `","to":"` + tuesday("10:00") + `"}`,
		},
		step{name: "not offered to others", as: "maria", do: "GET /availability?kind=desk&q=borgo" + at, want: 200, has: `{"items":[]}`},
		step{name: "nor to nobody", do: "GET /availability?kind=desk&municipality=066049" + at, want: 200, has: `{"items":[]}`},
		step{
			name: "a pool never gives a reserved desk", as: "maria", do: "POST /bookings", want: 422, has: `{"code":"booking.too-many-places"}`,
			body: `{"site":"aurora","kind":"desk","count":7,"from":"` + tuesday("14:00") + `","to":"` + tuesday("15:00") + `"}`,
		},
	)
}

func TestEdge61_CheckIn(t *testing.T) {
	morning := want("10:00", "12:00", "<aurora.D-01>")
	play(t,
		step{
			as: "maria", do: "POST /bookings", body: morning, want: 201, keep: "b",
			has: `{"check_in_from":"2026-11-24T09:30:00+01:00","check_in_until":"2026-11-24T10:15:00+01:00"}`,
		},
		step{
			name: "too early", at: "2026-11-24T09:29:59+01:00", as: "maria", do: "POST /bookings/<b>/check-in", want: 422,
			has: `{"code":"check-in.early","rule":"check_in_early","limit":30,"detail":"È presto per registrare l’arrivo: si può da martedì 24 novembre 2026, ore 09:30."}`,
		},
		step{name: "in the window", at: "2026-11-24T09:30:00+01:00", as: "maria", do: "POST /bookings/<b>/check-in", want: 200, has: `{"status":"checked-in","rev":2}`},
		step{name: "twice", as: "maria", do: "POST /bookings/<b>/check-in", want: 200, has: `{"rev":2}`},
		step{name: "then it stays", as: "maria", do: "DELETE /bookings/<b>", want: 409, has: `{"code":"booking.checked-in"}`},

		step{as: "maria", do: "POST /bookings", body: want("10:00", "12:00", "<aurora.D-02>"), want: 201, keep: "c"},
		step{name: "too late", at: "2026-11-24T10:15:00+01:00", as: "maria", do: "POST /bookings/<c>/check-in", want: 409, has: `{"code":"booking.no-show"}`},
		step{
			name: "released", as: "giuseppe", do: "POST /bookings", body: want("10:00", "12:00", "<aurora.D-02>"), want: 201, keep: "d",
			has: `{"check_in_until":"2026-11-24T12:00:00+01:00"}`,
		}, // made after the deadline: none to keep
		step{name: "after the release", then: func(t *testing.T, w *coworkingtest.World) { w.Sweep(t) }},
		step{as: "maria", do: "POST /bookings/<c>/check-in", want: 409, has: `{"code":"booking.no-show"}`},
		step{name: "reception checks somebody in", at: "2026-11-24T11:30:00+01:00", as: "anna", do: "POST /bookings/<d>/check-in", want: 200},

		step{name: "visits of 8 hours need none at Faro", then: func(t *testing.T, w *coworkingtest.World) {
			rules := site.DefaultRules(site.Meeting)
			rules.NoCheckInFrom = 8 * 60
			if err := w.Store.SaveRules(t.Context(), coworkingtest.SiteID("faro"), site.Meeting, rules, ""); err != nil {
				t.Fatal(err)
			}
			w.Reload(t)
		}},
		step{
			name: "8 hours", at: "2026-11-24T09:00:00+01:00", as: "maria", do: "POST /bookings", body: want("10:00", "18:00", "<faro.M-1>"), want: 201,
			has: `{"check_in_until":"2026-11-24T17:00:00Z"}`,
		},
		step{
			name: "8 hours less a quarter", as: "maria", do: "POST /bookings", want: 201, has: `{"check_in_until":"2026-11-25T09:15:00Z"}`,
			body: `{"resources":["<faro.M-1>"],"from":"2026-11-25T09:00:00Z","to":"2026-11-25T16:45:00Z"}`,
		},
	)
}
