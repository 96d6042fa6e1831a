package account

import "strings"

// Measure is something that is said of the measure as a whole.
type Measure struct {
	Key    string `row:"key,key"`
	Text   string `row:"text,needed"`
	TextEN string `row:"text_en"`
	Source string `row:"source"`
}

// Act is a legal act.
type Act struct {
	ID      string `row:"id,key"`
	Date    Date   `row:"date"`
	Title   string `row:"title,needed"`
	TitleEN string `row:"title_en"`
	Href    string `row:"href"`
	Source  string `row:"source"`
}

// Milestone is something that is due by the end of a quarter.
type Milestone struct {
	ID      string `row:"id,key"`
	Year    int    `row:"year,needed"`
	Quarter Term   `row:"quarter,needed"`
	Text    string `row:"milestone,needed"`
	TextEN  string `row:"milestone_en"`
	Weight  int    `row:"weight"` // of the milestone among all; 0 counts as 1
	Source  string `row:"source"`
}

// Due is the quarter by whose end it is due.
func (m Milestone) Due() Quarter { return Quarter{m.Year, int(m.Quarter)} }

// Number is the part of the id that people say.
func (m Milestone) Number() string { return m.ID[strings.LastIndexByte(m.ID, '-')+1:] }

func (m Milestone) check() []Fault {
	if m.Year < firstYear || m.Year > lastYear {
		return []Fault{{"year", "not_when"}}
	}
	return nil
}

func (m Milestone) weight() int64 { return max(int64(m.Weight), 1) }

// Progress is how far a milestone was by some time, as a source has it.
type Progress struct {
	Milestone string `row:"milestone,key"`
	Date      When   `row:"date,key"`
	Stage     Stage  `row:"stage,needed"`
	Note      string `row:"note"`
	NoteEN    string `row:"note_en"`
	Source    string `row:"source,needed"`
}

// Target is a quantity to reach.
type Target struct {
	ID     string `row:"id,key"`
	Name   string `row:"name,needed"`
	NameEN string `row:"name_en"`
	Unit   string `row:"unit"`
	Line   string `row:"line"`
	Value  int    `row:"value,needed"`
	Weight int    `row:"weight"` // of the target among all; 0 counts as 1
	Source string `row:"source"`
}

func (t Target) weight() int64 { return max(int64(t.Weight), 1) }

// Step is what of a target is expected by a date; between two steps as much as a
// straight line says.
type Step struct {
	Target string `row:"target,key"`
	Date   Date   `row:"date,key"`
	Value  int    `row:"value,needed"`
	Source string `row:"source"`
}

func (s Step) check() []Fault {
	if s.Date.IsZero() {
		return []Fault{{"date", "needed"}}
	}
	if s.Date.Year < firstYear || s.Date.Year > lastYear {
		return []Fault{{"date", "not_when"}}
	}
	return nil
}

// Declaration is a figure as somebody declared it, with the word they used.
type Declaration struct {
	Target string `row:"target,key"`
	Word   string `row:"word,key"`
	AsOf   When   `row:"as_of,key"`
	Source string `row:"source,key"`
	Value  string `row:"value,needed"` // a number where it can be one
	Unit   string `row:"unit"`
	Note   string `row:"note"`
	NoteEN string `row:"note_en"`
}

// Number is the declared value; false where it is none.
func (d Declaration) Number() (float64, bool) { return number(d.Value) }

// Words of declarations that say how far things are; other words say other
// things.
const (
	WordTarget    = "obiettivo"
	WordStarted   = "avviati"
	WordDone      = "conclusi"
	WordTested    = "collaudati"
	WordInstalled = "installati"
)

// Reached tells whether the word says that what is counted is there.
func (d Declaration) Reached() bool {
	return d.Word == WordDone || d.Word == WordTested || d.Word == WordInstalled
}

// Project is one of the two lines of the measure.
type Project struct {
	CUP         string `row:"cup,key"`
	Line        string `row:"line,needed"`
	Implementer string `row:"implementer"`
	Owner       string `row:"owner"`
	Funding     Cents  `row:"pnc_funding_eur,needed"`
	Title       string `row:"title"`
	Source      string `row:"source"`
}

