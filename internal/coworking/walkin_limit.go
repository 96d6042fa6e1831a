package coworking

import (
	"context"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"

	"polis/internal/platform/clock"
)

// lookupsPerHour is how many people one person at a desk looks for in an hour:
// more than come, far fewer than who wants to know who has an account.
const lookupsPerHour = 60

// lookups counts who looks for people, in memory: every replica allows so many.
type lookups struct{ hour *throttled.GCRARateLimiterCtx }

func newLookups(clk clock.Clock) *lookups {
	store, err := memstore.New(1 << 12)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	store.SetTimeNow(clk.Now)
	hour, err := throttled.NewGCRARateLimiterCtx(throttled.WrapStoreWithContext(store),
		throttled.RateQuota{MaxRate: throttled.PerHour(lookupsPerHour), MaxBurst: lookupsPerHour - 1})
	if err != nil {
		panic(err) // only for a rate that is not positive
	}
	return &lookups{hour}
}

// count counts a look and says how long somebody has to wait; 0 where they need
// not.
func (l *lookups) count(ctx context.Context, person string) time.Duration {
	limited, state, err := l.hour.RateLimitCtx(ctx, person, 1)
	if err == nil && limited { // an error is many at the very same moment
		return max(state.RetryAfter, time.Second)
	}
	return 0
}
