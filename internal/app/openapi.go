package app

import (
	"encoding/json"
	"net/http"
)

type openapiCmd struct{}

// Run prints the description of the API without a database: the operations
// are those that serve, on a program that has nothing.
func (openapiCmd) Run(e *env) error {
	words, err := allWords()
	if err != nil {
		return err
	}
	a := (&program{base: &base{env: e}}).api(http.NewServeMux(), words)
	text, err := json.MarshalIndent(a.OpenAPI(), "", "  ")
	if err != nil {
		return err
	}
	_, err = e.Stdout.Write(append(text, '\n'))
	return err
}
