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

// TestMain compiles PDFium once, because that takes seconds, and half a minute with the race detector.
func TestMain(m *testing.M) {
	if dir := os.Getenv(cacheVariable); dir != "" {
		if err := warm(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		goleak.VerifyTestMain(m)
		return
	}
	dir, err := os.MkdirTemp("", "preview")
	if err == nil {
		err = os.Setenv(cacheVariable, dir)
	}
	if err == nil {
		err = warm(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(dir); err != nil {
			code = 1
		}
		os.Exit(code)
	}))
}

// warm fills the cache in a folder.
func warm(dir string) error {
	r := Open(dir, Options{})
	defer r.Close()
	_, err := r.FirstPage(context.Background(), sample, 10)
	return err
}

// renderer returns a renderer with the compiled PDFium of all tests.
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
