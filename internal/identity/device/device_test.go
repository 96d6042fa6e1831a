package device_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"database/sql"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The houses of the tests.
const (
	ours   = "site-1"
	theirs = "site-2"
	public = "https://polis.example.it"
)

type houses struct{}

func (houses) ScopeName(at identity.Scope) string {
	return map[string]string{ours: "Spazio aurora", theirs: "Casa del lago"}[at.ID]
}

func (houses) FindScopes(_, words string) ([]identity.NamedScope, bool) {
	if words == "Spazio aurora" {
		return []identity.NamedScope{{ID: ours, Name: words, About: "Via Roma 1"}}, false
	}
	return nil, false
}

// yard is the devices of one database, as two replicas see them.
type yard struct {
	*device.Service
	other *device.Service
	db    *db.DB
	clk   *clock.Manual
}

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

func newYard(t testing.TB, d *db.DB) *yard {
	t.Helper()
	clk := clock.NewManual(noon)
	keys, err := identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
	if err != nil {
		t.Fatal(err)
	}
	replica := func() *device.Service {
		return device.New(device.Options{
			DB: d, Keys: keys, Limits: identity.NewLimits(d, keys, clk), Scopes: houses{}, Clock: clk, IDs: clock.NewID, URL: public,
		})
	}
	return &yard{replica(), replica(), d, clk}
}

func run(t *testing.T, test func(t *testing.T, y *yard)) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, newYard(t, d)) })
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// manager looks after one house.
func manager(site string) identity.Actor {
	at := identity.Site(site)
	return identity.Actor{Person: "manager-of-" + site, Role: identity.Administrator, Scope: at, Held: []identity.Held{{Role: identity.Administrator, Scope: at}}}
}

var client = netip.MustParseAddr("192.0.2.7")

// machine is a device with its key.
type machine struct {
	device.Device
	key crypto.Signer
	alg jose.SignatureAlgorithm
}

func newKey(t testing.TB, alg jose.SignatureAlgorithm) crypto.Signer {
	t.Helper()
	if alg == jose.ES256 {
		return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func jwkOf(t testing.TB, key any) []byte {
	t.Helper()
	return must[[]byte](t)(jose.JSONWebKey{Key: key}.MarshalJSON())
}

func (y *yard) make(t testing.TB, kind device.Kind, site string) (device.Device, string) {
	t.Helper()
	d, code, err := y.Make(t.Context(), manager(site), device.Wanted{Kind: kind, Site: site, Name: "All’ingresso"})
	if err != nil {
		t.Fatal(err)
	}
	return d, code.Text
}

func (y *yard) enrol(t testing.TB, kind device.Kind, site string, alg jose.SignatureAlgorithm) machine {
	t.Helper()
	_, code := y.make(t, kind, site)
	key := newKey(t, alg)
	d := must[device.Device](t)(y.Enrol(t.Context(), device.Enrolment{Code: code, Kinds: []device.Kind{kind}, Key: jwkOf(t, key.Public()), Client: client}))
	return machine{d, key, alg}
}

// claims are those of a good proof.
func (y *yard) claims() jwt.Claims {
	now := y.clk.Now()
	return jwt.Claims{
		Audience: jwt.Audience{public}, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute)), ID: clock.NewID(),
	}
}

func (m machine) sign(t testing.TB, c jwt.Claims, head ...map[jose.HeaderKey]any) string {
	t.Helper()
	opts := (&jose.SignerOptions{}).WithType("device+jwt").WithHeader("kid", m.ID)
	for _, h := range head {
		for k, v := range h {
			opts = opts.WithHeader(k, v)
		}
	}
	signer := must[jose.Signer](t)(jose.NewSigner(jose.SigningKey{Algorithm: m.alg, Key: m.key}, opts))
	return must[string](t)(jwt.Signed(signer).Claims(c).Serialize())
}

var allActs = db.Q("device.test-acts", `SELECT kind, subject, person FROM act ORDER BY id`)

func (y *yard) acts(t testing.TB) []string {
	t.Helper()
	return must[[]string](t)(db.All(t.Context(), y.db, allActs, func(rows *sql.Rows) (string, error) {
		var kind, subject, person string
		err := rows.Scan(&kind, &subject, &person)
		return kind + " " + subject + " by " + person, err
	}))
}

