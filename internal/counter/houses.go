package counter

import (
	"slices"
	"strings"

	"polis/internal/site"
	"polis/internal/territory"
)

// housesListed is how many offices a page lists to choose from.
const housesListed = 30

// Matching are the first of some offices whose name and place have all the words of
// a text, and how many more there are.
func Matching(net *site.Network, houses []*site.Site, text string) (list []*site.Site, more int) {
	words := strings.Fields(territory.Fold(text))
	for _, st := range houses {
		folded := territory.Fold(HouseName(net, st))
		switch {
		case slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(folded, w) }):
		case len(list) == housesListed:
			more++
		default:
			list = append(list, st)
		}
	}
	return list, more
}

// HouseName is an office with its place: "Ufficio postale di Gavirate, Gavirate (VA)".
func HouseName(net *site.Network, st *site.Site) string {
	if place := net.Place(st); place != "" {
		return st.Name + ", " + place
	}
	return st.Name
}
