package account

import (
	"slices"

	"polis/internal/agenda"
)

// Account is all that is published, put together. It never changes once made, so
// any number of goroutines may use one.
type Account struct {
	rows map[*Kind]*table
}

// table are the rows of a kind, by their key, in the order in which the keys came.
type table struct {
	rows  []any
	at    map[string]int
	typed any // the rows as a slice of their type, made once
}

// Draft is an account while it is put together.
type Draft struct{ rows map[*Kind]*table }

// NewDraft begins an account with the rows of another; nil is none.
func NewDraft(from *Account) *Draft {
	d := &Draft{rows: map[*Kind]*table{}}
	if from != nil {
		for kind, t := range from.rows {
			d.rows[kind] = t
		}
	}
	return d
}

// FactsDraft begins with what the program knows by itself.
func FactsDraft() *Draft {
	d := NewDraft(nil)
	Facts(d.Put)
	return d
}

// own is the table of a kind that the draft may change.
func (d *Draft) own(kind *Kind) *table {
	t := d.rows[kind]
	switch {
	case t == nil:
		t = &table{at: map[string]int{}}
	case t.typed != nil: // of another account
		at := make(map[string]int, len(t.at))
		for key, i := range t.at {
			at[key] = i
		}
		t = &table{rows: slices.Clone(t.rows), at: at}
	default:
		return t
	}
	d.rows[kind] = t
	return t
}

// Put lays a row over the one of its key; a new key comes last.
func (d *Draft) Put(kind *Kind, row any) {
	t, key := d.own(kind), kind.KeyOf(row)
	if i, ok := t.at[key]; ok {
		t.rows[i] = row
		return
	}
	t.at[key] = len(t.rows)
	t.rows = append(t.rows, row)
}

// Drop takes away the row of a key.
func (d *Draft) Drop(kind *Kind, key string) {
	t := d.own(kind)
	if i, ok := t.at[key]; ok {
		t.rows[i] = nil
		delete(t.at, key)
	}
}

// Account ends the draft.
func (d *Draft) Account() *Account {
	a := &Account{rows: map[*Kind]*table{}}
	for _, kind := range Kinds {
		t := d.rows[kind]
		if t == nil {
			t = &table{at: map[string]int{}}
		}
		if t.typed == nil {
			t.finish(kind)
		}
		a.rows[kind] = t
	}
	return a
}

// finish closes the gaps of what was taken away.
func (t *table) finish(kind *Kind) {
	if len(t.at) < len(t.rows) {
		t.rows = slices.DeleteFunc(t.rows, func(row any) bool { return row == nil })
		for i, row := range t.rows {
			t.at[kind.KeyOf(row)] = i
		}
	}
	t.typed = kind.slice(t.rows)
}

// Rows are the rows of a kind; not to be changed.
func (a *Account) Rows(kind *Kind) []any { return a.rows[kind].rows }

// Row finds a row by its key.
func (a *Account) Row(kind *Kind, key string) (any, bool) {
	t := a.rows[kind]
	i, ok := t.at[key]
	if !ok {
		return nil, false
	}
	return t.rows[i], true
}

// All are the rows of a type; not to be changed.
func All[T any](a *Account) []T {
	for _, kind := range Kinds {
		if list, ok := a.rows[kind].typed.([]T); ok {
			return list
		}
	}
	return nil
}

// Find finds the row of a type by the parts of its key.
func Find[T any](a *Account, key ...string) (row T, ok bool) {
	for _, kind := range Kinds {
		if _, is := a.rows[kind].typed.([]T); !is {
			continue
		}
		if found, has := a.Row(kind, JoinKey(key...)); has {
			return found.(T), true //nolint:forcetypeassert // of the kind of T
		}
	}
	return row, false
}

// Milestones are the milestones by the quarter in which they are due.
func (a *Account) Milestones() []Milestone {
	list := slices.Clone(All[Milestone](a))
	slices.SortStableFunc(list, func(x, y Milestone) int { return x.Due().End().Compare(y.Due().End()) })
	return list
}

// ProgressOf is what sources say of a milestone, the earliest first.
func (a *Account) ProgressOf(milestone string) (list []Progress) {
	for _, p := range All[Progress](a) {
		if p.Milestone == milestone {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(x, y Progress) int { return x.Date.End().Compare(y.Date.End()) })
	return list
}

// DeclarationsOf is what was declared of a target, the earliest first; without a
// date before all.
func (a *Account) DeclarationsOf(target string) (list []Declaration) {
	for _, d := range All[Declaration](a) {
		if d.Target == target {
			list = append(list, d)
		}
	}
	slices.SortStableFunc(list, func(x, y Declaration) int { return x.AsOf.End().Compare(y.AsOf.End()) })
	return list
}

// StepsOf is the expected path of a target, the earliest first.
func (a *Account) StepsOf(target string) (list []Step) {
	for _, s := range All[Step](a) {
		if s.Target == target {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(x, y Step) int { return x.Date.Compare(y.Date.Date) })
	return list
}

// Sum adds up amounts.
func Sum[T any](rows []T, amount func(T) Cents) (sum Cents) {
	for _, row := range rows {
		sum += amount(row)
	}
	return sum
}

// zero is the date of nothing.
var zero agenda.Date
