package forecast

import (
	"math"
	"time"
)

// Median is what half of the people need less than for a service.
func (t *Times) Median(service string) time.Duration {
	return seconds(math.Exp(t.of(service).mu))
}
