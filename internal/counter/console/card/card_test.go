package card_test

import (
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/console/card"
	"polis/internal/fiscal"
	"polis/internal/platform/errs"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const (
	mario = "RSSMRA80A01H501U"
	td1   = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
	td2   = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
	td3   = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
)

func TestAHealthCardIsReadHoweverItsReaderSaysIt(t *testing.T) {
	for name, text := range map[string]string{
		"typed":                        mario,
		"typed with spaces around":     "  rssmra80a01h501u \n",
		"bar code":                     "*" + mario + "*",
		"bar code, symbology":          "]A0" + mario + "\r",
		"bar code, Italian keys":       "(" + mario + "(",
		"stripe":                       "%" + mario + "ROSSI  MARIO              ?;80380001234567890123=2912?\n",
		"stripe, Italian keys":         "%" + mario + "ROSSI&MARIO_ò80380001234567890123ì2912_\n",
		"bar code and stripe together": mario + "\n%" + mario + "ROSSI^MARIO?\n",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := card.Read(text, now)
			if err != nil || r.FiscalNumber != mario || r.Document != nil {
				t.Fatalf("Read = %+v, %v", r, err)
			}
			if strings.Contains(name, "stripe") && (r.Family != "ROSSI" || r.Given != "MARIO") {
				t.Errorf("names = %q, %q", r.Family, r.Given)
			}
		})
	}
}

func TestNamesOfAnotherAreNotBelieved(t *testing.T) {
	r, err := card.Read("%"+mario+"BIANCHI  CARLA?", now)
	if err != nil || r.Family+r.Given != "" {
		t.Fatalf("Read = %+v, %v", r, err)
	}
}

// The specimens of ICAO 9303, parts 4 to 6.
func TestDocumentsAreRead(t *testing.T) {
	for want, text := range map[string]string{
		"TD1 identity-card D23145890": td1,
		"TD2 identity-card D23145890": td2,
		"TD3 passport L898902C3":      td3,
	} {
		for way, said := range map[string]string{
			"as it is": text, "in one line": strings.ReplaceAll(text, "\n", ""), "from Italian keys": strings.ReplaceAll(text, "<", ";"),
			"small, with CR": strings.ToLower(strings.ReplaceAll(text, "\n", "\r\n")) + "\r\n",
		} {
			t.Run(want+" "+way, func(t *testing.T) {
				r, err := card.Read(said, now)
				if err != nil {
					t.Fatal(err)
				}
				d := r.Document
				if got := d.Format + " " + d.Kind + " " + d.Number; got != want {
					t.Errorf("document = %s, want %s", got, want)
				}
				if r.Family != "ERIKSSON" || r.Given != "ANNA MARIA" || d.Nationality != "UTO" || d.Issuer != "UTO" {
					t.Errorf("document = %+v", d)
				}
				if (d.Birth != agenda.Date{Year: 1974, Month: 8, Day: 12}) || (d.Expires != agenda.Date{Year: 2012, Month: 4, Day: 15}) {
					t.Errorf("born %v, until %v", d.Birth, d.Expires)
				}
				if !d.Expired(agenda.DateOf(now)) {
					t.Error("a document of 2012 holds in 2026")
				}
			})
		}
	}
}

// A number of more than nine characters, of which 9303-5 gives the form.
func TestALongNumberIsRead(t *testing.T) {
	r, err := card.Read("I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<", now)
	if err != nil || r.Document.Number != "D23145890734" {
		t.Fatalf("Read = %+v, %v", r.Document, err)
	}
	if r.Document.Birth.Year != 1934 || r.Document.Expires.Year != 1995 {
		t.Errorf("born %v, until %v", r.Document.Birth, r.Document.Expires)
	}
}

func TestOneWrongCharacterOfADocumentIsSeen(t *testing.T) {
	for _, text := range []string{td1, td2, td3} {
		lines := strings.Split(text, "\n")
		line := 1 // has dates and digits in all formats
		for i := range 7 {
			wrong := []byte(lines[line])
			wrong[i] = '0' + (wrong[i]+1)%10
			if wrong[i] == lines[line][i] {
				wrong[i]++
			}
			changed := append([]string{}, lines...)
			changed[line] = string(wrong)
			if _, err := card.Read(strings.Join(changed, "\n"), now); !errs.HasKey(err, "console.card.digits") {
				t.Errorf("character %d of %q: %v", i, lines[line], err)
			}
		}
	}
}

func TestACardAndADocumentAreHeldAgainstEachOther(t *testing.T) {
	anna, of := "RKSNMR74M52H501", "?ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	both := ""
	for _, c := range of[1:] { // the check character that fits
		if r, err := card.Read(anna+string(c)+"\n"+td3, now); err == nil && r.FiscalNumber != "" {
			both = r.Differs(now)
			if r.Document == nil {
				t.Fatal("the document was lost")
			}
		}
	}
	if both != "" {
		t.Errorf("of one person: %q", both)
	}
	r, err := card.Read(td1+"\n*"+mario+"*", now)
	if err != nil || r.Differs(now) != "birth" {
		t.Errorf("of two people: %q, %v", r.Differs(now), err)
	}
}

func TestWhatIsNoCardIsRefused(t *testing.T) {
	carla, err := fiscal.Make("Bianchi", "Carla", fiscal.Date{Year: 1985, Month: 2, Day: 1}, fiscal.Female, "F205")
	if err != nil {
		t.Fatal(err)
	}
	for text, key := range map[string]string{
		"":                               "console.card.unknown",
		"ROSSI MARIO":                    "console.card.unknown",
		"RSSMRA80A01H501X":               "console.card.unknown",
		mario + "\n" + carla:             "console.card.two",
		"RſSMRA80A01H501U":               "console.card.unknown", // a letter whose capital is S
		strings.Repeat("A", card.Most+1): "console.card.unknown",
	} {
		_, err := card.Read(text, now)
		if !errs.HasKey(err, key) {
			t.Errorf("Read(%.20q): %v, want %q", text, err, key)
		}
	}
}

func capital(r rune) rune {
	if r >= 'a' && r <= 'z' {
		r -= 32
	}
	return r
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{mario, td1, td2, td3, "%" + mario + "ROSSI  MARIO?", td1 + mario, "P<", "\n\r;;"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := card.Read(text, now)
		if err != nil {
			return
		}
		if r.FiscalNumber == "" && r.Document == nil {
			t.Fatalf("%q is read as nobody", text)
		}
		if again, err := card.Read(strings.Map(capital, text), now); err != nil || again.FiscalNumber != r.FiscalNumber {
			t.Fatalf("%q: %+v, in capitals %+v, %v", text, r, again, err)
		}
		r.Differs(now)
	})
}
