package forecast

import (
	"math"
	"math/rand/v2"
	"time"

	"polis/internal/counter/catalog"
)

// Calling is what is learned besides services: how long it takes from when a desk is
// free and somebody waits until the call.
const Calling = "*calling"

// spread is how long something takes: the logarithm of its seconds is normal.
type spread struct{ mu, sigma float64 }

// Times are how long everything takes in an office at some hour, and how ranges
// told there are to be widened. The zero value is what was planned.
type Times struct {
	spreads map[string]spread
	margins [bands]Margin
}

// of is how long a service takes.
func (t *Times) of(service string) spread {
	if s, ok := t.spreads[service]; ok {
		return s
	}
	return planned(service)
}

// unplanned is what is not in the catalog takes.
const unplanned = 8 * time.Minute

// planned is what can be said of a service before anybody was seen to be served, from
// the call to the end. A planned time is what a slot of the agenda must hold, so most
// take a little less; a service takes as long as its desk is taken, from the call on.
func planned(service string) spread {
	if service == Calling {
		return spread{math.Log(15), 0.8}
	}
	d := unplanned
	if s, ok := catalog.Find(service); ok {
		d = time.Duration(s.Minutes) * time.Minute
	}
	return spread{math.Log(0.85 * d.Seconds()), 0.6}
}

// sum is how long several services take, one after the other: a spread with the same
// mean and variance.
func (t *Times) sum(services []string) spread {
	if len(services) == 1 {
		return t.of(services[0])
	}
	if len(services) == 0 {
		return t.of("")
	}
	mean, variance := 0.0, 0.0
	for _, s := range services {
		m, v := t.of(s).moments()
		mean, variance = mean+m, variance+v
	}
	s2 := math.Log1p(variance / (mean * mean))
	return spread{math.Log(mean) - s2/2, math.Sqrt(s2)}
}

// moments are mean and variance, in seconds.
func (s spread) moments() (mean, variance float64) {
	v := s.sigma * s.sigma
	mean = math.Exp(s.mu + v/2)
	return mean, mean * mean * math.Expm1(v)
}

// draw is one of the times that it may take, in seconds.
func (s spread) draw(chance *rand.Rand) float64 {
	return math.Exp(s.mu + s.sigma*chance.NormFloat64())
}

// drawRest is how much longer it takes, given that it has taken so long.
func (s spread) drawRest(chance *rand.Rand, elapsed float64) float64 {
	if elapsed < 1 {
		return s.draw(chance)
	}
	gone := math.Erfc((s.mu-math.Log(elapsed))/s.sigma/math.Sqrt2) / 2
	left := (1 - gone) * chance.Float64() // of the probability
	if left < 1e-6 {                      // far beyond anything seen: as long as it has been, at most
		return elapsed * chance.Float64() / 2
	}
	total := math.Exp(s.mu + s.sigma*math.Sqrt2*math.Erfcinv(2*left))
	return max(0, total-elapsed)
}
