package manage

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// networkRules is the address of the rules of the network.
const networkRules = Root + "/regole"

// rulesPlace is the house whose rules a page is about, or the network.
type rulesPlace struct {
	st   *site.Site // nil for the network
	name string
}

func (a rulesPlace) id() string {
	if a.st == nil {
		return ""
	}
	return a.st.ID
}

func (a rulesPlace) rev() int64 {
	if a.st == nil {
		return 0
	}
	return a.st.Rev
}

func (a rulesPlace) path() string {
	if a.st == nil {
		return networkRules
	}
	return housePath(a.st.Code) + "/regole"
}

// place is what the rules of a request are of, with the head of its page.
func (h *pages) place(r *http.Request) (at rulesPlace, head houseHead, err error) {
	if r.PathValue("code") != "" {
		at.st, head, err = h.house(r, "rules")
		if err == nil {
			at.name = at.st.Name
		}
		return at, head, err
	}
	p := h.ui.Printer(r)
	at.name = p.T("manage.rules.network")
	head.Head = web.DeskHead(Root, p.T("manage.rules.network-title"), web.Link{Href: Root, Text: p.T("manage.nav.network")})
	return at, head, actor(r).Check(identity.SiteWrite, identity.Network)
}

// unit is how the number of a rule is counted.
type unit string

const (
	inMinutes unit = "minutes" // said in minutes, hours or days
	inDays    unit = "days"
	inHours   unit = "hours"
	inCount   unit = "count"
)

// ruleField is one of the rules, as the form has it.
type ruleField struct {
	name  string // of site.Rules in JSON, and of the input
	group string
	unit  unit
	value func(*site.Rules) *int
}

var ruleFields = []ruleField{
	{"min_length", "booking", inMinutes, func(r *site.Rules) *int { return &r.MinLength }},
	{"max_length", "booking", inMinutes, func(r *site.Rules) *int { return &r.MaxLength }},
	{"grain", "booking", inMinutes, func(r *site.Rules) *int { return &r.Grain }},
	{"turnover", "booking", inMinutes, func(r *site.Rules) *int { return &r.Turnover }},
	{"horizon_days", "booking", inDays, func(r *site.Rules) *int { return &r.HorizonDays }},
	{"lead", "booking", inMinutes, func(r *site.Rules) *int { return &r.Lead }},
	{"late_start", "booking", inMinutes, func(r *site.Rules) *int { return &r.LateStart }},
	{"check_in_early", "visit", inMinutes, func(r *site.Rules) *int { return &r.CheckInEarly }},
	{"release", "visit", inMinutes, func(r *site.Rules) *int { return &r.Release }},
	{"no_check_in_from", "visit", inMinutes, func(r *site.Rules) *int { return &r.NoCheckInFrom }},
	{"coming", "fair", inCount, func(r *site.Rules) *int { return &r.Coming }},
	{"week_hours", "fair", inHours, func(r *site.Rules) *int { return &r.WeekHours }},
	{"holds", "fair", inCount, func(r *site.Rules) *int { return &r.Holds }},
	{"no_shows", "fair", inCount, func(r *site.Rules) *int { return &r.NoShows }},
	{"no_show_days", "fair", inDays, func(r *site.Rules) *int { return &r.NoShowDays }},
	{"suspend_days", "fair", inDays, func(r *site.Rules) *int { return &r.SuspendDays }},
}

var ruleGroups = []string{"booking", "visit", "fair"}

// said are the words for the value of a rule.
func (f ruleField) said(p *i18n.Printer, r site.Rules) string {
	n := *f.value(&r)
	switch f.unit {
	case inMinutes:
		return p.Duration(time.Duration(n) * time.Minute)
	case inHours:
		return p.T("manage.rules.hours", "count", n)
	case inDays:
		return p.T("manage.rules.days", "count", n)
	}
	return p.Number(n)
}

// The units in which lengths of time are typed, in minutes, the longest first.
var units = []struct {
	name    string
	minutes int
}{{"giorni", 24 * 60}, {"ore", 60}, {"minuti", 1}}

// typed is a number of minutes as people write it: 12 hours.
func typed(n int) (number, unit string) {
	for _, u := range units {
		if n != 0 && n%u.minutes == 0 {
			return strconv.Itoa(n / u.minutes), u.name
		}
	}
	return "0", "minuti"
}

func unitField(name string) string { return name + "-unita" }

func rulesValues(r site.Rules) url.Values {
	v := url.Values{}
	for _, f := range ruleFields {
		n := *f.value(&r)
		if f.unit != inMinutes {
			v[f.name] = []string{strconv.Itoa(n)}
			continue
		}
		number, unit := typed(n)
		v[f.name], v[unitField(f.name)] = []string{number}, []string{unit}
	}
	return v
}

// mostTyped bounds the numbers of a form, before the rules bound them further.
const mostTyped = 1_000_000

