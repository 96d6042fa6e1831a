package office

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// declares is a figure that somebody enters.
func declares(value string) url.Values {
	return url.Values{"target": {"offices"}, "word": {"conclusi"}, "as_of": {"2026-10"}, "value": {value}, "unit": {"uffici"}, "source": {"Relazione al Parlamento"}}
}

// A figure is entered by one, published by another, shown with its history; what
// was published meanwhile is shown before anybody publishes beside it.
func TestFromProposalToHistory(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		entered := func(value string) string {
			t.Helper()
			a := o.post("renata", enterPath+"declarations", declares(value))
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, proposalsPath) {
				t.Fatalf("%d %s: %s", a.status, a.to, a.text(t))
			}
			return a.to
		}
		first, second := entered("5.100,5"), entered("5200")
		if page := o.get("renata", first); strings.Contains(page.body, `value="pubblica"`) || !strings.Contains(page.body, `value="ritira"`) {
			t.Error("who proposed may publish, or not withdraw")
		}
		if a := o.post("renata", first, url.Values{"azione": {"pubblica"}, "visto": {"99"}}); a.status != http.StatusForbidden {
			t.Errorf("one's own is published: %d", a.status)
		}
		for _, who := range []string{"marta", "maria"} {
			if a := o.get(who, first); a.status != http.StatusNotFound {
				t.Errorf("%s sees another's proposal: %d", who, a.status)
			}
		}
		if a := o.get("aldo", first); a.status != http.StatusOK || strings.Contains(a.body, `name="azione"`) {
			t.Errorf("the auditor: %d", a.status)
		}
		if a := o.post("aldo", first, url.Values{"azione": {"pubblica"}, "visto": {"99"}}); a.status != http.StatusForbidden {
			t.Errorf("the auditor publishes: %d", a.status)
		}
		page := o.get("paola", first)
		if text := page.text(t); !strings.Contains(text, "Renata P.") || !strings.Contains(text, "5100.5") || !strings.Contains(text, "Indice delle quantità") {
			t.Errorf("the proposal: %s", text)
		}
		stale := o.get("paola", second).seen(t)
		if a := o.post("paola", first, url.Values{"azione": {"pubblica"}, "visto": {page.seen(t)}}); a.status != http.StatusSeeOther {
			t.Fatalf("publishing: %d %s", a.status, a.text(t))
		}
		again := o.post("paola", second, url.Values{"azione": {"pubblica"}, "visto": {stale}})
		if again.status != http.StatusConflict || !strings.Contains(again.text(t), "Nel frattempo i dati pubblicati sono cambiati") || !strings.Contains(again.text(t), "5100.5") {
			t.Errorf("beside an older account: %d %s", again.status, again.text(t))
		}
		if a := o.post("paola", second, url.Values{"azione": {"rifiuta"}, "motivo": {" "}}); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
			t.Errorf("refused without a reason: %d", a.status)
		}
		if a := o.post("paola", second, url.Values{"azione": {"rifiuta"}, "motivo": {"Superata"}}); a.status != http.StatusSeeOther {
			t.Errorf("refusing: %d", a.status)
		}
		if text := o.get("renata", second).text(t); !strings.Contains(text, "rifiutata") || !strings.Contains(text, "Superata") {
			t.Errorf("what was refused: %s", text)
		}
		third := entered("5300")
		if a := o.post("renata", third, url.Values{"azione": {"ritira"}}); a.status != http.StatusSeeOther {
			t.Errorf("withdrawing: %d", a.status)
		}
		list := o.get("aldo", proposalsPath+"?stato=withdrawn&tipo=declarations&ordine=lunghe").text(t)
		if !strings.Contains(list, "ritirata") || strings.Contains(list, "Superata") {
			t.Errorf("the list: %s", list)
		}
		kind := kindOf(t, "declarations")
		key := account.JoinKey("offices", "conclusi", "2026-10", "Relazione al Parlamento")
		for who, wants := range map[string]string{"": "ufficio di programma", "aldo": "proposto da Renata P., pubblicato da Paola A."} {
			a := o.get(who, programme.HistoryPath(kind, key))
			if text := a.text(t); a.status != http.StatusOK || !strings.Contains(text, wants) || !strings.Contains(text, "5100.5") {
				t.Errorf("history for %q: %d %s", who, a.status, text)
			}
			if who == "" && strings.Contains(a.body, "Renata") {
				t.Error("the public history names somebody")
			}
		}
		if csv := o.get("", strings.Replace(programme.HistoryPath(kind, key), historyPath, historyPath+"/dati.csv", 1)); !strings.Contains(csv.body, "2026-11-23;ufficio di programma;Relazione al Parlamento") {
			t.Errorf("history as a list: %s", csv.body)
		}
	})
}

