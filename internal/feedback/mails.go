package feedback

import (
	"context"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// The kinds of messages; each is about the number of a report.
const (
	noteMade     = "feedback.made"
	noteAnswered = "feedback.answered"
)

// Choices are the mails that people may do without.
var Choices = []notify.Choice{{Kind: noteMade, Key: "feedback.choice.made"}, {Kind: noteAnswered, Key: "feedback.choice.answered"}}

// receipt says that a report has come, who answers and by when.
func (s *Service) receipt(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
	r, l, err := s.letter(ctx, n, to)
	if err != nil {
		return mail.Message{}, err
	}
	l.Subject = l.T("feedback.mail.made.subject", "number", r.Number)
	l.Title = l.Subject
	l.Lead = []string{l.T("feedback.mail.made.text", "number", r.Number)}
	l.Parts = []notify.Part{{Facts: []web.Fact{
		{Name: l.T("feedback.fact.number"), Value: r.Number},
		{Name: l.T("feedback.fact.kind"), Value: kindText(l.Printer, r.Kind)},
		{Name: l.T("feedback.fact.owner"), Value: l.T("feedback.owner." + string(r.Owner))},
		{Name: l.T("feedback.fact.due"), Value: l.Day(r.DueDay(zoneOf(s.live.Network(), r)))},
	}}}
	l.Quotes = []notify.Quote{{Title: l.T("feedback.mail.yours"), Text: r.Text}}
	return l.Message()
}

// reply is the answer to a report.
func (s *Service) reply(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
	r, l, err := s.letter(ctx, n, to)
	if err != nil {
		return mail.Message{}, err
	}
	l.Subject = l.T("feedback.mail.answered.subject", "number", r.Number)
	l.Title = l.Subject
	l.Lead = []string{l.T("feedback.mail.answered.text", "number", r.Number, "owner", l.T("feedback.owner."+string(r.Owner)))}
	l.Quotes = []notify.Quote{{Title: l.T("feedback.report.answer"), Text: r.Answer}, {Title: l.T("feedback.mail.yours"), Text: r.Text}}
	if r.Kind == Accessibility {
		l.Links = append(l.Links, web.Link{Href: s.url + "/accessibilita#difensore", Text: l.T("feedback.mail.ombudsman")})
	}
	return l.Message()
}

// letter reads the report of a note and begins a letter about it; ErrMoot where
// it or its texts are gone.
func (s *Service) letter(ctx context.Context, n notify.Note, to identity.Person) (Report, notify.Letter, error) {
	r, err := s.byNumber(ctx, n.About)
	if err == nil {
		err = s.open(ctx, &r)
	}
	if errs.Is(err, errs.NotFound) || err == nil && r.Text == "" {
		err = notify.ErrMoot
	}
	l := s.notes.Letter(s.words.Printer(i18n.Lang(to.Language), zoneOf(s.live.Network(), r)), to)
	l.Links = []web.Link{{Href: s.url + s.path(r), Text: l.T("feedback.mail.link")}}
	l.Footer = []string{l.T("feedback.mail.where"), l.T("feedback.mail.no-reply")}
	return r, l, err
}

// path is the page of a report that opens without signing in.
func (s *Service) path(r Report) string {
	return ReportPath(r.Number) + "?chiave=" + s.LinkKey(r.Number)
}
