package coworking

import (
	"context"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// house is what there is to know about a house beside its places.
type house struct {
	Facts  []web.Fact
	Week   []site.DayHours
	Closed []string // coming days on which it is closed
	Rules  []string
}

func (h *pages) house(ctx context.Context, p *i18n.Printer, net *site.Network, st *site.Site, rules *site.Rules, kind site.ResourceKind) (house, error) {
	var out house
	add := func(key, value string) {
		if value != "" {
			out.Facts = append(out.Facts, web.Fact{Name: p.T(key), Value: value})
		}
	}
	add("coworking.fact.address", st.Address)
	add("coworking.fact.municipality", net.Place(st))
	if st.Size != "" {
		add("coworking.fact.size", p.T("coworking.size."+string(st.Size)))
	}
	add("coworking.fact.rooms", p.Number(len(net.Rooms(st.ID))))
	var has []string
	for _, k := range h.Kinds(st.ID) {
		has = append(has, p.T("coworking.places."+string(k), "count", len(net.OfKind(st.ID, k))))
	}
	add("coworking.fact.places", strings.Join(has, ", "))
	out.Week = site.WeekInWords(p, st.Hours)
	if rules != nil {
		out.Rules = rulesInWords(p, *rules, kind)
	}
	var err error
	if st.State == site.Open {
		out.Closed, err = h.closedDays(ctx, p, net, st)
	}
	return out, err
}

const (
	lookAhead  = 60 // days in which closed days are told
	mostClosed = 6
)

// closedDays tells the coming closures, and the days on which a house is
// closed though its week says otherwise.
func (h *pages) closedDays(ctx context.Context, p *i18n.Printer, net *site.Network, st *site.Site) ([]string, error) {
	zone := net.Zone(st)
	today := agenda.DateOf(h.clock.Now().In(zone))
	last := today.AddDays(lookAhead)
	var out []string
	closures, err := h.Closures(ctx, st.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range closures {
		if from := c.Starts.In(zone); agenda.DateOf(from).Before(last) && len(out) < mostClosed {
			out = append(out, p.T("site.closed.because", "day", p.Span(from, c.Ends.In(zone)), "reason", c.Reason))
		}
	}
	return append(out, net.ClosedInWords(p, st, today, last, mostClosed-len(out))...), nil
}

// rulesInWords says how a kind of place may be booked.
func rulesInWords(p *i18n.Printer, r site.Rules, kind site.ResourceKind) (out []string) {
	add := func(key string, vars ...any) { out = append(out, p.T("coworking.rule."+key, vars...)) }
	length := func(minutes int) string { return p.Duration(time.Duration(minutes) * time.Minute) }
	add("length", "least", length(r.MinLength), "most", length(r.MaxLength))
	add("horizon", "count", r.HorizonDays)
	if r.Lead > 0 {
		add("lead", "lead", length(r.Lead))
	}
	if r.Turnover > 0 {
		add("turnover", "length", length(r.Turnover))
	}
	if r.Release > 0 {
		add("check-in", "early", length(r.CheckInEarly), "late", length(r.Release))
	}
	add("fair-use", "kind", strings.ToLower(p.T("coworking.kind."+string(kind))), "coming", r.Coming, "hours", r.WeekHours)
	if r.SuspendDays > 0 {
		add("no-shows", "missed", r.NoShows, "days", r.NoShowDays, "suspended", r.SuspendDays)
	}
	return out
}
