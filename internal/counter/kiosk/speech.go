package kiosk

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"polis/internal/counter/catalog"
	"polis/internal/counter/forecast"
)

// Speech is what kiosk and board say, in one of five languages. {low}, {high},
// {n}, {time}, {number} and {desk} are filled in.
type Speech struct {
	Title           string `json:"title"`
	Services        string `json:"services"`
	Post            string `json:"post"`
	Bring           string `json:"bring"`
	Wait            string `json:"wait"`
	WaitShort       string `json:"wait_short"`
	WaitLong        string `json:"wait_long"`
	NoWait          string `json:"no_wait"`
	Priority        string `json:"priority"`
	Ordinary        string `json:"ordinary"`
	Frail           string `json:"frail"`
	Pregnant        string `json:"pregnant"`
	Take            string `json:"take"`
	Back            string `json:"back"`
	Listen          string `json:"listen"`
	Number          string `json:"number"`
	Called          string `json:"called"`
	Phone           string `json:"phone"`
	QR              string `json:"qr"`
	Print           string `json:"print"`
	Done            string `json:"done"`
	Still           string `json:"still"`
	StillText       string `json:"still_text"`
	Stay            string `json:"stay"`
	Leave           string `json:"leave"`
	Closed          string `json:"closed"`
	ClosedText      string `json:"closed_text"`
	NotHere         string `json:"not_here"`
	Full            string `json:"full"`
	Refused         string `json:"refused"`
	Ask             string `json:"ask"`
	Alone           string `json:"alone"`
	AloneNote       string `json:"alone_note"`
	NoLink          string `json:"no_link"`
	Pending         string `json:"pending"`
	Unaccepted      string `json:"unaccepted"`
	Several         string `json:"several"`
	SeveralHint     string `json:"several_hint"`
	Else            string `json:"else"`
	Appointment     string `json:"appointment"`
	AppointmentText string `json:"appointment_text"`
	Code            string `json:"code"`
	Erase           string `json:"erase"`
	Arrive          string `json:"arrive"`
	CodeWrong       string `json:"code_wrong"`
	Language        string `json:"language"`
	Contrast        string `json:"contrast"`
	Choose          string `json:"choose"`
	Calls           string `json:"calls"`
	Desk            string `json:"desk"`
	Next            string `json:"next"`
	Waiting         string `json:"waiting"`
	Missed          string `json:"missed"`
	Nobody          string `json:"nobody"`
	NobodyNext      string `json:"nobody_next"`
	Sound           string `json:"sound"`
	SoundOn         string `json:"sound_on"`
	Lost            string `json:"lost"`
	Say             string `json:"say"`
}

var languages = catalog.Languages

// languageNames are the languages as those call them who speak them.
var languageNames = map[string]string{"it": "Italiano", "en": "English", "de": "Deutsch", "fr": "Français", "sl": "Slovenščina"}

// languageOf is the language that was asked for; Italian where it is none of ours.
func languageOf(asked string) string {
	if _, ok := speech[asked]; ok {
		return asked
	}
	return languages[0]
}

//go:embed speech/*.json
var speechFiles embed.FS

var speech = readSpeech()

func readSpeech() map[string]*Speech {
	all := map[string]*Speech{}
	for _, lang := range languages {
		text, err := speechFiles.ReadFile("speech/" + lang + ".json")
		if err == nil {
			all[lang] = new(Speech)
			err = json.Unmarshal(text, all[lang])
		}
		if err != nil {
			panic(fmt.Sprintf("kiosk: what is said in %s: %v", lang, err))
		}
	}
	return all
}

// fill puts values into a text: name, value, name, value.
func fill(text string, values ...string) string {
	for i := 0; i+1 < len(values); i += 2 {
		text = strings.ReplaceAll(text, "{"+values[i]+"}", values[i+1])
	}
	return text
}

// wait says how long somebody waits, in whole minutes.
func (s *Speech) wait(r forecast.Range) string {
	low, high := int(r.Low.Minutes()), int(r.High.Minutes()+0.999)
	switch {
	case high < 1:
		return s.NoWait
	case low >= 120:
		return fill(s.WaitLong, "n", strconv.Itoa(low/60))
	case low < 1:
		return fill(s.WaitShort, "high", strconv.Itoa(max(high, 2)))
	}
	return fill(s.Wait, "low", strconv.Itoa(low), "high", strconv.Itoa(max(high, low+1)))
}
