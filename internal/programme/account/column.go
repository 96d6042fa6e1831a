package account

import "reflect"

// Type is what the cells of a column are, for those who read a list without our
// program.
type Type string

// The types.
const (
	TypeText   Type = "text"
	TypeNumber Type = "number" // whole
	TypeMoney  Type = "money"  // euro, with two decimals behind a point
	TypeDate   Type = "date"   // "2024-11-30"
	TypeAnswer Type = "answer" // yes or no
)

// TypeOf is the type of a column of the kind.
func (k *Kind) TypeOf(c Column) Type {
	switch t := k.typ.Field(c.field).Type; {
	case c.phase >= 0, t == reflect.TypeFor[Date]():
		return TypeDate
	case t == reflect.TypeFor[Cents]():
		return TypeMoney
	case t == reflect.TypeFor[int]():
		return TypeNumber
	case t == reflect.TypeFor[Answer]():
		return TypeAnswer
	}
	return TypeText
}
