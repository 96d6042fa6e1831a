package api

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
)

// Quota is how many requests one caller may make: so many a second, and so many
// at once after a rest.
type Quota struct{ PerSecond, Burst int }

// maxCallers is how many callers are remembered; the one longest away is
// forgotten first, which only favours it.
const maxCallers = 1 << 16

// limiter counts the requests of each caller by the generic cell rate
// algorithm, in memory: every replica allows the quota.
type limiter struct {
	gcra  *throttled.GCRARateLimiterCtx
	burst string
	seed  maphash.Seed
}

func newLimiter(q Quota, c clock.Clock) *limiter {
	store, err := memstore.New(maxCallers)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	store.SetTimeNow(c.Now)
	burst := max(q.Burst, 1)
	gcra, err := throttled.NewGCRARateLimiterCtx(throttled.WrapStoreWithContext(store),
		throttled.RateQuota{MaxRate: throttled.PerSec(q.PerSecond), MaxBurst: burst - 1})
	if err != nil {
		panic("api: " + err.Error()) // a quota the programmer made up
	}
	return &limiter{gcra: gcra, burst: strconv.Itoa(burst), seed: maphash.MakeSeed()}
}

// tokenKey stands for a token without keeping it.
func (l *limiter) tokenKey(token string) [9]byte { return l.key('t', token) }

// addressKey stands for an address; one household has a whole /64 of IPv6.
func (l *limiter) addressKey(addr string) [9]byte {
	if ip, err := netip.ParseAddr(addr); err == nil && ip.Is6() && !ip.Is4In6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			b := p.Addr().As16()
			return l.key('a', string(b[:]))
		}
	}
	return l.key('a', addr)
}

func (l *limiter) key(class byte, s string) (k [9]byte) {
	k[0] = class
	binary.LittleEndian.PutUint64(k[1:], maphash.String(l.seed, s))
	return k
}

// Canonical names of the headers, set without the work of making them so.
const (
	headLimit     = "X-Ratelimit-Limit"
	headRemaining = "X-Ratelimit-Remaining"
	headReset     = "X-Ratelimit-Reset"
)

// count counts a request, writes the headers of the answer, and returns a
// TooMany error where it was one too many.
func (l *limiter) count(h http.Header, key [9]byte, exempt bool) error {
	if exempt {
		set(h, l.burst, l.burst, "0")
		return nil
	}
	limited, state, err := l.gcra.RateLimitCtx(context.Background(), string(key[:]), 1)
	if err != nil { // many requests of one caller at the very same moment; let it pass
		set(h, l.burst, "0", "1")
		return nil //nolint:nilerr // see above
	}
	set(h, l.burst, strconv.Itoa(state.Remaining), seconds(state.ResetAfter))
	if !limited {
		return nil
	}
	h.Set("Retry-After", seconds(max(state.RetryAfter, 1)))
	return errs.New(errs.TooMany, "api.too_many", nil)
}

// set gives the three headers one piece of memory.
func set(h http.Header, limit, remaining, reset string) {
	v := []string{limit, remaining, reset}
	h[headLimit], h[headRemaining], h[headReset] = v[0:1:1], v[1:2:2], v[2:3:3]
}

// seconds rounds up, as a header carries it.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
