package register_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/journal/journaltest"
	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/register"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestWords(t *testing.T) {
	t.Parallel()
	words := i18n.NewBundle()
	if err := words.Add(register.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, words, os.DirFS("."), os.DirFS("../journal"))
}

// Three acts of long ago: a booking of maria by herself, one for her by anna, and
// one of the house.
const (
	booked  = "019cae00-0000-7000-8000-000000000001"
	moved   = "019cae00-0000-7000-8000-000000000002"
	changed = "019cae00-0000-7000-8000-000000000003"
)

var (
	maria = identity.Actor{Person: "maria", Role: identity.Citizen, Channel: identity.ChannelWeb}
	anna  = identity.Actor{Person: "anna", Role: identity.Citizen, Channel: identity.ChannelWeb}
	luca  = identity.Actor{Person: "luca", Role: identity.Citizen, Channel: identity.ChannelWeb}
)

func newService(t testing.TB, d *db.DB) *register.Service {
	t.Helper()
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		return journal.Append(t.Context(), tx,
			journal.Act{ID: booked, At: at, Kind: "booking.confirmed", Subject: "b1", Person: "maria"},
			journal.Act{ID: moved, At: at, Kind: "booking.cancelled", Subject: "b1", Person: "anna"},
			journal.Act{ID: changed, At: at, Kind: "site.changed", Subject: "s1", Person: "luca"})
	}); err != nil {
		t.Fatal(err)
	}
	journaltest.Seal(t, journaltest.Sealer(t, d))
	mine := func(_ context.Context, actor identity.Actor, id string) (bool, error) {
		return id[:1] == "b" && actor.Person == "maria", nil
	}
	return register.New(register.Options{DB: d, Clock: clock.System{}, Concerns: map[string]func(context.Context, identity.Actor, string) (bool, error){"booking": mine}})
}

// Hashes are for anybody; what an act says is for who did it, for whom it was
// done and whose thing it is about.
func TestReceiptsAreForWhomTheyConcern(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newService(t, d)
		for _, c := range []struct {
			name  string
			actor identity.Actor
			gets  []string
		}{
			{"nobody", identity.Anonymous, nil},
			{"maria", maria, []string{booked, moved}},
			{"anna", anna, []string{moved}},
			{"luca", luca, []string{changed}},
			{"an auditor", identity.Actor{Person: "ada", Role: identity.Auditor, Scope: identity.Network}, []string{booked, moved, changed}},
			{"an auditor of nothing", identity.Actor{Person: "ada", Role: identity.Auditor, Scope: identity.Site("s1")}, nil},
		} {
			for _, id := range []string{booked, moved, changed} {
				p, err := s.Prove(t.Context(), c.actor, id, 0)
				if err != nil || p.Size != 3 || len(p.Leaf) != 32 {
					t.Fatalf("%s: %+v, %v", c.name, p, err)
				}
				want := strings.Contains(strings.Join(c.gets, " "), id)
				if got := p.Receipt != nil; got != want {
					t.Errorf("%s gets %s: %v", c.name, id, got)
				}
				r, err := s.Receipt(t.Context(), c.actor, id)
				if want != (err == nil) || err != nil && !errs.Is(err, errs.NotFound) {
					t.Errorf("%s: %v", c.name, err)
				}
				if err == nil {
					if checked, err := s.Check(t.Context(), asJSON(t, r)); err != nil || !checked.Here || checked.Act.ID != id {
						t.Errorf("%+v, %v", checked, err)
					}
				}
			}
		}
		if list, err := s.About(t.Context(), maria, "b1"); err != nil || len(list) != 2 {
			t.Errorf("%d acts, %v", len(list), err)
		}
		if list, err := s.About(t.Context(), luca, "b1"); !errs.Is(err, errs.NotFound) {
			t.Errorf("%d acts of somebody else's, %v", len(list), err)
		}
		if list, err := s.About(t.Context(), maria, "b2"); err != nil || len(list) != 0 {
			t.Errorf("%d acts of what is not sealed yet, %v", len(list), err)
		}
		if _, err := s.Prove(t.Context(), maria, "nothing", 0); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

func asJSON(t testing.TB, r sealed.Receipt) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// pages serves the pages to maria, or to nobody.
func pages(t testing.TB, s *register.Service, actor identity.Actor) (address string, built bool) {
	t.Helper()
	words := i18n.NewBundle()
	for _, add := range []func() error{
		func() error { return words.Add(register.Words) }, func() error { return words.Add(identity.Words) },
	} {
		if err := add(); err != nil {
			t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{Footer: register.Footer, SignIn: identity.SignInPath})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	if err := register.RegisterPages(mux, ui, s); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(web.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ui.Mux(mux).ServeHTTP(w, r.WithContext(identity.WithActor(r.Context(), actor)))
	}), ui.Chain()...))
	t.Cleanup(srv.Close)
	return srv.URL, ui.Built()
}

