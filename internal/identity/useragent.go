package identity

import "strings"

// What browsers say of themselves, from the most to the least particular: each also
// names those that it wants to be taken for.
var (
	browsers = []struct{ mark, name string }{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"Opera", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Vivaldi", "Vivaldi"},
		{"Firefox/", "Firefox"},
		{"FxiOS", "Firefox"},
		{"CriOS", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Chromium/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = []struct{ mark, name string }{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"CrOS", "Chromebook"}, {"Windows", "Windows"}, {"Android", "Android"}, {"Macintosh", "Mac"}, {"Linux", "Linux"},
	}
)

// browserOf is what kind of browser a User-Agent names, in a form that is kept:
// "Firefox|Windows"; either is "" where it is not known. Nothing else is kept, no
// version and no model.
func browserOf(agent string) string {
	find := func(list []struct{ mark, name string }) string {
		for _, x := range list {
			if strings.Contains(agent, x.mark) {
				return x.name
			}
		}
		return ""
	}
	return find(browsers) + "|" + find(systems)
}

// browserText is a kind of browser as people say it. t is that of a printer.
func browserText(t func(key string, args ...any) string, kind string) string {
	browser, system, _ := strings.Cut(kind, "|")
	switch {
	case browser != "" && system != "":
		return t("identity.sessions.browser-on", "browser", browser, "system", system)
	case browser != "":
		return browser
	case system != "":
		return t("identity.sessions.some-browser-on", "system", system)
	}
	return t("identity.sessions.some-browser")
}
