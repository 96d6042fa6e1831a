package letter_test

import (
	"os"
	"strings"
	"testing"

	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/letter"
	"polis/internal/platform/web"
)

func words(t *testing.T) *i18n.Bundle {
	t.Helper()
	bundle := i18n.NewBundle()
	if err := bundle.Add(letter.Words); err != nil {
		t.Fatal(err)
	}
	return bundle
}

func TestWords(t *testing.T) { i18ntest.Check(t, words(t), os.DirFS(".")) }

// All that a letter holds is said in both forms, and stays text in the page.
func TestMessage(t *testing.T) {
	l := letter.New(words(t).Printer(i18n.IT, nil), letter.Look{}, "Maria <b>")
	l.Subject, l.Title, l.Lead = "Subject", "Title", []string{"Lead"}
	l.Parts = []letter.Part{{Title: "Part", Href: "https://polis.example/part", Facts: []web.Fact{{Name: "Name", Value: "Value"}}}}
	l.Quotes = []letter.Quote{{Title: "Quote", Text: "Quoted"}}
	l.NextTitle, l.Next = "Next", []string{"Then"}
	l.Links, l.Footer = []web.Link{{Href: "https://polis.example/x", Text: "Link"}}, []string{"Footer"}
	m, err := l.Message()
	if err != nil || m.Subject != "Subject" || m.Lang != "it" {
		t.Fatalf("%+v, %v", m, err)
	}
	for _, s := range []string{"Lead", "Part", "Name", "Value", "Quote", "Quoted", "Next", "Then", "Link", "https://polis.example/x", "Footer"} {
		if !strings.Contains(m.Text, s) || !strings.Contains(m.HTML, s) {
			t.Errorf("%q is not in both", s)
		}
	}
	if !strings.Contains(m.Text, "Buongiorno Maria <b>,") || !strings.Contains(m.HTML, "Buongiorno Maria &lt;b&gt;,") {
		t.Errorf("greeting: %s", m.Text[:40])
	}
	if l = letter.New(l.Printer, l.Look, ""); l.Greeting != "Buongiorno," {
		t.Errorf("nobody is greeted: %q", l.Greeting)
	}
}
