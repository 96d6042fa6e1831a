package feedback

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// Service is what can be done with reports. Its methods check who acts.
type Service struct {
	db     *db.DB
	live   *site.Live
	people *identity.People
	clock  clock.Clock
	ids    clock.IDs
	notes  *notify.Service
	words  *i18n.Bundle
	url    string
	key    []byte
}

// Options are what a Service stands on.
type Options struct {
	DB     *db.DB
	Live   *site.Live
	People *identity.People
	Clock  clock.Clock
	IDs    clock.IDs
	Notes  *notify.Service
	Words  *i18n.Bundle // those of the program, for mails
	URL    string       // public address of the installation, in mails
	Key    []byte       // makes the links of reports without an account; the same on all replicas
}

// New makes the service, and says how its mails are written.
func New(o Options) *Service {
	s := &Service{
		db: o.DB, live: o.Live, people: o.People, clock: o.Clock, ids: o.IDs,
		notes: o.Notes, words: o.Words, url: o.URL, key: o.Key,
	}
	s.notes.Compose(noteMade, s.receipt)
	s.notes.Compose(noteAnswered, s.reply)
	return s
}

// Request is a report to be made.
type Request struct {
	Kind     Kind
	Site     string // id or code; "" for the service itself
	Resource string // id, or code in the site; "" for the house as a whole
	Text     string
	Email    string // for the answer; only of who is not signed in, who may leave it out
	Language string // of who is not signed in, for the answer
	Once     string // a request that comes twice with one Once is one report
}

// The bounds of texts, in characters.
const (
	MinText = 10
	MaxText = 2000
)

var (
	nextNumber = db.Q("feedback.number", `
		INSERT INTO report_number (year, last) VALUES ($1, 1)
		ON CONFLICT (year) DO UPDATE SET last = report_number.last + 1 RETURNING last`)
	insertReport = db.Q("feedback.insert", `
		INSERT INTO report (id, number, kind, site, resource, person, body, owner, state, due, request, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $11) ON CONFLICT (request) DO NOTHING`)
	answerReport = db.Q("feedback.answer", `
		UPDATE report SET state = 'answered', answer = $1, answered = $2, answerer = $3, rev = rev + 1
		WHERE id = $4 AND rev = $5 AND state = 'open'`)
)

// errMade says that the same request was made before.
var errMade = errors.New("made before")

// Make makes a report. Errors: Invalid, naming the fields; NotFound for a house
// or place that does not exist.
func (s *Service) Make(ctx context.Context, actor identity.Actor, req Request) (_ Report, err error) {
	defer errs.Wrap(&err, "feedback.Make(%q)", req.Kind)
	if err := actor.Check(identity.ReportMake, identity.Network); err != nil {
		return Report{}, err
	}
	r, err := s.plan(actor, &req)
	if err != nil {
		return Report{}, err
	}
	request := s.requestHash(r, req)
	if made, err := s.byRequest(ctx, request); err == nil || !errs.Is(err, errs.NotFound) {
		return made, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.insert(ctx, tx, &r, req, request) })
	if errors.Is(err, errMade) { // sent twice at the same moment
		return s.byRequest(ctx, request)
	}
	return r, err
}

// plan checks a request and works out who answers and by when.
func (s *Service) plan(actor identity.Actor, req *Request) (Report, error) {
	var faults []errs.Error
	fault := func(field, key string, args errs.Args) {
		faults = append(faults, errs.Error{Kind: errs.Invalid, Key: key, Field: field, Args: args})
	}
	t, known := termOf(req.Kind)
	if !known {
		fault("kind", "feedback.kind-unknown", nil)
	}
	req.Text = normalText(req.Text)
	if f := checkText(req.Text); f != nil {
		faults = append(faults, *f)
	}
	if len(faults) > 0 {
		return Report{}, &errs.Error{Kind: errs.Invalid, Key: "feedback.invalid", Fields: faults}
	}
	now := s.clock.Now()
	r := Report{ID: s.ids(), Kind: t.Kind, Person: actor.Person, Owner: t.Owner, Created: now, Rev: 1, Text: req.Text}
	if req.Site == "" {
		r.Owner, r.Due = OfNetwork, t.due(now, i18n.Rome, noPatron).UTC()
		return r, nil
	}
	net := s.live.Network()
	st, place, err := siteAndPlace(net, req.Site, req.Resource)
	if err != nil {
		return r, err
	}
	r.Site, r.Due = st.ID, t.due(now, net.Zone(st), st.Patron).UTC()
	if place != nil {
		r.Resource = place.ID
	}
	return r, nil
}

