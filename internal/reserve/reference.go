package reserve

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

// A reference is what people say of a booking on the telephone: eight letters
// and digits in two groups, "9C4K-R7PD". It is a part of the booking's id, so it
// needs no place of its own in the tables: 12 bits of the UTC day on which the
// id was made, by which it is found, and the last 28 bits of the id. It opens
// nothing: who asks by it must be allowed to see the booking.
const (
	// referenceLetters has no I, L, O and U, which are mistaken for 1, 1, 0 and V.
	referenceLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	referenceLength  = 8
	referenceDays    = 1 << 12 // a reference comes again after eleven years
	tailBits         = 28
	tailAt           = 29 // where the last 28 bits begin in the text of an id
	idLength         = 36
)

// One day's ids are neighbours in the table.
var byReference = db.Q("reserve.by-reference", `
	SELECT `+bookingColumns+` FROM booking WHERE id >= $1 AND id < $2 AND SUBSTR(id, 30) = $3 ORDER BY id`)

// Reference is that of a booking's id; "" for what is no UUIDv7.
func Reference(id string) string {
	if len(id) != idLength {
		return ""
	}
	ms, err := strconv.ParseUint(id[:8]+id[9:13], 16, 48)
	tail, errTail := strconv.ParseUint(id[tailAt:], 16, tailBits)
	if err != nil || errTail != nil {
		return ""
	}
	day := uint64(agenda.DayOf(time.UnixMilli(int64(ms))))
	v := day%referenceDays<<tailBits | tail
	var text [referenceLength]byte
	for i := range text {
		text[referenceLength-1-i] = referenceLetters[v&31]
		v >>= 5
	}
	return string(text[:4]) + "-" + string(text[4:])
}

// ReadReference takes a reference as people write it, in small letters, without
// its dash, with an O for a 0, and returns it as Reference writes it; false for
// what is none.
func ReadReference(text string) (reference string, ok bool) {
	var letters []byte
	for _, c := range strings.ToUpper(text) {
		switch c {
		case '-', ' ', '.', '–':
			continue
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		}
		if !strings.ContainsRune(referenceLetters, c) || len(letters) == referenceLength {
			return "", false
		}
		letters = append(letters, byte(c))
	}
	if len(letters) != referenceLength {
		return "", false
	}
	return string(letters[:4]) + "-" + string(letters[4:]), true
}

// ByReference returns the bookings of a reference, mostly one; none for what is
// no reference.
func (e *Engine) ByReference(ctx context.Context, text string) ([]Booking, error) {
	reference, ok := ReadReference(text)
	if !ok {
		return nil, nil
	}
	var v uint64
	for _, c := range strings.ReplaceAll(reference, "-", "") {
		v = v<<5 | uint64(strings.IndexRune(referenceLetters, c))
	}
	// The last such day up to tomorrow: the clock of who made it may be ahead.
	last := int64(agenda.DayOf(e.clock.Now())) + 1
	day := last - (last-int64(v>>tailBits)+referenceDays)%referenceDays
	return db.All(ctx, e.db, byReference, scanBooking, firstID(day), firstID(day+1), fmt.Sprintf("%07x", v&(1<<tailBits-1)))
}

// firstID is before all ids that are made on a UTC day or later.
func firstID(day int64) string {
	ms := max(day, 0) * 24 * time.Hour.Milliseconds()
	return fmt.Sprintf("%08x-%04x-0000-0000-000000000000", ms>>16, ms&0xffff)
}
