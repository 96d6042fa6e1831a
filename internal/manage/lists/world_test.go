package lists_test

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/manage/lists"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/web"
	"polis/internal/reserve"
	"polis/internal/site"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// now is Monday 23 November 2026, 08:07 in Rome.
var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// world is the lists of a network on one database.
type world struct {
	*lists.Service
	t      testing.TB
	db     *db.DB
	clock  *clock.Manual
	live   *site.Live
	engine *reserve.Engine
	people *identity.People
	grants *identity.Grants
	worker *jobs.Worker
	words  *i18n.Bundle

	ada   identity.Actor // administrator
	luca  identity.Actor // manager of the network
	bruno identity.Actor // manager of aurora, once it is there
	maria identity.Actor // a citizen
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, clock: clock.NewManual(now), words: i18n.NewBundle()}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store := site.NewStore(d, w.clock, clock.NewID)
	var err error
	w.live, err = site.NewLive(ctx, store)
	must(err)
	w.engine = reserve.New(d, w.live, w.clock, clock.NewID)
	must(w.engine.Start(ctx))
	t.Cleanup(w.engine.Stop)
	keys, err := identity.OpenKeys(ctx, d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
	must(err)
	w.people, w.grants = identity.NewPeople(d, keys, w.clock, clock.NewID), identity.NewGrants(d, w.clock)
	for _, files := range []embed.FS{identity.Words, site.Words, lists.Words} {
		must(w.words.Add(files))
	}
	w.Service = lists.New(lists.Options{
		DB: d, Live: w.live, Sites: store, Engine: w.engine, People: w.people, Grants: w.grants, Groups: w.grants.Groups, Clock: w.clock, IDs: clock.NewID,
	})
	w.worker = jobs.New(jobs.Config{DB: d, Clock: w.clock, Log: slog.New(slog.DiscardHandler)})
	w.Register(w.worker)
	for _, x := range []struct {
		who  *identity.Actor
		role identity.Role
		at   identity.Scope
	}{
		{&w.ada, identity.Administrator, identity.Network},
		{&w.luca, identity.NetworkManager, identity.Network},
		{&w.bruno, identity.SiteManager, identity.Site("nowhere")},
		{&w.maria, identity.Citizen, identity.Scope{}},
	} {
		p, err := w.people.Create(ctx, identity.Person{})
		must(err)
		if x.role != identity.Citizen {
			must(w.grants.Give(ctx, identity.Grant{Person: p.ID, Role: x.role, Scope: x.at}))
		}
		*x.who = identity.Actor{Person: p.ID, Name: "N. N.", Role: x.role, Scope: x.at}
	}
	return w
}

