// Package mail writes messages and hands them to a server or a folder, and
// reads the reports of servers that could not deliver one.
//
// A message is a value; Transport.Send composes and hands it over:
//
//	transport, err := mail.NewSMTP("smtp://user:password@mail.example.it")
//	err = transport.Send(ctx, mail.Message{
//		ID: id, From: from, To: "maria@example.org", Subject: "…", Text: "…", Lang: "it",
//	})
//
// An error is *Rejected where trying again is of no use; all others may be
// gone later. No error holds an address or a text of the message.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// Message is what one person gets.
type Message struct {
	ID      string    // of the message, the same at every attempt: the part of Message-ID before the @
	Date    time.Time // when it is sent
	From    Sender
	To      string // address
	ToName  string // may be empty
	Subject string // one line
	Text    string // plain text, lines ended by "\n"
	HTML    string // the same as a page; may be empty
	Lang    string // "it"
	// Unsubscribe is the address at which a bare POST ends what the message is sent
	// for (RFC 8058); "" where it is no message of a list.
	Unsubscribe string

	Calendars []Calendar
}

// Calendar is a calendar file that goes with a message. A single one that asks
// for something (REQUEST, CANCEL) is also a form of the message itself, as mail
// programs expect of an invitation; they then offer to keep it.
type Calendar struct {
	Name   string // of the file: "prenotazione.ics"
	Method string // as in the file: PUBLISH, REQUEST, CANCEL
	Data   []byte
}

// Sender is who messages come from and where reports of failures go.
type Sender struct {
	Name    string
	Address string
	// Bounces is the address that takes the reports: with "bounce@example.it" a
	// message goes out under "bounce+ID@example.it", so that a report is
	// matched even where it holds nothing of the message. "" means Address.
	Bounces string
}

// ParseSender reads an address, with or without a name: "Polis
// <polis@example.it>".
func ParseSender(text, bounces string) (Sender, error) {
	a, err := mail.ParseAddress(text)
	if err != nil {
		return Sender{}, errors.New("the sender wants an address such as polis@example.it")
	}
	if bounces != "" && !IsAddress(bounces) {
		return Sender{}, errors.New("the address for bounces wants to be such as bounce@example.it")
	}
	return Sender{Name: a.Name, Address: a.Address, Bounces: bounces}, nil
}

// envelope is the address that servers know as the sender of a message.
func (s Sender) envelope(id string) string {
	local, domain, ok := strings.Cut(s.Bounces, "@")
	if !ok {
		return s.Address
	}
	return local + "+" + id + "@" + domain
}

func (s Sender) domain() string { return s.Address[strings.LastIndexByte(s.Address, '@')+1:] }

// Transport hands a message over.
type Transport interface {
	Send(ctx context.Context, m Message) error
}

// Rejected says that a message cannot be delivered, now or later.
type Rejected struct {
	Code   int    // of SMTP: 550; 0 where it never came to a server
	Status string // RFC 3463: "5.1.1"; "5.0.0" where the server does not say
}

func (r *Rejected) Error() string { return fmt.Sprintf("mail rejected: %d %s", r.Code, r.Status) }

// IsAddress tells whether s is an address of mail and nothing else.
func IsAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}
