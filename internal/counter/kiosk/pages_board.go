package kiosk

import (
	"net/http"
	"strconv"

	"polis/internal/counter"
	"polis/internal/site"
)

// boardPage is the board on the wall: numbers and desks, nobody's name. Its script
// follows the events of the office and shows the page anew; without one it reloads.
type boardPage struct {
	screen
	Called  []call
	Next    []string
	Missed  []string
	Waiting string
	Events  string // address of the stream
	Say     string // "Numero {number}, sportello {desk}"
	Lost    string // "Collegamento interrotto alle {time}"
}

func (boardPage) Template() string { return "kiosk/board" }

// call is a number at a desk. Mark changes with every call: the script announces
// what is new.
type call struct {
	Number, Mark string
	Desk         int
	Served       bool
}

func (h *pages) board(w http.ResponseWriter, r *http.Request) error {
	s, st, err := h.screenOf(r, BoardPath)
	if err != nil {
		return err
	}
	b, err := h.Counter.Board(r.Context(), atKiosk(r), st.ID)
	if err != nil {
		return err
	}
	page := boardPage{screen: s, Next: b.Next, Missed: b.Missed, Waiting: fill(s.W.Waiting, "n", strconv.Itoa(b.Waiting)), Events: eventsPath(st), Say: s.W.Say, Lost: s.W.Lost}
	page.Title, page.Again = s.W.Calls+", "+st.Name, "10"
	for _, c := range b.Called {
		page.Called = append(page.Called, call{Number: c.Number, Desk: c.Desk, Served: c.Served, Mark: mark(c)})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// mark names one call of a number.
func mark(c counter.Shown) string {
	return c.Number + "-" + strconv.Itoa(c.Desk) + "-" + strconv.Itoa(c.Calls)
}

func eventsPath(st *site.Site) string { return "/api/v1/offices/" + st.ID + "/events" }
