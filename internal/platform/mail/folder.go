package mail

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// Folder keeps messages as files instead of sending them: for the
// demonstration.
type Folder struct{ Dir string }

// stamp makes names that sort by time.
const stamp = "20060102T150405.000000Z"

// Send writes a message to a file of its own, which appears whole. Date must
// be set.
func (f Folder) Send(_ context.Context, m Message) error {
	msg, err := compose(m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(f.Dir, ".message-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	defer tmp.Close()
	if _, err := msg.WriteTo(tmp); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), filepath.Join(f.Dir, m.Date.UTC().Format(stamp)+"-"+m.ID+".eml"))
}

var (
	_ Transport = Folder{}
	_ Transport = (*SMTP)(nil)
)

// parseStamp is the time in a file's name.
func parseStamp(name string) (time.Time, bool) {
	if len(name) < len(stamp) {
		return time.Time{}, false
	}
	t, err := time.Parse(stamp, name[:len(stamp)])
	return t, err == nil
}
