package db

import (
	"testing"
)

// WithoutSkew takes the clocks for one until the test ends.
func WithoutSkew(t *testing.T) {
	was := skew
	skew = 0
	t.Cleanup(func() { skew = was })
}

// WithoutPatience lets readers hold nothing back until the test ends.
func WithoutPatience(t *testing.T) {
	was := readersWait
	readersWait = 0
	t.Cleanup(func() { readersWait = was })
}
