package i18n

import "golang.org/x/text/language"

var matcher = language.NewMatcher([]language.Tag{language.Italian, language.English})

// Negotiate chooses the language of an answer: what the address asks for
// (?lang=), then what the person chose before (the cookie), then what the
// browser prefers (Accept-Language), then Italian.
func Negotiate(query, cookie, accept string) Lang {
	for _, asked := range []string{query, cookie} {
		for _, lang := range Langs {
			if asked == string(lang) {
				return lang
			}
		}
	}
	if len(accept) > 256 { // longer than any browser's; not worth parsing
		return IT
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return IT
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return IT
	}
	return Langs[i]
}
