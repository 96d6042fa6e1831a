package notify

import (
	"embed"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

//go:embed letters/*
var letterFiles embed.FS

var (
	letterAsText = texttemplate.Must(texttemplate.ParseFS(letterFiles, "letters/letter.gotxt"))
	letterAsPage = htmltemplate.Must(htmltemplate.ParseFS(letterFiles, "letters/letter.gohtml"))
)

// Letter is what a Composer has to say, laid out in the same way for all of
// them, as text and as a page. What it says is made of words by who writes it.
type Letter struct {
	*i18n.Printer
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

// Part is something that a letter is about, with its facts.
type Part struct {
	Title, Href string
	Facts       []web.Fact
}

// Quote is what somebody wrote.
type Quote struct{ Title, Text string }

// NewLetter is a letter that greets a person.
func NewLetter(p *i18n.Printer, to identity.Person) Letter {
	l := Letter{Printer: p, Greeting: p.T("notify.letter.greeting")}
	if to.GivenName+to.FamilyName != "" {
		l.Greeting = p.T("notify.letter.greeting-name", "name", to.FullName())
	}
	return l
}

// Message lays the letter out.
func (l Letter) Message() (mail.Message, error) {
	var text, page strings.Builder
	if err := letterAsText.Execute(&text, l); err != nil {
		return mail.Message{}, err
	}
	if err := letterAsPage.Execute(&page, l); err != nil {
		return mail.Message{}, err
	}
	return mail.Message{Subject: l.Subject, Text: text.String(), HTML: page.String(), Lang: string(l.Lang)}, nil
}