func TestADeviceIsEnrolledAndProvesItself(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		for _, alg := range []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256} {
			m := y.enrol(t, device.Door, ours, alg)
			if m.State() != device.Enrolled || m.Site != ours || m.By != "manager-of-"+ours {
				t.Errorf("enrolled as %+v", m.Device)
			}
			// On the other replica, at once.
			session := must[device.Session](t)(y.other.Prove(t.Context(), m.sign(t, y.claims())))
			actor := must[identity.Actor](t)(y.Authenticate(t.Context(), session.Token))
			if actor.Device != m.ID || actor.SignedIn() || !actor.May(identity.BookingCheck, identity.Site(ours)) || actor.May(identity.BookingCheck, identity.Site(theirs)) {
				t.Errorf("acts as %+v", actor)
			}
			y.clk.Advance(10*time.Minute - time.Microsecond)
			if _, err := y.Authenticate(t.Context(), session.Token); err != nil {
				t.Error(err)
			}
			y.clk.Advance(time.Microsecond)
			if _, err := y.Authenticate(t.Context(), session.Token); !errs.HasKey(err, "device.proof") {
				t.Errorf("after its time: %v", err)
			}
			if err := y.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
			seen := must[device.Device](t)(y.Get(t.Context(), manager(ours), m.ID)).Seen
			if want := y.clk.Now().Add(-time.Minute); seen.Before(want) {
				t.Errorf("seen at %v", seen)
			}
			if acts := y.acts(t); !slices.Contains(acts, "device.enrolled "+m.ID+" by manager-of-"+ours) {
				t.Errorf("acts %q", acts)
			}
		}
	})
}

// What a device may do is little, and what is not said is refused.
func TestADeviceMayDoNothingElse(t *testing.T) {
	t.Parallel()
	for kind, want := range map[device.Kind][]identity.Permission{
		device.Kiosk: {identity.NetworkRead, identity.ReportMake}, device.Board: {identity.NetworkRead, identity.ReportMake},
		device.ATM: {identity.NetworkRead, identity.ReportMake}, device.Door: {identity.NetworkRead, identity.ReportMake, identity.BookingCheck},
	} {
		actor := device.Device{ID: "d", Kind: kind, Site: ours}.Actor(identity.ChannelAPI)
		for _, p := range []identity.Permission{
			identity.NetworkRead, identity.ReportMake, identity.BookingOwn, identity.AccountOwn, identity.BookingRead, identity.BookingCheck, identity.BookingWrite,
			identity.ClosureWrite, identity.ReportOwn, identity.ReportRead, identity.ReportAnswer, identity.SiteWrite, identity.DeviceWrite, identity.GrantWrite,
			identity.Installation,
		} {
			for _, at := range []identity.Scope{identity.Site(ours), identity.Of(""), identity.Of("d"), identity.Network} {
				may := slices.Contains(want, p) && (p != identity.BookingCheck || at == identity.Site(ours))
				if actor.May(p, at) != may {
					t.Errorf("%s, %s at %v: %v", kind, p, at, !may)
				}
			}
		}
	}
}

func TestCodesAreForOneDeviceOnce(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		ctx := t.Context()
		try := func(code string, kinds ...device.Kind) error {
			_, err := y.Enrol(ctx, device.Enrolment{Code: code, Kinds: kinds, Key: jwkOf(t, newKey(t, jose.EdDSA).Public()), Client: client})
			return err
		}
		over := func(what string, err error) {
			t.Helper()
			if !errs.HasKey(err, "device.code.over") {
				t.Errorf("%s: %v", what, err)
			}
		}
		d, code := y.make(t, device.Kiosk, ours)
		if len(code) != 14 {
			t.Errorf("code %q", code)
		}
		over("for another kind", try(code, device.Door, device.ATM))
		if err := try(strings.ReplaceAll(code, " ", "-"), device.Kiosk, device.Board); err != nil {
			t.Fatal(err)
		}
		over("used", try(code, device.Kiosk))

		_, code = y.make(t, device.Kiosk, ours)
		y.clk.Advance(15 * time.Minute)
		over("expired", try(code, device.Kiosk))

		_, first := y.make(t, device.Kiosk, ours)
		again := must[device.Device](t)(y.Get(ctx, manager(ours), d.ID))
		_, second, err := y.NewCode(ctx, manager(ours), again.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := try(second.Text, device.Kiosk); err != nil {
			t.Errorf("a new code: %v", err)
		}
		if err := try(first, device.Kiosk); err != nil {
			t.Errorf("of another device: %v", err)
		}
		for _, none := range []string{"", "1234", "1234 1305 722x", "1234 1305 72261"} {
			if err := try(none, device.Kiosk); !errs.HasKey(err, "device.code.form") {
				t.Errorf("%q: %v", none, err)
			}
		}
		if strings.Contains(dump(t, y.db), strings.ReplaceAll(second.Text, " ", "")[6:]) {
			t.Error("the database holds the code")
		}
	})
}

