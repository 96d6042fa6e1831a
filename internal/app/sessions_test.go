package app

import (
	"testing"
	"time"
)

func TestSpans(t *testing.T) {
	t.Parallel()
	var s span
	if err := s.UnmarshalText([]byte("90s/15m")); err != nil || s.Idle != 90*time.Second || s.Life != 15*time.Minute {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{"", "2h", "2h/1h", "10s/1h", "1h/200h", "x/y", "-1h/2h"} {
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
