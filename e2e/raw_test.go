package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// wire speaks HTTP byte by byte, where a decent client would refuse to send
// what a test wants to send. It keeps its connection as long as the server does.
type wire struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

func (p *process) wire() *wire { return &wire{address: strings.TrimPrefix(p.url, "http://")} }

func (w *wire) dial() error {
	if w.conn != nil {
		return nil
	}
	var err error
	if w.conn, err = net.DialTimeout("tcp", w.address, 10*time.Second); err != nil {
		w.conn = nil
		return err
	}
	w.in = bufio.NewReader(w.conn)
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// header is a line of the head of a request.
type header struct{ name, value string }

// head is the head of a request as text; body is -1 without one.
func (w *wire) head(method, target string, body int, headers ...header) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, target)
	host := true
	for _, h := range headers {
		host = host && !strings.EqualFold(h.name, "Host")
		fmt.Fprintf(&b, "%s: %s\r\n", h.name, h.value)
	}
	if host {
		fmt.Fprintf(&b, "Host: %s\r\n", w.address)
	}
	if body >= 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", body)
	}
	return b.String() + "\r\n"
}

// do sends a request and reads the answer. It tries again where the server had
// closed the connection meanwhile, or where its answer was lost with what it did
// not want to read: closing with bytes unread resets a connection.
func (w *wire) do(method, target string, body []byte, headers ...header) (answer, error) {
	length := -1
	if body != nil {
		length = len(body)
	}
	fresh := w.conn == nil
	a, err := w.once(method, w.head(method, target, length, headers...), body)
	for range 5 {
		if err == nil || fresh && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			break
		}
		fresh = true
		a, err = w.once(method, w.head(method, target, length, headers...), body)
	}
	return a, err
}

func (w *wire) once(method, head string, body []byte) (answer, error) {
	if err := w.dial(); err != nil {
		return answer{}, err
	}
	conn := w.conn
	conn.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // a broken connection shows below
	sent := make(chan error, 1)
	go func() { // the server may answer, and close, before it has read all
		_, err := io.WriteString(conn, head)
		if err == nil {
			_, err = conn.Write(body)
		}
		sent <- err
	}()
	resp, err := http.ReadResponse(w.in, &http.Request{Method: method})
	for err == nil && resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(w.in, &http.Request{Method: method})
	}
	if err != nil {
		w.close()
		<-sent
		return answer{}, err
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.Close || err != nil {
		w.close()
	}
	if <-sent != nil {
		w.close()
	}
	return answer{resp.StatusCode, resp.Header, text}, err
}
