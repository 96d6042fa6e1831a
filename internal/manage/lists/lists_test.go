package lists_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/manage/lists"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/sheet"
	"polis/internal/site"
)

// A network comes in by files, as an operator writes them.
func TestANetworkComesIn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		a, office := w.site("aurora"), w.site("45-123")
		if a.Municipality != "012072" || a.State != site.Open || a.Kind != site.Space || a.Rev != 1 {
			t.Errorf("aurora: %+v", a)
		}
		if office.Municipality != "012072" || !office.Hours.Equal(hours("Mo-Fr 08:20-13:35; Sa 08:20-12:35")) || office.Kind != site.Office {
			t.Errorf("the office: %+v", office)
		}
		whole := w.place("aurora", "H-AB")
		if diff := cmp.Diff([]int64{w.place("aurora", "H-A").Ordinal, w.place("aurora", "H-B").Ordinal}, whole.Atoms); diff != "" {
			t.Error(diff)
		}
		room, err := w.live.Network().Room(whole.Room)
		if err != nil || room.Code != "sala-eventi" || room.Name != "Sala eventi" || room.Floor != 1 {
			t.Errorf("a room by its name: %+v, %v", room, err)
		}
		if n := w.acts("list.imported"); n != 2 {
			t.Errorf("%d acts", n)
		}
		// Again: nothing changes, and nobody hears of it.
		before := w.written(lists.Resources)
		w.want(w.load(lists.Sites, someSites), "0+0=3")
		w.want(w.load(lists.Resources, somePlaces), "0+0=8") // two lines tell of rooms alone
		if n := w.acts("list.imported"); n != 2 || w.site("aurora").Rev != 1 || w.written(lists.Resources) != before {
			t.Errorf("a file that changes nothing left a trace: %d acts", n)
		}
		// Some columns of some lines change what they say and nothing else.
		out := w.load(lists.Sites, "codice;nome\r\nAURORA;Aurora sul lago\r\n")
		w.want(out, "0+1=0")
		if diff := cmp.Diff([]lists.Change{{Line: 2, Key: "aurora", Fields: []lists.FieldChange{{Column: "name", Before: "Spazio Aurora", After: "Aurora sul lago"}}}}, out.Changes); diff != "" {
			t.Error(diff)
		}
		if s := w.site("aurora"); s.Address != "Via del Lago 1" || s.Rev != 2 || w.live.Network().Len() != 3 {
			t.Errorf("more changed: %+v", s)
		}
	})
}

// The names of the locator of post offices are taken as they are.
func TestLocator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.load(lists.Sites, "frazionario;nomePunto;indirizzoPunto;citta;cap;lat;lon;orari\n"+
		"55/291;GAVIRATE;PIAZZA MATTEOTTI 6;GAVIRATE;21026;45.8440;8.7180;\"Lun-Ven 08:20-13:35; Sab 08:20-12:35\"\n"+
		"55/292;CASTRO;VIA ROMA 1;CASTRO;24063;45.8036;10.0667;lunedì-venerdì: 8:20 - 13:35 | sabato: dalle 8:20 alle 12:35\n")
	s := w.site("55-291")
	if s.Name != "GAVIRATE" || s.Address != "PIAZZA MATTEOTTI 6" || s.Municipality != "012072" || s.Kind != site.Office {
		t.Errorf("%+v", s)
	}
	for _, code := range []string{"55-291", "55-292"} {
		if got := w.site(code).Hours.String(); got != "Mo-Fr 08:20-13:35; Sa 08:20-12:35" {
			t.Errorf("%s: %s", code, got)
		}
	}
	if got := w.site("55-292").Municipality; got != "016065" {
		t.Errorf("of the two Castro the one in Bergamo is near: %s", got)
	}
}

