// Package e2e tests Polis as the world sees it: the built program, real HTTP,
// a real PostgreSQL beside SQLite, a real Chromium. It knows nothing of the
// inside but what stands in the tables where a test damages them on purpose.
//
// By itself each test is small enough for every day; POLIS_TEST_FULL=1 runs
// those that have more to show with the numbers that the project promises. POLIS_TEST_BINARY names a program to test
// instead of building one, POLIS_TEST_POSTGRES a server to use instead of a
// private one. Tests that
// wait more than they reckon run in parallel; those that count or break things
// run alone.
package e2e