// Eight publish at once: it happens once.
func TestPublishedOnceByPage(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		at := o.post("renata", enterPath+"declarations", declares("5100")).to
		seen := o.get("paola", at).seen(t)
		var wg sync.WaitGroup
		var mu sync.Mutex
		done := map[int]int{}
		for range 8 {
			wg.Go(func() {
				a := o.post("paola", at, url.Values{"azione": {"pubblica"}, "visto": {seen}})
				mu.Lock()
				done[a.status]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if done[http.StatusSeeOther] != 1 || done[http.StatusConflict] != 7 {
			t.Errorf("answers: %v", done)
		}
	})
}

// What is wrong with an entry stands beside its input; nobody enters what is not
// theirs.
func TestEntries(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t))
	for _, c := range []struct {
		who, kind string
		fill      url.Values
		status    int
		says      string
	}{
		{"renata", "declarations", declares("1.500"), 422, "si può leggere in due modi"},
		{"renata", "declarations", url.Values{"target": {"offices"}, "word": {"conclusi"}, "as_of": {"2031"}, "value": {"1"}, "source": {"x"}}, 422, "ancora da venire"},
		{"renata", "declarations", url.Values{"target": {""}, "value": {""}}, 422, "obbligatori"},
		{"renata", "progress", url.Values{"milestone": {"PNC-F.1-9"}, "date": {"2026"}, "stage": {"near"}, "source": {"x"}}, 422, "Nessuna scadenza ha il codice"},
		{"renata", "payments", url.Values{"id": {"p1"}, "date": {"2026-01-31"}, "amount_eur": {"-4"}}, 422, "sotto lo zero"},
		{"marta", "works", url.Values{"site": {"orvieto"}, "works_planned": {"2026-12-31"}}, 422, "Nessuna sede ha il codice"},
		{"marta", "works", url.Values{"site": {"gavirate"}, "works_planned": {"2026-12-31"}}, 303, ""},
		{"marta", "declarations", declares("1"), 403, ""},
		{"aldo", "works", url.Values{"site": {"gavirate"}, "contractor": {"x"}}, 403, ""},
		{"maria", "works", url.Values{"site": {"gavirate"}, "contractor": {"x"}}, 403, ""},
		{"renata", "rockets", url.Values{}, 404, ""},
	} {
		a := o.post(c.who, enterPath+c.kind, c.fill)
		if a.status != c.status && !(c.status == 422 && a.status == 400) || c.says != "" && !strings.Contains(a.text(t), c.says) {
			t.Errorf("%s enters %s %v: %d %s", c.who, c.kind, c.fill, a.status, a.text(t))
		}
	}
	if page := o.get("marta", enterPath+"works"); strings.Contains(page.body, "works_planned") || !strings.Contains(page.body, `name="site"`) {
		t.Error("the works of no house can be written")
	}
	if page := o.get("marta", enterPath+"works?site=orvieto"); page.status == http.StatusOK || !strings.Contains(page.text(t), "Nessuna sede ha il codice") {
		t.Errorf("the works of another's house: %d", page.status)
	}
	if page := o.get("marta", enterPath+"works?site=gavirate"); !strings.Contains(page.body, "works_planned") {
		t.Error("the works of one's house cannot be written")
	}
	if page := o.get("renata", enterPath+"progress?milestone=PNC-F.1-240&date=2022"); !strings.Contains(page.body, `<option value="completed" selected>`) {
		t.Error("what is published is not filled in")
	}
}

// A document comes with its file, which is drawn anew; anything else is refused.
func TestDocuments(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t))
	var scan bytes.Buffer
	if err := png.Encode(&scan, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	fill := map[string]string{"site": "gavirate", "id": "collaudo-1", "type": "acceptance", "phase": "test", "date": "2026-11-02", "title": "Verbale di collaudo"}
	if a := o.sends("marta", enterPath+"documents", []byte("<svg onload=alert(1)>"), fill); a.status == http.StatusSeeOther || !strings.Contains(a.text(t), "non è un PDF") {
		t.Errorf("a drawing: %d", a.status)
	}
	a := o.sends("marta", enterPath+"documents", scan.Bytes(), fill)
	if a.status != http.StatusSeeOther {
		t.Fatalf("a scan: %d %s", a.status, a.text(t))
	}
	if text := o.get("marta", a.to).text(t); !strings.Contains(text, "/media/") {
		t.Errorf("the document: %s", text)
	}
}

