package follow

import (
	"cmp"
	"slices"
	"time"

	"polis/internal/platform/i18n"
)

// Event is one piece of news.
type Event struct {
	ID    string    // what happened to what, always the same: "late/F.1-245"
	At    time.Time // the day that it is of: its beginning in Rome
	Known time.Time // since when the account says it
	House string    // code of the house that it is of; "" of the measure
	Where Where     // that house stands
	Href  string    // path of the page that says more
	Say   func(*i18n.Printer) string
}

// Newest sorts news by when they became known, the newest first.
func Newest(list []Event) []Event {
	slices.SortFunc(list, func(a, b Event) int {
		return cmp.Or(b.Known.Compare(a.Known), b.At.Compare(a.At), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Of are the news of a topic, in the order in which they come.
func Of(list []Event, t Topic) (out []Event) {
	for _, e := range list {
		if t.Has(e.House, e.Where) {
			out = append(out, e)
		}
	}
	return out
}
