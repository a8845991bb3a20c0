package lines

import (
	"slices"
	"testing"
)

func TestLongLinesAreBroken(t *testing.T) {
	if got := Break("aaa bbb ccc", 7); !slices.Equal(got, []string{"aaa bbb", "ccc"}) {
		t.Errorf("got %q", got)
	}
	if got := Break("a-very-long-word", 7); !slices.Equal(got, []string{"a-very-long-word"}) {
		t.Errorf("got %q", got)
	}
}
