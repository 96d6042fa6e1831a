package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// Who may do what with another's booking, report and house over the API: the
// same for each operation, whoever asks.
func TestRightsOverTheAPI(t *testing.T) {
	everyDay(t)
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	houses := srv.spaces("medium")
	home, other := houses[0], houses[1]
	desks := srv.placesOf(home.ID, "desk")
	day := srv.quietDays(desks[0].ID, 1)[0]
	staff := func(n int, args ...string) string {
		return s.token(t, append([]string{"--person", person(n)}, args...)...)
	}
	owner := s.tokens[0]
	tokens := []string{
		"", s.tokens[1], owner,
		staff(40, "--role", "receptionist", "--site", home.Code), staff(41, "--role", "receptionist", "--site", other.Code),
		staff(42, "--role", "manager"),
	}
	names := []string{"nobody", "another citizen", "the owner", "reception", "another's reception", "the manager"}

	wish := func(i, hour int) wanted {
		return wanted{Resources: []string{desks[i].ID}, From: at(day, hour, 0), To: at(day, hour+1, 0)}
	}
	hold := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/holds", owner, wish(0, 9))).ID
	held := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/holds", owner, wish(0, 11))).ID
	booked := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", owner, wish(0, 14))).ID
	type made struct {
		Number string `json:"number"`
	}
	report := "/api/v1/reports/" + decode[made](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/reports", owner,
		map[string]any{"kind": "noise", "site": home.Code, "text": "Un rumore che non smette."})).Number
	text := map[string]string{"text": "Il rumore viene dal cantiere."}

	for _, c := range []struct {
		method, path string
		body         any
		want         [6]int
	}{
		{"GET", "/api/v1/bookings/" + booked, nil, [6]int{401, 404, 200, 200, 404, 200}},
		{"POST", "/api/v1/holds/" + hold + "/parts", wish(1, 9), [6]int{401, 404, 200, 404, 404, 404}},
		{"POST", "/api/v1/bookings/" + held + "/confirm", map[string]any{"accept_rules": true}, [6]int{401, 404, 200, 404, 404, 404}},
		{"PUT", "/api/v1/bookings/" + booked + "/rating", map[string]any{"score": 5}, [6]int{401, 404, 422, 404, 404, 404}},
		{"GET", "/api/v1/calendar-feed", nil, [6]int{401, 200, 200, 200, 200, 200}},
		{"GET", "/api/v1/reports", nil, [6]int{401, 403, 403, 200, 200, 200}},
		{"GET", "/api/v1/reports?site=" + home.Code, nil, [6]int{401, 403, 403, 200, 403, 200}},
		{"GET", report, nil, [6]int{401, 404, 200, 200, 404, 200}},
		{"POST", report + "/answer", text, [6]int{401, 404, 403, 403, 404, 200}},
		{"GET", "/api/v1/availability?kind=desk&q=" + query(home.Name) + "&from=" + query(at(day, 9, 0)) + "&to=" + query(at(day, 10, 0)), nil, [6]int{200, 200, 200, 200, 200, 200}},
	} {
		for _, i := range []int{0, 1, 4, 3, 5, 2} { // who may least comes first
			a, err := srv.call(c.method, c.path, tokens[i], c.body)
			if err != nil || a.status != c.want[i] {
				t.Errorf("%s %s by %s: %v %d, want %d: %.200s", c.method, c.path, names[i], err, a.status, c.want[i], a.body)
			} else if err := sound(c.method, a); err != nil {
				t.Errorf("%s %s by %s: %v", c.method, c.path, names[i], err)
			}
		}
	}
	addresses := map[string]bool{}
	for _, token := range tokens[1:] {
		addresses[string(srv.want(t, http.StatusOK, "GET", "/api/v1/calendar-feed", token, nil).body)] = true
	}
	if len(addresses) != len(tokens)-1 {
		t.Errorf("%d calendars of %d people", len(addresses), len(tokens)-1)
	}
	if n := len(all[made](t, srv.process, "/api/v1/reports", tokens[4])); n != 0 {
		t.Errorf("another house's reception sees %d reports", n)
	}

	anna := srv.visitor() // of the reception of Gavirate, and no manager
	anna.signIn("anna")
	elsewhere := houses[slices.IndexFunc(houses, func(h house) bool { return h.Code != "gavirate" })].Code
	for _, c := range []struct {
		method, path string
		form         url.Values
		want         int
	}{
		{"GET", "/accoglienza?casa=gavirate", nil, 200},
		{"GET", "/accoglienza?casa=" + elsewhere, nil, 403},
		{"POST", "/accoglienza?casa=" + elsewhere, url.Values{"cerca": {"bianchi"}, "casa": {elsewhere}}, 403},
		{"GET", "/spazi/" + elsewhere + "/foto", nil, 403},
		{"POST", "/spazi/" + elsewhere + "/foto", url.Values{}, 403},
		{"POST", "/spazi/" + elsewhere + "/foto/x/togli", url.Values{}, 403},
	} {
		if a, _ := anna.visit(c.method, c.path, c.form); a.status != c.want {
			t.Errorf("%s %s by another's reception: %d, want %d", c.method, c.path, a.status, c.want)
		}
	}
	srv.stop()
	s.check(t)
}
