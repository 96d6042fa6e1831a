package feedback

import (
	"context"
	"strings"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
)

// The kinds of messages; each is about the number of a report.
const (
	noteMade     = "feedback.made"
	noteAnswered = "feedback.answered"
)

// receipt says that a report has come, who answers and by when.
func (s *Service) receipt(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
	r, p, err := s.about(ctx, n, to)
	if err != nil {
		return mail.Message{}, err
	}
	net := s.live.Network()
	return mail.Message{
		Subject: p.T("feedback.mail.made.subject", "number", r.Number),
		Text: lines(
			p.T("feedback.mail.made.text", "number", r.Number), "",
			p.T("feedback.mail.owner", "owner", p.T("feedback.owner."+string(r.Owner))),
			p.T("feedback.mail.due", "day", p.Day(r.DueDay(zoneOf(net, r)))), "",
			p.T("feedback.mail.where"), s.url+s.path(r), "",
			p.T("feedback.mail.yours"), "", r.Text, "",
			p.T("feedback.mail.no-reply"),
		),
	}, nil
}

// reply is the answer to a report.
func (s *Service) reply(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
	r, p, err := s.about(ctx, n, to)
	if err != nil {
		return mail.Message{}, err
	}
	text := []string{
		p.T("feedback.mail.answered.text", "number", r.Number, "owner", p.T("feedback.owner."+string(r.Owner))), "",
		r.Answer, "",
		p.T("feedback.mail.where"), s.url + s.path(r), "",
	}
	if r.Kind == Accessibility {
		text = append(text, p.T("feedback.mail.ombudsman"), s.url+"/accessibilita#difensore", "")
	}
	return mail.Message{
		Subject: p.T("feedback.mail.answered.subject", "number", r.Number),
		Text:    lines(append(text, p.T("feedback.mail.yours"), "", r.Text, "", p.T("feedback.mail.no-reply"))...),
	}, nil
}

// about reads the report of a note; ErrMoot where it or its texts are gone.
func (s *Service) about(ctx context.Context, n notify.Note, to identity.Person) (Report, *i18n.Printer, error) {
	r, err := s.byNumber(ctx, n.About)
	if err == nil {
		err = s.open(ctx, &r)
	}
	if errs.Is(err, errs.NotFound) || err == nil && r.Text == "" {
		err = notify.ErrMoot
	}
	return r, s.words.Printer(i18n.Negotiate("", to.Language, ""), zoneOf(s.live.Network(), r)), err
}

// path is the page of a report that opens without signing in.
func (s *Service) path(r Report) string {
	return reportPath(r.Number) + "?chiave=" + s.LinkKey(r.Number)
}

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }
