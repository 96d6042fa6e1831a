package kiosk

import (
	"encoding/json"
	"net/http"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/queue"
	"polis/internal/platform/errs"
)

// While its link is down a kiosk gives the numbers that it was given beforehand,
// each once, and keeps what it did in the browser's own database. When the link
// returns it hands over each with a key of its own: one that comes twice is the same
// ticket, and what is answered is forgotten at the kiosk (ADR 55).

// blockSize is how many numbers a kiosk is given at once: a shift of a small office.
const blockSize = 60

// mostHandedOver is how much a kiosk hands over in one request.
const mostHandedOver = 50

// block is numbers that a kiosk may give alone on a day.
type block struct {
	Day  string `json:"day"`
	Low  int    `json:"low"`
	High int    `json:"high"`
}

// beforehand gives a kiosk numbers of a day: today's, or of the day that it asks for.
func (h *pages) beforehand(w http.ResponseWriter, r *http.Request) error {
	st, err := h.Counter.Office(r.PathValue("office"))
	if err != nil {
		return err
	}
	day := agenda.DateOf(h.Counter.Clock.Now().In(h.Counter.Live.Network().Zone(st)))
	if asked, err := agenda.ParseDate(r.PostFormValue("giorno")); err == nil {
		day = asked
	}
	b, err := h.Counter.GiveBlock(r.Context(), atKiosk(r), st.ID, day, blockSize)
	if err != nil {
		return err
	}
	return answer(w, block{Day: b.Day.String(), Low: b.Low, High: b.High})
}

// taken is a number that a kiosk gave alone.
type taken struct {
	Key      string    `json:"key"`
	Instead  string    `json:"instead"` // key of a request before it that nobody answered
	Number   int       `json:"number"`
	At       time.Time `json:"at"`
	Services []string  `json:"services"`
	Priority string    `json:"priority"`
	Language string    `json:"language"`
}

// outcome is what became of it: a ticket, or why not; then nothing more can be done.
type outcome struct {
	Key     string `json:"key"`
	Number  string `json:"number,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// handOver takes over what a kiosk did alone. What the answer does not name is to be
// handed over again.
func (h *pages) handOver(w http.ResponseWriter, r *http.Request) error {
	var list []taken
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil || len(list) > mostHandedOver {
		return errs.New(errs.Invalid, "form.unreadable", nil)
	}
	done := []outcome{}
	for _, x := range list {
		if x.Instead != "" {
			if err := h.Counter.Withdraw(r.Context(), atKiosk(r), r.PathValue("office"), x.Instead); err != nil {
				return err
			}
		}
		t, err := h.Counter.Take(r.Context(), atKiosk(r), counter.TakeRequest{
			Office: r.PathValue("office"), Services: x.Services, Priority: queue.Priority(x.Priority), Origin: counter.ByKioskAlone,
			Language: languageOf(x.Language), Key: x.Key, Number: x.Number, At: x.At,
		})
		switch {
		case err == nil:
			done = append(done, outcome{Key: x.Key, Number: t.Name()})
		case errs.Is(err, errs.Invalid), errs.Is(err, errs.Conflict), errs.Is(err, errs.Rule):
			done = append(done, outcome{Key: x.Key, Refused: errs.As(err).Key})
		default:
			return err // the kiosk tries again
		}
	}
	return answer(w, done)
}

func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(v)
}
