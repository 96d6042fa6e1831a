package journal

import (
	"strconv"
	"strings"

	"polis/internal/journal/sealed"
)

// packed is an act in one column: for a driver, eleven columns are eleven times
// the work of one. Its parameter $1 is mark.
const packed = `concat_ws($1, a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom)`

// mark stands between the fields of an act in one column. No program writes it
// into one; where somebody did, unpack refuses.
const mark = "\x1f"

// unpack reads an act of one column; false where its fields cannot be told apart.
func unpack(text string) (a sealed.Act, ok bool) {
	var at, level string
	fields := [...]*string{&a.ID, &at, &a.Kind, &a.Subject, &a.Person, &a.Data, &a.Role, &a.Desk, &a.Channel, &level, &a.For}
	for _, f := range fields[:len(fields)-1] {
		if *f, text, ok = strings.Cut(text, mark); !ok {
			return a, false
		}
	}
	a.For = text
	var atErr, levelErr error
	a.At, atErr = strconv.ParseInt(at, 10, 64)
	a.Level, levelErr = strconv.ParseInt(level, 10, 64)
	return a, !strings.Contains(text, mark) && atErr == nil && levelErr == nil
}
