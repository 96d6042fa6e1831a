package web

import "polis/internal/platform/i18n"

// Page is what the struct of a page is: it embeds Head and names its template.
type Page interface {
	Template() string // "coworking/search": file search.gohtml of the set "coworking"
	head() *Head
}

// Head is what the layout needs of a page. A page's struct embeds it.
type Head struct {
	Title       string // in the reader's language; the layout adds the name of the program
	Description string // one sentence for search engines; may be empty
	Private     bool   // shows a person's own things: not indexed, not cached
	Section     string // href of the navigation entry this page is under
	Crumbs      []Link // the way here, without the page itself
	Sub         []Link // the pages of the section
	At          string // href of the entry of Sub this page is under
	Desk        bool   // is for who runs the installation: has their navigation, of which Section is an entry
	Feed        Link   // an Atom feed of what the page shows, with its title; may be empty
	Kept        bool   // kept on devices for when there is no network: says nothing of who is signed in
	Styles      string // a style sheet that only such pages load: "counter.css", in web/src/alone; may be empty
	Bare        bool   // has the screen for itself, as on a kiosk: neither header nor footer, and no polis.js
	Speaks      string // the language of its words where that is none of ours: "de"; may be empty
	Again       string // when a page that knows no script asks how things stand: "10", "30;url=/totem/x"; may be empty
	Framed      bool   // is shown inside a page of ours in a demonstration
	Frames      bool   // shows pages of ours inside
}

func (h Head) head() *Head { return &h }

// DeskHead is the head of a page of who runs the installation, under an entry of
// their navigation.
func DeskHead(section, title string, crumbs ...Link) Head {
	return Head{Title: title, Private: true, Desk: true, Section: section, Crumbs: crumbs}
}

// Link is a place to go, with its text in the reader's language.
type Link struct{ Href, Text string }

// Entry is a link of the layout, with its text as a message key.
type Entry struct {
	Href, Key string
	Mark      string // data-element by which AgID's validator knows it; may be empty
}

// footerLink is an Entry in the reader's language.
type footerLink struct {
	Link
	Mark string
}

// Door leads from the first page into a room, with its texts as message keys.
type Door struct{ Href, Icon, Title, Text string }

// Logo is a picture of the installation, shown before its name.
type Logo struct {
	Href          string
	Width, Height int                  // in pixels, of the file
	Alt           map[i18n.Lang]string // what it shows; empty where it says no more than the name
	Light         bool                 // is read on the colour of the header: stands there without a white ground
}

// Person is who is signed in, as the layout shows them.
type Person struct {
	Name string // as the person wants to be called
	Home string // href of their own pages; may be empty
	// For is for whom they act at present, "" for themselves; Back the action of
	// the POST with which they act for themselves again.
	For, Back string
	Choose    string // href of the page where they say for whom they act
	// Looks are the classes of the whole page: how they want pages to look.
	Looks string
}

// Ending is a session that ends soon by itself, as on devices that people share.
type Ending struct {
	Seconds int    // until then, without further use
	Idle    int    // minutes without use after which it ends
	Last    bool   // no use prolongs it
	Prolong string // action of the POST that uses it
	Over    string // href of the page that follows
}

// After is when a page that knows no script asks how it stands.
func (e *Ending) After() int { return e.Seconds + 1 }

// layout is what the template "layout" gets.
type layout struct {
	*Head
	Lang      i18n.Lang
	Name      string
	Tagline   string
	Logo      Logo
	Color     string // "#0066cc"
	Theme     string // href of the style sheet of the colour; empty for that of polis.css
	Owner     Link
	Demo      string // empty when this is no demonstration
	DemoLinks []Link
	Nav       []navEntry
	DeskNav   []navEntry
	DeskFind  string // action of the box in it; empty without one
	Footer    []footerLink
	Langs     []langLink
	Person    *Person
	SignIn    string // href, with the way back; empty when there is none
	SignOut   string // action of the form that ends the session
	Ending    *Ending
	Here      string // the address of the page, to come back to; empty after an act
	Shared    bool   // people share the device
	Flash     *Alert
	Page      any
	Sheets    []string // hrefs
	Script    string
	Favicon   string

	Manifest, TouchIcon string // hrefs; empty where the pages cannot be installed
}

type navEntry struct {
	Link
	Current bool
}

type langLink struct {
	Lang    i18n.Lang
	Code    string // "IT"
	Href    string
	Name    string // in its own language
	Current bool
}

// Choice tells whether there is a language to choose.
func (l *layout) Choice() bool { return len(l.Langs) > 1 }