// Hours are understood as people write them.
func TestHoursAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	for written, want := range map[string]string{
		"Lunedì 08:20 - 19:05 Martedì 08:20 - 19:05":            "Mo-Tu 08:20-19:05",
		"dal lunedì al venerdì dalle ore 8.20 alle ore 13.35":   "Mo-Fr 08:20-13:35",
		"lun-sab 8:20-19:05 orario continuato; domenica chiuso": "Mo-Sa 08:20-19:05",
		"tutti i giorni 9.00-18.00":                             "Mo-Su 09:00-18:00",
		"Lun - Ven: 08:20 – 13:35 Sab: 08:20 – 12:35":           "Mo-Fr 08:20-13:35; Sa 08:20-12:35",
		"H24": "24/7", "24 ore su 24": "24/7", "sempre aperto": "24/7",
	} {
		w.load(lists.Sites, "code,name,municipality,hours\nx,X,Gavirate,\""+written+"\"\n")
		if got := w.site("x").Hours; !got.Equal(hours(want)) {
			t.Errorf("%s: %s", written, got)
		}
	}
}

// What an Italian spreadsheet saves as plain CSV is taken as it is: semicolons,
// commas in numbers, Windows-1252, CRLF, days before months, blank columns.
func TestItalianSpreadsheet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	file := "frazionario;nomePunto;indirizzoPunto;citta;cap;lat;lon;stato;stato_dal;apertura_prevista;senza_gradini;orari;;\r\n" +
		"55/291;Ufficio di Forl\xec \x96 Centro;Via dell\x92Universit\xe0 1;Forl\xec;47121;44,2227;12,0407;aperto;01/02/2026;;VERO;\"lun-ven 8.20-13.35; sab 8.20-12.35\";;\r\n" +
		"55/292;Agli\xe8;Piazza Castello 2;Agli\xe8;10011;45,3647;7,7669;in lavori;01/03/2026;15/01/2027;FALSO;lun-ven 8.20-13.35;;\r\n"
	out := w.load(lists.Sites, file)
	w.want(out, "2+0=0")
	s := w.site("55-291")
	if !out.Recoded || s.Name != "Ufficio di Forlì – Centro" || s.Address != "Via dell’Università 1" || s.Lat != 44.2227 || s.StateSince != "2026-02-01" || s.Profile.StepFree != site.Yes {
		t.Errorf("%+v", s)
	}
	if s := w.site("55-292"); s.State != site.Works || s.OpensOn != "2027-01-15" || s.Municipality != "001001" {
		t.Errorf("%+v", s)
	}
	w.want(w.load(lists.Sites, file), "0+0=2")
}

func TestHours(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		file := lines("site,date,hours,lun,mar,mer,gio,ven,sab,dom",
			"aurora,,,08:00-20:00,08:00-20:00,08:00-20:00,08:00-20:00,08:00-20:00,9-13,chiuso")
		out, err := w.Load(t.Context(), lists.Hours, []byte(file), nil)
		if err != nil || len(out.Faults) != 1 || out.Faults[0].Reason != "hours_time" || out.Faults[0].Column != "sab" {
			t.Fatalf("%+v, %v", out, err)
		}
		w.want(w.load(lists.Hours, strings.Replace(file, "9-13", "9.00-13.00", 1)+
			"aurora,2026-12-24,09:00-12:00,,,,,,,\naurora,07/01/2027,closed,,,,,,,\n"), "2+1=0")
		s := w.site("aurora")
		if got := s.Hours.String(); got != "Mo-Fr 08:00-20:00; Sa 09:00-13:00" {
			t.Error(got)
		}
		want := map[agenda.Date][]agenda.Span{{Year: 2026, Month: 12, Day: 24}: {{From: 9 * 60, To: 12 * 60}}, {Year: 2027, Month: 1, Day: 7}: nil}
		if diff := cmp.Diff(want, s.Exceptions); diff != "" {
			t.Error(diff)
		}
		rev := s.Rev
		w.want(w.load(lists.Hours, w.written(lists.Hours)), "0+0=5")
		if w.site("aurora").Rev != rev {
			t.Error("the revision grew")
		}
		w.want(w.load(lists.Hours, "site,date,hours\naurora,2026-12-24,usual\naurora,2026-12-25,usual\n"), "0+1=1")
		if n := len(w.site("aurora").Exceptions); n != 1 {
			t.Errorf("%d exceptions", n)
		}
	})
}

