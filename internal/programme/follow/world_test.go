package follow_test

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/programme/follow"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestWords(t *testing.T) {
	t.Parallel()
	bundle := i18n.NewBundle()
	if err := bundle.Add(follow.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}

// now is Monday 23 November 2026, 08:07 in Rome.
var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

const publicURL = "https://polis.example.org"

// post keeps what is mailed.
type post struct {
	mu  sync.Mutex
	got []mail.Message
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, m)
	return nil
}

// world is the programme with two houses and who follows it.
type world struct {
	*follow.Service
	t       testing.TB
	clock   *clock.Manual
	account *programme.Service
	people  *identity.People
	post    *post
	worker  *jobs.Worker
	handler http.Handler
	maria   identity.Actor // a citizen with a verified address

	left atomic.Int64                       // messages that are asked for before all is cut
	cut  atomic.Pointer[context.CancelFunc] // nil: never
}

// id is the id of a message; the one that is one too many is the last.
func (w *world) id() string {
	if cut := w.cut.Load(); cut != nil && w.left.Add(-1) < 0 {
		(*cut)()
	}
	return clock.NewID()
}

// addressees are people and followers, as the program has them.
type addressees struct {
	*identity.People
	db   *db.DB
	keys *identity.Keys
}

func (a addressees) Get(ctx context.Context, id string) (identity.Person, error) {
	if p, err := a.People.Get(ctx, id); err == nil {
		return p, nil
	}
	return follow.Addressee(ctx, a.db, a.keys, id)
}

func network(t testing.TB) *site.Network {
	t.Helper()
	net, err := site.NewNetwork(site.Data{Territory: territory.Embedded(), Sites: []site.Site{
		{ID: "s-1", Code: "gavirate", Kind: site.Space, Name: "Spazio Aurora", Municipality: "012072", State: site.Open},
		{ID: "s-2", Code: "orvieto", Kind: site.Space, Name: "Spazio Duomo", Municipality: "055023", State: site.Works},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

var verify = db.Q("follow.test-verify", `UPDATE person SET contact_verified = 1 WHERE id = $1`)

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	ctx, live := t.Context(), site.Still(network(t))
	w := &world{t: t, clock: clock.NewManual(now), post: &post{}}
	words := i18n.NewBundle()
	for _, files := range []embed.FS{identity.Words, site.Words, letter.Words, notify.Words, programme.Words, follow.Words} {
		w.must(words.Add(files))
	}
	keys, err := identity.OpenKeys(ctx, d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
	w.must(err)
	log := slog.New(slog.DiscardHandler)
	w.people = identity.NewPeople(d, keys, w.clock, clock.NewID)
	from := mail.Sender{Address: "polis@example.it"}
	access := identity.NewAccess(identity.AccessOptions{People: w.people, Words: words, Log: log, Transport: w.post, From: from, URL: publicURL})
	notes := notify.New(notify.Options{DB: d, People: addressees{w.people, d, keys}, Transport: w.post, From: from, Clock: w.clock, IDs: w.id, Log: log})
	w.account = programme.New(programme.Options{DB: d, Sites: live, Clock: w.clock, IDs: clock.NewID})
	w.Service = follow.New(follow.Options{
		DB: d, Live: live, Keys: keys, People: w.people, Access: access, Notes: notes, Clock: w.clock, IDs: clock.NewID, URL: publicURL, Key: []byte("key"),
		Programme: w.account, HousePage: func(code string) string { return "/programma/case/" + code },
	})
	w.worker = jobs.New(jobs.Config{DB: d, Clock: w.clock, Log: log})
	notes.Register(w.worker)
	w.Register(w.worker)
	p, err := w.people.Create(ctx, identity.Person{GivenName: "Maria", FamilyName: "Bianchi", Email: "maria@example.org"})
	w.must(err)
	w.must(d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, verify, p.ID)
		return err
	}))
	w.maria = identity.Actor{Person: p.ID, Role: identity.Citizen}
	w.pages(words)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// whoHeader says that Maria asks; sessions are tested where they are.
const whoHeader = "Test-Person"

func (w *world) pages(words *i18n.Bundle) {
	w.t.Helper()
	public, err := url.Parse(publicURL)
	w.must(err)
	ui, err := web.New(words, web.Config{SignIn: identity.SignInPath, PublicURL: public})
	w.must(err)
	mux := http.NewServeMux()
	w.must(follow.RegisterPages(mux, ui, follow.PageOptions{Service: w.Service}))
	w.handler = web.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get(whoHeader) != "" {
			r = r.WithContext(identity.WithActor(r.Context(), w.maria))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	}), ui.Chain()...)
}

