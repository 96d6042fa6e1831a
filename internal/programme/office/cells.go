package office

import (
	"regexp"
	"strings"

	"polis/internal/agenda"
)

// amount reads a number as people and ministries write it, and returns it with a
// point and without anything else: "1.234,50 €" is 1234.50. Where a file
// separates its columns by semicolons a single point before three digits is
// neither a decimal nor thousands for sure: it is refused there.
func amount(text string, italian bool) (string, bool) {
	text = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "€", "", "EUR", "", "−", "-").Replace(text)
	whole, part, comma := strings.Cut(text, ",")
	points := strings.Count(whole, ".")
	switch {
	case strings.Contains(part, ","): // 1,234,567.50
		if !groupedByCommas.MatchString(text) {
			return "", false
		}
		return strings.ReplaceAll(text, ",", ""), true
	case comma && points == 0 && strings.Contains(part, "."): // 1,234.50
		if !groupedByCommas.MatchString(text) {
			return "", false
		}
		return strings.Replace(text, ",", "", 1), true
	case comma:
		if points > 0 && !groupedByPoints.MatchString(whole) {
			return "", false
		}
		text = strings.ReplaceAll(whole, ".", "") + "." + part
	case points > 1:
		if !groupedByPoints.MatchString(whole) {
			return "", false
		}
		text = strings.ReplaceAll(whole, ".", "")
	case points == 1 && italian && doubtful.MatchString(whole):
		return "", false
	}
	return text, plainNumber.MatchString(text)
}

var (
	groupedByPoints = regexp.MustCompile(`^-?[0-9]{1,3}(\.[0-9]{3})+$`)
	groupedByCommas = regexp.MustCompile(`^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$`)
	doubtful        = regexp.MustCompile(`^-?[1-9][0-9]{0,2}\.[0-9]{3}$`)
	plainNumber     = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`)
)

var (
	italianDay = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?:[ T][0-9:.]+)?$`)
	isoDay     = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T][0-9:.]+(?:Z|[+-][0-9:]+)?)?$`)
)

// day reads a date, 2026-11-22 or 22/11/2026, with or without a time behind it,
// and returns it in the first form.
func day(text string) (string, bool) {
	if m := isoDay.FindStringSubmatch(text); m != nil {
		text = m[1]
	} else if m := italianDay.FindStringSubmatch(text); m != nil {
		text = m[3] + "-" + twoDigits(m[2]) + "-" + twoDigits(m[1])
	}
	d, err := agenda.ParseDate(text)
	return text, err == nil && d.Year >= 1900 && d.Year <= 2200
}

func twoDigits(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// nothing tells what ministries write where there is nothing: dates before any
// and texts that a spreadsheet could not show.
func nothing(text string) bool {
	switch strings.ToUpper(text) {
	case "N/A", "N.D.", "ND", "NULL", "-", "00/01/1900", "01/01/1900":
		return true
	}
	return text != "" && strings.Trim(text, "#") == ""
}