func TestClosures(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		b := w.book("aurora", "H-AB")
		file := lines("sede,posti,dal,al,motivo",
			"aurora,H-A,2026-11-25T10:00,2026-11-25T13:00,Lavori",
			"borgo,tutto,24/12/2026,26/12/2026,Feste",
			"aurora,D-1 D-2,2026-11-25T10:00,2026-11-26,Pulizia")
		out := w.load(lists.Closures, file)
		w.want(out, "3+0=0")
		if len(out.Affected) != 1 || out.Affected[0].Line != 2 || out.Affected[0].Bookings != 1 {
			t.Errorf("affected: %+v", out.Affected)
		}
		if got, err := w.engine.Get(t.Context(), b.ID); err != nil || got.Rev != b.Rev {
			t.Errorf("the booking was touched: %+v, %v", got, err)
		}
		want := lines("site,resources,from,to,reason",
			"aurora,H-A,2026-11-25T10:00,2026-11-25T13:00,Lavori",
			"aurora,D-1 D-2,2026-11-25T10:00,2026-11-27T00:00,Pulizia",
			"borgo,all,2026-12-24T00:00,2026-12-27T00:00,Feste")
		if got := w.written(lists.Closures); sorted(got) != sorted(want) {
			t.Errorf("written:\n%s", got)
		}
		cells, err := agenda.Cells(b.Starts, b.Ends)
		if err != nil || w.engine.Free(w.place("aurora", "D-1").Ordinal, cells) {
			t.Errorf("the index offers what is closed, %v", err)
		}
		w.want(w.load(lists.Closures, file), "0+0=3")
		file = strings.Replace(file, "Feste", "Feste di Natale", 1)
		w.want(w.load(lists.Closures, file), "0+1=2")
		w.clock.Set(time.Date(2026, time.December, 1, 8, 0, 0, 0, time.UTC)) // two of them are over
		w.want(w.load(lists.Closures, file), "0+0=3")
		gone, err := w.Load(t.Context(), lists.Closures, []byte(file+"aurora,D-2,2026-11-25T09:00,2026-11-25T13:00,Mai fatta\n"), nil)
		if err != nil || len(gone.Faults) != 1 || gone.Faults[0].Line != 5 || gone.Faults[0].Reason != "closure_over" {
			t.Errorf("one that never was: %+v, %v", gone, err)
		}
		if n := w.acts("closure.made"); n != 3 {
			t.Errorf("%d closures made", n)
		}
		if _, err := reserve.Check(t.Context(), w.db, func(s string) { t.Error(s) }); err != nil {
			t.Error(err)
		}
	})
}

func sorted(text string) string {
	return strings.Join(slices.Sorted(strings.SplitSeq(text, "\n")), "\n")
}

func TestPeople(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		file := lines("nome,cognome,codice_fiscale,email,lingua,ruolo,sede",
			"Maria,Bianchi,BNCMRA90D52H501S,maria@example.org,it,,",
			"Anna,Rossi,,anna@example.org,en,accoglienza,aurora",
			"Anna,Rossi,,anna@example.org,en,accoglienza,borgo")
		w.want(w.load(lists.People, file), "2+0=0")
		anna, err := w.people.ByContact(t.Context(), "anna@example.org")
		if err != nil || len(anna) != 1 || anna[0].Language != "en" {
			t.Fatalf("%v, %v", anna, err)
		}
		grants, err := w.grants.Of(t.Context(), anna[0].ID)
		if err != nil || len(grants) != 2 || grants[0].Role != identity.CounterOperator {
			t.Errorf("%v, %v", grants, err)
		}
		w.want(w.load(lists.People, file), "0+0=2")
		w.want(w.load(lists.People, strings.Replace(file, "maria@", "mb@", 1)), "0+1=1")
		maria, err := w.people.ByFiscalNumber(t.Context(), "BNCMRA90D52H501S")
		if err != nil || maria.Email != "mb@example.org" || maria.GivenName != "Maria" {
			t.Errorf("%#v, %v", maria, err)
		}
		w.want(w.load(lists.People, w.written(lists.People)), "0+0=2")
		twice, err := w.Load(t.Context(), lists.People, []byte(lines("nome,cognome,codice_fiscale,email", "Maria,Bianchi,BNCMRA90D52H501S,", "Maria,Bianchi,,mb@example.org")), nil)
		if err != nil || len(twice.Faults) > 0 || count(twice) != "0+0=1" {
			t.Errorf("one person by two keys: %+v, %v", twice, err)
		}
	})
}

