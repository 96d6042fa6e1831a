package idp

import (
	"strconv"
	"testing"
	"time"

	"polis/internal/platform/clock"
)

// A shelf holds no more than it may, forgets in time, and takes a key once.
func TestShelf(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	s := newShelf[int](clk, 10, time.Minute)
	for i := range 1000 {
		if !s.put(strconv.Itoa(i), i) {
			t.Fatal(i, "is not taken")
		}
	}
	if len(s.kept) != 10 || len(s.order) != 10 {
		t.Errorf("it keeps %d and %d", len(s.kept), len(s.order))
	}
	if s.put("999", 1) {
		t.Error("a key is taken twice")
	}
	if v, ok := s.get("999", true); !ok || v != 999 {
		t.Error("what was put is not there")
	}
	if _, ok := s.get("999", false); ok {
		t.Error("what was taken is still there")
	}
	clk.Advance(time.Minute)
	if _, ok := s.get("998", false); ok || len(s.kept) != 0 {
		t.Error("what is over is still there")
	}
}