// siteAndPlace finds what a report is about: a house and, where named, a place.
func siteAndPlace(net *site.Network, code, place string) (*site.Site, *site.Resource, error) {
	st, err := net.ByCode(code)
	if err != nil {
		return nil, nil, errs.As(err).On("site")
	}
	found := Place(net, st, place)
	if found == nil && place != "" {
		return nil, nil, errs.New(errs.NotFound, "feedback.place-unknown", nil).On("resource")
	}
	return st, found, nil
}

// Place finds a place of a site by its id or code; nil if there is none.
func Place(net *site.Network, st *site.Site, name string) *site.Resource {
	for _, r := range net.Resources(st.ID) {
		if (r.ID == name || r.Code == name) && r.Kind != site.Admission {
			return r
		}
	}
	return nil
}

// insert numbers and writes a report, with its person where they have no
// account.
func (s *Service) insert(ctx context.Context, tx *db.Tx, r *Report, req Request, request string) error {
	var n int
	year := r.Created.In(i18n.Rome).Year()
	if err := db.One(ctx, tx, nextNumber, []any{year}, &n); err != nil {
		return err
	}
	r.Number = fmt.Sprintf("%04d-%06d", year, n)
	person := r.Person
	if person == "" {
		p, err := s.people.CreateIn(ctx, tx, identity.Person{Email: req.Email, Language: req.Language})
		if err != nil {
			return err
		}
		person = p.ID
	}
	body, err := s.people.SealIn(ctx, tx, person, bodyOf(r.ID), []byte(r.Text))
	if err != nil {
		return err
	}
	made, err := tx.Exec(ctx, insertReport, r.ID, r.Number, string(r.Kind), r.Site, r.Resource, person, body,
		string(r.Owner), clock.Micros(r.Due), request, clock.Micros(r.Created))
	if err != nil {
		return err
	}
	if made == 0 {
		return errMade // takes back the number and the person too
	}
	tx.After(func() { r.Person = person })
	if err := s.notes.Send(ctx, tx, r.Created, notify.Note{Person: person, Kind: noteMade, About: r.Number}); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Act{
		ID: s.ids(), At: r.Created, Kind: "report.made", Subject: r.ID, Person: person,
		Data: fmt.Sprintf(`{"number":%q,"kind":%q,"site":%q}`, r.Number, r.Kind, r.Site),
	})
}

func bodyOf(id string) string   { return "report.body:" + id }
func answerOf(id string) string { return "report.answer:" + id }

// requestHash tells one request from another. It is keyed, since texts could
// be guessed from a plain hash.
func (s *Service) requestHash(r Report, req Request) string {
	once := req.Once
	if once == "" {
		once = r.ID
	}
	return hex.EncodeToString(s.mac("request", once, r.Person, string(r.Kind), r.Site, r.Resource, r.Text, req.Email))
}

func (s *Service) mac(parts ...string) []byte {
	mac := hmac.New(sha256.New, s.key)
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return mac.Sum(nil)
}

// LinkKey is what opens the report of a number without signing in.
func (s *Service) LinkKey(number string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("link", number)[:16])
}

// normalText is a text as it is kept: lines end alike, nothing invisible.
func normalText(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, text))
}

// checkText tells what is wrong with a normal text; nil if nothing.
func checkText(text string) *errs.Error {
	switch n := utf8.RuneCountInString(text); {
	case n < MinText:
		return errs.New(errs.Invalid, "feedback.too-short", errs.Args{"min": MinText}).On("text")
	case n > MaxText:
		return errs.New(errs.Invalid, "feedback.too-long", errs.Args{"max": MaxText, "count": n - MaxText}).On("text")
	}
	return nil
}

