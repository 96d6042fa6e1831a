package office

import (
	"regexp"
	"slices"
	"strings"

	"polis/internal/platform/blob"
	"polis/internal/programme/account"
)

var (
	cigShape = regexp.MustCompile(`^[0-9A-Z]{10}$`)
	cupShape = regexp.MustCompile(`^[A-Z][0-9A-Z]{14}$`)
)

// documentTypes are what a document about works can be.
var documentTypes = []string{account.Acceptance, "permit", "contract", "photo", "other"}

// check holds a row against the rest of the account: what it names must be there,
// amounts are not below zero, and nobody declares what is still to come.
func (w World) check(kind *account.Kind, row any) (faults []account.Fault) {
	wrong := func(is bool, column, reason string) {
		if is {
			faults = append(faults, account.Fault{Column: column, Reason: reason})
		}
	}
	ahead := func(d account.Date) bool { return !d.IsZero() && w.Today.Before(d.Date) }
	switch r := row.(type) {
	case account.Tender:
		wrong(!cigShape.MatchString(r.CIG), "cig", "bad_cig")
		wrong(r.CUP != "" && !cupShape.MatchString(r.CUP), "cup", "bad_cup")
		wrong(r.Base < 0, "base_eur", "negative")
		wrong(r.Award < 0, "award_eur", "negative")
	case account.Payment:
		wrong(r.CUP != "" && !cupShape.MatchString(r.CUP), "cup", "bad_cup")
		wrong(r.Amount < 0, "amount_eur", "negative")
		wrong(ahead(r.Date), "date", "still_to_come")
	case account.Project:
		wrong(!cupShape.MatchString(r.CUP), "cup", "bad_cup")
		wrong(r.Funding < 0, "pnc_funding_eur", "negative")
	case account.Funding:
		wrong(r.Amount < 0, "amount", "negative")
	case account.Linked:
		wrong(r.Spent < 0, "spent", "negative")
		wrong(r.Total < 0, "total", "negative")
	case account.Milestone:
		wrong(r.Year < 2000 || r.Year > 2100, "year", "bad_year")
	case account.Progress:
		_, ok := account.Find[account.Milestone](w.Account, r.Milestone)
		wrong(!ok, "milestone", "unknown_milestone")
		wrong(r.Stage != account.NotStarted && w.begins(r.Date), "date", "still_to_come")
	case account.Step:
		_, ok := account.Find[account.Target](w.Account, r.Target)
		wrong(!ok, "target", "unknown_target")
	case account.Declaration:
		wrong(r.Reached() && w.begins(r.AsOf), "as_of", "still_to_come")
	case account.Works:
		wrong(!w.Site(r.Site), "site", "unknown_site")
		for i, d := range r.Dates {
			wrong(ahead(d.Actual), account.Phases[i].ID+"_actual", "still_to_come")
		}
	case account.Cost:
		wrong(!w.Site(r.Site), "site", "unknown_site")
		wrong(r.Amount < 0, "amount_eur", "negative")
	case account.Document:
		wrong(!w.Site(r.Site), "site", "unknown_site")
		wrong(r.Phase != "" && !slices.ContainsFunc(account.Phases, func(p account.Phase) bool { return p.ID == r.Phase }), "phase", "unknown_phase")
		wrong(!slices.Contains(documentTypes, r.Type), "type", "unknown_type")
		wrong(!linkable(r.Href), "href", "bad_href")
		wrong(ahead(r.Date), "date", "still_to_come")
	case account.Act:
		wrong(!linkable(r.Href), "href", "bad_href")
	case account.Area:
		wrong(len(r.Class) != 1 || !strings.Contains("ABCDEF", r.Class), "class", "bad_class")
	}
	return faults
}

// begins tells whether all of a time is still to come.
func (w World) begins(when account.When) bool {
	end := when.End()
	if len(when) == len("2006-01-02") && when[5] != 'T' {
		return w.Today.Before(end)
	}
	return w.Today.Year < end.Year || w.Today.Year == end.Year && len(when) > 4 && int(w.Today.Month) < firstMonth(when)
}

// firstMonth is the month in which a month or a quarter begins.
func firstMonth(when account.When) int {
	end := int(when.End().Month)
	if when[5] == 'T' {
		return end - 2
	}
	return end
}

// linkable tells whether a text is nothing, an address of the web, or a file of
// this installation.
func linkable(href string) bool {
	return href == "" || strings.HasPrefix(href, "https://") || strings.HasPrefix(href, blob.Path)
}

// odd is what of a row is unusual: real files have it, and it is taken.
func odd(row any) (list []account.Fault) {
	if r, ok := row.(account.Tender); ok {
		if !r.Awarded.IsZero() && !r.Published.IsZero() && r.Awarded.Before(r.Published.Date) {
			list = append(list, account.Fault{Column: "awarded", Reason: "award_before_publication"})
		}
		if r.Base > 0 && r.Award > r.Base {
			list = append(list, account.Fault{Column: "award_eur", Reason: "award_above_base"})
		}
	}
	return list
}
