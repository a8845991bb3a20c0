package program

import (
	"testing"

	"countersign/core/home/hometest"
	"countersign/core/policy"
)

func TestMain(m *testing.M) {
	PolicyFile = policy.File{} // that of this computer must not decide what tests find
	hometest.Main(m, map[string]hometest.Role{"stuck": stuck, "open page": openPage})
}