var codesKept = db.Q("device.test-codes", `SELECT selector, hash FROM device_code`)

func dump(t testing.TB, d *db.DB) string {
	t.Helper()
	return strings.Join(must[[]string](t)(db.All(t.Context(), d, codesKept, func(rows *sql.Rows) (string, error) {
		var selector string
		var hash []byte
		err := rows.Scan(&selector, &hash)
		return selector + string(hash), err
	})), "\n")
}

// Who guesses has five tries of a code, and few of a client; then even the right
// one is worth nothing.
func TestCodesAreNotGuessed(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		ctx := t.Context()
		key := jwkOf(t, newKey(t, jose.EdDSA).Public())
		try := func(code string, from netip.Addr) error {
			_, err := y.Enrol(ctx, device.Enrolment{Code: code, Kinds: device.Kinds, Key: key, Client: from})
			return err
		}
		_, code := y.make(t, device.Kiosk, ours)
		wrong := code[:10] + strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code[10:])
		for i := range 5 {
			if err := try(wrong, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})); !errs.HasKey(err, "device.code.over") {
				t.Fatalf("try %d: %v", i, err)
			}
		}
		if err := try(code, client); !errs.HasKey(err, "device.code.over") {
			t.Errorf("the right one after five wrong ones: %v", err)
		}
		guesser := netip.MustParseAddr("203.0.113.9")
		many := 0
		for ; many < 100 && !errs.Is(try("000000000000", guesser), errs.TooMany); many++ {
		}
		if many != 20 {
			t.Errorf("a client has %d tries", many)
		}
		_, code = y.make(t, device.Kiosk, ours)
		if err := try(code, guesser); !errs.Is(err, errs.TooMany) {
			t.Errorf("a guesser who comes with the right one: %v", err)
		}
		if err := try(code, client); err != nil {
			t.Errorf("another client: %v", err)
		}
	})
}

