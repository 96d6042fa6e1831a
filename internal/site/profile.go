package site

import (
	"encoding/json"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Profile is what people want to know of a house before they go. The zero
// value says nothing: what is not known is not shown.
type Profile struct {
	Phone            string      `json:"phone,omitempty" doc:"As it is dialled" example:"+39 0332 123456"`
	Email            string      `json:"email,omitempty" format:"email"`
	Directions       Text        `json:"directions,omitzero" doc:"How to get there"`
	Amenities        []Amenity   `json:"amenities,omitempty" nullable:"false" enum:"wifi,kitchen,coffee,printer,lockers,phone-booth,shower,bike-rack,ev-charging,air-conditioning,nursing-room,induction-loop,garden,post-office" doc:"What there is for everyone"`
	StepFree         Answer      `json:"step_free,omitempty" enum:"yes,no" doc:"No steps from the street to at least one place of each kind"`
	AccessibleToilet Answer      `json:"accessible_toilet,omitempty" enum:"yes,no" doc:"A toilet that a wheelchair fits into"`
	Parking          Parking     `json:"parking,omitempty" enum:"none,street,own" doc:"Where to leave a car: nowhere near, in the street, in the car park of the house"`
	AccessibleBays   int         `json:"accessible_bays,omitempty" doc:"Parking bays kept for people with disabilities"`
	Building         Building    `json:"building,omitempty" enum:"post-office,historic-post-office,headquarters,palace,modern,industrial" doc:"What the house was, or is besides"`
	Territory        []Territory `json:"territory,omitempty" nullable:"false" enum:"industrial-district,environmental,cultural,landscape,inner-area" doc:"Kinds of territory that it stands in"`
	Area             int         `json:"area,omitempty" doc:"Square metres"`
}

// Text is a text in both languages.
type Text struct {
	IT string `json:"it,omitempty"`
	EN string `json:"en,omitempty"`
}

// In is the text in a language, "it" or "en"; the other one where it is missing.
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" || t.IT == "" {
		return t.EN
	}
	return t.IT
}

// Answer is yes, no, or "" where nobody has said.
type Answer string

// The answers.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// Amenity is something that a house has for everyone.
type Amenity string

// Amenities in the order in which they are shown.
var Amenities = []Amenity{
	"wifi", "kitchen", "coffee", "printer", "lockers", "phone-booth", "shower", "bike-rack",
	"ev-charging", "air-conditioning", "nursing-room", "induction-loop", "garden", "post-office",
}

// Parking is where one leaves a car.
type Parking string

// The kinds of parking.
const (
	ParkingNone   Parking = "none"
	ParkingStreet Parking = "street" // public, near the house
	ParkingOwn    Parking = "own"    // of the house
)

var parkings = []Parking{"", ParkingNone, ParkingStreet, ParkingOwn}

// Building is what the house was, or is besides.
type Building string

// Buildings are the kinds of building.
var Buildings = []Building{"post-office", "historic-post-office", "headquarters", "palace", "modern", "industrial"}

// Territory is a kind of territory that a house stands in.
type Territory string

// Territories are the kinds that the programme is for.
var Territories = []Territory{"industrial-district", "environmental", "cultural", "landscape", "inner-area"}

// Rect is an area on the plan of a floor, in centimetres from its upper left
// corner; all floors of a house have the same corner. One without width is not
// drawn.
type Rect struct {
	X int `json:"x" doc:"From the left"`
	Y int `json:"y" doc:"From above"`
	W int `json:"w" doc:"Width"`
	H int `json:"h" doc:"Height"`
}

// Drawn tells whether there is an area.
func (r Rect) Drawn() bool { return r.W > 0 && r.H > 0 }

// longest is how far a plan may reach: half a kilometre.
const longest = 50_000

// valid: an area on a plan, or none at all.
func (r Rect) valid() bool {
	return r == Rect{} || r.X >= 0 && r.Y >= 0 && r.W > 0 && r.H > 0 && r.X+r.W <= longest && r.Y+r.H <= longest
}

// Photo is a picture of a house.
type Photo struct {
	ID             string
	Site           string // id
	Alt            Text   // what it shows, for who does not see it
	Picture, Thumb string // ids of blobs: up to 1600 and up to 480 pixels wide
	Width, Height  int    // of the picture, pixels
}

// HouseRules are what one agrees to when booking, in one version.
type HouseRules struct {
	Site    string // id; "" for the rules of the network
	Version int    // from 1
	Text    Text   // paragraphs, divided by empty lines
	Since   time.Time
}

// parseProfile reads what was written of a site.
func parseProfile(text []byte) (p Profile, err error) {
	if string(text) != "{}" {
		err = json.Unmarshal(text, &p)
	}
	return p, err
}

var phoneShape = regexp.MustCompile(`^\+?[0-9][0-9 ]{4,22}[0-9]$`)

// MaxText is the length of the longest text of a house, in characters.
const MaxText = 2000

// Validate refuses a profile with what nobody could show; the error is Invalid
// and names the field.
func (p *Profile) Validate() error {
	switch {
	case p.Phone != "" && !phoneShape.MatchString(p.Phone):
		return invalid("profile.phone")
	case p.Email != "" && !isEmail(p.Email):
		return invalid("profile.email")
	case !p.Directions.valid(MaxText):
		return invalid("profile.directions")
	case !known(p.Amenities, Amenities):
		return invalid("profile.amenities")
	case !isAnswer(p.StepFree):
		return invalid("profile.step_free")
	case !isAnswer(p.AccessibleToilet):
		return invalid("profile.accessible_toilet")
	case !slices.Contains(parkings, p.Parking):
		return invalid("profile.parking")
	case p.AccessibleBays < 0 || p.AccessibleBays > MaxBays:
		return invalid("profile.accessible_bays")
	case p.Building != "" && !slices.Contains(Buildings, p.Building):
		return invalid("profile.building")
	case !known(p.Territory, Territories):
		return invalid("profile.territory")
	case p.Area < 0 || p.Area > MaxArea:
		return invalid("profile.area")
	}
	return nil
}

// known: each of a list of kinds, once.
func known[T comparable](list, all []T) bool {
	for i, v := range list {
		if !slices.Contains(all, v) || slices.Contains(list[:i], v) {
			return false
		}
	}
	return true
}

func isAnswer(a Answer) bool { return a == "" || a == Yes || a == No }

// isEmail: an address alone, whose host has a dot.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && strings.Contains(s[strings.LastIndex(s, "@"):], ".")
}

// valid: texts of several lines, each at most so many characters long.
func (t Text) valid(most int) bool {
	for _, s := range []string{t.IT, t.EN} {
		bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most || strings.ContainsFunc(s, bad) {
			return false
		}
	}
	return true
}
