package agenda

import (
	"iter"
	"math/bits"
)

// FirstRun finds n free quarters in a row. free are the masks of consecutive
// UTC days; quarters are counted from the first day's midnight. It returns the
// first start at or after from, or -1. A run may pass midnight.
func FirstRun(free []Mask, from, n int) int {
	from, n = max(from, 0), max(n, 1)
	if len(free) == 1 {
		return firstRunOfDay(free[0], from, n)
	}
	for i := nextSet(free, from); i >= 0; {
		end := nextClear(free, i)
		if end-i >= n {
			return i
		}
		i = nextSet(free, end)
	}
	return -1
}

// firstRunOfDay is FirstRun in one day, the question that a search asks for
// every place. It has no branch that depends on the mask but the last: with
// x the starts of runs of length k, x & x>>s are those of length k+s, s <= k.
func firstRunOfDay(m Mask, from, n int) int {
	if from > QuartersPerDay || n > QuartersPerDay-from {
		return -1
	}
	lo, hi := m.AM|m.PM<<halfDay, m.PM>>(64-halfDay) // 96 quarters as 64 and 32
	for k := 1; k < n; {
		s := min(k, n-k)
		lo &= lo>>s | hi<<(64-s)
		hi &= hi >> s
		k += s
	}
	if from < 64 {
		lo = lo >> from << from
	} else {
		lo, hi = 0, hi>>(from-64)<<(from-64)
	}
	switch {
	case lo != 0:
		return bits.TrailingZeros64(lo)
	case hi != 0:
		return 64 + bits.TrailingZeros64(hi)
	}
	return -1
}

// Runs yields every start, ascending, at which n quarters in a row are free.
func Runs(free []Mask, n int) iter.Seq[int] {
	n = max(n, 1)
	return func(yield func(int) bool) {
		for from, to := range maximalRuns(free, 0) {
			for ; to-from >= n; from++ {
				if !yield(from) {
					return
				}
			}
		}
	}
}

// Gap is the length in quarters of the whole free run that holds [at, at+n),
// or 0 when that is not free. Taking the place with the smallest gap keeps the
// long runs whole.
func Gap(free []Mask, at, n int) int {
	n = max(n, 1)
	if at < 0 || nextSet(free, at) != at {
		return 0
	}
	end := nextClear(free, at)
	if end-at < n {
		return 0
	}
	return end - runStart(free, at)
}

// maximalRuns yields the runs of set quarters [from, to) from quarter from on.
func maximalRuns(free []Mask, from int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for i := nextSet(free, from); i >= 0; {
			end := nextClear(free, i)
			if !yield(i, end) {
				return
			}
			i = nextSet(free, end)
		}
	}
}

// half is the word that holds quarters 48*i .. 48*i+47.
func half(free []Mask, i int) uint64 {
	if i&1 == 0 {
		return free[i>>1].AM
	}
	return free[i>>1].PM
}

// nextSet is the first set quarter at or after i, or -1.
func nextSet(free []Mask, i int) int {
	h, halves := i/halfDay, 2*len(free)
	if h >= halves {
		return -1
	}
	w := half(free, h) >> (i - h*halfDay) << (i - h*halfDay)
	for w == 0 {
		if h++; h == halves {
			return -1
		}
		w = half(free, h)
	}
	return h*halfDay + bits.TrailingZeros64(w)
}

// nextClear is the first clear quarter after i, which is set; the end of the
// last day counts as clear.
func nextClear(free []Mask, i int) int {
	h, halves := i/halfDay, 2*len(free)
	// The 16 unused bits of the complement are set, so a count of 48 or more
	// says that the run goes on into the next word.
	run := bits.TrailingZeros64(^(half(free, h) >> (i - h*halfDay)))
	if i += run; i < (h+1)*halfDay {
		return i
	}
	for h++; h < halves; h++ {
		if w := half(free, h); w != fullHalf {
			return h*halfDay + bits.TrailingZeros64(^w)
		}
	}
	return halves * halfDay
}

// runStart is the first quarter of the run that holds i, which is set.
func runStart(free []Mask, i int) int {
	h := i / halfDay
	// Bring quarter i to the top bit and count the ones below it.
	run := bits.LeadingZeros64(^(half(free, h) << (63 - (i - h*halfDay))))
	if i -= run - 1; i > h*halfDay {
		return i
	}
	for h--; h >= 0; h-- {
		if w := half(free, h); w != fullHalf {
			return (h+1)*halfDay - bits.LeadingZeros64(^(w<<(64-halfDay) | (1<<(64-halfDay) - 1)))
		}
	}
	return 0
}
