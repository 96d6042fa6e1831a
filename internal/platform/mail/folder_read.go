package mail

import (
	"errors"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Letter is a message of a folder, as its reader sees it.
type Letter struct {
	Name      string // of the file, without ".eml"
	At        time.Time
	From, To  string // "Maria Rossi <maria@example.org>"
	Subject   string
	Lang      string
	Text      string
	Calendars []Calendar
}

var letterName = regexp.MustCompile(`^\d{8}T\d{6}\.\d{6}Z-[0-9A-Za-z-]+$`)

// List names the messages of the folder, newest first.
func (f Folder) List() (names []string, err error) {
	files, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, file := range slices.Backward(files) {
		if name, ok := strings.CutSuffix(file.Name(), ".eml"); ok && letterName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names, err
}

// who is a name and an address as people write them.
func who(h mail.Header, name string) string {
	list, err := h.AddressList(name)
	if err != nil || len(list) == 0 {
		return ""
	}
	if list[0].Name == "" {
		return list[0].Address
	}
	return list[0].Name + " <" + list[0].Address + ">"
}

// Raw is a message as it stands in its file; fs.ErrNotExist where there is none
// of this name.
func (f Folder) Raw(name string) ([]byte, error) {
	if !letterName.MatchString(name) {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(filepath.Join(f.Dir, name+".eml"))
}

// Open reads a message; as Raw.
func (f Folder) Open(name string) (l Letter, err error) {
	if !letterName.MatchString(name) {
		return l, fs.ErrNotExist
	}
	file, err := os.Open(filepath.Join(f.Dir, name+".eml"))
	if err != nil {
		return l, err
	}
	defer file.Close()
	h, parts, err := read(file)
	if err != nil {
		return l, err
	}
	l = Letter{
		Name: name, From: who(h, "From"), To: who(h, "To"),
		Subject: headerText(h.Get("Subject")), Lang: h.Get("Content-Language"),
	}
	l.At, _ = parseStamp(name)
	for _, p := range parts {
		switch {
		case p.media == "text/plain" && p.name == "" && l.Text == "":
			l.Text = strings.ReplaceAll(string(p.body), "\r\n", "\n")
		case p.media == "text/calendar" && p.name != "":
			l.Calendars = append(l.Calendars, Calendar{Name: p.name, Method: p.params["method"], Data: p.body})
		}
	}
	return l, nil
}