// scope is where a report is read and answered.
func (r Report) scope() identity.Scope {
	if r.Owner == OfNetwork {
		return identity.Network
	}
	return identity.Site(r.Site)
}

// Read returns the report of a number with its texts: to its person, to who
// brings the key of its link, to who looks after its house. To all others it
// does not exist. Who reads another's is noted.
func (s *Service) Read(ctx context.Context, actor identity.Actor, number, link string) (_ Report, err error) {
	defer errs.Wrap(&err, "feedback.Read(%q)", number)
	r, err := s.byNumber(ctx, number)
	if err != nil {
		return Report{}, err
	}
	if !hmac.Equal([]byte(link), []byte(s.LinkKey(number))) &&
		!actor.May(identity.ReportOwn, identity.Of(r.Person)) && !actor.May(identity.ReportRead, r.scope()) {
		return Report{}, unknown()
	}
	if err := s.open(ctx, &r); err != nil || !actor.SignedIn() {
		return r, err
	}
	return r, s.people.NoteRead(ctx, actor, identity.Reading{
		Page: "report", Site: r.Site, Of: []identity.Seen{{Person: r.Person, About: identity.ForReport(r.Number)}},
	})
}

// MayAnswer tells whether somebody may answer a report.
func MayAnswer(actor identity.Actor, r Report) bool {
	return actor.May(identity.ReportAnswer, r.scope())
}

// Answer answers a report in the revision that was seen. Errors: NotFound for
// who may not read it, Forbidden, Invalid, Conflict where it has its answer.
func (s *Service) Answer(ctx context.Context, actor identity.Actor, number string, rev int64, text string) (_ Report, err error) {
	defer errs.Wrap(&err, "feedback.Answer(%q)", number)
	r, err := s.Read(ctx, actor, number, "")
	if err != nil {
		return Report{}, err
	}
	if err := actor.Check(identity.ReportAnswer, r.scope()); err != nil {
		return Report{}, err
	}
	text = normalText(text)
	if f := checkText(text); f != nil {
		return Report{}, f
	}
	answered := errs.New(errs.Conflict, "feedback.answered", nil)
	if !r.Open() {
		return Report{}, answered
	}
	sealed, err := s.people.Seal(ctx, r.Person, answerOf(r.ID), []byte(text))
	if err != nil {
		return Report{}, err
	}
	now := s.clock.Now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, answerReport, sealed, clock.Micros(now), actor.Person, r.ID, rev)
		if err != nil {
			return err
		}
		if n == 0 {
			return answered
		}
		if err := s.notes.Send(ctx, tx, now, notify.Note{Person: r.Person, Kind: noteAnswered, About: r.Number}); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{
			ID: s.ids(), At: now, Kind: "report.answered", Subject: r.ID, Person: actor.Person,
			Data: fmt.Sprintf(`{"number":%q}`, r.Number),
		})
	})
	if err != nil {
		return Report{}, err
	}
	r.Answer, r.Answered, r.Answerer, r.Rev = text, now, actor.Person, rev+1
	return r, nil
}

// open decrypts the texts of a report.
func (s *Service) open(ctx context.Context, r *Report) error {
	text, err := s.people.Open(ctx, r.Person, bodyOf(r.ID), r.body)
	if errs.Is(err, errs.NotFound) { // the person was forgotten, and the texts with them
		return nil
	}
	if err != nil {
		return err
	}
	r.Text = string(text)
	if r.answer == nil {
		return nil
	}
	answer, err := s.people.Open(ctx, r.Person, answerOf(r.ID), r.answer)
	r.Answer = string(answer)
	return err
}

func unknown() error { return errs.New(errs.NotFound, "feedback.unknown", nil) }

// zoneOf is the zone of a report's house.
func zoneOf(net *site.Network, r Report) *time.Location {
	if st, err := net.Site(r.Site); err == nil {
		return net.Zone(st)
	}
	return i18n.Rome
}