// A file is checked, shown, proposed and published; with a bad row it changes
// nothing.
func TestImportByPage(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		at := importPath + "/tenders"
		if text := o.get("renata", at).text(t); !strings.Contains(text, "importo_base_dasta_cig") {
			t.Errorf("the columns: %s", text)
		}
		bad := o.sends("renata", at, []byte("cig;base_eur\n9999900001;1,5\n9999900002;=1+1\n"), nil)
		if text := o.get("renata", bad.to).text(t); !strings.Contains(text, "1 errore nel file") || !strings.Contains(text, "non è un numero") {
			t.Errorf("a bad row: %s", text)
		}
		if a := o.post("renata", bad.to, url.Values{"fonte": {"x"}}); a.status != http.StatusOK {
			t.Errorf("a bad file is proposed: %d %s", a.status, a.to)
		}
		var file bytes.Buffer
		file.WriteString("cig;cup;importo_base_dasta_cig;oggetto\n")
		for i := range 5000 {
			fmt.Fprintf(&file, "99999%05d;J59J21014170008;1.000,50;Totem\n", i)
		}
		good := o.sends("renata", at, file.Bytes(), nil)
		if text := o.get("renata", good.to+"?pagina=3").text(t); !strings.Contains(text, "Proponi 5.000 righe") || !strings.Contains(text, "5.002.500 €") {
			t.Errorf("what it would do: %s", text)
		}
		for _, who := range []string{"paola", "marta", "aldo"} {
			if a := o.get(who, good.to); a.status != http.StatusNotFound && a.status != http.StatusForbidden {
				t.Errorf("%s sees the file of another: %d", who, a.status)
			}
		}
		if a := o.post("renata", good.to, url.Values{"fonte": {""}}); a.status == http.StatusSeeOther {
			t.Error("proposed without a source")
		}
		made := o.post("renata", good.to, url.Values{"fonte": {"Italia Domani"}})
		if made.status != http.StatusSeeOther || o.get("renata", good.to).status != http.StatusNotFound {
			t.Fatalf("proposing: %d %s", made.status, made.text(t))
		}
		page := o.get("paola", made.to+"?pagina=100")
		if text := page.text(t); !strings.Contains(text, "4951–5000") && !strings.Contains(text, "4.951") {
			t.Errorf("the last page: %s", text)
		}
		if a := o.post("paola", made.to, url.Values{"azione": {"pubblica"}, "visto": {page.seen(t)}}); a.status != http.StatusSeeOther {
			t.Fatalf("publishing: %d", a.status)
		}
		if n := len(account.All[account.Tender](o.Programme.Account())); n != 5000 {
			t.Errorf("%d tenders are published", n)
		}
		if csv := o.get("renata", at+"/elenco.csv").body; strings.Count(csv, "\n") != 5001 || !strings.Contains(csv, "1000,50") {
			t.Errorf("the list: %d lines", strings.Count(csv, "\n"))
		}
	})
}

// Each opens the desk with what is theirs.
func TestDesk(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.SQLite(t))
	late := account.Works{Site: "orvieto", Dates: make([]account.Dates, len(account.Phases))}
	if err := late.Dates[0].Planned.UnmarshalText([]byte("2025-01-31")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Programme.Load(t.Context(), programme.Entry{Kind: kindOf(t, "works"), Rows: []any{late}}); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]struct {
		status    int
		has, lack string
	}{
		"renata": {200, "Dichiarare un dato", "Si può leggere tutto"}, "aldo": {200, "Spazio Duomo", "Dichiarare un dato"},
		"marta": {200, "Programmare i lavori", "Spazio Duomo"}, "maria": {403, "", "Programmare"}, "": {303, "", ""},
	} {
		a := o.get(who, Root)
		if a.status != want.status || want.status == 200 && (!strings.Contains(a.text(t), want.has) || strings.Contains(a.text(t), want.lack)) {
			t.Errorf("%q: %d %s", who, a.status, a.body)
		}
	}
	if a := o.get("", SummaryPath); a.status != http.StatusOK || !strings.Contains(a.body, "https://polis.example"+SummaryPath) {
		t.Errorf("the summary: %d", a.status)
	}
	for _, path := range []string{historyPath, historyPath + "?tipo=tenders", historyPath + "?tipo=tenders&riga=x", historyPath + "?tipo=x&riga=%00"} {
		if a := o.get("", path); a.status != http.StatusNotFound && a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}
