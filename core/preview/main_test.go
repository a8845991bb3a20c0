package preview

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// cacheVariable is the environment variable with the folder of the PDFium compiled for all tests. If it is not set, the tests
// use a folder of their own. The processes of a fuzz test inherit it.
const cacheVariable = "COUNTERSIGN_TEST_CACHE"

const sample = "../../assets/samples/Lease.pdf"

// drawing is the renderer of all tests that only need pages of one. To load PDFium takes a second with the race detector.
var drawing *Renderer

// TestMain opens drawing, and compiles PDFium with it, because that takes seconds, and half a minute with the race detector.
func TestMain(m *testing.M) {
	dir, own := os.Getenv(cacheVariable), ""
	if dir == "" {
		var err error
		if own, err = os.MkdirTemp("", "preview"); err != nil {
			fail(err)
		}
		if err := os.Setenv(cacheVariable, own); err != nil {
			fail(err)
		}
		dir = own
	}
	drawing = Open(dir, Options{Timeout: time.Minute})
	if _, err := drawing.FirstPage(context.Background(), sample, 10); err != nil {
		fail(err)
	}
	goleak.VerifyTestMain(closing{m}, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(own); err != nil {
			code = 1
		}
		os.Exit(code)
	}))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// closing are the tests, after which drawing is closed.
type closing struct{ tests *testing.M }

func (c closing) Run() int {
	defer drawing.Close()
	return c.tests.Run()
}

// renderer returns a renderer of its own with the compiled PDFium of all tests.
func renderer(t testing.TB, patience time.Duration) *Renderer {
	t.Helper()
	r := Open(os.Getenv(cacheVariable), Options{Timeout: patience})
	t.Cleanup(r.Close)
	return r
}

func write(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document.pdf")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