func TestOnlyWhoMayMakesDevices(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		ctx := t.Context()
		d, _ := y.make(t, device.Kiosk, ours)
		wanted := device.Wanted{Kind: device.Kiosk, Site: ours, Name: "x"}
		citizen := identity.Actor{Person: "c", Role: identity.Citizen}
		for name, c := range map[string]struct {
			actor      identity.Actor
			make, read errs.Kind
		}{
			"nobody":                    {identity.Anonymous, errs.Unauthenticated, errs.Unauthenticated},
			"a citizen":                 {citizen, errs.Forbidden, errs.Forbidden},
			"who has another house":     {manager(theirs), errs.Forbidden, errs.NotFound},
			"a device of the house":     {d.Actor(identity.ChannelAPI), errs.Unauthenticated, errs.Unauthenticated},
			"somebody at the reception": {identity.Actor{Person: "r", Role: identity.CounterOperator, Scope: identity.Site(ours)}, errs.Forbidden, errs.Forbidden},
		} {
			if _, _, err := y.Make(ctx, c.actor, wanted); !errs.Is(err, c.make) {
				t.Errorf("%s makes: %v", name, err)
			}
			_, err := y.Get(ctx, c.actor, d.ID)
			_, _, coded := y.NewCode(ctx, c.actor, d.ID)
			for what, err := range map[string]error{"reads": err, "makes a code": coded, "revokes": y.Revoke(ctx, c.actor, d.ID)} {
				if !errs.Is(err, c.read) {
					t.Errorf("%s %s: %v", name, what, err)
				}
			}
			if list, _ := y.List(ctx, c.actor, device.Asked{}, "", 10); len(list) > 0 {
				t.Errorf("%s lists %d", name, len(list))
			}
		}
		stale := manager(ours)
		stale.Channel, stale.Level, stale.Proved = identity.ChannelWeb, identity.LevelHigh, y.Clock.Now().Add(-11*time.Minute)
		_, _, made := y.Make(ctx, stale, wanted)
		_, _, coded := y.NewCode(ctx, stale, d.ID)
		for what, err := range map[string]error{"makes": made, "makes a code": coded, "revokes": y.Revoke(ctx, stale, d.ID)} {
			if !errs.HasKey(err, "identity.step-up") {
				t.Errorf("who proved who they are too long ago %s: %v", what, err)
			}
		}
		for field, in := range map[string]device.Wanted{
			"kind": {Kind: "lift", Site: ours, Name: "x"}, "name": {Kind: device.Kiosk, Site: ours, Name: " "},
		} {
			if _, _, err := y.Make(ctx, manager(ours), in); !errs.Is(err, errs.Invalid) || errs.As(err).Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

func TestDevicesAreListedAndRevoked(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		ctx := t.Context()
		m, elsewhere := y.enrol(t, device.Kiosk, ours, jose.ES256), y.enrol(t, device.Board, theirs, jose.ES256)
		waiting, code := y.make(t, device.Door, ours)
		network := identity.Actor{Person: "n", Role: identity.Administrator, Scope: identity.Network}
		ids := func(actor identity.Actor, in device.Asked, after string, most int) (out []string) {
			t.Helper()
			for _, d := range must[[]device.Device](t)(y.List(ctx, actor, in, after, most)) {
				out = append(out, d.ID)
			}
			return out
		}
		for name, c := range map[string]struct{ got, want []string }{
			"all":       {ids(network, device.Asked{}, "", 10), []string{waiting.ID, elsewhere.ID, m.ID}},
			"a page":    {ids(network, device.Asked{}, waiting.ID, 1), []string{elsewhere.ID}},
			"one house": {ids(manager(ours), device.Asked{}, "", 10), []string{waiting.ID, m.ID}},
			"a site":    {ids(network, device.Asked{Site: theirs}, "", 10), []string{elsewhere.ID}},
			"a kind":    {ids(network, device.Asked{Kind: device.Door}, "", 10), []string{waiting.ID}},
			"a state":   {ids(network, device.Asked{State: device.Enrolled}, "", 10), []string{elsewhere.ID, m.ID}},
		} {
			if !slices.Equal(c.got, c.want) {
				t.Errorf("%s: %q, not %q", name, c.got, c.want)
			}
		}
		session := must[device.Session](t)(y.Prove(ctx, m.sign(t, y.claims())))
		for range 2 {
			if err := y.Revoke(ctx, manager(ours), m.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := y.other.Authenticate(ctx, session.Token); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("revoked, and still in: %v", err)
		}
		if _, err := y.other.Prove(ctx, m.sign(t, y.claims())); !errs.HasKey(err, "device.proof") {
			t.Errorf("revoked, and proves itself: %v", err)
		}
		if _, _, err := y.NewCode(ctx, manager(ours), m.ID); !errs.HasKey(err, "device.revoked") {
			t.Errorf("a code for what is revoked: %v", err)
		}
		if err := y.Revoke(ctx, manager(ours), waiting.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := y.Enrol(ctx, device.Enrolment{Code: code, Kinds: device.Kinds, Key: jwkOf(t, newKey(t, jose.EdDSA).Public()), Client: client}); !errs.HasKey(err, "device.code.over") {
			t.Errorf("the code of what is revoked: %v", err)
		}
		revoked := 0
		for _, act := range y.acts(t) {
			if act == "device.revoked "+m.ID+" by manager-of-"+ours {
				revoked++
			}
		}
		if revoked != 1 {
			t.Errorf("revoked %d times: %q", revoked, y.acts(t))
		}
	})
}

var fillDevices = db.Rows("device.test-fill", `
	INSERT INTO device (id, kind, site, name, by, made) SELECT column1, 'kiosk', column2, 'x', '', 0 FROM {rows} WHERE column1 IS NOT NULL`, "TEXT", "TEXT")

// fill adds devices, five of them in our house.
func fill(t testing.TB, d *db.DB, n int) {
	t.Helper()
	var args []any
	for i := range n {
		at := theirs
		if i%1000 == 0 {
			at = ours
		}
		args = append(args, clock.NewID(), at)
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return fillDevices.Exec(t.Context(), tx, args) }); err != nil {
		t.Fatal(err)
	}
}
