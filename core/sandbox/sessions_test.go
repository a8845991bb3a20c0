package sandbox

import (
	"strconv"
	"testing"
	"time"
)

func TestASessionRemembersItsLastProcesses(t *testing.T) {
	t.Parallel()
	s, err := openState(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	now := time.Now()
	for n := range maxSessionProcesses + 1 {
		if err := s.openProcess("cookie", person(SampleSigner), strconv.Itoa(n), now); err != nil {
			t.Fatal(err)
		}
	}
	v, found, err := s.session("cookie", now)
	if err != nil || !found || len(v.Processes) != maxSessionProcesses || v.Processes[0] != "1" {
		t.Errorf("session %v with %d processes, %v", found, len(v.Processes), err)
	}
}
