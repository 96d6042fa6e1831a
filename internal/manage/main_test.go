package manage_test

import (
	"testing"

	"polis/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