// What would rob coming bookings of their place is refused, with their number.
func TestAffectedBookings(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		w.book("aurora", "H-AB")
		w.book("aurora", "D-1")
		for name, c := range map[string]struct {
			list   lists.List
			file   string
			line   int
			column string
			reason string
		}{
			"out of use":          {lists.Resources, "site,room,code,active\naurora,R0,D-2,no\naurora,R0,D-1,no\n", 3, "active", "place_has_bookings"},
			"part out of use":     {lists.Resources, "site,room,code,attivo\naurora,,H-A,no\naurora,,H-AB,no\n", 2, "attivo", "place_has_bookings"},
			"shrunk":              {lists.Resources, "site,code,room,kind,parts\naurora,H-C,Sala eventi,hall,\naurora,H-AB,,,H-A H-C\n", 3, "parts", "place_has_bookings"},
			"fewer seats":         {lists.Resources, "site,room,code,seats\naurora,,H-AB,59\naurora,,D-2,2\n", 2, "seats", "place_has_bookings"},
			"fewer seats, a part": {lists.Resources, "site,room,code,seats\naurora,,H-A,29\n", 2, "seats", "place_has_bookings"},
			"kept for others":     {lists.Resources, "site,room,code,gruppi\naurora,,D-1,soci\naurora,,H-A,soci\n", 2, "gruppi", "place_has_bookings"},
			"another kind":        {lists.Resources, "site,room,code,kind\naurora,,D-1,meeting\n", 2, "kind", "place_has_bookings"},
			"a site is suspended": {lists.Sites, "code,state\nborgo,works\naurora,suspended\n", 3, "state", "site_has_bookings"},
		} {
			out, err := w.Load(t.Context(), c.list, []byte(c.file), nil)
			if err != nil || len(out.Faults) == 0 || len(out.Faults) > 1 && name != "part out of use" {
				t.Errorf("%s: %+v, %v", name, out.Faults, err)
				continue
			}
			f := out.Faults[0]
			if n := f.Args["count"]; f.Line != c.line || f.Column != c.column || f.Reason != c.reason || n != 1 && n != 2 {
				t.Errorf("%s: %v", name, f)
			}
		}
		if w.site("borgo").State != site.Open {
			t.Error("a file with a fault changed something")
		}
		w.clock.Set(now.AddDate(0, 0, 7)) // all of it is over
		w.load(lists.Resources, "site,room,code,active\naurora,,D-1,no\n")
		if w.place("aurora", "D-1").Active {
			t.Error("still in use")
		}
	})
}

// New hours are taken, with the bookings that they leave outside.
func TestBookingsOutsideNewHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	w.book("aurora", "D-1") // on Wednesday from 10 to 12
	for _, c := range []struct {
		list lists.List
		file string
		want []lists.AffectedLine
	}{
		{lists.Hours, "site,hours\nborgo,off\naurora,Mo-Fr 09:00-20:00\n", nil},
		{lists.Hours, "site,date,hours\naurora,2026-11-25,closed\naurora,2026-11-26,closed\n", []lists.AffectedLine{{Line: 2, Key: "aurora 2026-11-25", Bookings: 1}}},
		{lists.Hours, "site,date,hours\naurora,2026-11-25,usual\n", nil},
		{lists.Sites, "code,hours\naurora,Mo-Fr 11:00-20:00\n", []lists.AffectedLine{{Line: 2, Key: "aurora", Bookings: 1}}},
		{lists.Hours, "site,hours\naurora,Mo-Fr 14:00-20:00\n", nil}, // it was outside already
		{lists.Hours, "site,hours\naurora,Mo-Fr 08:00-20:00\n", nil},
		{lists.Hours, "site,date,hours\naurora,2026-11-25,08:00-22:00\n", nil},
		{lists.Hours, "site,date,hours\naurora,2026-11-26,closed\naurora,2026-11-24,08:00-09:00\n", nil}, // other days
		{lists.Hours, "site,date,hours\naurora,,off\naurora,2026-11-25,09:00-13:00\n", nil},              // the date stands
		{lists.Hours, "site,date,hours\naurora,,Mo-Fr 12:00-20:00\naurora,2026-11-25,usual\n", []lists.AffectedLine{{Line: 3, Key: "aurora 2026-11-25", Bookings: 1}}},
		{lists.Hours, "site,hours\naurora,Mo-Fr 08:00-20:00; PH off\n", nil},
		{lists.Sites, "code,patron\naurora,11-25\n", []lists.AffectedLine{{Line: 2, Key: "aurora", Bookings: 1}}},
		{lists.Sites, "code,patron\naurora,12-07\n", nil},
		{lists.Sites, "code,zone\naurora,Pacific/Auckland\n", []lists.AffectedLine{{Line: 2, Key: "aurora", Bookings: 1}}},
		{lists.Sites, "code,zone\naurora,\n", nil},
		{lists.Sites, "code,groups\naurora,soci\n", []lists.AffectedLine{{Line: 2, Key: "aurora", Bookings: 1}}},
	} {
		if diff := cmp.Diff(c.want, w.load(c.list, c.file).Affected); diff != "" {
			t.Errorf("%s: %s", c.file, diff)
		}
	}
}

// Who runs one house writes out its lists, and brings in none.
func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	for name, c := range map[string]struct {
		actor   identity.Actor
		imports map[lists.List]errs.Kind
		exports map[lists.List]errs.Kind
	}{
		"administrator": {w.ada, nil, nil},
		"manager":       {w.luca, map[lists.List]errs.Kind{lists.People: errs.Forbidden}, map[lists.List]errs.Kind{lists.People: errs.Forbidden}},
		"of a house": {
			w.bruno,
			map[lists.List]errs.Kind{lists.Sites: errs.Forbidden, lists.Resources: errs.Forbidden, lists.Hours: errs.Forbidden, lists.Closures: errs.Forbidden, lists.People: errs.Forbidden},
			map[lists.List]errs.Kind{lists.People: errs.Forbidden},
		},
		"nobody": {
			identity.Anonymous,
			map[lists.List]errs.Kind{lists.Sites: errs.Unauthenticated, lists.Resources: errs.Unauthenticated, lists.Hours: errs.Unauthenticated, lists.Closures: errs.Unauthenticated, lists.People: errs.Unauthenticated},
			map[lists.List]errs.Kind{lists.Sites: errs.Unauthenticated, lists.Resources: errs.Unauthenticated, lists.Hours: errs.Unauthenticated, lists.Closures: errs.Unauthenticated, lists.People: errs.Unauthenticated},
		},
	} {
		for _, l := range lists.Lists {
			_, err := w.Preview(t.Context(), c.actor, l, []byte("x\n"))
			if want := c.imports[l]; want == "" && err != nil || want != "" && !errs.Is(err, want) {
				t.Errorf("%s brings in %s: %v", name, l, err)
			}
			_, err = w.Import(t.Context(), c.actor, l, []byte("x\n"), nil, nil)
			if want := c.imports[l]; want == "" && err != nil || want != "" && !errs.Is(err, want) {
				t.Errorf("%s brings in %s: %v", name, l, err)
			}
			var out strings.Builder
			err = w.Export(t.Context(), c.actor, l, &out, sheet.Plain)
			if want := c.exports[l]; want == "" && err != nil || want != "" && !errs.Is(err, want) {
				t.Errorf("%s writes %s: %v", name, l, err)
			}
			if name == "of a house" && (strings.Contains(out.String(), "borgo") || l == lists.Sites && !strings.Contains(out.String(), "aurora")) {
				t.Errorf("%s gets of %s: %s", name, l, out.String())
			}
		}
	}
}
