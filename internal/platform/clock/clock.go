// Package clock is the one source of time and of ids, so that tests and the
// demonstration can bring their own.
package clock

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// System is the clock of the machine.
type System struct{}

// Now is the present, UTC, without the monotonic part, to the microsecond that
// the database keeps.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond).Round(0) }

// Manual is a clock that moves only when told to; for tests and simulations.
// It may be used by several goroutines.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that stands at now.
func NewManual(now time.Time) *Manual { return &Manual{now: now.UTC()} }

// Now is where the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to an instant.
func (m *Manual) Set(now time.Time) {
	m.mu.Lock()
	m.now = now.UTC()
	m.mu.Unlock()
}

// Advance moves the clock forward.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	m.now = m.now.Add(d)
	m.mu.Unlock()
}

// Micros is an instant as the database keeps it: microseconds since 1970, UTC.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros is the instant of a stored number of microseconds.
func FromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// IDs makes identifiers.
type IDs func() string

// NewID makes UUIDv7: they sort by the time they were made.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// FirstID is the smallest id that NewID makes at an instant or later: what was
// made before it sorts before.
func FirstID(t time.Time) string {
	var id uuid.UUID
	for i := range 6 {
		id[i] = byte(t.UnixMilli() >> (40 - 8*i))
	}
	id[6], id[8] = 0x70, 0x80
	return id.String()
}

func init() { uuid.EnableRandPool() }
