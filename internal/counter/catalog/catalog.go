// Package catalog is what people can do at a counter: the services of the
// State and the operations of the post, with what to bring and the steps of who
// serves them, in five languages. The facts and their sources are in
// services.json, the words in texts.
package catalog

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
)

// Languages are those in which every service speaks, the first being the one
// to fall back to. German, French and Slovene are those of the protected
// minorities of the border regions.
var Languages = []string{"it", "en", "de", "fr", "sl"}

// Service is one thing that people come for. It is shared: nobody changes it.
type Service struct {
	ID         string          `json:"id"`         // as in addresses: "carta-identita"
	Postal     bool            `json:"postal"`     // of the post: a category of the queue, with a duration only
	Letter     string          `json:"letter"`     // of its numbers, "A" to "Z"; several share one
	Minutes    int             `json:"minutes"`    // planned for one person
	Skill      string          `json:"skill"`      // what the operator must be trained in; "" nothing
	Permission string          `json:"permission"` // a ministry's leave for this service in this office; "" none
	Equipment  []string        `json:"equipment"`  // what the desk must have
	Bookable   bool            `json:"bookable"`   // by appointment too
	Authority  string          `json:"authority"`  // whose service it is, in Italian
	Source     string          `json:"source"`     // where the facts are from
	Texts      map[string]Text `json:"-"`          // by language
}

// Text is what a service says of itself in one language.
type Text struct {
	Name  string   `json:"name"` // at most 40 characters: an ATM shows it in one line
	About string   `json:"about"`
	Bring []string `json:"bring"` // what to bring, told before a number is given
	Steps []string `json:"steps"` // of who serves: as many in every language
}

// In is the text in a language; in Italian where there is none.
func (s *Service) In(lang string) Text {
	if t, ok := s.Texts[lang]; ok {
		return t
	}
	return s.Texts[Languages[0]]
}

// All are the services, as they are shown: those of the State first. The slice
// is the caller's.
func All() []*Service { return slices.Clone(all) }

// Find gives the service of an id.
func Find(id string) (*Service, bool) {
	s, ok := byID[id]
	return s, ok
}

// Skills are what operators can be trained in, in the order of the services.
func Skills() []string { return named(func(s *Service) []string { return []string{s.Skill} }) }

// Permissions are what a ministry must allow, in the order of the services.
func Permissions() []string {
	return named(func(s *Service) []string { return []string{s.Permission} })
}

// Equipment is what a desk must have for some service.
func Equipment() []string { return named(func(s *Service) []string { return s.Equipment }) }

func named(of func(*Service) []string) (list []string) {
	for _, s := range all {
		for _, name := range of(s) {
			if name != "" && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

//go:embed services.json texts
var files embed.FS

var all, byID = load()

// load reads the facts that the program carries; a fault in them is a fault of
// the program.
func load() (list []*Service, ids map[string]*Service) {
	read := func(name string, into any) {
		text, err := files.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			panic(fmt.Sprintf("catalog: %s: %v", name, err))
		}
	}
	read("services.json", &list)
	ids = make(map[string]*Service, len(list))
	for _, s := range list {
		s.Texts = make(map[string]Text, len(Languages))
		ids[s.ID] = s
	}
	for _, lang := range Languages {
		var texts map[string]Text
		read("texts/"+lang+".json", &texts)
		for id, text := range texts {
			s, ok := ids[id]
			if !ok {
				panic(fmt.Sprintf("catalog: texts/%s.json: no service %s", lang, id))
			}
			s.Texts[lang] = text
		}
	}
	return list, ids
}
