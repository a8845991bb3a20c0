package preview

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// cachedPDFium returns a pdfium with the cache that TestMain compiled.
func cachedPDFium(t *testing.T) *pdfium {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &pdfium{
		ctx: ctx, cacheDir: filepath.Join(os.Getenv(cacheVariable), cacheFolder), timeout: time.Minute, memoryPages: memoryLimit,
	}
	t.Cleanup(func() {
		p.stop()
		cancel()
	})
	return p
}

func TestCacheIsPrivate(t *testing.T) {
	p := cachedPDFium(t)
	err := filepath.WalkDir(p.cacheDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDamagedCacheIsEmptied(t *testing.T) {
	whole := cachedPDFium(t).cacheDir
	dir := filepath.Join(t.TempDir(), "not", "yet", cacheFolder)
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := checkCache(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v: %v", files, err)
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v: %v", info.Mode(), err)
	}
	// The checksum of the runtime itself does not include the beginning, which has the offsets of all functions.
	code, err := os.OpenFile(files[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := code.WriteAt([]byte{0x77, 0x77}, 40); err != nil {
		t.Fatal(err)
	}
	if err := code.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := checkCache(dir); err != nil || len(files) != 0 {
		t.Errorf("%v: %v", files, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestCacheOfAnotherVersionIsRemoved(t *testing.T) {
	dir := t.TempDir()
	old, added := filepath.Join(dir, "v1", "code"), filepath.Join(dir, "v2", "code")
	put := func(path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want ...string) []string {
		t.Helper()
		got, err := checkCache(dir)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v, want %v: %v", got, want, err)
		}
		return got
	}
	seal := func(before []string) {
		t.Helper()
		if err := updateChecksum(dir, before); err != nil {
			t.Fatal(err)
		}
	}
	before := check()
	put(old)
	seal(before)
	before = check(old)
	seal(before)
	before = check(old)
	put(added)
	seal(before)
	check(added)
	if _, err := os.Stat(filepath.Dir(old)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old version is still there: %v", err)
	}
	// Files of an interrupted start are not used.
	put(old)
	check()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if err := os.Symlink(sample, filepath.Join(dir, "link")); err == nil {
		check()
	}
}

// TestWithoutCache compiles PDFium, which takes seconds, and half a minute with the race detector. So make test runs it without
// that.
func TestWithoutCache(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles PDFium: run the tests without -short")
	}
	p := cachedPDFium(t)
	p.cacheDir = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(p.cacheDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.draw(t.Context(), sample, 1, 50); err != nil {
		t.Error(err)
	}
}

func TestStartedAgainAfterStop(t *testing.T) {
	p := cachedPDFium(t)
	for range 2 {
		if _, err := p.draw(t.Context(), sample, 1, 50); err != nil {
			t.Fatal(err)
		}
		p.stop()
		if p.running != nil {
			t.Fatal("still running")
		}
		p.stop()
	}
}

func TestRenderingStopsAtTheTimeout(t *testing.T) {
	p := cachedPDFium(t)
	p.timeout = 100 * time.Millisecond
	if _, err := p.draw(t.Context(), write(t, endless()), 1, 50); err != ErrTooSlow || p.running != nil {
		t.Errorf("%v, want %v", err, ErrTooSlow)
	}
	p.timeout = time.Minute
	if _, err := p.draw(t.Context(), sample, 1, 50); err != nil {
		t.Errorf("the next page: %v", err)
	}
}

func TestCanceledWhileDrawn(t *testing.T) {
	p := cachedPDFium(t)
	p.timeout = time.Hour
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	// PDFium reads the file while it renders.
	file := endless()
	reading := readerFunc(func(b []byte, at int64) (int, error) {
		cancel()
		return bytes.NewReader(file).ReadAt(b, at)
	})
	if _, err := p.drawInTime(ctx, &fileSource{io.NewSectionReader(reading, 0, int64(len(file)))}, 1, 50); err != context.Canceled || p.running != nil {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	if _, err := p.draw(t.Context(), sample, 1, 50); err != nil {
		t.Errorf("the next page: %v", err)
	}
}

func TestPanicIsAnError(t *testing.T) {
	p := cachedPDFium(t)
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	angry := readerFunc(func([]byte, int64) (int, error) { panic("no") })
	if _, err := p.drawInTime(t.Context(), &fileSource{io.NewSectionReader(angry, 0, 1000)}, 1, 50); err == nil {
		t.Error("a panic is no error")
	}
	if _, err := p.draw(t.Context(), sample, 1, 50); err != nil {
		t.Errorf("the next page: %v", err)
	}
	broken := &engine{}
	if _, err := broken.page(t.Context(), &fileSource{io.NewSectionReader(angry, 0, 1000)}, 1, 50); !errors.Is(err, ErrPage) {
		t.Errorf("a panic outside of PDFium: %v", err)
	}
}

type readerFunc func([]byte, int64) (int, error)

func (f readerFunc) ReadAt(b []byte, at int64) (int, error) { return f(b, at) }

func TestMemoryIsLimited(t *testing.T) {
	p := cachedPDFium(t)
	p.memoryPages = 24 << 20 >> 16 // it needs 18 MiB to start
	if _, err := p.draw(t.Context(), sample, 1, 50); err != nil {
		t.Fatal(err)
	}
	if _, err := p.draw(t.Context(), sample, 1, MaxWidth); !errors.Is(err, ErrPage) {
		t.Errorf("a picture of 23 MiB in 24 MiB: %v", err)
	}
	if _, err := p.draw(t.Context(), sample, 1, 50); err != nil {
		t.Errorf("the next page: %v", err)
	}
}

func TestCloseWhileLoading(t *testing.T) {
	p := cachedPDFium(t)
	p.cacheDir = t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.ctx = ctx
	if err := p.start(); err == nil || p.running != nil {
		t.Errorf("compiled after it was canceled: %v", err)
	}
}
