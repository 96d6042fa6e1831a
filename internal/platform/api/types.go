package api

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

// What the patterns ask for, as the specification says it; Huma says the same
// when a value does not match, which chooses our message.
const (
	patternTime    = "an instant in the years 2000 to 2200"
	patternDate    = "a date in the years 1900 to 2200"
	patternVisible = "visible ASCII characters"
)

var patternKeys = map[string]string{
	patternTime: "api.time", patternDate: "api.date", patternVisible: "api.visible",
}

// Time is an instant in a request or an answer: RFC 3339 with an offset, in the
// years 2000 to 2200. It is written in UTC.
type Time struct{ time.Time }

// UnmarshalText reads an instant.
func (t *Time) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return keyError("api.time")
	}
	t.Time = at
	return nil
}

// UnmarshalJSON reads an instant.
func (t *Time) UnmarshalJSON(data []byte) error { return unquote(data, t.UnmarshalText) }

// MarshalText writes an instant in UTC.
func (t Time) MarshalText() ([]byte, error) {
	return t.UTC().AppendFormat(nil, time.RFC3339Nano), nil
}

// MarshalJSON writes an instant in UTC.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(nil, `"`+time.RFC3339Nano+`"`), nil
}

// Schema of an instant (huma.SchemaProvider).
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "date-time", Pattern: `^(2[01][0-9]{2}|2200)-`, PatternDescription: patternTime,
		Description: "Instant with an offset (RFC 3339), in the years 2000 to 2200",
		Examples:    []any{"2026-03-02T09:00:00+01:00"},
	}
}

// Date is a day of the calendar in a request or an answer, in the years 1900
// to 2200.
type Date struct{ agenda.Date }

// UnmarshalText reads "2026-03-02".
func (d *Date) UnmarshalText(text []byte) error {
	day, err := agenda.ParseDate(string(text))
	if err != nil || day.Year < 1900 || day.Year > 2200 {
		return keyError("api.date")
	}
	d.Date = day
	return nil
}

// UnmarshalJSON reads "2026-03-02".
func (d *Date) UnmarshalJSON(data []byte) error { return unquote(data, d.UnmarshalText) }

// MarshalText writes "2026-03-02".
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Schema of a date (huma.SchemaProvider).
func (Date) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "date", Pattern: `^(19[0-9]{2}|2[01][0-9]{2}|2200)-`, PatternDescription: patternDate,
		Description: "Day of the calendar, in the years 1900 to 2200", Examples: []any{"2026-03-02"},
	}
}

// unquote reads a JSON string; null leaves what is there, as everywhere in JSON.
func unquote(data []byte, read func([]byte) error) error {
	if string(data) == "null" {
		return nil
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	return read([]byte(s))
}

// IdempotencyKey is the header Idempotency-Key: 1 to 255 visible ASCII
// characters. A request that is sent again with the same key and body has the
// answer of the first.
//
//	Key api.IdempotencyKey `header:"Idempotency-Key"`
type IdempotencyKey string

// Schema of the header (huma.SchemaProvider).
func (IdempotencyKey) Schema(huma.Registry) *huma.Schema {
	one, most := 1, 255
	return &huma.Schema{
		Type: huma.TypeString, MinLength: &one, MaxLength: &most, Pattern: "^[!-~]+$", PatternDescription: patternVisible,
		Description: "Sent again with the same key, a request is done once",
	}
}

// Page is a page of a list. Items is never null.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
}

// NewPage is a page with its cursor, "" on the last page.
func NewPage[T any](items []T, next string) Page[T] {
	if items == nil {
		items = []T{}
	}
	return Page[T]{items, next}
}

// EncodeCursor makes the place after which the next page begins into a text
// that means nothing to the caller.
func EncodeCursor(place any) string {
	body, err := json.Marshal(place)
	if err != nil {
		panic("api: cursor: " + err.Error()) // a type the programmer made up
	}
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body))
	return base64.RawURLEncoding.EncodeToString(append(sum, body...))
}

// DecodeCursor reads a cursor into place; Invalid where it was cut or changed.
// The checksum is against accidents: who makes a cursor up sees another page
// of what they may see anyway.
func DecodeCursor(cursor string, place any) error {
	bad := errs.New(errs.Invalid, keyInvalid, nil)
	bad.Fields = []errs.Error{{Kind: errs.Invalid, Key: "api.cursor", Field: "query" + placeMark + "cursor"}}
	if len(cursor) > 2048 {
		return bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 4 || binary.BigEndian.Uint32(b) != crc32.ChecksumIEEE(b[4:]) ||
		checkJSON(b[4:]) != nil || json.Unmarshal(b[4:], place) != nil {
		return bad
	}
	return nil
}

// Revision is the ETag of a thing that counts its changes.
func Revision(rev int64) string { return ETag(strconv.FormatInt(rev, 10)) }
