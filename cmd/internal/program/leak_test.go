package program

import (
	"testing"

	"countersign/core/home/hometest"
)

func TestMain(m *testing.M) {
	hometest.Main(m, map[string]hometest.Role{"stuck": stuck, "open page": openPage})
}
