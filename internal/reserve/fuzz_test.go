package reserve

import (
	"encoding/base64"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"polis/internal/agenda"
)

// FuzzDecodeChanges: whatever is heard is read whole or refused whole, and what
// was read can be told again.
func FuzzDecodeChanges(f *testing.F) {
	text, _ := encodeChanges([]Change{
		{20780, 5, agenda.Quarters(0, 4), agenda.Mask{}, 1},
		{20781, 1 << 40, agenda.Quarters(90, 96), agenda.Quarters(0, 96), 1 << 50},
	}, 1000)
	f.Add(text)
	f.Add("")
	f.Add("AAAAAAAAAA==")
	f.Add(base64.StdEncoding.EncodeToString([]byte{0xff, 0xff, 0xff}))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := decodeChanges(text)
		if err != nil {
			if got != nil {
				t.Error("something was read of what is malformed")
			}
			return
		}
		again, n := encodeChanges(got, 1<<20)
		if n != len(got) {
			t.Fatalf("%d of %d told again", n, len(got))
		}
		back, err := decodeChanges(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(got, back); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzCutNotice(f *testing.F) {
	text, _ := encodeChanges([]Change{{Day: 20780, Resource: 5, Busy: agenda.Quarters(0, 4), Rev: 1000}}, 1000)
	for cut := range 20 {
		f.Add(text, cut)
	}
	f.Fuzz(func(t *testing.T, text string, cut int) {
		got, err := decodeChanges(text)
		raw, _ := base64.StdEncoding.DecodeString(text)
		if err != nil || cut < 1 || cut >= len(raw) {
			return
		}
		part, err := decodeChanges(base64.StdEncoding.EncodeToString(raw[:cut]))
		if err == nil && (len(part) >= len(got) || gocmp.Diff(got[:len(part)], part) != "") {
			t.Errorf("cut at %d it reads %v", cut, part)
		}
	})
}