func readRules(f *form.Form) (r site.Rules) {
	for _, field := range ruleFields {
		n := f.Int(field.name, "manage.rule."+field.name).Required().Between(0, mostTyped)
		*field.value(&r) = n.Value
		if field.unit != inMinutes {
			continue
		}
		unit := f.Choice(unitField(field.name), "manage.rules.unit", "minuti", "ore", "giorni").Default("minuti").Value
		for _, u := range units {
			if u.name == unit {
				*field.value(&r) = n.Value * u.minutes
			}
		}
	}
	return r
}

// rulesPage lists the rules of a house or of the network, by kind of place,
// with the house rules.
type rulesPage struct {
	houseHead
	Name     string
	IsHouse  bool
	Kinds    []kindRules
	None     *web.Empty
	Network  string // href of the rules of the network, for who may change them
	Text     string // how the house rules stand
	TextHref string
}

func (rulesPage) Template() string { return "manage/rules" }

// kindRules is a kind of place in that list.
type kindRules struct {
	Name, Note, Href, Label string
	Own                     bool
	Facts                   []web.Fact
}

// kindsOf are the kinds of place whose rules matter: those that a house has.
func (h *pages) kindsOf(at rulesPlace) (list []site.ResourceKind) {
	for _, kind := range RuleKinds {
		if at.st == nil || len(h.Live.Network().OfKind(at.st.ID, kind)) > 0 {
			list = append(list, kind)
		}
	}
	return list
}

