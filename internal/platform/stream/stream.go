// Package stream sends what happens to those who watch: server-sent events over
// HTTP, in order, resumed where they broke off.
//
// A topic ("an office") has events that its owner keeps, numbered in one ascending
// order. The hub keeps none: when the owner says that something happened it reads
// what is new, once for all who watch the topic, and hands it to each.
//
//	hub := stream.New(stream.Options{Read: …, Last: …})
//	hub.Wake(office) // whenever something was committed there
//	err := hub.Serve(w, r, office, client, last) // an error before anything was sent
//	hub.Stop()                             // at the end; who watched comes again
//
// What a reader sees:
//
//   - First "ready", with the number of the newest event, or, after a break
//     (Last-Event-ID), the events missed since. Where these are not kept any more,
//     or are too many, "reset": the reader asks for the whole state anew.
//   - Then each event with its number, kind and JSON. In between comments, so that
//     nobody on the way ends a silent connection.
//   - A reader that does not take what it is sent is cut off. It comes again, and
//     reads from the database what it missed.
//
// Over HTTP/1.1 the connection is taken out of the hands of net/http, whose buffers
// and goroutines are most of what a stream costs otherwise; a goroutine writes to it
// only while there is something to write. Over HTTP/2 the handler stays.
package stream

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"polis/internal/platform/errs"
)

// Event is something that happened in a topic.
type Event struct {
	Seq  int64  // grows within the topic
	Kind string // a word
	Data []byte // JSON on one line
}

// Options are what a hub asks of its owner.
type Options struct {
	// Read returns the events of a topic after a number, oldest first, at most as many.
	Read func(ctx context.Context, topic string, after int64, most int) ([]Event, error)
	// Last is the number of the newest event of a topic; 0 before the first.
	Last func(ctx context.Context, topic string) (int64, error)
	// Most is how many streams there are at once, PerClient those of one client; 0 for
	// no limit.
	Most, PerClient int
	// Beat is how long a stream is silent at most; 15 s.
	Beat time.Duration
	// Patience is how long a reader may take nothing; 10 s.
	Patience time.Duration
	Log      *slog.Logger
}

// How much is read at once, and how much a reader may be behind: in events when it
// comes again, in bytes while it is there.
const (
	batch      = 100
	mostMissed = 500
	mostQueued = 256 << 10
)

// workers is how many topics are read at once.
const workers = 4

// beats is into how many parts the streams are divided, which are sent their
// comments one after the other.
const beats = 16

// Hub has the streams of all topics.
type Hub struct {
	Options
	ctx    context.Context // ends with Stop
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	more    *sync.Cond // there is something in the queue, or the end has come
	queue   []*topic   // to be looked at
	topics  map[string]*topic
	clients map[string]int
	open    int
	next    int                         // part of the next stream
	parts   [beats]map[*stream]struct{} // all streams
}

// New makes a hub and starts its beat.
func New(o Options) *Hub {
	if o.Beat == 0 {
		o.Beat = 15 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := &Hub{Options: o, topics: map[string]*topic{}, clients: map[string]int{}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	for i := range h.parts {
		h.parts[i] = map[*stream]struct{}{}
	}
	h.more = sync.NewCond(&h.mu)
	for range workers {
		h.work.Go(h.follow)
	}
	h.work.Go(h.beat)
	return h
}

// Open is how many streams there are.
func (h *Hub) Open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open
}

// Stop ends all streams, and refuses new ones.
func (h *Hub) Stop() {
	h.mu.Lock()
	h.cancel()
	h.more.Broadcast()
	h.mu.Unlock()
	for _, s := range h.all() {
		h.work.Go(s.close) // to say goodbye over TLS may take a while
	}
	h.work.Wait()
}

func (h *Hub) all() (list []*stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, part := range h.parts {
		for s := range part {
			list = append(list, s)
		}
	}
	return list
}

// Serve makes an answer into a stream of a topic. It returns an error only where
// nothing has been sent. A client "" is not counted among those of one client. last is
// the number of the event after which the stream goes on, as the reader says it; ""
// from now. It may return before the stream ends.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, topic, client, last string) error {
	if r.Method == http.MethodHead {
		head(w.Header())
		w.WriteHeader(http.StatusOK)
		return nil
	}
	s, err := h.admit(client)
	if err != nil {
		return err
	}
	after, begun, err := h.begin(r.Context(), topic, last)
	if err != nil {
		h.leave(s)
		return err
	}
	stay, err := s.take(w, r)
	if err != nil {
		s.close()
		return err
	}
	s.push(begun)
	h.join(s, topic, after)
	stay()
	return nil
}

