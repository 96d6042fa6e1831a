package opendata

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/platform/api"
	"polis/internal/platform/errs"
	"polis/internal/programme/account"
)

// RegisterAPI adds the operations that read the account of the programme: all of
// it at once, and the rows of each data set page by page.
func RegisterAPI(a *api.API, s *Service) {
	h := &operations{s}
	op := func(id, path, summary, description string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: "/api/v1/programme" + path, Tags: []string{"Programme"}, Summary: summary, Description: description,
		}
	}
	same := func() *huma.Response { return &huma.Response{Description: "Not Modified"} }
	glance := op("get-programme", "", "The programme at a glance",
		"What is said of the measure, the two indexes now and by quarter, the targets with what is declared and what is verified, the sums. "+
			"An index is a share from 0 to 1; of a quarter to come there is only what is expected.")
	glance.Responses = map[string]*huma.Response{"304": same()}
	api.Register(a, glance, h.overview)
	for _, x := range sets {
		about := op("list-programme-"+x.name, "/"+x.name, "Rows of the data set "+x.name,
			"As in /opendata/"+x.name+".json, a page at a time. What is not known is null.")
		about.Responses = map[string]*huma.Response{
			"200": {Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: pageSchema(x)}}}, "304": same(),
		}
		api.Register(a, about, h.list(x))
	}
}

type operations struct{ *Service }

// answer is one that a caller may keep, and ask for again with its tag.
type answer[T any] struct {
	Status       int
	CacheControl string `header:"Cache-Control"`
	ETag         string `header:"ETag"`
	Body         T
}

// reply answers, or says that the caller has it already.
func reply[T any](tag, known string, body func() T) *answer[T] {
	out := &answer[T]{Status: http.StatusOK, CacheControl: "public, max-age=60", ETag: tag}
	if api.IfNoneMatch(known, tag) {
		out.Status = http.StatusNotModified
		return out
	}
	out.Body = body()
	return out
}

// Kept is what a caller has already.
type Kept struct {
	Known string `header:"If-None-Match" doc:"Tag of an earlier answer; 304 where it still holds"`
}

// pageSchema describes a page of a data set by its columns.
func pageSchema(x set) *huma.Schema {
	row := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	for _, c := range columnsOf(x.name) {
		row.Properties[c.Name] = columnSchema(c.Type)
		row.Required = append(row.Required, c.Name)
	}
	return &huma.Schema{
		Type: huma.TypeObject, Required: []string{"items"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"items": {Type: huma.TypeArray, Items: row},
			"next":  {Type: huma.TypeString, Description: "Cursor of the next page; absent on the last"},
		},
	}
}

func columnSchema(t account.Type) *huma.Schema {
	switch t {
	case account.TypeNumber:
		return &huma.Schema{Type: huma.TypeInteger, Nullable: true}
	case account.TypeMoney:
		return &huma.Schema{Type: huma.TypeNumber, Nullable: true, Description: "Euro"}
	case typeDecimal:
		return &huma.Schema{Type: huma.TypeNumber, Nullable: true}
	case account.TypeAnswer:
		return &huma.Schema{Type: huma.TypeBoolean, Nullable: true}
	case account.TypeDate:
		return &huma.Schema{Type: huma.TypeString, Format: "date", Nullable: true}
	case typeValue:
		return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString}}, Description: "A number where it can be one"}
	}
	return &huma.Schema{Type: huma.TypeString, Nullable: true}
}

// wanted is a page of a data set.
type wanted struct {
	Kept
	Cursor string `query:"cursor" doc:"Where the page begins: next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Items at most"`
}

// list answers with a page of a data set.
func (h *operations) list(x set) func(context.Context, *wanted) (*answer[api.Page[json.RawMessage]], error) {
	return func(ctx context.Context, in *wanted) (*answer[api.Page[json.RawMessage]], error) {
		b, err := h.book(ctx)
		if err != nil {
			return nil, err
		}
		t := b.tables[x.name]
		from, err := t.after(x, in.Cursor)
		if err != nil {
			return nil, err
		}
		to := min(from+in.Limit, len(t.Rows))
		tag := api.ETag(fmt.Sprintf("%s-%d-%d", b.files[x.file(formatJSON)].tag, from, in.Limit))
		return reply(tag, in.Known, func() api.Page[json.RawMessage] {
			items, next := make([]json.RawMessage, 0, to-from), ""
			for _, row := range t.Rows[from:to] {
				items = append(items, t.Object(row))
			}
			if to < len(t.Rows) {
				next = api.EncodeCursor(t.place(x, to-1))
			}
			return api.NewPage(items, next)
		}), nil
	}
}

// place is where a row stands: its number and what tells it from the others.
type place struct {
	Set string   `json:"s"`
	At  int      `json:"n"`
	Key []string `json:"k"`
}

func (t *Table) place(x set, at int) place { return place{x.name, at, x.key(t.Rows[at])} }

// key are the cells that tell a row from the others.
func (x set) key(row []string) (key []string) {
	kind, ok := account.KindOf(x.name)
	if !ok { // an indicator of a thing and a quarter; a house
		return slices.Clone(row[:min(3, len(row))])
	}
	for _, at := range kind.Key {
		key = append(key, row[at])
	}
	return key
}

// after is the number of the row after that of a cursor, wherever it stands by
// now: rows may have come before it.
func (t *Table) after(x set, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	var p place
	if err := api.DecodeCursor(cursor, &p); err != nil {
		return 0, err
	}
	is := func(row []string) bool { return slices.Equal(x.key(row), p.Key) }
	if p.Set == x.name && p.At >= 0 && p.At < len(t.Rows) && is(t.Rows[p.At]) {
		return p.At + 1, nil
	}
	if i := slices.IndexFunc(t.Rows, is); p.Set == x.name && i >= 0 {
		return i + 1, nil
	}
	return 0, errs.New(errs.Invalid, "opendata.cursor", nil).On("cursor")
}
