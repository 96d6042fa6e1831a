package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// Files that are none, or others than they say, sent as photos of a house:
// nothing breaks and no photo is there afterwards.
func TestHostilePhotos(t *testing.T) {
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	luca := srv.visitor()
	luca.signIn("luca")
	before := photosOf(t, srv)
	good, err := os.ReadFile(snap(t))
	if err != nil {
		t.Fatal(err)
	}
	const form, jpg = "multipart/form-data; boundary=x", "Content-Disposition: form-data; name=\"foto\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n"
	part := func(head string, data []byte) string { return "--x\r\n" + head + "\r\n" + string(data) + "\r\n" }
	alt := part("Content-Disposition: form-data; name=\"descrizione\"\r\n", []byte("Una sala"))
	whole := func(data []byte) string { return alt + part(jpg, data) + "--x--\r\n" }
	var shots []shot
	add := func(what, kind, body string, more ...header) {
		headers := append(luca.headers(), header{"Content-Type", kind})
		shots = append(shots, shot{what, "POST", "/spazi/gavirate/foto", []byte(body), append(headers, more...)})
	}
	for what, data := range map[string][]byte{
		"SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "HTML": []byte("<!doctype html><script>alert(1)</script>"),
		"GIF": []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!<script>alert(1)</script>;"), "nothing": {},
		"PDF": []byte("%PDF-1.7\n"), "head of JPEG": []byte("\xff\xd8\xff\xe0<script>alert(1)</script>"), "PNG of 4 G": []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\x00\x00\x00abcd"),
		"WebP": []byte("RIFF\xff\xff\xff\xffWEBPVP8 "), "13 MB": bytes.Repeat([]byte("a"), 13<<20), "13 MB of JPEG": append(bytes.Clone(good), make([]byte, 13<<20)...),
	} {
		add(what, form, whole(data))
	}
	for _, n := range []int{1, 2, 10, 100, 500} {
		add(fmt.Sprint("JPEG cut at ", n), form, whole(good[:n]))
	}
	for _, v := range nasty {
		if !strings.ContainsAny(v, "\r\n") {
			add("name of a file", form, part(fmt.Sprintf("Content-Disposition: form-data; name=\"foto\"; filename=\"%s\"\r\n", v), []byte("GIF89a"))+"--x--\r\n")
			add("name of a part", form, part(fmt.Sprintf("Content-Disposition: form-data; name=\"%s\"\r\n", v), []byte("x"))+"--x--\r\n")
		}
	}
	for _, kind := range []string{
		"", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + strings.Repeat("x", 300), "multipart/mixed; boundary=x",
		"application/x-www-form-urlencoded", "image/jpeg", "application/json", "multipart/form-data; boundary=\"", "multipart/byteranges; boundary=x",
	} {
		if kind != "multipart/mixed; boundary=x" {
			add("kind "+kind, kind, whole(good[:200]))
		}
		add("kind "+kind, kind, "")
	}
	add("thousands of parts", form, strings.Repeat(part("Content-Disposition: form-data; name=\"a\"\r\n", []byte("b")), 5000)+"--x--\r\n")
	add("thousands of files", form, strings.Repeat(part(jpg, []byte("b")), 5000)+"--x--\r\n")
	add("a head of a part without end", form, "--x\r\n"+strings.Repeat("X-A: b\r\n", 20_000)+"\r\n\r\n--x--\r\n")
	add("a long head", form, "--x\r\nContent-Disposition: form-data; name=\""+strings.Repeat("a", 1<<20)+"\"\r\n\r\n--x--\r\n")
	add("no end", form, alt+"--x\r\n"+jpg+"\r\n"+string(good[:1000]))
	add("parts in a part", form, alt+part("Content-Disposition: form-data; name=\"foto\"\r\nContent-Type: multipart/mixed; boundary=y\r\n", []byte("--y\r\n\r\n--y--"))+"--x--\r\n")
	add("quoted-printable", form, alt+part(jpg+"Content-Transfer-Encoding: quoted-printable\r\n", []byte("=zz=ff"))+"--x--\r\n")
	w := srv.wire()
	defer w.close()
	a, err := w.do("POST", "/spazi/gavirate/foto", []byte(whole(good)), append(luca.headers(), header{"Content-Type", form})...)
	if before++; err != nil || a.status != http.StatusSeeOther || photosOf(t, srv) != before {
		t.Fatalf("a photo that is right: %v %d", err, a.status)
	}
	throw(t, srv, shots)
	for _, size := range []int{13 << 20, scaled(26, 60) << 20} { // in chunks, its length not told
		r, err := http.NewRequest("POST", srv.url+"/spazi/gavirate/foto", struct{ *strings.Reader }{strings.NewReader(whole(make([]byte, size)))})
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = -1
		r.Header.Set("Content-Type", form)
		for name, value := range luca.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		if a, err := send(r); err == nil && a.status != http.StatusRequestEntityTooLarge && a.status != http.StatusBadRequest {
			t.Errorf("%d bytes in chunks: %d", size, a.status)
		}
	}
	if n := photosOf(t, srv); n != before {
		t.Errorf("%d photos are there, %d were", n, before)
	}
	srv.stop()
	s.check(t)
}

