package feedback

import (
	"context"
	"net/netip"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"

	"polis/internal/platform/clock"
)

// How many reports come from one address, or from one person who is signed in:
// so many an hour, and so many a day. A whole house may share an address.
const (
	perHour = 10
	perDay  = 100
)

// maxCallers is how many callers are remembered.
const maxCallers = 1 << 14

// limits count the reports of each caller in memory: every replica allows them.
type limits struct{ hour, day *throttled.GCRARateLimiterCtx }

func newLimits(clk clock.Clock) *limits {
	limiter := func(rate throttled.Rate, burst int) *throttled.GCRARateLimiterCtx {
		store, err := memstore.New(maxCallers)
		if err != nil {
			panic(err) // only for a size that is not positive
		}
		store.SetTimeNow(clk.Now)
		l, err := throttled.NewGCRARateLimiterCtx(throttled.WrapStoreWithContext(store), throttled.RateQuota{MaxRate: rate, MaxBurst: burst - 1})
		if err != nil {
			panic(err) // only for a rate that is not positive
		}
		return l
	}
	return &limits{hour: limiter(throttled.PerHour(perHour), perHour), day: limiter(throttled.PerDay(perDay), perDay)}
}

// count counts a report and says how long the caller has to wait; 0 where it is
// let through.
func (l *limits) count(ctx context.Context, caller string) time.Duration {
	for _, limiter := range []*throttled.GCRARateLimiterCtx{l.hour, l.day} {
		limited, state, err := limiter.RateLimitCtx(ctx, caller, 1)
		if err == nil && limited { // an error is many reports at the very same moment
			return max(state.RetryAfter, time.Second)
		}
	}
	return 0
}

// callerOf names who sends: the person, or the address; one household has a
// whole /64 of IPv6.
func callerOf(person string, addr netip.Addr) string {
	if person != "" {
		return person
	}
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
