package backup

import (
	"context"
	"time"
)

// Pace lets a backup take its time, so that those who work meanwhile feel little
// of it. The zero value does not wait.
type Pace struct {
	Work time.Duration // after so much of work
	Rest time.Duration // it rests so long
}

// Gently takes a tenth of one core.
var Gently = Pace{Work: 2 * time.Millisecond, Rest: 18 * time.Millisecond}

// stretch is work between two rests.
type stretch struct {
	pace  Pace
	began time.Time
}

func begin(p Pace) *stretch { return &stretch{p, time.Now()} }

// rest waits, where the pace asks for it, once enough was done. n counts what
// was done so far: the time is looked at once in a while.
func (s *stretch) rest(ctx context.Context, n int64) error {
	if n%64 != 0 {
		return nil
	}
	if s.pace.Rest == 0 || time.Since(s.began) < s.pace.Work {
		return ctx.Err()
	}
	t := time.NewTimer(s.pace.Rest)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
	s.began = time.Now()
	return ctx.Err()
}
