package bench

import (
	"errors"
	"io"
	"net"
	"time"
)

// delay stands between a server and its database and lets everything arrive
// later, as a network would.
type delay struct {
	net.Listener
	to     string
	oneWay time.Duration
}

// newDelay listens for connections to an address.
func newDelay(to string, oneWay time.Duration) (*delay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &delay{l, to, oneWay}
	go d.accept()
	return d, nil
}

func (d *delay) accept() {
	for {
		near, err := d.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", d.to)
		if err != nil {
			near.Close()
			continue
		}
		go d.pass(far, near)
		go d.pass(near, far)
	}
}

// packet is bytes that arrive at an instant.
type packet struct {
	data []byte
	due  time.Time
}

// pass carries bytes from one connection to the other, each read late by the
// same time; what is on its way does not hold up what follows.
func (d *delay) pass(to, from net.Conn) {
	onTheWay := make(chan packet, 1024)
	go func() {
		defer to.Close()
		defer punctual()()
		for p := range onTheWay {
			if wait := time.Until(p.due); wait > 0 {
				pause(wait)
			}
			if _, err := to.Write(p.data); err != nil {
				from.Close()
				return
			}
		}
	}()
	defer close(onTheWay)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			onTheWay <- packet{append([]byte(nil), buf[:n]...), time.Now().Add(d.oneWay)}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				from.Close()
			}
			return
		}
	}
}
