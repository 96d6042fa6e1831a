package simulation

import (
	"fmt"
	"slices"
	"time"

	"polis/internal/counter"
	"polis/internal/identity"
)

// sit has an operator come to a desk, if they ever left it.
func (y *day) sit(d *desk) error {
	d.going = false
	if d.there {
		return nil
	}
	d.there = true
	if _, err := y.w.OpenDesk(y.ctx, d.operator, y.office.id, d.n); err != nil {
		return err
	}
	y.poke()
	return nil
}

// leaveDesk has an operator leave: after who is at the desk, or at the end of the day when
// nobody waits any more.
func (y *day) leaveDesk(d *desk, last bool) error {
	if !d.there {
		return nil
	}
	d.going = true
	if y.now().After(y.opening[len(y.opening)-1].To.Add(12 * time.Hour)) {
		return fmt.Errorf("%d still wait", y.ahead)
	}
	if last && (y.ahead > 0 || slices.ContainsFunc(y.office.desks, func(o *desk) bool { return o.busy })) {
		d.going = false // who has a number is served, here or there
		y.after(time.Minute, func() error { return y.leaveDesk(d, true) })
		return nil
	}
	if d.busy {
		return nil
	}
	return y.gone(d)
}

func (y *day) gone(d *desk) error {
	d.there, d.going = false, false
	return y.w.CloseDesk(y.ctx, d.operator, y.office.id, d.n)
}

// poke has free operators see that somebody waits.
func (y *day) poke() {
	for _, d := range y.office.desks {
		if d.there && !d.busy {
			y.tryAfter(d, y.between(4*time.Second, 45*time.Second))
		}
	}
}

func (y *day) tryAfter(d *desk, wait time.Duration) {
	if d.trying {
		return
	}
	d.trying = true
	y.after(wait, func() error { return y.call(d) })
}

// call calls the next, and foresees what comes of it.
func (y *day) call(d *desk) error {
	d.trying = false
	if !d.there || d.busy {
		return nil
	}
	t, err := y.w.CallNext(y.ctx, d.operator, y.office.id, d.n)
	if err != nil || t == nil {
		return err
	}
	d.busy = true
	v := y.people[t.ID]
	y.ahead--
	v.waiting = false
	if !v.called {
		v.called, v.ticket = true, t
		y.sum.add(v, t.FirstCall.Sub(t.Taken))
	}
	if y.chance.Float64() < 0.03 {
		y.after(90*time.Second, func() error { return y.missed(d, v) })
		return nil
	}
	y.after(y.between(8*time.Second, 50*time.Second), func() error { return y.serve(d, v) })
	return nil
}

// missed has somebody not come; half of them do later.
func (y *day) missed(d *desk, v *visitor) error {
	if _, err := y.w.Missed(y.ctx, d.operator, v.ticket.ID); err != nil {
		return err
	}
	if y.chance.Float64() < 0.5 {
		y.after(y.between(2*time.Minute, 8*time.Minute), func() error { return y.comeBack(v) })
	}
	return y.free(d)
}

// comeBack brings somebody into the line again, if there is still anybody at a desk.
func (y *day) comeBack(v *visitor) error {
	for _, d := range y.office.desks {
		if d.there {
			if _, err := y.w.Return(y.ctx, identity.Anonymous, v.ticket.ID); err != nil {
				return err
			}
			y.wait(v)
			return nil
		}
	}
	return nil
}

func (y *day) serve(d *desk, v *visitor) error {
	if _, err := y.w.Start(y.ctx, d.operator, v.ticket.ID); err != nil {
		return err
	}
	open := v.ticket.Open()
	if !v.paper && y.chance.Float64() < 0.03 {
		v.paper = true
		y.after(y.takes(d, open[0], y.now())/3, func() error {
			if _, err := y.w.Park(y.ctx, d.operator, v.ticket.ID, true); err != nil {
				return err
			}
			y.after(y.between(15*time.Minute, 50*time.Minute), func() error { return y.comeBack(v) })
			return y.free(d)
		})
		return nil
	}
	return y.item(d, v)
}

// item serves the first thing that is open, and then the next, here or elsewhere.
func (y *day) item(d *desk, v *visitor) error {
	n := slices.IndexFunc(v.ticket.Items, func(it counter.Item) bool { return it.State == counter.ItemOpen })
	y.after(y.takes(d, v.ticket.Items[n].Service, y.now()), func() (err error) {
		v.ticket, err = y.w.Done(y.ctx, d.operator, v.ticket.ID, n)
		switch {
		case err != nil:
			return err
		case v.ticket.State.AtDesk():
			return y.item(d, v)
		case v.ticket.State == counter.Waiting: // for a desk that can
			y.wait(v)
		}
		return y.free(d)
	})
	return nil
}

// free has a desk call again, mostly soon, sometimes after a pause.
func (y *day) free(d *desk) error {
	d.busy = false
	if d.going {
		return y.gone(d)
	}
	wait := y.between(5*time.Second, 40*time.Second)
	if y.chance.Float64() < 0.05 {
		wait = y.between(time.Minute, 5*time.Minute)
	}
	y.tryAfter(d, wait)
	return nil
}
