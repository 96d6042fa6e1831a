package coworking

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/pass"
	"polis/internal/platform/api"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// RegisterAPI adds the operations of coworking. words are those of the program,
// for the files that people read: calendars and images.
//
// What nobody may see does not exist: an id that is unknown, of somebody else
// or not an id at all is 404.
func RegisterAPI(a *api.API, s *Service, words *i18n.Bundle) {
	h := &operations{s, words}
	h.registerAvailability(a)
	h.registerBookings(a)
	h.registerPasses(a)
	h.registerFiles(a)
	h.registerCalendar(a)
	h.registerClosures(a)
	h.registerWalkIns(a)
	api.Register(a, huma.Operation{
		OperationID: "get-pass-key", Method: http.MethodGet, Path: "/api/v1/pass-key", Tags: []string{"Passes"},
		Summary:     "The public key with which a door checks passes",
		Description: "PEM, one block per key. A pass is checked without a network: its text, this key and the time are enough.",
		Responses:   file("application/x-pem-file"),
	}, h.passKey)
}

// operations are the handlers. They read requests and write answers; every
// rule is the Service's.
type operations struct {
	*Service
	words *i18n.Bundle
}

// noStore keeps personal answers out of caches.
const noStore = "no-store"

// personal is an answer for the caller alone.
type personal[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         T
}

func private[T any](body T) (*personal[T], error) { return &personal[T]{noStore, body}, nil }

// download is an answer that is a file.
type download struct {
	CacheControl string `header:"Cache-Control"`
	ContentType  string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition"`
	Body         []byte
}

// file describes the answer of an operation that is a file.
func file(contentType string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: "OK",
		Content:     map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
}

func (h *operations) passKey(context.Context, *struct{}) (*download, error) {
	return &download{
		CacheControl: "public, max-age=300", ContentType: "application/x-pem-file",
		Body: pass.MarshalPublicPEM(h.PassKey()),
	}, nil
}

// bookableKind is a kind of place that people book, in a request.
type bookableKind string

// Schema of the kind (huma.SchemaProvider).
func (bookableKind) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: "Kind of place"}
	for _, k := range site.Bookable {
		s.Enum = append(s.Enum, string(k))
	}
	return s
}

// printer writes in the language that the caller chose.
func (h *operations) printer(ctx context.Context) *i18n.Printer {
	lang := i18n.Lang(identity.ActorFrom(ctx).Language)
	if lang != i18n.EN {
		lang = i18n.IT
	}
	return h.words.Printer(lang, nil)
}
