package db

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListsOnPostgres(t *testing.T) {
	t.Parallel()
	type name string
	l := &list{types: []string{"TEXT", "BIGINT", "BOOLEAN", "DOUBLE PRECISION"}, more: 1}
	text := arrayText("SELECT column1 FROM {rows} WHERE column2 > {1}", l)
	want := "SELECT column1 FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS BIGINT[]), CAST($3 AS BOOLEAN[]), CAST($4 AS DOUBLE PRECISION[]))" +
		" AS given (column1, column2, column3, column4) WHERE column2 > $5"
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	got, err := l.arrays([]any{
		"a", 1, true, 1.5,
		name("b"), nil, false, 2.5,
		nil, nil, nil, nil, // padding
		int64(7),
	})
	if err != nil {
		t.Fatal(err)
	}
	one := int64(1)
	if diff := cmp.Diff([]any{[]string{"a", "b"}, []*int64{&one, nil}, []bool{true, false}, []float64{1.5, 2.5}, int64(7)}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := l.arrays([]any{1, 1, true, 1.5, 7}); err == nil {
		t.Error("a number is no text")
	}
}

func TestListsOnSQLite(t *testing.T) {
	t.Parallel()
	got := valuesText("SELECT column1 FROM {rows} WHERE column2 > {1}", 2, &list{types: []string{"TEXT", "BIGINT"}, more: 1})
	if want := "SELECT column1 FROM (VALUES (?,?),(?,?)) AS given WHERE column2 > ?"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
