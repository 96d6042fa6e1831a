package manage

import (
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// What is shown of two texts makes each of them again, and what both have is
// not shown as changed while there is little of it.
func TestCompare(t *testing.T) {
	t.Parallel()
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 12).Draw(t, "paragraphs"), "\n\n")
	})
	rapid.Check(t, func(t *rapid.T) {
		old, next := text.Draw(t, "old"), text.Draw(t, "next")
		var was, is []string
		for _, p := range compare(old, next) {
			if p.How != "added" {
				was = append(was, p.Text)
			}
			if p.How != "removed" {
				is = append(is, p.Text)
			}
		}
		if strings.Join(was, "\n\n") != old || strings.Join(is, "\n\n") != next {
			t.Fatalf("%q and %q become %q and %q", old, next, was, is)
		}
	})
}

// House rules of thousands of short paragraphs take no more memory than others.
func TestCompareOfMuch(t *testing.T) {
	long := func(stem string) string {
		var list []string
		for i := range 3000 {
			list = append(list, stem+strconv.Itoa(i%10))
		}
		return strings.Join(list, "\n\n")
	}
	got := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			compare("same\n\n"+long("a"), "same\n\n"+long("b"))
		}
	})
	if most := int64(6000 * unsafe.Sizeof(paragraph{}) * 20); got.AllocedBytesPerOp() > most {
		t.Errorf("%d bytes, want at most %d", got.AllocedBytesPerOp(), most)
	}
}
