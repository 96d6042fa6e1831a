package home

import (
	"net/http"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// helpPage answers short questions, and says whom to ask.
type helpPage struct {
	web.Head
	Groups []questions
	Owner  section
}

func (helpPage) Template() string { return "home/help" }

// questions are those of one subject.
type questions struct {
	ID, Title string
	Questions []question
}

// question is a question with its answer; its id is that of the answer, so that
// a link to it opens it.
type question struct {
	ID, Ask, Answer string
	Links           []web.Link
}

// topics are the questions of the help, by subject; their words are
// home.help.ask.ID and home.help.answer.ID.
var topics = []struct {
	id        string
	questions []topic
}{
	{"prenotare", []topic{
		{"cercare", "/spazi", "home.help.go-search"}, {"account", "", ""}, {"prenota", "", ""}, {"quanto", "", ""},
	}},
	{"cambiare", []topic{
		{"sposta", "/prenotazioni", "home.help.go-bookings"}, {"annulla", "/prenotazioni", "home.help.go-bookings"}, {"calendario", "", ""},
	}},
	{"arrivare", []topic{
		{"arrivo", "", ""}, {"pass", "", ""}, {"senza-rete", "", ""}, {"accessibile", "/sedi", "home.help.go-houses"},
	}},
	{"problemi", []topic{
		{"problema", "/segnala", "home.help.go-report"}, {"dati", "/privacy", "home.privacy.title"},
	}},
}

// topic is a question with the page that it leads to, if one.
type topic struct{ id, href, text string }

func (h *pages) help(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	page := helpPage{
		Head:  web.Head{Title: p.T("home.help.title"), Description: p.T("home.help.lead")},
		Owner: h.owner(p, "home.help.owner"),
	}
	for _, subject := range topics {
		group := questions{ID: subject.id, Title: p.T("home.help.subject." + subject.id)}
		for _, t := range subject.questions {
			group.Questions = append(group.Questions, t.in(p))
		}
		if subject.id == "cambiare" {
			group.Questions = append(group.Questions, h.messages(p))
		}
		page.Groups = append(page.Groups, group)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (t topic) in(p *i18n.Printer) question {
	q := question{ID: t.id, Ask: p.T("home.help.ask." + t.id), Answer: p.T("home.help.answer." + t.id)}
	if t.href != "" {
		q.Links = []web.Link{{Href: t.href, Text: p.T(t.text)}}
	}
	return q
}

// messages says whether messages come, which depends on the installation.
func (h *pages) messages(p *i18n.Printer) question {
	answer := "home.help.mails-off"
	if h.Mails {
		answer = "home.help.mails-on"
	}
	return question{ID: "messaggi", Ask: p.T("home.help.mails"), Answer: p.T(answer)}
}
