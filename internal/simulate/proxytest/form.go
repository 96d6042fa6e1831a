package proxytest

import (
	"html"
	"net/url"
	"regexp"
)

// Posted is a form that a page sends by itself.
type Posted struct {
	Action string
	Fields url.Values
}

var (
	action = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)
	input  = regexp.MustCompile(`<input[^>]*\bname="([^"]*)"[^>]*\bvalue="([^"]*)"`)
)

// Form reads the form of the page with which a SAML answer travels; Action is ""
// where there is none.
func Form(page string) (f Posted) {
	f.Fields = url.Values{}
	if m := action.FindStringSubmatch(page); m != nil {
		f.Action = html.UnescapeString(m[1])
	}
	for _, m := range input.FindAllStringSubmatch(page, -1) {
		f.Fields.Set(m[1], html.UnescapeString(m[2]))
	}
	return f
}
