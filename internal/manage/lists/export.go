package lists

import (
	"cmp"
	"context"
	"database/sql"
	"io"
	"maps"
	"slices"
	"strconv"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/sheet"
	"polis/internal/site"
)

// Export writes a list as Import takes it, of the houses that the actor runs.
func (s *Service) Export(ctx context.Context, actor identity.Actor, list List, w io.Writer, style sheet.Style) error {
	if err := s.MayExport(actor, list); err != nil {
		return err
	}
	if list == People {
		act := journal.Act{At: s.Clock.Now(), Kind: "people.exported", Person: actor.Person}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return journal.Append(ctx, tx, act) }); err != nil {
			return err
		}
	}
	return s.export(ctx, actor, list, w, style, func(h *site.Site) bool { return actor.May(list.permission(), identity.Site(h.ID)) })
}

// MayExport tells whether a list has anything for the actor; people are for who
// gives roles in the whole network.
func (s *Service) MayExport(actor identity.Actor, list List) error {
	if err := list.known(); err != nil {
		return err
	}
	if list == People {
		return actor.Check(list.permission(), identity.Network)
	}
	return actor.CheckSomewhere(list.permission())
}

// Write is Export for a command.
func (s *Service) Write(ctx context.Context, list List, w io.Writer) error {
	return s.export(ctx, identity.Anonymous, list, w, sheet.Plain, func(*site.Site) bool { return true })
}

// Template is an empty list.
func Template(list List, w io.Writer, style sheet.Style) error {
	return sheet.NewWriter(w, style, written(list)...).Close()
}

// written are the names of the columns that are written out.
func written(list List) (header []string) {
	for _, c := range list.Columns() {
		if !slices.Contains(unwritten[list], c.Name) {
			header = append(header, c.Name)
		}
	}
	return header
}

// unwritten are columns that other ones say already.
var unwritten = map[List][]string{
	Sites: {"province", "cap", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays"},
	Hours: {"mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays"},
}

func (s *Service) export(ctx context.Context, actor identity.Actor, list List, w io.Writer, style sheet.Style, may func(*site.Site) bool) (err error) {
	defer errs.Wrap(&err, "lists.Export(%q)", list)
	net := s.Live.Network()
	var houses []*site.Site
	for _, hit := range net.Sites(site.Filter{}) {
		if may(hit.Site) {
			houses = append(houses, hit.Site)
		}
	}
	slices.SortFunc(houses, func(a, b *site.Site) int { return cmp.Compare(a.Code, b.Code) })
	out := sheet.NewWriter(w, style, written(list)...)
	switch list {
	case Sites:
		for _, h := range houses {
			cells := rowOf(list, siteFields, names{}, h, map[string]string{"code": h.Code})
			for _, column := range []string{"lat", "lon"} {
				at := slices.Index(written(list), column)
				cells[at] = style.Number(cells[at])
			}
			out.Row(cells...)
		}
	case Resources:
		writeResources(out, net, houses)
	case Hours:
		writeHours(out, houses)
	case Closures:
		err = s.writeClosures(ctx, out, net, houses)
	case People:
		err = s.writePeople(ctx, actor, out, net)
	}
	if err != nil {
		return err
	}
	return out.Close()
}

// rowOf are the cells of a thing, with those that are no part of it.
func rowOf[T any](list List, fields []field[T], n names, v *T, more map[string]string) (cells []string) {
	for _, column := range written(list) {
		text := more[column]
		for _, f := range fields {
			if f.column == column {
				text = f.get(n, v)
			}
		}
		cells = append(cells, text)
	}
	return cells
}

func writeResources(out *sheet.Writer, net *site.Network, houses []*site.Site) {
	n := namesIn(net)
	for _, h := range houses {
		floors := map[string]string{}
		for _, r := range net.Rooms(h.ID) {
			floors[r.ID] = strconv.Itoa(r.Floor)
			out.Row(rowOf(Resources, roomFields, n, r, map[string]string{"site": h.Code})...)
		}
		places := slices.Clone(net.Resources(h.ID))
		slices.SortFunc(places, func(a, b *site.Resource) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
		for _, r := range places {
			out.Row(rowOf(Resources, placeFields, n, r, map[string]string{"site": h.Code, "code": r.Code, "floor": floors[r.Room]})...)
		}
	}
}

func writeHours(out *sheet.Writer, houses []*site.Site) {
	for _, h := range houses {
		out.Row(h.Code, "", h.Hours.String())
		for _, on := range slices.SortedFunc(maps.Keys(h.Exceptions), agenda.Date.Compare) {
			out.Row(h.Code, on.String(), spansText(h.Exceptions[on], true))
		}
	}
}

func (s *Service) writeClosures(ctx context.Context, out *sheet.Writer, net *site.Network, houses []*site.Site) error {
	list, err := s.Engine.ClosuresToCome(ctx, s.DB)
	if err != nil {
		return err
	}
	of := map[string][]reserve.Closure{}
	for _, c := range list {
		of[c.Site] = append(of[c.Site], c)
	}
	for _, h := range houses {
		zone := net.Zone(h)
		var all []int64
		for _, r := range net.Resources(h.ID) {
			all = append(all, net.Atoms(r.Ordinal)...)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		for _, c := range of[h.ID] {
			what := everything
			if !c.Whole && !slices.Equal(c.Units, all) {
				what = partCodes(namesIn(net), &site.Resource{Atoms: c.Units})
			}
			out.Row(h.Code, what, moment(c.Starts, zone), moment(c.Ends, zone), c.Reason)
		}
	}
	return nil
}

var everybody = db.Q("lists.everybody", `SELECT id FROM person WHERE id > $1 ORDER BY id LIMIT 500`)

// writePeople writes a line for each role of a person, and one for who has
// none. Who cannot be told apart by a fiscal number, or by an e-mail address and
// names, is passed over: nobody could bring them in again. It is noted
// whose records leave.
func (s *Service) writePeople(ctx context.Context, actor identity.Actor, out *sheet.Writer, net *site.Network) error {
	act := ""
	for last := ""; ; {
		ids, err := db.All(ctx, s.DB, everybody, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, last)
		if err != nil || len(ids) == 0 {
			return err
		}
		last = ids[len(ids)-1]
		people, err := s.People.Many(ctx, ids)
		if err != nil {
			return err
		}
		read := identity.Reading{Page: "export"}
		for _, id := range ids {
			read.Of = append(read.Of, identity.Seen{Person: id})
		}
		if actor.SignedIn() {
			if act, err = s.People.NoteMore(ctx, actor, read, act); err != nil {
				return err
			}
		}
		for _, id := range ids {
			q := people[id]
			if personKey(&q) == "" {
				continue
			}
			grants, err := s.Grants.Of(ctx, id)
			if err != nil {
				return err
			}
			roles := rolesOf(grants, net)
			for _, r := range roles {
				out.Row(rowOf(People, personFields, names{}, &q, map[string]string{"role": r[0], "site": r[1]})...)
			}
		}
	}
}

// rolesOf are the roles that a list knows, each with the code of its site.
func rolesOf(grants []identity.Grant, net *site.Network) (list [][2]string) {
	for _, g := range grants {
		if _, ok := find(string(g.Role), roles); !ok || g.Role == identity.Citizen {
			continue
		}
		at := ""
		if g.Scope != identity.Network {
			h, err := net.Site(g.Scope.ID)
			if err != nil {
				continue
			}
			at = h.Code
		}
		list = append(list, [2]string{string(g.Role), at})
	}
	slices.SortFunc(list, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	if len(list) == 0 {
		list = [][2]string{{}}
	}
	return list
}
