package register

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/journal/sealed"
	"polis/internal/platform/api"
)

// RegisterAPI adds the operations of the journal.
func RegisterAPI(a *api.API, s *Service) {
	h := &operations{s}
	add := func(id, path, summary, description string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: "/api/v1/journal" + path, Tags: []string{"Journal"},
			Summary: summary, Description: description,
		}
	}
	checkpoint := add("get-journal-checkpoint", "/checkpoint", "The newest checkpoint of the journal",
		"Size and root of the tree of all acts, signed. With `Accept: text/plain` the signed note alone (tlog-checkpoint), for witnesses to keep.")
	checkpoint.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Checkpoint](), true, "")},
		"text/plain":       {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
	api.Register(a, checkpoint, h.checkpoint)
	api.Register(a, add("list-journal-keys", "/keys", "The public keys of the journal",
		"Those by which checkpoints and receipts are believed, of all its logs; the log in use is the last."), h.keys)
	api.Register(a, add("get-journal-proof", "/proofs/{entry}", "Proof that an act is in the journal",
		"An inclusion proof (RFC 6962) in the newest tree, or in the one of a size. It is made of hashes and tells nothing of the act; "+
			"whom the act concerns, and signs in, gets what it says too, as a receipt."), h.proof)
	api.Register(a, add("get-journal-consistency", "/consistency", "Proof that the journal was only added to",
		"A consistency proof (RFC 6962) between two sizes of the log in use."), h.consistency)
}

type operations struct{ *Service }

// Checkpoint is a checkpoint in an answer.
type Checkpoint struct {
	Origin string    `json:"origin" doc:"Name of the log"`
	Size   uint64    `json:"size" doc:"How many acts it has"`
	Root   []byte    `json:"root" doc:"Root of their tree, 32 bytes in base64"`
	At     time.Time `json:"at" doc:"When it was made"`
	Note   string    `json:"note" doc:"The signed note (tlog-checkpoint)"`
	Key    string    `json:"key" doc:"Public key that it is signed with"`
}

func checkpointOf(p journal.Published) Checkpoint {
	return Checkpoint{p.Origin, p.Size, p.Root, p.At, p.Note, p.Key}
}

// raw is an answer whose form the caller chooses.
type raw struct {
	CacheControl string `header:"Cache-Control"`
	ContentType  string `header:"Content-Type"`
	Vary         string `header:"Vary"`
	Body         []byte
}

// soon keeps what grows all the time in caches for no longer than that.
const soon = "public, max-age=1"

func (h *operations) checkpoint(ctx context.Context, in *struct {
	Accept string `header:"Accept" doc:"text/plain for the note alone"`
},
) (*raw, error) {
	p, err := h.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(in.Accept, "text/plain") {
		return &raw{soon, "text/plain; charset=utf-8", "Accept", []byte(p.Note)}, nil
	}
	body, err := json.Marshal(checkpointOf(p))
	return &raw{soon, "application/json", "Accept", append(body, '\n')}, err
}

// Key is a public key in an answer.
type Key struct {
	Origin      string `json:"origin" doc:"Name of the log"`
	Key         string `json:"key" doc:"As the form signed note (c2sp.org) has it"`
	Fingerprint string `json:"fingerprint" doc:"Short form for people to compare" example:"3f9a 12c4 d5e6 f708"`
}

type keyList struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Items []Key `json:"items"`
	}
}

func (h *operations) keys(ctx context.Context, _ *struct{}) (*keyList, error) {
	keys, err := journal.PublicKeys(ctx, h.DB)
	if err != nil {
		return nil, err
	}
	out := &keyList{CacheControl: "public, max-age=60"}
	out.Body.Items = []Key{}
	for _, k := range keys {
		origin, _, _ := strings.Cut(k, "+")
		out.Body.Items = append(out.Body.Items, Key{origin, k, sealed.Fingerprint(k)})
	}
	return out, nil
}

// ActProof is a proof in an answer.
type ActProof struct {
	Leaf       []byte          `json:"leaf" doc:"Hash of the act"`
	Index      uint64          `json:"index" doc:"Its place, from 0"`
	Size       uint64          `json:"size" doc:"Of the tree in which it is proved"`
	Hashes     [][]byte        `json:"hashes" doc:"From the leaf up"`
	Checkpoint *Checkpoint     `json:"checkpoint,omitempty" doc:"Of that size, where it is kept"`
	Receipt    *sealed.Receipt `json:"receipt,omitempty" doc:"What the act says, with all that proves it; for whom it concerns"`
}

type proofAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         ActProof
}

func (h *operations) proof(ctx context.Context, in *struct {
	Entry string `path:"entry" maxLength:"100" doc:"Id of the act"`
	Size  int    `query:"size" minimum:"0" doc:"Of the tree; the newest if left out"`
},
) (*proofAnswer, error) {
	p, err := h.Prove(ctx, identity.ActorFrom(ctx), in.Entry, uint64(in.Size))
	if err != nil {
		return nil, err
	}
	out := ActProof{Leaf: p.Leaf, Index: p.Index, Size: p.Size, Hashes: p.Path, Receipt: p.Receipt}
	if p.In.Size == p.Size {
		c := checkpointOf(p.In)
		out.Checkpoint = &c
	}
	if out.Hashes == nil {
		out.Hashes = [][]byte{}
	}
	return &proofAnswer{"no-store", out}, nil
}

// Consistency is a consistency proof in an answer.
type Consistency struct {
	From       uint64      `json:"from"`
	To         uint64      `json:"to"`
	Hashes     [][]byte    `json:"hashes"`
	Checkpoint *Checkpoint `json:"checkpoint,omitempty" doc:"Of the later size, where it is kept"`
}

type consistencyAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         Consistency
}

func (h *operations) consistency(ctx context.Context, in *struct {
	From int `query:"from" required:"true" minimum:"1" doc:"The earlier size"`
	To   int `query:"to" minimum:"0" doc:"The later one; the newest if left out"`
},
) (*consistencyAnswer, error) {
	path, at, err := journal.Consistency(ctx, h.DB, uint64(in.From), uint64(in.To))
	if err != nil {
		return nil, err
	}
	out := Consistency{From: uint64(in.From), To: uint64(in.To), Hashes: path}
	if out.To == 0 {
		out.To = at.Size
	}
	if out.Hashes == nil {
		out.Hashes = [][]byte{}
	}
	if at.Note != "" {
		c := checkpointOf(at)
		out.Checkpoint = &c
	}
	return &consistencyAnswer{soon, out}, nil
}
