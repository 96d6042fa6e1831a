package mail

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReports(t *testing.T) {
	for _, c := range []struct {
		file string
		want Report
	}{
		{"postfix.eml", Report{ID: testID, Action: "failed", Status: "5.1.1"}},
		{"exim-unix.eml", Report{ID: testID, Action: "failed", Status: "5.0.0"}},
		{"exchange.eml", Report{ID: testID, Action: "failed", Status: "5.1.10"}},
		{"delayed.eml", Report{ID: testID, Action: "delayed", Status: "4.4.1"}},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "reports", c.file))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadReport(bytes.NewReader(data)); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.file, got, err)
		}
		if c.want.Failed() != strings.Contains(string(data), "ction: failed") {
			t.Errorf("%s: failed %v", c.file, c.want.Failed())
		}
		// Cut anywhere after the status, as by our own bound, it says the same.
		end := bytes.Index(data, []byte("Status:")) + len("Status: 5.1.10") + 2
		if got, err := ReadReport(bytes.NewReader(data[:end])); err != nil || got.Status != c.want.Status {
			t.Errorf("%s, cut: %+v, %v", c.file, got, err)
		}
	}
}

func TestWhatIsNoReport(t *testing.T) {
	vacation, err := os.ReadFile(filepath.Join("testdata", "reports", "vacation.eml"))
	if err != nil {
		t.Fatal(err)
	}
	deep := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", 2000)
	for _, text := range []string{"", "x", string(vacation), deep, "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: x\r\n"} {
		if got, err := ReadReport(strings.NewReader(text)); !errors.Is(err, ErrNoReport) {
			t.Errorf("%.40q: %+v, %v", text, got, err)
		}
	}
}

func FuzzReadReport(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "reports", "*.eml"))
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadReport(bytes.NewReader(data))
		if err != nil {
			if r != (Report{}) || !errors.Is(err, ErrNoReport) {
				t.Errorf("%+v with %v", r, err)
			}
			return
		}
		if r.ID != "" && (len(r.ID) != 36 || strings.ContainsAny(r.ID, "<>@ ")) || r.Status != "" && !statusCode.MatchString(r.Status) || r.Action == "" {
			t.Errorf("%+v", r)
		}
	})
}
