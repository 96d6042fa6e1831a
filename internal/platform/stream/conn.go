package stream

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// stream is one reader.
type stream struct {
	hub      *Hub
	topic    *topic // set while the hub is locked
	client   string
	part     int
	patience time.Duration

	mu      sync.Mutex
	out     sink
	waiting [][]byte
	bytes   int  // of waiting
	writing bool // a goroutine is at it
	closed  bool
}

// sink is where a stream is written to.
type sink interface {
	SetWriteDeadline(time.Time) error
	Write([]byte) (int, error)
	Close() error
}

// take sends the head of the answer and takes the connection over. The handler
// calls stay and then returns.
func (s *stream) take(w http.ResponseWriter, r *http.Request) (stay func(), err error) {
	head(w.Header())
	control := http.NewResponseController(w)
	if r.ProtoMajor == 1 {
		conn, _, err := control.Hijack()
		if err == nil {
			s.own(conn, w.Header())
			return func() {}, nil
		}
		if !errors.Is(err, http.ErrNotSupported) {
			return nil, err
		}
	}
	return s.borrow(w, r, control), nil
}

// head sets what the head of the answer says.
func head(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy passes on what it has
}

// own writes to a connection that is no longer the server's. It ends with the
// stream, so the answer needs no length.
func (s *stream) own(conn net.Conn, h http.Header) {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\n")
	_ = h.Write(&b) // into memory
	b.WriteString("\r\n")
	_ = conn.SetDeadline(time.Time{}) // those of the server; fails where the reader has gone, which the first write finds
	s.start(conn)
	s.push(b.Bytes())
}

// borrow writes through the handler, which stays as long as the stream.
func (s *stream) borrow(w http.ResponseWriter, r *http.Request, control *http.ResponseController) (stay func()) {
	b := &borrowed{ResponseController: control, w: w}
	b.ctx, b.cancel = context.WithCancel(r.Context())
	_ = control.SetReadDeadline(time.Time{}) // those that cannot have none either
	_ = control.SetWriteDeadline(time.Time{})
	w.WriteHeader(http.StatusOK)
	s.start(b)
	return func() {
		<-b.ctx.Done()
		s.close()
		b.writing.Lock() // nobody writes once the handler has returned
		b.over = true
		b.writing.Unlock()
	}
}

type borrowed struct {
	*http.ResponseController
	w       http.ResponseWriter
	ctx     context.Context // of the stream
	cancel  context.CancelFunc
	writing sync.Mutex
	over    bool
}

func (b *borrowed) SetWriteDeadline(t time.Time) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	if b.over {
		return net.ErrClosed
	}
	if err := b.ResponseController.SetWriteDeadline(t); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

func (b *borrowed) Write(p []byte) (int, error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if b.over {
		return 0, net.ErrClosed
	}
	n, err := b.w.Write(p)
	if err == nil {
		err = b.Flush()
	}
	return n, err
}

func (b *borrowed) Close() error {
	b.cancel()
	return nil
}

// start gives the stream its way out.
func (s *stream) start(out sink) {
	s.mu.Lock()
	s.out = out
	closed := s.closed
	s.mu.Unlock()
	if closed { // the hub has stopped meanwhile
		_ = out.Close()
	}
}

// push sends something, in order, without waiting for the reader. One that has left
// too much behind is cut off.
func (s *stream) push(p []byte) {
	s.mu.Lock()
	if s.closed || s.out == nil {
		s.mu.Unlock()
		return
	}
	if s.bytes += len(p); s.bytes > mostQueued {
		s.mu.Unlock()
		go s.close()
		return
	}
	s.waiting = append(s.waiting, p)
	begin := !s.writing
	s.writing = true
	s.mu.Unlock()
	if begin {
		go s.drain()
	}
}

// drain writes what waits, and ends when nothing does.
func (s *stream) drain() {
	for {
		s.mu.Lock()
		list := s.waiting
		s.waiting, s.bytes = nil, 0
		if len(list) == 0 || s.closed {
			s.writing = false
			s.mu.Unlock()
			return
		}
		out := s.out
		s.mu.Unlock()
		p := list[0]
		if len(list) > 1 {
			p = bytes.Join(list, nil)
		}
		if out.SetWriteDeadline(time.Now().Add(s.patience)) != nil {
			s.close()
			return
		}
		if _, err := out.Write(p); err != nil {
			s.close()
			return
		}
	}
}

// close ends the stream.
func (s *stream) close() {
	s.mu.Lock()
	out := s.out
	if s.closed {
		out = nil
	}
	s.closed, s.waiting = true, nil
	s.mu.Unlock()
	s.hub.leave(s)
	if out != nil {
		_ = out.Close() // it may have gone before us
	}
}