func (h *pages) rulesPage(w http.ResponseWriter, r *http.Request) error {
	at, head, err := h.place(r)
	if err != nil {
		return err
	}
	p, net := h.ui.Printer(r), h.Live.Network()
	page := rulesPage{houseHead: head, Name: at.name, IsHouse: at.st != nil, TextHref: textPath(at)}
	for _, kind := range h.kindsOf(at) {
		rules, name := net.Rules(at.id(), kind), p.T(kind.Label(), "count", 2)
		row := kindRules{Name: name, Href: at.path() + "/" + string(kind), Label: p.T("manage.change-of", "what", name)}
		_, row.Own = net.OwnRules(at.id(), kind)
		other := net.Rules("", kind)
		if at.st == nil {
			other = site.DefaultRules(kind)
		}
		different := 0
		for _, f := range ruleFields {
			if *f.value(&rules) != *f.value(&other) {
				different++
				row.Facts = append(row.Facts, web.Fact{
					Name:  p.T("manage.rule." + f.name),
					Value: p.T("manage.rules.instead", "value", f.said(p, rules), "other", f.said(p, other)),
				})
			}
		}
		row.Note = p.T("manage.rules.different."+at.whose(), "count", different)
		if different == 0 {
			row.Note = p.T("manage.rules.same." + at.whose())
		}
		page.Kinds = append(page.Kinds, row)
	}
	if len(page.Kinds) == 0 {
		page.None = &web.Empty{Title: p.T("manage.rules.none"), Text: p.T("manage.rules.none-text")}
	}
	page.Text = h.textState(p, at)
	if at.st != nil && actor(r).May(identity.SiteWrite, identity.Network) {
		page.Network = networkRules
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// whose says of what the rules are, as a part of the keys of words.
func (a rulesPlace) whose() string {
	if a.st == nil {
		return "network"
	}
	return "house"
}

// kindPage is the form of the rules of one kind of place.
type kindPage struct {
	houseHead
	change
	Kind, Action, Reset string
	Own, IsHouse        bool
	Groups              []ruleGroup
	Told                *web.Alert
	Removal             bool
}

func (kindPage) Template() string { return "manage/rules-of-kind" }

type ruleGroup struct {
	Title string
	Rules []ruleInput
}

// ruleInput is the input of one rule.
type ruleInput struct {
	Field               web.Field
	Options             []web.Option // of the unit; none where there is one alone
	UnitName, UnitValue string
	UnitLabel, Unit     string
	Other               string // what the network says instead
}

func (h *pages) kindAsked(r *http.Request) (at rulesPlace, head houseHead, kind site.ResourceKind, err error) {
	if at, head, err = h.place(r); err != nil {
		return at, head, kind, err
	}
	kind = site.ResourceKind(r.PathValue("tipo"))
	if !slices.Contains(RuleKinds, kind) {
		err = errs.New(errs.NotFound, "manage.rules.no-kind", nil)
	}
	return at, head, kind, err
}

func (h *pages) kindPage(w http.ResponseWriter, r *http.Request) error {
	at, head, kind, err := h.kindAsked(r)
	if err != nil {
		return err
	}
	c := newChange(rulesValues(h.Live.Network().Rules(at.id(), kind)))
	readRules(c.Form)
	return h.showKind(w, r, at, head, kind, c, http.StatusOK)
}

func (h *pages) showKind(w http.ResponseWriter, r *http.Request, at rulesPlace, head houseHead, kind site.ResourceKind, c change, status int) error {
	p, net := h.ui.Printer(r), h.Live.Network()
	page := kindPage{houseHead: head, change: c, Kind: p.T(kind.Label(), "count", 2), IsHouse: at.st != nil}
	page.Crumbs = append(page.Crumbs, link(at.path(), head.Title))
	page.Title = p.T("manage.house.title", "house", at.name, "tab", p.T("manage.rules.of-kind", "kind", page.Kind))
	page.Action, page.Saving, page.Cancel = at.path()+"/"+string(kind), p.T("manage.rules.save"), at.path()
	_, page.Own = net.OwnRules(at.id(), kind)
	page.Reset = page.Action + "/togli"
	now, other := net.Rules(at.id(), kind), net.Rules("", kind)
	for _, group := range ruleGroups {
		g := ruleGroup{Title: p.T("manage.rules.group." + group)}
		for _, f := range ruleFields {
			if f.group != group {
				continue
			}
			in := ruleInput{Field: web.Field{
				ID: "f-" + f.name, Name: f.name, Label: p.T("manage.rule." + f.name), Hint: p.T("manage.rule." + f.name + ".hint"),
				Value: c.Form.Raw(f.name), Required: true,
			}}
			if fault := c.Form.Fault(f.name); fault != nil {
				in.Field.Error = p.T(fault.Key, fault.Args)
			}
			if f.unit == inMinutes {
				in.UnitName, in.UnitValue = unitField(f.name), c.Form.Raw(unitField(f.name))
				in.UnitLabel = p.T("manage.rules.unit-of", "rule", in.Field.Label)
				for _, u := range slices.Backward(units) {
					in.Options = append(in.Options, web.Option{Value: u.name, Text: p.T("manage.rules.unit." + u.name)})
				}
			} else if f.unit != inCount {
				in.Unit = p.T("manage.rules.unit." + string(f.unit))
			}
			if at.st != nil && *f.value(&now) != *f.value(&other) {
				in.Other = p.T("manage.rules.network-says", "value", f.said(p, other))
			}
			g.Rules = append(g.Rules, in)
		}
		page.Groups = append(page.Groups, g)
	}
	if at.st != nil {
		refused, err := h.Refused(r.Context(), at.st.ID, kind)
		if err != nil {
			return err
		}
		if len(refused) > 0 {
			page.Told = &web.Alert{Tone: web.Info, Text: p.T("manage.rules.refused", "count", len(refused))}
		}
	}
	return h.ui.Render(w, r, status, page)
}

func (h *pages) saveKind(w http.ResponseWriter, r *http.Request) error {
	at, head, kind, err := h.kindAsked(r)
	if err != nil {
		return err
	}
	values := func(*site.Site) url.Values { return rulesValues(h.Live.Network().Rules(at.id(), kind)) }
	var want site.Rules
	c, done, err := h.sent(w, r, at.st, values, func(f *form.Form) { want = readRules(f) }, func(ctx context.Context, _ time.Time) error {
		return h.SetRules(ctx, actor(r), at.id(), at.rev(), kind, want)
	})
	if err != nil {
		return err
	}
	if done {
		return h.ui.Done(w, r, at.path()+"/"+string(kind), "manage.rules.saved")
	}
	c.tell(h.ui.Printer(r), nil)
	return h.showKind(w, r, at, head, kind, c, c.status())
}

// askDropKind asks whether the rules of a kind are to be those of the network
// again.
func (h *pages) askDropKind(w http.ResponseWriter, r *http.Request) error {
	at, head, kind, err := h.kindAsked(r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := kindPage{houseHead: head, Kind: p.T(kind.Label(), "count", 2), IsHouse: at.st != nil, Removal: true}
	page.Form = form.Of(nil)
	page.Crumbs = append(page.Crumbs, link(at.path(), head.Title))
	page.Action = at.path() + "/" + string(kind) + "/togli"
	page.Saving, page.Cancel = p.T("manage.rules.reset."+at.whose()), at.path()+"/"+string(kind)
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) dropKind(w http.ResponseWriter, r *http.Request) error {
	at, _, kind, err := h.kindAsked(r)
	if err != nil {
		return err
	}
	if err := h.DropRules(r.Context(), actor(r), at.id(), kind); err != nil {
		return err
	}
	return h.ui.Done(w, r, at.path(), "manage.rules.dropped")
}

func (h *pages) rulesRoutes() map[string]web.Handler {
	routes := map[string]web.Handler{}
	for _, root := range []string{Root, housesRoot + "/{code}"} {
		rules, text := root+"/regole", root+"/regolamento"
		for pattern, handler := range map[string]web.Handler{
			"GET " + rules:                    h.rulesPage,
			"GET " + rules + "/{tipo}":        h.kindPage,
			"POST " + rules + "/{tipo}":       h.saveKind,
			"GET " + rules + "/{tipo}/togli":  h.askDropKind,
			"POST " + rules + "/{tipo}/togli": h.dropKind,
			"GET " + text:                     h.textPage,
			"POST " + text:                    h.saveText,
			"GET " + text + "/{edition}":      h.editionPage,
		} {
			routes[pattern] = handler
		}
	}
	return routes
}
