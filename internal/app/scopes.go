package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/organisation"
	"polis/internal/manage"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
	"polis/internal/territory"
)

// scopes know what a role can be for, and which houses lie inside it: of the
// network in memory, and of the lots, which are read anew now and then.
type scopes struct {
	db      *db.DB
	network func() *site.Network
	clk     clock.Clock
	log     *slog.Logger

	mu   sync.Mutex
	read time.Time
	lots manage.LotBook
}

func newScopes(d *db.DB, network func() *site.Network, e *env) *scopes {
	return &scopes{db: d, network: network, clk: e.clock, log: e.log}
}

// lotsAge is for how long it is not seen that a house came into a lot or left it.
const lotsAge = 5 * time.Second

// book is which houses are in which lot. Where it cannot be read, what was known
// before stays.
func (s *scopes) book() manage.LotBook {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.clk.Now(); s.read.IsZero() || now.Sub(s.read) >= lotsAge {
		book, err := manage.ReadLots(context.Background(), s.db)
		if err != nil {
			s.log.Warn("the lots could not be read", "err", err)
			return s.lots
		}
		s.read, s.lots = now, book
	}
	return s.lots
}

// inside tells which houses, and which smaller territories, lie inside a scope
// (identity.Inside).
func (s *scopes) inside(_ context.Context, outer identity.Scope) (func(identity.Scope) bool, error) {
	switch outer.Kind {
	case identity.KindLot:
		return func(at identity.Scope) bool {
			return at.Kind == identity.KindSite && s.book().Of[at.ID] == outer.ID
		}, nil
	case identity.KindTerritory:
		return func(at identity.Scope) bool { return s.lies(at, outer.ID) }, nil
	}
	return nil, nil //nolint:nilnil // inside the others lies nothing but themselves
}

// lies tells whether a house or a territory lies in a region, a province or a
// municipality.
func (s *scopes) lies(at identity.Scope, in string) bool {
	net, code := s.network(), at.ID
	if at.Kind == identity.KindSite {
		st, err := net.Site(at.ID)
		if err != nil {
			return false
		}
		code = st.Municipality
	} else if at.Kind != identity.KindTerritory {
		return false
	}
	if m, ok := net.Territory().ByISTAT(code); ok {
		return in == m.ISTAT || in == m.Province || in == m.Region
	}
	p, ok := net.Territory().Province(code)
	return ok && p.Code == code && in == p.Region
}

// ScopeName is what people call a scope; "" where there is none such.
func (s *scopes) ScopeName(at identity.Scope) string {
	net := s.network()
	switch at.Kind {
	case identity.KindSite:
		if st, err := net.Site(at.ID); err == nil {
			return houseName(net, st)
		}
	case identity.KindLot:
		if l, ok := s.book().Lots[at.ID]; ok {
			return l.Code + ", " + l.Name
		}
	case identity.KindTerritory:
		return territoryName(net.Territory(), at.ID)
	case identity.KindOrganisation:
		found, err := organisation.Public(context.Background(), s.db, at.ID)
		if err != nil {
			s.log.Warn("an organisation could not be read", "err", err)
		}
		return found.Name
	case identity.KindService:
		if identity.GoodService(at.ID) {
			return at.ID
		}
	}
	return ""
}

// territoryName is the name of a region, or of the province or the municipality
// with a code: "Lombardia", "Provincia: Varese", "Gavirate (VA)".
func territoryName(t *territory.Table, id string) string {
	if m, ok := t.ByISTAT(id); ok {
		return fmt.Sprintf("%s (%s)", m.Name, m.Province)
	}
	if p, ok := t.Province(id); ok && p.Code == id {
		return fmt.Sprintf("%s (%s), %s", p.Name, p.Code, p.Region)
	}
	if r, ok := t.Region(id); ok && r == id {
		return r
	}
	return ""
}

// mostScopes is how many scopes are offered at once.
const mostScopes = 10

