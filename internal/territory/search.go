package territory

import (
	"cmp"
	"slices"
	"strings"
)

// indexed are the forms under which one municipality is found.
type indexed struct {
	at    int
	names []name
}

// name is a folded name, "l aquila", and the same without spaces, for those who write "laquila".
type name struct{ words, joined string }

// indexNames folds every name, in order of population so that a search meets larger places first.
func (t *Table) indexNames() {
	order := make([]int, len(t.all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(t.all[b].Population-t.all[a].Population, a-b)
	})
	others := otherNames()
	t.index = make([]indexed, len(t.all))
	names := make([]name, 0, len(t.all)+len(t.all)/8)
	add := func(s string) {
		f := Fold(s)
		names = append(names, name{f, strings.ReplaceAll(f, " ", "")})
	}
	for i, at := range order {
		m, from := &t.all[at], len(names)
		add(m.Name)
		if m.AltName != "" {
			add(m.AltName)
			add(m.Name + " " + m.AltName)
			add(m.AltName + " " + m.Name)
		}
		for _, other := range others[m.Belfiore] {
			add(other)
		}
		t.index[i] = indexed{at, names[from:len(names):len(names)]}
	}
	t.byName = make(map[string][]int, len(names))
	for _, x := range t.index {
		for _, n := range x.names {
			if list := t.byName[n.joined]; !slices.Contains(list, x.at) {
				t.byName[n.joined] = append(list, x.at)
			}
		}
	}
}

// Named returns the municipalities with exactly this name in any of its languages, whatever the case, the accents and
// the apostrophes; larger places first.
func (t *Table) Named(name string) []Municipality {
	found := t.byName[strings.ReplaceAll(Fold(name), " ", "")]
	out := make([]Municipality, len(found))
	for i, at := range found {
		out[i] = t.all[at]
	}
	return out
}

// How well a name answers a query, best first.
const (
	exact       = iota // the whole name
	prefix             // its beginning
	wordPrefix         // the beginning of a later word
	wordsPrefix        // the beginnings of several words in their order: "reggio emil"
	noMatch
)

// maxQuery is more than the longest name, so that a longer text is not worth folding.
const maxQuery = 200

// Search returns at most limit municipalities that answer q: an ISTAT code, a Belfiore code, a postal code, or a
// name or its beginning in any of its languages, with or without accents and apostrophes. A province may follow,
// as in "Gavirate (VA)", "Gavirate, Varese" or "gavirate va". The whole name comes first, then names that begin
// so, then names with a word that begins so; within each, larger places first.
func (t *Table) Search(q string, limit int) []Municipality {
	if limit < 1 || len(q) > maxQuery {
		return nil
	}
	found, ok := t.searchCode(q)
	if !ok {
		found = t.searchName(q)
	}
	out := make([]Municipality, min(limit, len(found)))
	for i := range out {
		out[i] = t.all[found[i]]
	}
	return out
}

// searchCode answers a query that has the form of a code, with the positions in t.all.
func (t *Table) searchCode(q string) (found []int, isCode bool) {
	code := strings.ToUpper(strings.TrimSpace(q))
	switch {
	case isISTAT(code):
		if i, ok := t.byISTAT[code]; ok {
			found = append(found, i)
		}
	case isBelfiore(code):
		if i, ok := t.byBelfiore[code]; ok {
			found = append(found, i)
		}
	case isCAP(code):
		for _, x := range t.index {
			if t.all[x.at].CAP == code {
				found = append(found, x.at)
			}
		}
	default:
		return nil, false
	}
	return found, true
}

// searchName answers any other query, with the positions in t.all, best first.
func (t *Table) searchName(q string) []int {
	if before, province, ok := t.cutProvince(q); ok {
		return slices.Concat(t.matches(before, province)...)
	}
	folded := Fold(q)
	ranks := t.matches(folded, "")
	if cut := strings.LastIndexByte(folded, ' '); cut > 0 && len(folded)-cut == len(" va") {
		if p, ok := t.byProvince[folded[cut+1:]]; ok {
			hinted := t.matches(folded[:cut], t.provinces[p].Code)
			ranks = append([][]int{ranks[exact], hinted[exact]}, append(ranks[prefix:], hinted[prefix:]...)...)
		}
	}
	return withoutRepeats(slices.Concat(ranks...))
}

// cutProvince takes apart "Gavirate (VA)" and "Gavirate, Varese"; before is folded.
func (t *Table) cutProvince(q string) (before, province string, ok bool) {
	q = strings.TrimSpace(q)
	cut := strings.LastIndexByte(q, ',')
	if strings.HasSuffix(q, ")") {
		cut = strings.LastIndexByte(q, '(')
	}
	if cut < 0 {
		return "", "", false
	}
	p, ok := t.Province(q[cut:])
	before = Fold(q[:cut])
	return before, p.Code, ok && before != ""
}

// matches returns the positions in t.all of what answers a folded query, in province where one is given, by rank and
// then by population.
func (t *Table) matches(folded, province string) [][]int {
	ranks := make([][]int, noMatch)
	if folded == "" {
		return ranks
	}
	query := name{folded, strings.ReplaceAll(folded, " ", "")}
	words := strings.Fields(folded)
	for _, x := range t.index {
		if province != "" && t.all[x.at].Province != province {
			continue
		}
		best := noMatch
		for _, n := range x.names {
			best = min(best, n.rank(query, words))
		}
		if best < noMatch {
			ranks[best] = append(ranks[best], x.at)
		}
	}
	return ranks
}

// rank says how well n answers a query; words are the query's.
func (n name) rank(query name, words []string) int {
	switch {
	case n.joined == query.joined:
		return exact
	case strings.HasPrefix(n.joined, query.joined):
		return prefix
	case !strings.Contains(n.words, words[0]):
		return noMatch
	}
	next := 0
	for rest := n.words; rest != ""; {
		if strings.HasPrefix(rest, query.words) {
			return wordPrefix
		}
		var word string
		word, rest, _ = strings.Cut(rest, " ")
		if next < len(words) && strings.HasPrefix(word, words[next]) {
			next++
		}
	}
	if next == len(words) {
		return wordsPrefix
	}
	return noMatch
}

func withoutRepeats(positions []int) []int {
	seen := make(map[int]bool, len(positions))
	return slices.DeleteFunc(positions, func(i int) bool {
		repeat := seen[i]
		seen[i] = true
		return repeat
	})
}

// Largest returns at most n municipalities of a box, the largest first.
func (t *Table) Largest(b Box, n int) (out []Municipality) {
	for _, x := range t.index {
		if len(out) >= n {
			break
		}
		if m := t.all[x.at]; b.Has(m.Lat, m.Lon) {
			out = append(out, m)
		}
	}
	return out
}