// ask sends a request, of a browser on our own pages unless headers say otherwise.
func (w *world) ask(method, path string, form url.Values, headers ...string) (int, string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, publicURL+strings.TrimPrefix(path, publicURL), strings.NewReader(form.Encode()))
	r.RemoteAddr = "192.0.2.7:4711"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	body, err := io.ReadAll(rec.Body)
	w.must(err)
	if to := rec.Header().Get("Location"); to != "" {
		return rec.Code, to
	}
	return rec.Code, string(body)
}

// run does what is due and returns what was mailed.
func (w *world) run() []mail.Message {
	w.t.Helper()
	for range 3 { // what a turn asks for is due in the next
		_, err := w.worker.RunDue(w.t.Context())
		w.must(err)
	}
	w.post.mu.Lock()
	defer w.post.mu.Unlock()
	got := w.post.got
	w.post.got = nil
	return got
}

// tell tells what is new, now and in the seconds after.
func (w *world) tell(do func(context.Context) error) []mail.Message {
	w.t.Helper()
	w.must(do(w.t.Context()))
	w.clock.Advance(time.Minute)
	return w.run()
}

var linkIn = regexp.MustCompile(`https://polis\.example\.org(/programma/segui/[a-z]+/[A-Za-z0-9._-]+)`)

// link is the path of the link of a kind in a mail.
func (w *world) link(m mail.Message, kind string) string {
	w.t.Helper()
	for _, found := range linkIn.FindAllStringSubmatch(m.Text, -1) {
		if strings.HasPrefix(found[1], "/programma/segui/"+kind+"/") {
			return found[1]
		}
	}
	w.t.Fatalf("no link to %s in %q", kind, m.Text)
	return ""
}

// follows lets an address follow, through its mailbox.
func (w *world) follows(email string, t follow.Topic, r follow.Rhythm, lang string) {
	w.t.Helper()
	w.must(w.Ask(w.t.Context(), follow.Asking{Address: email, Topic: t, Rhythm: r, Language: lang}))
	mails := w.run()
	if len(mails) != 1 || mails[0].To != email {
		w.t.Fatalf("asked %s: %+v", email, mails)
	}
	if status, to := w.ask("POST", w.link(mails[0], "conferma"), nil); status != 303 {
		w.t.Fatalf("confirmed: %d %s", status, to)
	}
}

func kind(t testing.TB, name string) *account.Kind {
	t.Helper()
	k, ok := account.KindOf(name)
	if !ok {
		t.Fatalf("no kind %q", name)
	}
	return k
}

// publish publishes rows, as the command does.
func (w *world) publish(name string, rows ...any) {
	w.t.Helper()
	_, err := w.account.Load(w.t.Context(), programme.Entry{Kind: kind(w.t, name), Title: "prova", Source: "prova", Rows: rows})
	w.must(err)
}

func declared(value string) account.Declaration {
	return account.Declaration{Target: "offices", Word: account.WordDone, AsOf: "2026-10-31", Source: "tgposte", Value: value, Unit: "offices"}
}

func date(t testing.TB, text string) (d account.Date) {
	t.Helper()
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return d
}

// worksOf are works of a house whose survey was planned and done.
func worksOf(t testing.TB, code, planned, actual, reason string) account.Works {
	t.Helper()
	w := account.Works{Site: code, Reason: reason, Dates: make([]account.Dates, len(account.Phases))}
	w.Dates[0].Planned = date(t, planned)
	if actual != "" {
		w.Dates[0].Actual = date(t, actual)
	}
	return w
}