func photosOf(t *testing.T, srv *server) int {
	t.Helper()
	return len(get[struct {
		Photos []struct{} `json:"photos"`
	}](t, srv.process, "/api/v1/sites/gavirate", "").Photos)
}

// Acts that another site's page makes a browser send are refused, whatever they
// are and whoever's browser it is.
func TestActsFromElsewhere(t *testing.T) {
	everyDay(t)
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	luca := srv.visitor()
	luca.signIn("luca")
	const id = "01900000-0000-7000-8000-000000000001"
	paths := []string{
		"/accedi", "/esci", "/segnala", "/segnalazioni/2026-000001/risposta", "/accoglienza", "/accoglienza/arrivo", "/prenotazioni/ricerche",
		"/prenotazioni/ricerche/" + id + "/avviso", "/prenotazioni/ricerche/" + id + "/rimuovi", "/prenotazioni/calendario/nuovo-indirizzo",
		"/spazi/gavirate/prenota", "/spazi/gavirate/foto", "/spazi/gavirate/foto/" + id, "/spazi/gavirate/foto/" + id + "/togli",
		"/spazi/gavirate/foto/" + id + "/su", "/spazi/gavirate/foto/" + id + "/giu",
	}
	for _, act := range []string{"conferma", "rinuncia", "annulla", "sposta", "arrivo", "giorni", "togli", "riprova", "regolamento", "voto"} {
		paths = append(paths, "/prenotazioni/"+id+"/"+act)
	}
	w := srv.wire()
	defer w.close()
	for _, path := range paths {
		for _, from := range []header{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			a, err := w.do("POST", path, []byte("a=b"), append(luca.headers(), header{"Content-Type", "application/x-www-form-urlencoded"}, from)...)
			if err == nil {
				err = sound("POST", a)
			}
			if err != nil || a.status != http.StatusForbidden {
				t.Errorf("POST %s with %s: %s: %v %d", path, from.name, from.value, err, a.status)
			}
		}
	}
}

// Values of the addresses of the pages that came with weeks, plans and lists.
func TestHostileQueries(t *testing.T) {
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	maria, luca := srv.visitor(), srv.visitor()
	maria.signIn("maria")
	luca.signIn("luca")
	_, held := luca.page("POST", "/spazi/gavirate/prenota", url.Values{
		"modo": {"auto"}, "posti": {"1"}, "tipo": {"desk"}, "giorno": {srv.quietDay()}, "dalle": {"10:00"}, "alle": {"12:00"},
	})
	others := strings.TrimPrefix(held, "/prenotazioni/")
	values := append([]string{others, "-999", "999999999", "x", "2027-03-28", "0", "02:30", "AAAA", "eyJhIjoxfQ"}, nasty...)
	var shots []shot
	for _, page := range []string{
		"/spazi/gavirate?", "/spazi?q=Gavirate&", "/spazi/gavirate/posti/" + srv.placesOf("gavirate", "desk")[0].Code + "?", "/prenotazioni?", "/prenotazioni/ricerche?", "/segnalazioni?", "/segnalazioni/gestione?",
		"/accoglienza?casa=gavirate&", "/spazi/gavirate?giorno=2027-03-28&dalle=02:30&alle=04:00&tipo=desk&", held + "?", "/segnala?",
	} {
		for _, name := range []string{"settimana", "piano", "stanza", "posti", "con", "pagina", "dopo", "giorno", "dalle", "alle", "tipo", "vicino", "raggio", "sede", "stato", "prima", "vista"} {
			for i, v := range values {
				who := []*visitor{maria, luca}[i%2]
				shots = append(shots, shot{name, "GET", page + url.Values{name: {v}}.Encode(), nil, who.headers()})
			}
		}
	}
	throw(t, srv, shots)
	if n := s.number(t, "SELECT COUNT(*) FROM booking WHERE id = $1 AND status = 'held'", others); n != 1 {
		t.Errorf("another's booking is not as it was")
	}
	srv.stop()
	s.check(t)
}
