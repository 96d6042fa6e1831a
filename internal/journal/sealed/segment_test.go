package sealed

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

// segment is a file of four acts, packed.
func segment(t testing.TB) []byte {
	t.Helper()
	leaf, err := act.Leaf(salts())
	if err != nil {
		t.Fatal(err)
	}
	pair := Node(leaf, leaf)
	note, err := Checkpoint{Origin: "polis/test", Size: 4, Root: Node(pair, pair)}.Sign(testKey)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	left := 4
	if err := WriteSegment(&out, Segment{Format: SegmentFormat, Count: 4, Checkpoint: note}, func() (Line, bool, error) {
		left--
		return Line{act, salts()}, left >= 0, nil
	}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Nothing that is packed into a file, and no cut of a good one, does more than be
// refused.
func TestSegmentsOfHostileHands(t *testing.T) {
	key, good := public(t, "polis/test", testKey), segment(t)
	if _, _, err := (&Archive{Keys: []string{key}}).Read(bytes.NewReader(good), nil); err != nil {
		t.Fatal(err)
	}
	for n := range len(good) {
		if _, _, err := (&Archive{Keys: []string{key}}).Read(bytes.NewReader(good[:n]), nil); err == nil {
			t.Fatalf("the first %d bytes of %d are proved", n, len(good))
		}
	}
	for _, line := range []string{"", "\x00\x00", "{}", "null", "[" + strings.Repeat("[", 1<<16), strings.Repeat("a", 8<<20), `{"format":"` + SegmentFormat + `","count":1}`, `{"format":"` + SegmentFormat + `","count":16777216,"first":18446744073692774400}`} {
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		if _, err := zip.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := (&Archive{Keys: []string{key}}).Read(&packed, nil); err == nil {
			t.Errorf("%.40q is proved", line)
		}
	}
}

func FuzzSegment(f *testing.F) {
	f.Add(unpacked(f, segment(f)))
	f.Add([]byte(`{"format":"` + SegmentFormat + `","count":4,"first":18446744073709551612}`))
	key := public(f, "polis/test", testKey)
	f.Fuzz(func(t *testing.T, data []byte) {
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		if _, err := zip.Write(data); err != nil || zip.Close() != nil {
			t.Fatal(err)
		}
		others := 0
		if _, _, err := (&Archive{Keys: []string{key}}).Read(&packed, func(l Line) error {
			if l.Act != act {
				others++
			}
			return nil
		}); err == nil && others > 0 {
			t.Errorf("%d other acts are proved", others)
		}
	})
}

func unpacked(t testing.TB, data []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
