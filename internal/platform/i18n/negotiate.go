package i18n

import (
	"slices"

	"golang.org/x/text/language"
)

// matchers are those of all languages, by the one that comes first.
var matchers = map[Lang]language.Matcher{
	IT: language.NewMatcher([]language.Tag{language.Italian, language.English}),
	EN: language.NewMatcher([]language.Tag{language.English, language.Italian}),
}

// Negotiate chooses the language of an answer: what the address asks for
// (?lang=), then what the person chose before (the cookie), then what the
// browser prefers (Accept-Language), then the first that is offered. Where
// nothing is said all languages are offered, Italian first.
func Negotiate(query, cookie, accept string, offered ...Lang) Lang {
	if len(offered) == 0 {
		offered = Langs
	}
	for _, asked := range []Lang{Lang(query), Lang(cookie)} {
		if slices.Contains(offered, asked) {
			return asked
		}
	}
	if len(offered) == 1 || len(accept) > 256 { // longer than any browser's; not worth parsing
		return offered[0]
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return offered[0]
	}
	tag, _, confidence := matchers[offered[0]].Match(tags...)
	base, _ := tag.Base()
	if lang := Lang(base.String()); confidence != language.No && slices.Contains(offered, lang) {
		return lang
	}
	return offered[0]
}