// load brings a file in that must be in order.
func (w *world) load(list lists.List, file string) lists.Outcome {
	w.t.Helper()
	out, err := w.Load(w.t.Context(), list, []byte(file), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range out.Faults {
		w.t.Errorf("%s: %s", list, f.Error())
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
	return out
}

// written is a list as it is written out.
func (w *world) written(list lists.List) string {
	w.t.Helper()
	var out bytes.Buffer
	if err := w.Write(w.t.Context(), list, &out); err != nil {
		w.t.Fatal(err)
	}
	return out.String()
}

// count tells how many things a file made, changed and left.
func count(o lists.Outcome) string { return fmt.Sprintf("%d+%d=%d", o.New, o.Changed, o.Same) }

func (w *world) want(o lists.Outcome, counts string) {
	w.t.Helper()
	if got := count(o); got != counts {
		w.t.Fatalf("%s, want %s", got, counts)
	}
}

// The network of most tests.
const (
	someSites = `code,kind,name,municipality,lat,lon,hours,address
aurora,space,Spazio Aurora,Gavirate,45.8435,8.7155,"Mo-Fr 08:00-20:00; PH off",Via del Lago 1
borgo,space,Spazio Borgo,066049,42.3498,13.3995,24/7,Corso Federico II 2
45-123,office,Ufficio di Gavirate,D946,45.8440,8.7180,"Lun-Ven 8.20-13.35; Sab 8.20-12.35",Piazza Matteotti 6
`
	somePlaces = `site,code,room,floor,kind,name,seats,features,parts,x,y,w,h
aurora,,R0,0,room,Sala grande,,,,0,0,1000,800
aurora,,WC,0,toilet,Servizi,,,,,,,
aurora,D-1,R0,0,desk,Scrivania 1,1,monitor,,100,100,160,80
aurora,D-2,R0,0,desk,Scrivania 2,1,,,300,100,160,80
aurora,H-A,Sala eventi,1,hall,Sala A,30,screen,,,,,
aurora,H-B,Sala eventi,1,hall,Sala B,30,,,,,,
aurora,H-AB,Sala eventi,1,hall,Sala intera,60,,H-A H-B,,,,
borgo,D-1,R0,,desk,,1,,,,,,
`
)

func (w *world) someNetwork() {
	w.t.Helper()
	w.want(w.load(lists.Sites, someSites), "3+0=0")
	w.want(w.load(lists.Resources, somePlaces), "10+0=0")
	w.bruno.Scope = identity.Site(w.site("aurora").ID)
}

func (w *world) site(code string) *site.Site {
	w.t.Helper()
	s, err := w.live.Network().ByCode(code)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) place(at, code string) *site.Resource {
	w.t.Helper()
	for _, r := range w.live.Network().Resources(w.site(at).ID) {
		if r.Code == code {
			return r
		}
	}
	w.t.Fatalf("no place %s in %s", code, at)
	return nil
}

// book books a place of aurora on Wednesday from 10 to 12.
func (w *world) book(at, code string) reserve.Booking {
	w.t.Helper()
	from := time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)
	r := w.place(at, code)
	b, err := w.engine.Do(w.t.Context(), reserve.Plan{
		Person: w.maria.Person, By: w.maria.Person, To: reserve.Confirmed, Due: from.Add(2 * time.Hour),
		Demands: []reserve.Demand{{Site: r.Site, Kind: string(r.Kind), From: from, To: from.Add(2 * time.Hour), Units: []int64{r.Ordinal}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// acts counts what the journal has of a kind.
func (w *world) acts(kind string) (n int) {
	w.t.Helper()
	if err := db.One(w.t.Context(), w.db, actsOfKind, []any{kind}, &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

var actsOfKind = db.Q("test.lists-acts", `SELECT COUNT(*) FROM act WHERE kind = $1`)

var lastActOfKind = db.Q("test.lists-last-act", `SELECT person, subject FROM act WHERE kind = $1 ORDER BY id DESC LIMIT 1`)

// lastAct tells by whom and of what the last act of a kind is.
func (w *world) lastAct(kind string) (by, subject string) {
	w.t.Helper()
	if err := db.One(w.t.Context(), w.db, lastActOfKind, []any{kind}, &by, &subject); err != nil {
		w.t.Fatal(err)
	}
	return by, subject
}

var proveContacts = db.Q("test.lists-prove", `UPDATE person SET contact_verified = $2 WHERE id = $1`)

// prove has who has an address prove that it is theirs.
func (w *world) prove(address string) {
	w.t.Helper()
	all, err := w.people.ByContact(w.t.Context(), address)
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d people, %v", len(all), err)
	}
	if err := w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(w.t.Context(), proveContacts, all[0].ID, clock.Micros(w.clock.Now()))
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

func hours(text string) agenda.Hours { return agenda.MustHours(text) }

// whoHeader says who asks; sessions are tested where they are.
const whoHeader = "Test-Person"

// pages are the pages of the world.
func (w *world) pages() (h http.Handler, built bool) {
	w.t.Helper()
	ui, err := web.New(w.words, web.Config{SignIn: identity.SignInPath})
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	if err := lists.RegisterPages(mux, ui, w.Service); err != nil {
		w.t.Fatal(err)
	}
	return web.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		people := map[string]identity.Actor{"ada": w.ada, "luca": w.luca, "bruno": w.bruno, "maria": w.maria}
		if who, ok := people[r.Header.Get(whoHeader)]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), who))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	}), ui.Chain()...), ui.Built()
}

// done runs what waits.
func (w *world) done() {
	w.t.Helper()
	if _, err := w.worker.RunDue(context.WithoutCancel(w.t.Context())); err != nil {
		w.t.Fatal(err)
	}
}

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }
