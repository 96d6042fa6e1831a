package coworkingtest

import (
	"fmt"
	"slices"

	"polis/internal/agenda"
	"polis/internal/site"
)

// Soci is the group for which Borgo and one desk of Aurora are kept.
const Soci = "soci"

// Network is the network of a world:
//
//	aurora    Gavirate, weekdays 08-20 and Saturday mornings: desks D-01 to D-08
//	          (D-07 for soci, D-08 out of use), meeting room M-1, training room
//	          T-1, a hall of three rooms H-A, H-B, H-C and its unions H-AB, H-ABC;
//	          the only one with a plan and a profile
//	borgo     L’Aquila, always open, for soci: desks D-01 to D-03
//	cantiere  Roma, in works: desks D-01 to D-02
//	faro      Funchal time, always open: desks D-01 to D-04, meeting room M-1
//	molo      Palermo, always open, three people at once: desks D-01 to D-05,
//	          meeting rooms M-1 of two seats and M-2 of one
//	ufficio   Gavirate, a post office with one counter desk
func Network() site.Data {
	b := builder{}
	b.site("aurora", site.Site{
		Kind: site.Space, Size: site.Medium, State: site.Open, Name: "Spazio Aurora", Address: "Via del Lago 1",
		Municipality: "012072", Lat: 45.8435, Lon: 8.7155, Hours: agenda.MustHours("Mo-Fr 08:00-20:00; Sa 09:00-13:00; PH off"),
		Profile: site.Profile{
			Phone: "+39 0332 123456", Email: "aurora@example.org", StepFree: site.Yes, Parking: site.ParkingOwn, AccessibleBays: 2, Area: 450,
			Directions: site.Text{IT: "Dalla stazione a piedi.\n\nPoi a destra.", EN: "On foot from the station."},
			Amenities:  []site.Amenity{"coffee", "wifi"}, Building: "palace", Territory: []site.Territory{"landscape"},
		},
	})
	b.desks("aurora", 8)
	b.last("D-07").Groups = []string{Soci}
	b.last("D-08").Active = false
	b.place("aurora", "M-1", site.Meeting, 6)
	b.place("aurora", "T-1", site.Training, 20)
	a, c, e := b.place("aurora", "H-A", site.Hall, 30), b.place("aurora", "H-B", site.Hall, 30), b.place("aurora", "H-C", site.Hall, 30)
	b.place("aurora", "H-AB", site.Hall, 60, a, c)
	b.place("aurora", "H-ABC", site.Hall, 90, a, c, e)
	b.plan()

	b.site("borgo", site.Site{
		Kind: site.Space, Size: site.Small, State: site.Open, Name: "Spazio Borgo", Address: "Corso Federico II 2",
		Municipality: "066049", Lat: 42.3498, Lon: 13.3995, Hours: agenda.MustHours("24/7"), Groups: []string{Soci},
	})
	b.desks("borgo", 3)

	b.site("cantiere", site.Site{
		Kind: site.Space, Size: site.Large, State: site.Works, OpensOn: "2027-03-01", Name: "Spazio Cantiere", Address: "Via Appia 3",
		Municipality: "058091", Lat: 41.8933, Lon: 12.4829, Hours: agenda.MustHours("24/7"),
	})
	b.desks("cantiere", 2)

	b.site("faro", site.Site{
		Kind: site.Space, Size: site.Small, State: site.Open, Name: "Spazio Faro", Address: "Via Lanterna 4", Zone: "Atlantic/Madeira",
		Municipality: "082053", Lat: 38.2, Lon: 13.3, Hours: agenda.MustHours("24/7"), Generated: true,
	})
	b.desks("faro", 4)
	b.place("faro", "M-1", site.Meeting, 4)

	b.site("molo", site.Site{
		Kind: site.Space, Size: site.Small, State: site.Open, Name: "Spazio Molo", Address: "Via Cala 5",
		Municipality: "082053", Lat: 38.1157, Lon: 13.3615, Hours: agenda.MustHours("24/7"),
	})
	b.desks("molo", 5)
	b.place("molo", "M-1", site.Meeting, 2)
	b.place("molo", "M-2", site.Meeting, 1)
	for i := range 3 {
		b.place("molo", fmt.Sprintf("A-%d", i+1), site.Admission, 1)
	}

	b.site("ufficio", site.Site{
		Kind: site.Office, State: site.Open, Name: "Ufficio postale di Gavirate", Address: "Piazza Matteotti 6",
		Municipality: "012072", Lat: 45.8440, Lon: 8.7180, Hours: agenda.MustHours("Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off"),
	})
	b.place("ufficio", "S-1", site.Counter, 1)
	return b.data
}

// plan draws the last site: all its atoms in rows of four, in one room.
func (b *builder) plan() {
	st, n := b.data.Sites[len(b.data.Sites)-1].ID, 0
	for i := range b.data.Resources {
		if r := &b.data.Resources[i]; r.Site == st && len(r.Atoms) == 0 {
			r.Area = site.Rect{X: 100 + n%4*200, Y: 100 + n/4*150, W: 160, H: 80}
			n++
		}
	}
	b.data.Rooms[len(b.data.Rooms)-1].Area = site.Rect{W: 1000, H: 800}
}

var codes = []string{"aurora", "borgo", "cantiere", "faro", "molo", "ufficio"}

// SiteID is the id of a site of Network by its code.
func SiteID(code string) string {
	return fmt.Sprintf("01900000-0000-7000-a000-%012d", slices.Index(codes, code)+1)
}

// ID is the id of a place by the codes of its site and its own.
func (w *World) ID(siteCode, code string) string {
	s, err := w.Live.Network().ByCode(siteCode)
	if err != nil {
		panic("coworkingtest: no site " + siteCode)
	}
	for _, r := range w.Live.Network().Resources(s.ID) {
		if r.Code == code {
			return r.ID
		}
	}
	panic("coworkingtest: no place " + siteCode + "." + code)
}

type builder struct{ data site.Data }

func (b *builder) site(code string, s site.Site) {
	s.ID, s.Code = SiteID(code), code
	b.data.Sites = append(b.data.Sites, s)
	b.data.Rooms = append(b.data.Rooms, site.Room{ID: s.ID + "-0", Site: s.ID, Code: "R0", Name: "Piano terra"})
}

// place adds a place of the last site and returns its ordinal.
func (b *builder) place(code, name string, kind site.ResourceKind, seats int, atoms ...int64) int64 {
	o := int64(len(b.data.Resources) + 1)
	b.data.Resources = append(b.data.Resources, site.Resource{
		Ordinal: o, ID: fmt.Sprintf("01900000-0000-7000-b000-%012d", o), Site: SiteID(code), Room: SiteID(code) + "-0",
		Kind: kind, Code: name, Name: name, Seats: seats, Active: true, Atoms: atoms, Features: []string{"screen"},
	})
	return o
}

func (b *builder) desks(code string, n int) {
	for i := range n {
		b.place(code, fmt.Sprintf("D-%02d", i+1), site.Desk, 1)
	}
}

// last is the place added last with a code.
func (b *builder) last(code string) *site.Resource {
	for i := len(b.data.Resources) - 1; ; i-- {
		if b.data.Resources[i].Code == code {
			return &b.data.Resources[i]
		}
	}
}
