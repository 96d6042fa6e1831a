package stream

import (
	"context"
	"math"
	"sync"
	"time"
)

// again is how long after a failed read the next one comes.
const again = time.Second

// topic has the streams that watch one topic, and one goroutine that reads for all
// of them.
type topic struct {
	name   string
	cancel context.CancelFunc
	kick   chan struct{} // somebody came

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
		t = &topic{name: name, kick: make(chan struct{}, 1), streams: map[*stream]int64{}}
		h.topics[name] = t
		run, cancel := context.WithCancel(h.ctx)
		t.cancel = cancel
		woken, stop := h.Watch(name)
		h.work.Go(func() {
			defer stop()
			h.follow(run, t, woken)
		})
	}
	s.topic = t
	t.mu.Lock()
	t.streams[s] = after
	t.mu.Unlock()
	select {
	case t.kick <- struct{}{}: // something may have happened since it was looked
	default:
	}
}

// remove tells whether it was the last stream.
func (t *topic) remove(s *stream) (empty bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.streams, s)
	return len(t.streams) == 0
}

// follow hands out what is new whenever the topic wakes.
func (h *Hub) follow(ctx context.Context, t *topic, woken <-chan struct{}) {
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-t.kick:
		case <-retry:
		}
		retry = nil
		if err := h.handOut(ctx, t); err != nil && ctx.Err() == nil {
			h.Log.Warn("a stream's events could not be read; trying again", "err", err)
			retry = time.After(again)
		}
	}
}

// handOut reads what the streams have not been sent yet and sends it: who has come
// back after a break is behind the others, and is brought up with the same reads.
func (h *Hub) handOut(ctx context.Context, t *topic) error {
	for {
		after := t.least()
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
func (t *topic) least() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	least := int64(math.MaxInt64)
	for _, sent := range t.streams {
		least = min(least, sent)
	}
	return least
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
