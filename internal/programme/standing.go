package programme

import (
	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme/account"
)

// stateKinds are how the states of milestones are drawn.
var stateKinds = map[account.State]string{
	account.ToStart: "pending", account.InProgress: "works", account.WellUnderWay: "mine",
	account.Late: "warning", account.Done: "free", account.CompletedLate: "taken",
}

// StateText is the state of a milestone in words.
func StateText(p *i18n.Printer, s account.State) string { return p.T("programme.state." + string(s)) }

// StateOf is the state of a milestone as a badge.
func StateOf(p *i18n.Printer, s account.State) web.State {
	return web.State{Kind: stateKinds[s], Text: StateText(p, s)}
}

// MilestoneText is what is due, in the reader's language where there is a
// translation; lang is that of the text.
func MilestoneText(p *i18n.Printer, m account.Milestone) (text string, lang i18n.Lang) {
	if p.Lang == i18n.EN && m.TextEN != "" {
		return m.TextEN, i18n.EN
	}
	return m.Text, i18n.IT
}

// InWords is a text in the reader's language, else in Italian.
func InWords(p *i18n.Printer, it, en string) string {
	if p.Lang == i18n.EN && en != "" {
		return en
	}
	return it
}

// TargetName is a target in words.
func TargetName(p *i18n.Printer, t account.Target) string { return InWords(p, t.Name, t.NameEN) }

// Overall is how the whole measure stands on a day: late where a milestone is
// late, else completed where all are, else under way.
func Overall(a *account.Account, on agenda.Date) account.State {
	all := true
	for _, m := range a.Milestones() {
		switch s := a.StandingOf(m, on); {
		case s.State == account.Late:
			return account.Late
		case s.Completed == "":
			all = false
		}
	}
	if all && len(a.Milestones()) > 0 {
		return account.Done
	}
	return account.InProgress
}
