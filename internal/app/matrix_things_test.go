package app

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/identity/mandate"
	"polis/internal/identity/organisation"
	"polis/internal/manage/lists"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// things are what belongs to the house or to Maria, by id, so that each address is
// asked for something that is there: of what is not, a refusal proves nothing.
type things struct {
	device, invitation, upload, proposal   string
	party, member                          string // an organisation, and an invitation to it
	given, waiting, held                   string // mandates: by Maria, to her, and one by which she acts
	session, token, passkey, search, entry string
	diary                                  string // the last part of the address of her calendar
}

var (
	newestSession = db.Q("app.test-session-of", `SELECT id FROM session WHERE person = $1 AND expires > 0 ORDER BY created DESC`)
	tokenOf       = db.Q("app.test-token-of", `SELECT id FROM token WHERE person = $1 ORDER BY id`)
	savedOf       = db.Q("app.test-saved-of", `SELECT id FROM saved_search WHERE person = $1`)
	sealedAbout   = db.Q("app.test-sealed-about", `SELECT a.id FROM act a JOIN leaf l ON l.entry = a.id WHERE a.subject = $1 ORDER BY a.id`)
	invitedTo     = db.Q("app.test-invited-to", `SELECT id FROM organisation_invitation WHERE organisation = $1`)
	putPasskey    = db.Q("app.test-passkey", `
		INSERT INTO passkey (id, person, domain, credential, public_key, counter, eligible, saved, transports, name, created, used)
		VALUES ($1, $2, 'polis.example', $3, $3, 0, $4, $4, '', $5, $6, NULL)`)
)

// first is the first text that a statement finds; it waits for one.
func (m *matrix) first(q db.Query, args ...any) string {
	m.t.Helper()
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); <-time.After(20 * time.Millisecond) {
		list, err := db.All(m.t.Context(), m.p.db, q, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) }, args...)
		if err != nil {
			m.t.Fatal(err)
		}
		if len(list) > 0 {
			return list[0]
		}
	}
	m.t.Fatal("nothing was found by ", q)
	return ""
}

// makeThings makes them.
func (m *matrix) makeThings() {
	m.t.Helper()
	t, ctx := m.t, m.t.Context()
	maria, tullio := m.person("maria"), m.person("tullio")
	self := func(id string) identity.Actor { return identity.Actor{Person: id, Role: identity.Citizen} }
	luca := identity.Actor{Person: m.person("luca"), Role: identity.NetworkManager, Scope: identity.Network}
	d, _, err := m.p.devices.MakeByProgram(ctx, device.Wanted{Kind: device.Kiosk, Site: m.house.ID, Name: "Totem"})
	m.device = keep(t, d.ID, err)
	in, err := m.p.access.Invite(ctx, luca, identity.Invitation{Email: "nuova@example.org", Role: identity.CounterOperator, Scope: identity.Site(m.house.ID), Language: "it"})
	m.invitation = keep(t, in.ID, err)
	id, err := m.p.lists.Keep(ctx, luca, lists.Sites, []byte("code,phone\n"+m.house.Code+",+39 000 000111\n"))
	m.upload = keep(t, id, err)
	works, _ := account.KindOf("works")
	b, err := m.p.programme.Propose(ctx, luca, programme.Entry{Kind: works, Title: m.house.Name, Rows: []any{account.Works{Site: m.house.Code, Contractor: "Impresa Prova"}}})
	m.proposal = keep(t, b.ID, err)
	o, err := m.p.parties.Create(ctx, luca, organisation.Organisation{Kind: "company", Name: "Prova", Fiscal: "00743110157"})
	m.party = keep(t, o.ID, err)
	err = m.p.parties.Invite(ctx, luca, organisation.Invitation{Organisation: m.party, Email: "altra@example.org", Role: identity.Member})
	m.member = keep(t, m.first(invitedTo, m.party), err)
	for _, x := range []struct {
		id       *string
		from, to string
		accept   bool
	}{{&m.given, maria, tullio, false}, {&m.waiting, tullio, maria, false}, {&m.held, tullio, maria, true}} {
		to, err := m.p.people.Get(ctx, x.to)
		if err != nil {
			t.Fatal(err)
		}
		*x.id, err = m.p.mandates.Offer(ctx, self(x.from), mandate.Offer{To: to.FiscalNumber, Until: agenda.DateOf(time.Now().AddDate(0, 1, 0))})
		if err == nil && x.accept {
			err = m.p.mandates.Accept(ctx, self(x.to), *x.id)
		}
		keep(t, *x.id, err)
	}
	err = m.p.coworking.SaveSearch(ctx, self(maria), "q=Gavirate&giorno=2030-01-02&dalle=10:00&alle=12:00&tipo=desk")
	m.search = keep(t, m.first(savedOf, maria), err)
	address, err := m.p.coworking.CalendarAddress(ctx, self(maria))
	m.diary = keep(t, address[strings.LastIndex(address, "/")+1:], err)
	m.passkey = clock.NewID()
	name, err := m.p.people.Seal(ctx, maria, "passkey.name:"+m.passkey, []byte("telefono"))
	keep(t, m.passkey, err)
	m.write(func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, putPasskey, m.passkey, maria, []byte(m.passkey), false, name, clock.Micros(time.Now()))
		return err
	})
	_, err = m.p.tokens.Create(ctx, identity.TokenSpec{Person: maria, Name: "programma"})
	m.token = keep(t, m.first(tokenOf, maria), err)
	m.session = m.first(newestSession, maria)
	m.entry = m.first(sealedAbout, m.booking) // sealed, or nobody may see it
}

// keep fails the test where something could not be made.
func keep(t *testing.T, id string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// thingOf is the thing of which a pattern speaks.
func (m *matrix) thingOf(path string) string {
	for begin, id := range map[string]string{
		"/gestione/giorno/chiusure/": m.closure, "/gestione/dispositivi/": m.device, "/gestione/persone/inviti/": m.invitation, "/gestione/elenchi/": m.upload,
		"/gestione/organizzazioni/": m.party, "/gestione/programma/proposte/": m.proposal, "/organizzazioni/": m.party, "/profilo/sessioni/": m.session, "/profilo/passkey/": m.passkey,
		"/profilo/programmi/": m.token, "/api/v1/me/tokens/": m.token, "/api/v1/me/sessions/": m.session, "/api/v1/resources/": m.place.ID, "/api/v1/sites/": m.house.ID,
	} {
		if strings.HasPrefix(path, begin) {
			return id
		}
	}
	switch {
	case strings.HasPrefix(path, "/gestione/persone/"):
		return m.person("maria")
	case strings.HasSuffix(path, "/agisci"):
		return m.held
	case strings.HasSuffix(path, "/termina"):
		return m.given
	case strings.HasPrefix(path, "/deleghe/"):
		return m.waiting
	}
	return m.booking
}