func read(t testing.TB, res *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(url)
	return read(t, res, err)
}

func send(t testing.TB, url string, file []byte) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("ricevuta", "ricevuta.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url, form.FormDataContentType(), &body)
	return read(t, res, err)
}

// A receipt is downloaded by whom it concerns and checked by anybody, without
// scripts; a changed one, or any other file, proves nothing.
func TestAReceiptIsDownloadedAndChecked(t *testing.T) {
	t.Parallel()
	s := newService(t, dbtest.SQLite(t))
	hers, _ := pages(t, s, maria)
	anybody, _ := pages(t, s, identity.Anonymous)
	if code, text := get(t, hers+"/registro/ricevute/b1?lang=en"); code != 200 || !strings.Contains(text, "Booking confirmed") || !strings.Contains(text, "Booking cancelled") {
		t.Fatalf("%d %s", code, webtest.Page(t, text).Text())
	}
	if code, _ := get(t, anybody+"/registro/ricevute/b1"); code != http.StatusSeeOther {
		t.Errorf("without signing in: %d", code)
	}
	if code, text := get(t, hers+"/registro/ricevute/b2?lang=en"); code != 200 || !strings.Contains(text, "There are no receipts") {
		t.Errorf("not sealed yet: %d", code)
	}
	for _, path := range []string{"/registro/ricevute/s1", "/registro/ricevute/s1/" + changed, "/registro/ricevute/s1/" + booked, "/registro/ricevute/b1/x"} {
		if code, _ := get(t, hers+path); code != 404 {
			t.Errorf("%s: %d", path, code)
		}
	}
	code, receipt := get(t, hers+"/registro/ricevute/b1/"+booked)
	if code != 200 {
		t.Fatal(code)
	}
	for name, c := range map[string]struct {
		file []byte
		code int
		want string
	}{
		"good":    {[]byte(receipt), 200, "The receipt is genuine"},
		"changed": {[]byte(strings.Replace(receipt, `"maria"`, `"luca"`, 1)), 422, "Something in the file was changed"},
		"another": {[]byte("{}"), 422, "not a receipt of this system"},
		"binary":  {bytes.Repeat([]byte{0, 255}, 1000), 422, "not a receipt of this system"},
		"deep":    {[]byte(strings.Repeat("[", 900_000)), 422, "not a receipt of this system"},
		"large":   {bytes.Repeat([]byte("x"), sealed.MaxReceipt+1), 400, "1 MB"},
		"nothing": {nil, 400, ""},
	} {
		got, text := send(t, anybody+"/registro?lang=en", c.file)
		if got != c.code || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %s", name, got, webtest.Page(t, text).One(t, "main").Text())
		}
	}
	if code, note := get(t, anybody+"/registro/sigillo"); code != 200 {
		t.Error(code)
	} else if c, err := sealed.Peek(note); err != nil || c.Size != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

// While nothing is sealed the page says so.
func TestAnEmptyRegister(t *testing.T) {
	t.Parallel()
	address, _ := pages(t, register.New(register.Options{DB: dbtest.SQLite(t), Clock: clock.System{}}), identity.Anonymous)
	if code, text := get(t, address+"/registro?lang=en"); code != 200 || !strings.Contains(text, "still empty") {
		t.Errorf("%d %s", code, text)
	}
}

func TestRegisterInABrowser(t *testing.T) {
	t.Parallel()
	address, built := pages(t, newService(t, dbtest.SQLite(t)), maria)
	if !built {
		t.Skip("the front end is not built")
	}
	tab := browser.Open(t)
	for _, page := range []string{"/registro?lang=it", "/registro/ricevute/b1?lang=en", "/registro/ricevute/b2?lang=it"} {
		for _, width := range []int64{390, 1280} {
			tab.Width(width)
			tab.Go(address + page)
			tab.Check()
		}
	}
}
