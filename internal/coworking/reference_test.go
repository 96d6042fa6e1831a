package coworking_test

import (
	"testing"

	"polis/internal/reserve"
)

// What people say of a booking on the telephone stands where they look: on its
// page, on the pass and in the mail.
func TestReferenceIsTold(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := book(t, w.World, w.Maria, places(w.World, "aurora", 25, 27, "D-01"))
	code := reserve.Reference(b.ID)
	if len(code) != 9 {
		t.Fatalf("code %q", code)
	}
	maria := w.as("maria", "it")
	maria.get("/prenotazioni/"+b.ID).want(200, "Codice della prenotazione "+code)
	maria.get("/prenotazioni/"+b.ID+"/pass").want(200, "Codice della prenotazione "+code)
	mails := w.Mails(t)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	readable(t, mails[0], code)
}
