package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// web keeps connections alive, as programs that call an API do.
var web = &http.Client{
	Transport: &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 256, DisableCompression: true},
	Timeout:   30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

// answer is a whole answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call sends a request; body is sent as JSON unless nil. headers are pairs.
func (p *process) call(method, path, token string, body any, headers ...string) (answer, error) {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, p.url+path, in)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	return send(r)
}

func send(r *http.Request) (answer, error) {
	resp, err := web.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, text}, err
}

// want is call where only one status is right.
func (p *process) want(t testing.TB, status int, method, path, token string, body any, headers ...string) answer {
	t.Helper()
	a, err := p.call(method, path, token, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != status {
		t.Fatalf("%s %s: %d, want %d: %.600s", method, path, a.status, status, a.body)
	}
	return a
}

// get reads a JSON document.
func get[T any](t testing.TB, p *process, path, token string) T {
	t.Helper()
	return decode[T](t, p.want(t, http.StatusOK, "GET", path, token, nil))
}

func decode[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %.300s", err, a.body)
	}
	return v
}

// list is a page of a list.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// all reads all pages of a list.
func all[T any](t testing.TB, p *process, path, token string) (items []T) {
	t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	cursor := ""
	for {
		page := get[list[T]](t, p, path+sep+"limit=250"+cursor, token)
		items = append(items, page.Items...)
		if page.Next == "" {
			return items
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
}

// house is a site as the API shows it.
type house struct {
	ID     string         `json:"id"`
	Code   string         `json:"code"`
	Name   string         `json:"name"`
	Size   string         `json:"size"`
	State  string         `json:"state"`
	Places map[string]int `json:"places"`
}

// place is a place of a site.
type place struct {
	ID    string   `json:"id"`
	Code  string   `json:"code"`
	Kind  string   `json:"kind"`
	Parts []string `json:"parts"`
}

// booking is a booking.
type booking struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Resources []string  `json:"resources"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Rev       int64     `json:"rev"`
}

// problem is an error.
type problem struct {
	Type   string   `json:"type"`
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail"`
	Code   string   `json:"code"`
	Taken  []string `json:"taken"`
	Errors []struct {
		Pointer, Parameter, Header, Detail, Code string
	} `json:"errors"`
}

// spaces are the open work spaces of a size, "" for any.
func (s *server) spaces(size string) []house {
	s.t.Helper()
	found := all[house](s.t, s.process, "/api/v1/sites?kind=space&state=open", "")
	found = slices.DeleteFunc(found, func(h house) bool { return size != "" && h.Size != size })
	if len(found) == 0 {
		s.t.Fatalf("no open space of size %q", size)
	}
	return found
}

// placesOf are the places of a kind in a site, "" for any.
func (s *server) placesOf(site, kind string) []place {
	s.t.Helper()
	found := get[list[place]](s.t, s.process, "/api/v1/sites/"+site+"/resources", "").Items
	return slices.DeleteFunc(found, func(p place) bool { return kind != "" && p.Kind != kind })
}

// interval is a time.
type interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// calendarDay is a day of a place.
type calendarDay struct {
	Date string     `json:"date"`
	Open []interval `json:"open"`
	Free []interval `json:"free"`
}

func (s *server) calendar(place string, from, to time.Time) []calendarDay {
	s.t.Helper()
	return get[list[calendarDay]](s.t, s.process, fmt.Sprintf("/api/v1/resources/%s/calendar?from=%s&to=%s",
		place, from.Format(time.DateOnly), to.Format(time.DateOnly)), "").Items
}

var rome = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		panic(err)
	}
	return loc
}()

// quietDays are midnights of days on which a place is open from 9 to 18 and
// nobody has booked yet: after the bookings that the demonstration comes with.
func (s *server) quietDays(place string, n int) []time.Time {
	s.t.Helper()
	now := time.Now().In(rome)
	first := now.AddDate(0, 0, 16)
	var days []time.Time
	for _, d := range s.calendar(place, first, now.AddDate(0, 0, 76)) {
		day, err := time.ParseInLocation(time.DateOnly, d.Date, rome)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, f := range d.Free {
			if !f.From.After(day.Add(9*time.Hour)) && !f.To.Before(day.Add(18*time.Hour)) && len(days) < n {
				days = append(days, day)
				break
			}
		}
	}
	if len(days) < n {
		s.t.Fatalf("%d quiet days, want %d", len(days), n)
	}
	return days
}

// at is a time of a quiet day as requests write it.
func at(day time.Time, hour, minute int) string {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, day.Location()).Format(time.RFC3339)
}

// wanted asks for a booking.
type wanted struct {
	Resources []string `json:"resources,omitempty"`
	Site      string   `json:"site,omitempty"`
	Kind      string   `json:"kind,omitempty"`
	Count     int      `json:"count,omitempty"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	Parts     []wanted `json:"parts,omitempty"`
}

// query escapes a value of an address.
func query(value string) string { return url.QueryEscape(value) }

// eventually waits until something holds; what does not in time ends the test.
func eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(within); time.Now().Before(end); <-tick.C {
		if holds() {
			return
		}
	}
	t.Fatalf("after %v it does not hold: %s", within, what)
}