// begin says after which event a stream goes on, and what it sends first.
func (h *Hub) begin(ctx context.Context, topic, lastID string) (after int64, sent []byte, err error) {
	last, err := h.Last(ctx, topic)
	if err != nil {
		return 0, nil, err
	}
	// How long to wait before coming again: each a little differently, so that not
	// all come at once.
	sent = fmt.Appendf(nil, "retry: %d\n\n", 1000+rand.IntN(4000))
	if lastID == "" {
		return last, append(sent, frame(Event{Seq: last, Kind: "ready", Data: []byte("{}")})...), nil
	}
	if after, err = strconv.ParseInt(lastID, 10, 64); err == nil && after == last {
		return after, sent, nil
	}
	if err == nil && after > 0 && after < last {
		// The event itself is read too: where it is not kept any more, others may be lost.
		missed, err := h.Read(ctx, topic, after-1, mostMissed+2)
		if err != nil {
			return 0, nil, err
		}
		if len(missed) > 0 && missed[0].Seq == after && len(missed) <= mostMissed+1 {
			return after, sent, nil
		}
	}
	return last, append(sent, frame(Event{Seq: last, Kind: "reset", Data: []byte("{}")})...), nil
}

// admit makes a stream where there is room for one.
func (h *Hub) admit(client string) (*stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ctx.Err() != nil, h.Most > 0 && h.open >= h.Most:
		return nil, errs.New(errs.Unavailable, "stream.full", nil)
	case client != "" && h.PerClient > 0 && h.clients[client] >= h.PerClient:
		return nil, errs.New(errs.TooMany, "stream.client_full", nil)
	}
	s := &stream{hub: h, client: client, part: h.next, patience: h.Patience}
	h.next = (h.next + 1) % beats
	h.open++
	if client != "" {
		h.clients[client]++
	}
	h.parts[s.part][s] = struct{}{}
	return s, nil
}

// leave takes a stream out of the books.
func (h *Hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.parts[s.part][s]; !there {
		return
	}
	delete(h.parts[s.part], s)
	h.open--
	if s.client != "" {
		if h.clients[s.client]--; h.clients[s.client] == 0 {
			delete(h.clients, s.client)
		}
	}
	if s.topic != nil && s.topic.remove(s) {
		delete(h.topics, s.topic.name)
	}
}

// beat sends comments, so that nobody on the way ends what is silent, and so that
// who has gone is noticed.
func (h *Hub) beat() {
	tick := time.NewTicker(h.Beat / beats)
	defer tick.Stop()
	for part := 0; ; part = (part + 1) % beats {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		h.mu.Lock()
		list := make([]*stream, 0, len(h.parts[part]))
		for s := range h.parts[part] {
			list = append(list, s)
		}
		h.mu.Unlock()
		for _, s := range list {
			s.push(comment)
		}
	}
}

var comment = []byte(":\n\n")

// frame is an event as it is sent.
func frame(e Event) []byte {
	b := make([]byte, 0, len(e.Data)+len(e.Kind)+48)
	b = append(b, "id: "...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, "\nevent: "...)
	b = append(b, e.Kind...)
	b = append(b, "\ndata: "...)
	b = append(b, e.Data...)
	return append(b, "\n\n"...)
}
