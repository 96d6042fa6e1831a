// Package letter lays out messages to people, all in the same way, as text and
// as a page. What a letter says is made of words by who writes it.
package letter

import (
	"embed"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// Words are the texts that all letters share, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

//go:embed letters/*
var letterFiles embed.FS

var (
	asText = texttemplate.Must(texttemplate.ParseFS(letterFiles, "letters/letter.gotxt"))
	asPage = htmltemplate.Must(htmltemplate.ParseFS(letterFiles, "letters/letter.gohtml"))
)

// Letter is what there is to say.
type Letter struct {
	*i18n.Printer

	Look      Look
	Subject   string
	Greeting  string
	Title     string   // of the page; the text begins with Lead
	Lead      []string // what has happened
	Parts     []Part
	Quotes    []Quote
	NextTitle string
	Next      []string // what comes
	Links     []web.Link
	Footer    []string // who writes and why
}

// Look is whose letter it is, and in which colour.
type Look struct {
	Name  string    // of the installation; "" is that of the program
	Color web.Color // of its pages; zero is theirs
}

// Called is the name of who writes.
func (l Look) Called() string {
	if l.Name == "" {
		return "Polis"
	}
	return l.Name
}

// Band is the colour beside the name.
func (l Look) Band() string {
	if l.Color == (web.Color{}) {
		return web.Accent.String()
	}
	return l.Color.String()
}

// Ink is the colour of links, read on any ground of a mail program that is
// light.
func (l Look) Ink() string {
	if l.Color == (web.Color{}) {
		return web.Accent.Ink().String()
	}
	return l.Color.Ink().String()
}

// Part is something that a letter is about, with its facts.
type Part struct {
	Title, Href string
	Facts       []web.Fact
}

// Quote is what somebody wrote.
type Quote struct{ Title, Text string }

// New is a letter that greets somebody; name may be "".
func New(p *i18n.Printer, look Look, name string) Letter {
	l := Letter{Printer: p, Look: look, Greeting: p.T("letter.greeting")}
	if name != "" {
		l.Greeting = p.T("letter.greeting-name", "name", name)
	}
	return l
}

// Message lays the letter out.
func (l Letter) Message() (mail.Message, error) {
	var text, page strings.Builder
	if err := asText.Execute(&text, l); err != nil {
		return mail.Message{}, err
	}
	if err := asPage.Execute(&page, l); err != nil {
		return mail.Message{}, err
	}
	return mail.Message{Subject: l.Subject, Text: text.String(), HTML: page.String(), Lang: string(l.Lang)}, nil
}
