package counter

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/stream"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// eventBody is an event as it is sent.
type eventBody struct {
	At time.Time `json:"at"`
	EventFacts
}

// Streams readies sending the events of the offices to who watches them. The topics
// of the hub are ids of offices.
func (s *Service) Streams(o stream.Options) *stream.Hub {
	o.Last = s.Seq
	o.Read = func(ctx context.Context, office string, after int64, most int) ([]stream.Event, error) {
		list, err := s.EventsAfter(ctx, office, after, most)
		events := make([]stream.Event, len(list))
		for i, e := range list {
			data, err := json.Marshal(eventBody{e.At, e.Facts})
			if err != nil {
				return nil, err
			}
			events[i] = stream.Event{Seq: e.Seq, Kind: e.Kind, Data: data}
		}
		return events, err
	}
	streams := stream.New(o)
	s.Hub.Tell(func(office string) {
		if office == "" {
			streams.WakeAll()
			return
		}
		streams.Wake(office)
	})
	return streams
}

func (h *operations) registerEvents(a *api.API, events *stream.Hub) {
	op := operation("watch-office", http.MethodGet, "/offices/{id}/events", "What happens in an office, as it happens",
		"Server-sent events. First `ready` with the number of the newest event; where the stream goes on after one (`Last-Event-ID`, or `after` of a first request), "+
			"the events missed since, or `reset` where these are not kept any more: then the state is asked for anew. Each event has its number, its kind "+
			"(`taken`, `called`, `recalled`, `started`, `missed`, `parked`, `returned`, `transferred`, `finished`, `left`, `desk`, `office`) and a JSON object with "+
			"`at`, `waiting` (how many wait afterwards) and, where it is about them, `number` and `desk`. Comments come in between, every quarter of a minute.")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A stream that goes on", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	api.Register(a, op, func(ctx context.Context, in *struct {
		site.Named
		Last  string `header:"Last-Event-ID" maxLength:"20" doc:"Number of the last event that was received"`
		After int64  `query:"after" minimum:"0" doc:"The same, for a first request: seq of the state that is known"`
	},
	) (*huma.StreamResponse, error) {
		actor := identity.ActorFrom(ctx)
		if err := actor.Check(identity.QueueTake, identity.Network); err != nil {
			return nil, err
		}
		st, err := h.Office(in.ID)
		if err != nil {
			return nil, err
		}
		client := identity.ClientName(web.ClientAddr(ctx))
		if actor.Device != "" { // a device of a house, known by a key of its own
			client = ""
		}
		last := in.Last
		if last == "" && in.After > 0 {
			last = strconv.FormatInt(in.After, 10)
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			if err := events.Serve(w, r, st.ID, client, last); err != nil {
				a.Error(w, r, err)
			}
		}}, nil
	})
}