// FindScopes are the scopes of a kind that words fit.
func (s *scopes) FindScopes(kind, words string) (found []identity.NamedScope, more bool) {
	add := func(n identity.NamedScope) bool {
		if n.Name == words { // as it was offered
			found, more = []identity.NamedScope{n}, false
			return false
		}
		if more = len(found) == mostScopes; !more {
			found = append(found, n)
		}
		return !more
	}
	net := s.network()
	switch kind {
	case identity.KindSite:
		for _, hit := range net.Sites(site.Filter{Query: words}) {
			n := identity.NamedScope{ID: hit.Site.ID, Name: houseName(net, hit.Site), About: hit.Site.Address}
			if !add(n) && n.Name == words {
				break
			}
		}
	case identity.KindLot:
		for _, l := range s.book().Find(words) {
			if !add(identity.NamedScope{ID: l.ID, Name: l.Code + ", " + l.Name, About: l.Contractor}) {
				break
			}
		}
	case identity.KindTerritory:
		for _, id := range territoriesCalled(net.Territory(), words) {
			if !add(identity.NamedScope{ID: id, Name: territoryName(net.Territory(), id)}) {
				break
			}
		}
	case identity.KindOrganisation:
		list, err := organisation.FindPublic(context.Background(), s.db, words, mostScopes+1)
		if err != nil {
			s.log.Warn("the organisations could not be searched", "err", err)
		}
		for _, o := range list {
			if !add(identity.NamedScope{ID: o.ID, Name: o.Name}) {
				break
			}
		}
	case identity.KindService:
		if code := strings.ToLower(strings.TrimSpace(words)); identity.GoodService(code) {
			add(identity.NamedScope{ID: code, Name: code})
		}
	}
	return found, more
}

// houseName is a house with its town: "Spazio aurora, Gavirate (VA)".
func houseName(net *site.Network, st *site.Site) string {
	if m, ok := net.Territory().ByISTAT(st.Municipality); ok {
		return fmt.Sprintf("%s, %s (%s)", st.Name, m.Name, m.Province)
	}
	return st.Name
}

// scopeFlags say what a role is for.
type scopeFlags struct {
	Site      string `help:"House the role is for, by id or code." placeholder:"ID" xor:"scope"`
	Lot       string `help:"Lot it is for, by id or code." placeholder:"ID" xor:"scope"`
	Territory string `help:"Region, province or municipality it is for, by name or code." placeholder:"NAME" xor:"scope"`
	Service   string `help:"Service it is for, by its code: a-z, 0-9 and hyphens." placeholder:"CODE" xor:"scope"`
	Party     string `name:"organisation" help:"Organisation it is for, by id." placeholder:"ID" xor:"scope"`
	Network   bool   `help:"For the whole network: what it is for by default." xor:"scope"`
}

// roleAt is the role that a text names, by its name of today or of before, for
// the scope of the flags.
func (f *scopeFlags) roleAt(ctx context.Context, s *store, text string) (identity.Role, identity.Scope, error) {
	if identity.Role(text) == identity.Citizen {
		return identity.Citizen, identity.Scope{}, nil
	}
	at, err := f.scope(ctx, s)
	return identity.ReadRole(text, at), at, err
}

func (f *scopeFlags) scope(ctx context.Context, s *store) (identity.Scope, error) {
	net, err := s.sites.LoadNetwork(ctx)
	if err != nil {
		return identity.Scope{}, err
	}
	switch {
	case f.Site != "":
		st, err := net.ByCode(f.Site)
		if err != nil {
			return identity.Scope{}, err
		}
		return identity.Site(st.ID), nil
	case f.Lot != "":
		book, err := manage.ReadLots(ctx, s.db)
		if err != nil {
			return identity.Scope{}, err
		}
		for _, l := range book.Lots {
			if l.ID == f.Lot || l.Code == f.Lot {
				return identity.Lot(l.ID), nil
			}
		}
		return identity.Scope{}, errs.New(errs.NotFound, "manage.lot.unknown", nil)
	case f.Territory != "":
		found := territoriesCalled(net.Territory(), f.Territory)
		if len(found) != 1 {
			return identity.Scope{}, fmt.Errorf("--territory: %d fit; give a region's name, a province's two letters or a municipality's six digits", len(found))
		}
		return identity.Territory(found[0]), nil
	}
	switch {
	case f.Service != "":
		return identity.Service(f.Service), nil
	case f.Party != "":
		return identity.Organisation(f.Party), nil
	}
	return identity.Network, nil
}

// territoriesCalled are the ids of the territories that a text means: exactly a
// code or a name as it is shown, else the regions, the provinces and the
// municipalities whose names begin so.
func territoriesCalled(t *territory.Table, text string) (ids []string) {
	if m, ok := t.ByISTAT(text); ok {
		return []string{m.ISTAT}
	}
	words := territory.Fold(text)
	for _, r := range t.Regions() {
		if r == text {
			return []string{r}
		}
		if strings.HasPrefix(territory.Fold(r), words) {
			ids = append(ids, r)
		}
	}
	for _, p := range t.Provinces() {
		if p.Code == text || territoryName(t, p.Code) == text {
			return []string{p.Code}
		}
		if strings.HasPrefix(territory.Fold(p.Name), words) {
			ids = append(ids, p.Code)
		}
	}
	for _, m := range t.Search(text, mostScopes) {
		ids = append(ids, m.ISTAT)
	}
	return ids
}
