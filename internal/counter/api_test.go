package counter_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/stream"
)

// served is the API of a world, over HTTP.
type served struct {
	*world
	url string
}

func serve(t *testing.T, w *world) *served {
	t.Helper()
	mux := http.NewServeMux()
	a := api.New(mux, "Test", "1.0.0", api.Options{
		Log: slog.New(slog.DiscardHandler), Limit: api.Quota{PerSecond: 10_000, Burst: 10_000},
		Authenticate: func(ctx context.Context, bearer string) (context.Context, error) {
			switch bearer {
			case "anna":
				return identity.WithActor(ctx, anna), nil
			case "maria":
				return identity.WithActor(ctx, identity.Actor{Person: "maria", Role: identity.Citizen, Held: []identity.Held{{Role: identity.Citizen}}}), nil
			}
			return ctx, errs.New(errs.Unauthenticated, "api.bad_token", nil)
		},
	})
	hub := w.Streams(stream.Options{Beat: time.Hour})
	counter.RegisterAPI(a, w.Service, hub)
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		hub.Stop()
		srv.Close()
	})
	return &served{w, srv.URL + "/api/v1"}
}

// do asks, and reads the answer as JSON.
func (s *served) do(who, method, path, body string, want int, headers ...string) map[string]any {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != want {
		s.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	var out map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			s.t.Fatalf("%s: %v", text, err)
		}
	}
	return out
}

func TestAVisitOverTheAPI(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := serve(t, newWorld(t, d))
		const house = "/offices/ufficio-gavirate"
		seen := s.watch(house+"/events", "")
		seen.want("ready 0")
		if b := s.do("", "GET", house+"/board", "", 200); b["next"] == nil || b["missed"] == nil || b["called"] == nil {
			t.Errorf("a list is null: %v", b)
		}

		a := s.do("", "POST", house+"/tickets", `{"services":["spedizioni"],"language":"de"}`, 201, "Idempotency-Key", "k1")
		again := s.do("", "POST", house+"/tickets", `{"services":["spedizioni"],"language":"de"}`, 201, "Idempotency-Key", "k1")
		if a["number"] != "P001" || again["id"] != a["id"] || a["origin"] != "phone" {
			t.Errorf("%v, then %v", a, again)
		}
		if p := s.do("", "POST", house+"/tickets", `{"services":["bollettini"]}`, 409, "Idempotency-Key", "k1"); p["code"] != "counter.key-reused" {
			t.Errorf("%v", p)
		}
		if other := s.do("maria", "POST", house+"/tickets", `{"services":["certificati"]}`, 201, "Idempotency-Key", "k1"); other["id"] == a["id"] {
			t.Error("somebody else's key gave a number away")
		}
		s.do("", "POST", house+"/tickets", `{"services":["volare"]}`, 400)
		s.do("", "POST", house+"/tickets", `{"services":[]}`, 400)
		s.do("", "POST", house+"/tickets", `{"services":[[]]}`, 400)
		s.do("", "POST", "/offices/nessuno/tickets", `{"services":["spedizioni"]}`, 404)
		seen.want("taken 1 P001", "taken 2 C002")

		id := a["id"].(string)
		if x := s.do("", "GET", "/tickets/"+id, "", 200); x["ahead"] != 0.0 || x["state"] != "waiting" {
			t.Errorf("%v", x)
		}
		s.do("", "GET", "/tickets/01999999-0000-7000-8000-000000000099", "", 404)
		if w := s.do("", "GET", house+"/waiting", "", 200); w["waiting"] != 2.0 || w["open"] != true {
			t.Errorf("%v", w)
		}
		if x := s.do("", "GET", house+"/services?lang=de", "", 200); len(x["items"].([]any)) < 8 {
			t.Errorf("%v", x)
		}

		s.do("", "POST", house+"/desks/1/call-next", "", 401)
		s.do("maria", "POST", house+"/desks/1/call-next", "", 403)
		s.do("maria", "POST", "/tickets/"+id+"/finish", "", 403)
		s.do("anna", "POST", house+"/desks/9/call-next", "", 404)
		for range 2 { // a double click
			if x := s.do("anna", "POST", house+"/desks/1/call-next", "", 200); x["id"] != id || x["desk"] != 1.0 {
				t.Errorf("%v", x)
			}
		}
		seen.want("called 3 P001")
		s.do("anna", "POST", "/tickets/"+id+"/recall", "", 200)
		if b := s.do("", "GET", house+"/board", "", 200); b["called"].([]any)[0].(map[string]any)["calls"] != 2.0 {
			t.Errorf("%v", b)
		}
		s.do("anna", "POST", "/tickets/"+id+"/missed", "", 200)
		s.do("", "POST", "/tickets/"+id+"/return", "", 200)
		s.do("anna", "POST", "/tickets/"+id+"/call", `{"desk":2}`, 200)
		s.do("anna", "POST", "/tickets/"+id+"/transfer", `{"desk":1}`, 200)
		s.do("anna", "POST", house+"/desks/1/call-next", "", 200)
		s.do("anna", "POST", "/tickets/"+id+"/start", "", 200)
		s.do("anna", "POST", "/tickets/"+id+"/park", `{"fetch":true}`, 200)
		s.do("", "POST", "/tickets/"+id+"/return", "", 200)
		s.do("anna", "POST", house+"/desks/1/call-next", "", 200)
		for range 2 {
			if x := s.do("anna", "POST", "/tickets/"+id+"/finish", "", 200); x["state"] != "finished" {
				t.Errorf("%v", x)
			}
		}
		s.do("anna", "POST", "/tickets/"+id+"/recall", "", 409)
		seen.want("recalled 4 P001", "missed 5 P001", "returned 6 P001", "called 7 P001", "transferred 8 P001", "called 9 P001", "started 10 P001", "parked 11 P001",
			"returned 12 P001", "called 13 P001", "finished 14 P001")
		s.watch(house+"/events", "12").want("called 13 P001", "finished 14 P001")
		s.watch(house+"/events?after=13", "").want("finished 14 P001")
		s.watch(house+"/events", "900").want("reset 14")

		c := s.do("", "POST", house+"/tickets", `{"services":["spedizioni"]}`, 201)
		for range 2 {
			s.do("", "DELETE", "/tickets/"+c["id"].(string), "", 204)
		}
		s.do("anna", "DELETE", house+"/desks/1/session", "", 204)
		s.do("anna", "PUT", house+"/desks/1/session", "", 204)
		if q := s.do("anna", "GET", house+"/queue", "", 200); len(q["line"].([]any)) != 1 || q["desks"].([]any)[0].(map[string]any)["open"] != true {
			t.Errorf("%v", q)
		}
		s.do("anna", "POST", house+"/desks/1/call-next", "", 200)
		s.do("anna", "POST", house+"/desks/2/call-next", "", 204)
	})
}

