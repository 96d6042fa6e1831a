package lists_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/manage/lists"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
	"polis/internal/site"
)

// The size of the network that Polis is for.
const (
	manyOffices = 7000
	manyPlaces  = 12_000
)

func manySites(n int) string {
	towns := []string{"Gavirate", "066049", "Palermo", "058091", "Castro (BG)"}
	var b strings.Builder
	b.WriteString("frazionario,nomePunto,indirizzoPunto,citta,orari\n")
	for i := range n {
		fmt.Fprintf(&b, "%05d,Ufficio %d,Via Roma %d,%s,Lun-Ven 08:20-13:35; Sab 08:20-12:35\n", i, i, i, towns[i%len(towns)])
	}
	return b.String()
}

func manyResources(sites, n int) string {
	var b strings.Builder
	b.WriteString("site,code,room,floor,kind,name,seats\n")
	for i := range n {
		fmt.Fprintf(&b, "%05d,S-%d,Sala,0,counter,Sportello %d,1\n", i%sites, i/sites, i)
	}
	return b.String()
}

// A whole country comes in within seconds, and a second time changes nothing.
// How long it took is printed, not judged: that depends on the machine.
func TestAWholeCountry(t *testing.T) {
	if testing.Short() {
		t.Skip("large")
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, c := range []struct {
			list  lists.List
			file  string
			first string
			again string
		}{
			{lists.Sites, manySites(manyOffices), "7000+0=0", "0+0=7000"},
			{lists.Resources, manyResources(manyOffices, manyPlaces), "19000+0=0", "0+0=12000"},
		} {
			start := time.Now()
			w.want(w.load(c.list, c.file), c.first)
			took := time.Since(start)
			start = time.Now()
			w.want(w.load(c.list, c.file), c.again)
			t.Logf("%s: %v, again %v", c.list, took.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
		}
		if net := w.live.Network(); net.Len() != manyOffices || net.LastOrdinal() != manyPlaces {
			t.Errorf("%d sites, last ordinal %d", net.Len(), net.LastOrdinal())
		}
	})
}

