package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest/browser"
)

// widest is a name without a single place to break it.
var widest = strings.Repeat("Ottantalettere", 6)[:80]

// muchOf are the lists that grow for years, at which deskWithMuch has thousands
// of rows.
var muchOf = []string{
	"/gestione/giorno?sede=grande&giorno={day}", "/gestione/giorno?sede=grande&giorno={day}&pagina=2", "/gestione/giorno/chiudi?sede=grande&guarda=1&cosa=sede&giorno={day}",
	"/gestione/giorno/chiusure?sede=grande", "/gestione/giorno/chiusure?sede=grande&pagina=9", "/gestione/sedi/grande", "/gestione/sedi/grande/orari", "/gestione/sedi/grande/posti", "/gestione/sedi/grande/pianta?piano=0",
	"/gestione/sedi/grande/posti/nuovo?insieme=1", "/gestione?q=" + widest[:20], "/gestione/persone", "/gestione/persone/inviti", "/gestione/cifre?sede=grande",
}

// A house of 400 places, all of them booked on a day, with thousands of closures
// and of days with other hours, and a network with as many people at work: each
// page shows a part, within its budget and its width.
func TestDeskWithTooMuch(t *testing.T) {
	t.Parallel()
	rows := scaled(1000, 5000)
	s := newDemo(t, sqlite)
	s.imports(t, "code,kind,name,address,municipality,size,state,hours\ngrande,space,"+widest+","+widest+",Gavirate (VA),large,open,Mo-Su 08:00-20:00\n", "sites")
	var places, closures, days, people strings.Builder
	places.WriteString("site,code,kind,room,floor,name,seats,x,y,w,h\n")
	for room := range 4 {
		fmt.Fprintf(&places, "grande,,room,Sala %d,0,Sala %d,,%d,%d,2500,1500\n", room+1, room+1, room%2*2600, room/2*1600)
		for i := range 100 {
			fmt.Fprintf(&places, "grande,D-%03d,desk,Sala %d,0,,1,%d,%d,160,80\n", room*100+i+1, room+1, room%2*2600+100+i%10*230, room/2*1600+100+i/10*140)
		}
	}
	closures.WriteString("site,resources,from,to,reason\n")
	days.WriteString("site,date,hours\n")
	people.WriteString("given_name,family_name,email,role,site\n")
	first := time.Now().In(rome).AddDate(0, 3, 0)
	for i := range rows {
		day := first.AddDate(0, 0, i/8).Format(time.DateOnly)
		fmt.Fprintf(&closures, "grande,D-%03d,%sT%02d:00,%sT%02d:00,%s\n", i%400+1, day, 8+i%8, day, 9+i%8, widest)
		fmt.Fprintf(&days, "grande,%s,closed\n", first.AddDate(0, 0, i).Format(time.DateOnly))
		fmt.Fprintf(&people, "Nome%d,%s%d,persona%d@example.org,receptionist,grande\n", i, widest[:60], i, i)
	}
	s.imports(t, places.String(), "resources")
	s.imports(t, closures.String(), "closures")
	s.imports(t, days.String(), "hours")
	s.imports(t, people.String(), "people")
	srv := serve(t, s, "--demo")
	day := srv.quietDays(srv.placesOf("grande", "desk")[0].ID, 1)[0]
	for i, place := range srv.placesOf("grande", "desk") {
		if place.Kind == "desk" {
			srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[i%len(s.tokens)],
				wanted{Resources: []string{place.ID}, From: at(day, 9, 0), To: at(day, 18, 0)})
		}
	}
	made := strings.NewReplacer("{day}", day.Format(time.DateOnly))
	paola := srv.visitor()
	paola.signIn("paola")
	for i := range 200 { // as many as one may in an hour
		a, _ := paola.visit("POST", "/gestione/persone/invita", url.Values{
			"email": {fmt.Sprintf("invitata%d@example.org", i)}, "nome": {widest[:60]}, "ruolo": {"gestore"}, "ambito": {"rete"}, "lingua": {"it"},
		})
		if a.status == http.StatusTooManyRequests {
			break
		}
	}
	w := newWalker(t, srv, 1280, "it", true)
	w.signIn("paola")
	for _, page := range muchOf {
		page = made.Replace(page)
		a := paola.squeezed(page)
		if a.status != http.StatusOK || len(a.body) > budgets["html"] {
			t.Errorf("%s: %d, %d bytes", page, a.status, len(a.body))
		}
		name := w.look(page, "it", 390, true)
		w.Width(1280)
		if !browser.Eval[bool](w.Tab, "document.documentElement.scrollWidth <= innerWidth") {
			t.Errorf("%s: wider than a desk", name)
		}
	}
}
