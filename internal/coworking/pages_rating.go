package coworking

import (
	"net/http"
	"strconv"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
)

// ratingView asks how a visit was, one tap for each answer.
type ratingView struct {
	Action string
	Title  string
	Note   string
	List   bool // asked above the list, where one comes back to
	Scores []scoreButton
}

// scoreButton is one answer: its number, word and face.
type scoreButton struct {
	Value, Text string
	Mouth       string // path of the face's mouth
	Chosen      bool
}

// mouths are those of the faces from the worst to the best, in a square of 40.
var mouths = [Highest + 1]string{
	1: "M12 30q8-10 16 0", 2: "M13 29q7-5 14 0", 3: "M13 28h14", 4: "M13 26q7 5 14 0", 5: "M12 25q8 10 16 0",
}

// rating is the question for a visit that can be rated; nil for others.
func (h *pages) rating(r *http.Request, p *i18n.Printer, b Booking) (*ratingView, error) {
	if h.rateable(b.Booking) != nil {
		return nil, nil //nolint:nilnil,nilerr // why it cannot be rated is of no interest here
	}
	had, err := h.ratings(r.Context(), b.ID)
	return ratingOf(p, b, had[b.ID]), err
}

func ratingOf(p *i18n.Printer, b Booking, score int) *ratingView {
	v := &ratingView{Action: bookingPath(b.ID) + "/voto", Title: p.T("coworking.rating.title"), Note: p.T("coworking.rating.note")}
	if score > 0 {
		v.Note = p.T("coworking.rating.change")
	}
	for n := lowest; n <= Highest; n++ {
		value := strconv.Itoa(n)
		v.Scores = append(v.Scores, scoreButton{
			Value: value, Text: p.T("coworking.rating.score." + value), Mouth: mouths[n], Chosen: n == score,
		})
	}
	return v
}

// rate keeps how a visit was.
func (h *pages) rate(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	score, err := strconv.Atoi(f.Raw("voto"))
	if err != nil {
		score = 0 // which is none
	}
	id := r.PathValue("id")
	if err := h.Rate(r.Context(), actor(r), id, score); err != nil {
		return h.acted(w, r, err)
	}
	back := bookingPath(id)
	if f.Raw("elenco") != "" {
		back = "/prenotazioni"
	}
	return h.ui.Done(w, r, back, "coworking.done.rated")
}

// lastVisit asks about the last visit that was not rated.
func (h *pages) lastVisit(r *http.Request, p *i18n.Printer) (*ratingView, error) {
	b, ok, err := h.ToRate(r.Context(), actor(r))
	if err != nil || !ok || len(b.Places) == 0 {
		return nil, err
	}
	v := ratingOf(p, b, 0)
	v.List = true
	v.Title = p.T("coworking.rating.title-of", "house", b.Places[0].Site.Name, "day", p.Date(b.Starts.In(zoneOf(b))))
	return v, nil
}
