// Package appointment is time at a counter that people book: which slots an office
// has, and what becomes of an appointment until somebody comes.
//
// An appointment is for one service and some people, so that a family comes once.
// Its time is that of a desk (Day), but who comes is called by any desk that can.
package appointment