// watched is a stream of events of an office.
type watched struct {
	t  *testing.T
	in *bufio.Scanner
}

func (s *served) watch(path, last string) *watched {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		s.t.Fatalf("%d %s", res.StatusCode, got)
	}
	return &watched{s.t, bufio.NewScanner(res.Body)}
}

// want reads events, "kind seq" and the number they are about.
func (w *watched) want(events ...string) {
	w.t.Helper()
	for _, want := range events {
		var id, kind string
		var facts struct{ Number string }
		for w.in.Scan() && (w.in.Text() != "" || kind == "") {
			name, value, _ := strings.Cut(w.in.Text(), ": ")
			switch name {
			case "id":
				id = value
			case "event":
				kind = value
			case "data":
				if err := json.Unmarshal([]byte(value), &facts); err != nil {
					w.t.Fatal(err)
				}
			}
		}
		if got := strings.TrimSpace(fmt.Sprintf("%s %s %s", kind, id, facts.Number)); got != want {
			w.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// What happens on one server reaches who watches on another one of the database.
func TestEventsReachTheStreamsOfOtherServers(t *testing.T) {
	d := dbtest.Postgres(t)
	here, there := newWorld(t, d), serve(t, newWorld(t, d))
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { there.Hub.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	seen := there.watch("/offices/ufficio-gavirate/events", "")
	seen.want("ready 0")
	here.take("ritiri")
	seen.want("taken 1 P001")
	here.take("certificati")
	seen.want("taken 2 C002")
}
