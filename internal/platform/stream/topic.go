package stream

import (
	"context"
	"math"
	"sync"
	"time"
)

// again is how long after a failed read the next one comes.
const again = time.Second

// topic has the streams that watch one topic.
type topic struct {
	name   string
	queued bool // set while the hub is locked: somebody will look what is new

	reading sync.Mutex // one at a time, so that events stay in order
	mu      sync.Mutex
	streams map[*stream]int64 // the last event that each was sent
}

// join lets a stream follow its topic from after an event on.
func (h *Hub) join(s *stream, name string, after int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.parts[s.part][s]; !there {
		return // it has ended meanwhile
	}
	t := h.topics[name]
	if t == nil {
		t = &topic{name: name, streams: map[*stream]int64{}}
		h.topics[name] = t
	}
	s.topic = t
	t.mu.Lock()
	t.streams[s] = after
	t.mu.Unlock()
	h.enqueue(t) // something may have happened since it was looked
}

// remove tells whether it was the last stream.
func (t *topic) remove(s *stream) (empty bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.streams, s)
	return len(t.streams) == 0
}

// Wake says that something may have happened in a topic.
func (h *Hub) Wake(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[name]; t != nil {
		h.enqueue(t)
	}
}

// WakeAll says that something may have happened in any topic.
func (h *Hub) WakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.topics {
		h.enqueue(t)
	}
}

// enqueue lets a topic be looked at; the hub is locked.
func (h *Hub) enqueue(t *topic) {
	if t.queued {
		return
	}
	t.queued = true
	h.queue = append(h.queue, t)
	h.more.Signal()
}

// follow hands out what is new in topics that were woken. A few such workers serve
// all: a goroutine for each topic would keep the stack that a read needs.
func (h *Hub) follow() {
	for {
		h.mu.Lock()
		for len(h.queue) == 0 && h.ctx.Err() == nil {
			h.more.Wait()
		}
		if h.ctx.Err() != nil {
			h.mu.Unlock()
			return
		}
		t := h.queue[0]
		h.queue[0], h.queue = nil, h.queue[1:]
		t.queued = false
		h.mu.Unlock()
		if err := h.handOut(h.ctx, t); err != nil && h.ctx.Err() == nil {
			h.Log.Warn("a stream's events could not be read; trying again", "err", err)
			time.AfterFunc(again, func() { h.Wake(t.name) })
		}
	}
}

// handOut reads what the streams have not been sent yet and sends it: who has come
// back after a break is behind the others, and is brought up with the same reads.
func (h *Hub) handOut(ctx context.Context, t *topic) error {
	t.reading.Lock()
	defer t.reading.Unlock()
	for {
		after, some := t.least()
		if !some {
			return nil
		}
		events, err := h.Read(ctx, t.name, after, batch)
		if err != nil || len(events) == 0 {
			return err
		}
		frames := make([][]byte, len(events))
		for i, e := range events {
			frames[i] = frame(e)
		}
		t.send(after, events, frames)
	}
}

// least is the event after which somebody is to be sent something.
func (t *topic) least() (after int64, some bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	after = math.MaxInt64
	for _, sent := range t.streams {
		after = min(after, sent)
	}
	return after, len(t.streams) > 0
}

// send hands events to the streams. Who has come since they were read, and is further
// behind, waits for the next read.
func (t *topic) send(after int64, events []Event, frames [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s, sent := range t.streams {
		if sent < after {
			continue
		}
		for i, e := range events {
			if e.Seq > sent {
				s.push(frames[i])
				t.streams[s] = e.Seq
			}
		}
	}
}
