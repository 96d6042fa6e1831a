package app

import (
	"context"
	"fmt"

	"polis/internal/counter"
	"polis/internal/demo"
	"polis/internal/identity"
)

// fillLine has people wait at the office of a demonstration that is started on
// another day than it was laid out: each service once a day, however often it starts.
func (b *base) fillLine(ctx context.Context) error {
	st, err := b.live.Network().ByCode(showOffice)
	if err != nil || st.Hours.String() != demo.Always.String() {
		return nil //nolint:nilerr // laid out by an earlier version, or of another country
	}
	board, err := b.counter.Board(ctx, identity.Anonymous, st.ID)
	if err != nil || board.Waiting > 0 || len(board.Called) > 0 {
		return err
	}
	day := b.env.clock.Now().In(b.live.Network().Zone(st)).Format("2006-01-02")
	for i, service := range demo.LineServices() {
		_, err := b.counter.Take(ctx, identity.Anonymous, counter.TakeRequest{
			Office: st.ID, Services: []string{service}, Origin: counter.ByKiosk, Key: fmt.Sprintf("demo-%s-%d", day, i),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