// Funding is money that a fund gives, in a year where one is named.
type Funding struct {
	Fund   string `row:"fund,key"`
	Year   string `row:"year,key"` // "" where the source names none
	Line   string `row:"line,key"`
	Amount Cents  `row:"amount,needed"`
	About  Answer `row:"about"` // whether the source says "about"
	Source string `row:"source"`
}

// Linked is a measure of the plan that goes together with this one.
type Linked struct {
	ID     string `row:"id,key"`
	Name   string `row:"name"`
	Spent  Cents  `row:"spent,needed"`
	Total  Cents  `row:"total,needed"`
	Source string `row:"source"`
}

// Call is an invitation to tender that is told of by itself.
type Call struct {
	ID         string `row:"id,key"`
	Title      string `row:"title,needed"`
	TitleEN    string `row:"title_en"`
	Base       Cents  `row:"base_eur"`
	Total      Cents  `row:"total_eur"` // with options
	Months     int    `row:"months"`
	Deadline   Date   `row:"deadline"`
	Conditions string `row:"conditions"`
	CondEN     string `row:"conditions_en"`
	Source     string `row:"source"`
}

// Lot is a part of a Call.
type Lot struct {
	Call    string `row:"call,key"`
	Lot     string `row:"lot,key"`
	Regions string `row:"regions"` // separated by semicolons
	Note    string `row:"note"`
	NoteEN  string `row:"note_en"`
	Source  string `row:"source"`
}

// Tender is a contract that was put out to tender.
type Tender struct {
	CIG          string `row:"cig,key"`
	CUP          string `row:"cup"`
	Line         string `row:"line"`
	Published    Date   `row:"published"`
	Awarded      Date   `row:"awarded"`
	Base         Cents  `row:"base_eur"`
	Award        Cents  `row:"award_eur"`
	ContractType string `row:"contract_type"`
	Procedure    string `row:"procedure"`
	Subject      string `row:"subject"`
	Source       string `row:"source"`
}

// Payment is money that was paid.
type Payment struct {
	ID          string `row:"id,key"`
	CUP         string `row:"cup"`
	Date        Date   `row:"date,needed"`
	Amount      Cents  `row:"amount_eur,needed"`
	Fund        string `row:"fund"`
	Beneficiary string `row:"beneficiary"` // an undertaking, never a person
	Note        string `row:"note"`
	Source      string `row:"source"`
}

// Phase is a part of the works of a house.
type Phase struct {
	ID     string `row:"id,key"`
	Name   string `row:"name,needed"`
	NameEN string `row:"name_en"`
}

// Works are the works of one house.
type Works struct {
	Site       string  `row:"site,key"` // its code
	CUP        string  `row:"cup"`
	Contractor string  `row:"contractor"`
	Dates      []Dates `row:",phases"` // one for each of Phases
	Reason     string  `row:"delay_reason"`
	Source     string  `row:"source"`
}

// Dates are when a phase is planned to end, and when it did.
type Dates struct{ Planned, Actual Date }

// Cost is a line of the costs of a house.
type Cost struct {
	Site     string `row:"site,key"`
	Item     string `row:"item,key"`
	Fund     string `row:"fund,key"`
	Eligible Answer `row:"eligible"` // whether the State may pay it
	Amount   Cents  `row:"amount_eur,needed"`
	Source   string `row:"source"`
}

// Document is one about the works of a house: the minutes of its acceptance, a
// permit, a photo.
type Document struct {
	Site   string `row:"site,key"`
	ID     string `row:"id,key"`
	Phase  string `row:"phase"`
	Type   string `row:"type,needed"` // acceptance, permit, contract, photo, other
	Date   Date   `row:"date"`
	Title  string `row:"title,needed"`
	Href   string `row:"href"` // https, or a file of this installation
	Source string `row:"source"`
}

// Acceptance is the Type of a document that says that works were accepted.
const Acceptance = "acceptance"

// Area says how far a municipality is from services, after the national
// strategy of inner areas: A pole, B pole of several, C belt, D intermediate,
// E peripheral, F ultra-peripheral.
type Area struct {
	ISTAT    string `row:"istat,key"`
	Class    string `row:"class,needed"`
	Estimate Answer `row:"estimate"`
	Source   string `row:"source"`
}
