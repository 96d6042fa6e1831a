// Package sheet reads and writes lists as CSV: columns by name in any order,
// what is wrong by line and column, and cells that no spreadsheet takes for a
// formula.
package sheet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Column is one that a list may have.
type Column struct {
	Name    string   // as it is written
	Aliases []string // other names under which it is read
	Needed  bool     // there is no list without it
}

// Fault is one thing that is wrong with a file.
type Fault struct {
	Line   int            // where its row begins, from 1, the header's included
	Column string         // as the file names it; "" where the whole line is wrong
	Name   string         // of the Column, where it is known
	Reason string         // one of the reasons here, or of the caller
	Args   map[string]any // what the words of the reason name
	Text   string         // the line as it stands in the file, cut where it is long
}

// The reasons that every list shares.
const (
	ReasonSpreadsheet = "spreadsheet"            // a workbook, not yet saved as CSV
	ReasonNotText     = "not_text"               // another kind of file
	ReasonUTF16       = "utf_16"                 // Unicode in another form
	ReasonEncoding    = "not_utf_8"              // another encoding
	ReasonControl     = "control_character"      // what is no text
	ReasonQuotes      = "broken_quotes"          // a quote inside a text, or never closed
	ReasonFieldCount  = "wrong_number_of_fields" // Args: has, wants
	ReasonHeader      = "no_header"              // the first line names none of the columns
	ReasonColumn      = "column_missing"         // Args: near, where the file has one of almost that name
	ReasonColumnTwice = "column_twice"           // Args: other, the first name of the same column
	ReasonColumnNear  = "column_near"            // Args: near
	ReasonNoRows      = "no_rows"                // a header and nothing below
	ReasonEmptyFile   = "empty_file"             // nothing at all
	ReasonTooLong     = "too_long"               // Args: max, in characters
	ReasonTooLarge    = "file_too_large"         // Args: max, in megabytes
	ReasonTooMany     = "too_many_rows"          // Args: max
)

func (f Fault) Error() string {
	where := fmt.Sprintf("line %d", f.Line)
	if f.Column != "" {
		where += ", " + f.Column
	}
	var with []string
	for _, name := range slices.Sorted(maps.Keys(f.Args)) {
		with = append(with, fmt.Sprintf("%s %v", name, f.Args[name]))
	}
	text := where + ": " + strings.ReplaceAll(f.Reason, "_", " ")
	if len(with) > 0 {
		text += " (" + strings.Join(with, ", ") + ")"
	}
	return text
}

// plain is a name as names are compared: "Given name", "given_name" and
// "GIVENNAME" are one.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-', '.', '\u00a0':
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// Near finds in a list the word that was probably meant: at most two letters
// away, or one where it is short. It is false for a word that is in the list.
func Near(word string, list []string) (string, bool) {
	word = plain(word)
	best, found := 3, ""
	if len([]rune(word)) <= 4 {
		best = 2
	}
	for _, w := range list {
		d := distance(word, plain(w))
		if d == 0 {
			return "", false
		}
		if d < best {
			best, found = d, w
		}
	}
	return found, found != ""
}

// longestWord is more than any name in a list has; longer ones are near to none.
const longestWord = 60

// distance counts the letters to add, take away, change or swap with the next.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > longestWord || len(y) > longestWord || len(x)-len(y) > 2 || len(y)-len(x) > 2 {
		return longestWord
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := last[j-1]
			if x[i-1] != y[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(y)]
}
