// Package i18n gives every text a person reads in Italian and English.
//
// Each capability embeds words/it.json and words/en.json, flat files of
// message key to text, and adds them to the one Bundle of the program:
//
//	{
//	  "coworking.search.title": "Trova un posto",
//	  "coworking.search.found": {
//	    "one":   "{{.count}} sede con posti liberi",
//	    "other": "{{.count}} sedi con posti liberi"
//	  }
//	}
//
// A Printer turns keys, dates and numbers into the text of one language:
//
//	p.T("coworking.search.title")
//	p.T("coworking.search.found", "count", n)   // the variable count chooses the plural
//
// Numbers among the variables are written as the language writes them
// (10.000 and 10,000), so years and codes are passed as strings; a
// time.Duration and a time.Time as Duration and DateTime write them.
//
// Instants are shown in the zone they carry; those in UTC, as the database
// gives them, in the Printer's zone. For a site of another zone pass
// t.In(zone).
package i18n

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // civil time works on a machine without a zone database

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"polis/internal/platform/errs"
)

// Lang is a language of the interface, as it stands in <html lang>.
type Lang string

// The languages. The first is the one of who says nothing.
const (
	IT Lang = "it"
	EN Lang = "en"
)

// Langs are the languages in the order in which they are offered.
var Langs = []Lang{IT, EN}

// Rome is the zone of most houses.
var Rome = mustZone("Europe/Rome")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// Message is the text of a key in one language, by plural form. A text that
// does not count has only Other.
type Message struct{ One, Many, Other string }

// UnmarshalJSON reads a plain string or an object of plural forms.
func (m *Message) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &m.Other)
	}
	type forms Message
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	return dec.Decode((*forms)(m))
}

func (m Message) counts() bool { return m.One != "" || m.Many != "" }

// Bundle is all the words of the program. Add everything first; then it is
// safe for use by many goroutines.
type Bundle struct {
	words   map[Lang]map[string]Message
	plural  *goi18n.Bundle
	offered []Lang
	missed  sync.Map // keys already reported as missing
}

// NewBundle returns a bundle without words.
func NewBundle() *Bundle {
	b := &Bundle{words: map[Lang]map[string]Message{}, plural: goi18n.NewBundle(language.Italian), offered: Langs}
	for _, lang := range Langs {
		b.words[lang] = map[string]Message{}
	}
	return b
}

// Add takes the words of a capability: it.json and en.json, in fsys or in its
// folder words. A key that another file has already defined is an error.
func (b *Bundle) Add(fsys fs.FS) error {
	for _, lang := range Langs {
		name := string(lang) + ".json"
		data, err := fs.ReadFile(fsys, path.Join("words", name))
		if errors.Is(err, fs.ErrNotExist) {
			data, err = fs.ReadFile(fsys, name)
		}
		if err != nil {
			return fmt.Errorf("i18n: %w", err)
		}
		if err := b.addFile(lang, data); err != nil {
			return fmt.Errorf("i18n: %s: %w", name, err)
		}
	}
	return nil
}

func (b *Bundle) addFile(lang Lang, data []byte) error {
	var words map[string]Message
	if err := json.Unmarshal(data, &words); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(words)) {
		if _, twice := b.words[lang][key]; twice {
			return fmt.Errorf("key %q is defined twice", key)
		}
		m := words[key]
		if m.Other == "" {
			return fmt.Errorf("key %q has no text", key)
		}
		b.words[lang][key] = m
		err := b.plural.AddMessages(language.Make(string(lang)),
			&goi18n.Message{ID: key, One: m.One, Many: m.Many, Other: m.Other})
		if err != nil {
			return err
		}
	}
	return nil
}

// Has tells whether a key has words.
func (b *Bundle) Has(key string) bool {
	_, ok := b.words[IT][key]
	return ok
}

// Words are the messages of a language by key; not to be changed.
func (b *Bundle) Words(lang Lang) map[string]Message { return b.words[lang] }

// Offer says in which languages the program speaks, the first to who says
// nothing; before anything is printed. Without it they are all.
func (b *Bundle) Offer(langs []Lang) { b.offered = langs }

// Offered are the languages in which the program speaks.
func (b *Bundle) Offered() []Lang { return b.offered }

// Printer returns the printer of a language, or of the first that is offered
// where this one is not; zone nil is Rome.
func (b *Bundle) Printer(lang Lang, zone *time.Location) *Printer {
	if !slices.Contains(b.offered, lang) {
		lang = b.offered[0]
	}
	if zone == nil {
		zone = Rome
	}
	return newPrinter(b, lang, zone)
}

// miss reports a key without words, once.
func (b *Bundle) miss(lang Lang, key string, err error) {
	if _, seen := b.missed.LoadOrStore(string(lang)+":"+key, true); !seen {
		slog.Error("i18n: message cannot be shown", "lang", lang, "key", key, "err", err)
	}
}

// args gathers variables given as pairs ("name", value, …) or as one map.
func args(list []any) (errs.Args, error) {
	switch {
	case len(list) == 0:
		return nil, nil
	case len(list) == 1:
		switch m := list[0].(type) {
		case errs.Args:
			return m, nil
		case map[string]any:
			return m, nil
		case nil:
			return nil, nil
		}
	}
	if len(list)%2 != 0 {
		return nil, fmt.Errorf("odd number of variables")
	}
	m := make(errs.Args, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		name, ok := list[i].(string)
		if !ok {
			return nil, fmt.Errorf("name of variable %d is not text", i/2)
		}
		m[name] = list[i+1]
	}
	return m, nil
}