// Several imports at once, each by a program of its own, leave what all of them
// say, with ordinals that follow one another.
func TestImportsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.load(lists.Sites, manySites(20))
		const programs, each = 4, 50
		var all sync.WaitGroup
		for p := range programs {
			other := w.program(d)
			all.Go(func() {
				var b strings.Builder
				b.WriteString("site,code,room,kind\n")
				for i := range each {
					fmt.Fprintf(&b, "%05d,P%d-%d,Sala,desk\n", i%20, p, i)
				}
				if out, err := other.Load(t.Context(), lists.Resources, []byte(b.String()), nil); err != nil || len(out.Faults) > 0 {
					t.Errorf("%v %v", out.Faults, err)
				}
			})
		}
		const byPage = 20
		all.Go(func() { // somebody adds places by page meanwhile
			at := w.site("00000").ID
			for i := range byPage {
				err := w.Sites.Refit(t.Context(), at, "", func(_ *db.Tx, now site.Layout) (c site.Refit, err error) {
					room := site.Room{ID: "sala", Site: at, Code: "PAGINA", Name: "Di pagina"}
					if now.Room(room.ID) == nil {
						c.Rooms = append(c.Rooms, room)
					}
					c.Places = append(c.Places, site.Resource{ID: clock.NewID(), Room: room.ID, Kind: site.Desk, Code: fmt.Sprintf("Z-%d", i), Name: "Z", Seats: 1, Active: true})
					return c, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		all.Wait()
		if err := w.live.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		net := w.live.Network()
		for o := int64(1); o <= programs*each+byPage; o++ {
			if _, err := net.ByOrdinal(o); err != nil {
				t.Errorf("nothing has the ordinal %d", o)
			}
		}
		if n := net.LastOrdinal(); n != programs*each+byPage {
			t.Errorf("the last ordinal is %d", n)
		}
		for i := range 20 {
			named := 0
			for _, r := range net.Rooms(w.site(fmt.Sprintf("%05d", i)).ID) {
				if r.Name == "Sala" {
					named++
				}
			}
			if named != 1 {
				t.Errorf("site %d has %d rooms named Sala", i, named)
			}
		}
	})
}

// program is another program on the database.
func (w *world) program(d *db.DB) *lists.Service {
	w.t.Helper()
	store := site.NewStore(d, w.clock, clock.NewID)
	live, err := site.NewLive(w.t.Context(), store)
	if err != nil {
		w.t.Fatal(err)
	}
	return lists.New(lists.Options{
		DB: d, Live: live, Sites: store, Engine: reserve.New(d, live, w.clock, clock.NewID), People: w.people, Grants: w.grants, Groups: w.grants.Groups, Clock: w.clock, IDs: clock.NewID,
	})
}

// Bookings go on while lists come in, and none is touched by them.
func TestImportUnderBookings(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.load(lists.Sites, manySites(50))
		w.load(lists.Resources, manyResources(50, 500))
		units := make([]int64, 500)
		for i := range units {
			units[i] = int64(i + 1)
		}
		from := now.Add(53 * time.Minute).Truncate(time.Hour)
		stop, made := make(chan struct{}), make(chan int, 3)
		for caller := range 3 {
			go func() {
				n := 0
				defer func() { made <- n }()
				for i := caller; ; i += 3 {
					select {
					case <-stop:
						return
					default:
					}
					at := from.Add(time.Duration(i/500) * time.Hour)
					_, err := w.engine.Do(t.Context(), reserve.Plan{
						Person: w.maria.Person, To: reserve.Confirmed, Due: at.Add(time.Hour),
						Demands: []reserve.Demand{{Site: "s", Kind: "counter", From: at, To: at.Add(time.Hour), Units: units[i%500 : i%500+1]}},
					})
					if err != nil {
						t.Error(err)
						return
					}
					n++
				}
			}()
		}
		for round := range 5 {
			w.load(lists.Sites, strings.ReplaceAll(manySites(50), "Via Roma", fmt.Sprint("Via Po ", round)))
			w.load(lists.Resources, strings.ReplaceAll(manyResources(50, 500+10*(round+1)), "Sportello", fmt.Sprint("Banco ", round)))
			w.load(lists.Closures, fmt.Sprintf("site,resources,from,to,reason\n%05d,all,2027-02-%02d,2027-02-%02d,Lavori\n", round, round+1, round+1))
		}
		close(stop)
		sum := 0
		for range 3 {
			sum += <-made
		}
		if sum == 0 {
			t.Error("nobody booked anything")
		}
		alive := 0
		if err := reserve.EachAlive(t.Context(), d, now, func(b *reserve.Booking) {
			if alive++; b.Rev != 1 {
				t.Errorf("a booking was touched: %+v", b)
			}
		}); err != nil || alive != sum {
			t.Errorf("%d of %d bookings, %v", alive, sum, err)
		}
		if _, err := reserve.Check(t.Context(), d, func(s string) { t.Error(s) }); err != nil {
			t.Error(err)
		}
	})
}

// A program sees within a moment what a command on the same database changed:
// on SQLite too, where nobody tells it.
func TestAnotherProgramSees(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.someNetwork()
		go w.live.Run(t.Context())
		other := w.program(d)
		if out, err := other.Load(t.Context(), lists.Sites, []byte("code,name\naurora,Vista da altri\n"), nil); err != nil || out.Changed != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if out, err := other.Load(t.Context(), lists.Closures, []byte("site,resources,from,to,reason\naurora,D-1,2026-11-25,2026-11-25,Lavori\n"), nil); err != nil || out.New != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		desk := w.place("aurora", "D-1").Ordinal
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range 3000 {
			if w.site("aurora").Name == "Vista da altri" && !w.engine.Free(desk, hourOf(t)) {
				return
			}
			<-tick.C
		}
		t.Errorf("still %q, free %v", w.site("aurora").Name, w.engine.Free(desk, hourOf(t)))
	})
}

// hourOf is Wednesday from 10 to 11.
func hourOf(t testing.TB) []agenda.Cell {
	t.Helper()
	from := time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)
	cells, err := agenda.Cells(from, from.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return cells
}
