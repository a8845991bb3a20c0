package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/core/home/hometest"
)

func TestASecondStartHandsItsFilesOver(t *testing.T) {
	dir := mustOpen(t)
	first := mustStart(t, "start", dir, "/of/the/first.pdf")
	first.MustExpect("first")
	for _, files := range [][]string{{"/a b.pdf", "/é\n.pdf"}, nil, {"/c.pdf"}} {
		second := mustStart(t, "start", dir, files...)
		second.MustExpect("handed over")
		first.MustExpect(received(files...))
		second.MustStop()
	}
	first.MustStop()
	if c, err := dial(t.Context(), dir); err == nil {
		c.Close()
		t.Error("somebody still listens after the end")
	}
}

func TestPathsAreRelativeToTheSender(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	m, err := NewMessage([]string{"a.pdf", "/b.pdf"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{filepath.Join(here, "a.pdf"), absolute("/b.pdf")}; !slices.Equal(m.Files, want) {
		t.Errorf("%q, not %q", m.Files, want)
	}
}

// homes returns a home whose path is short enough for a socket, and one whose path is too long.
func homes(t *testing.T) map[string]string {
	return map[string]string{
		"short path": filepath.Join(t.TempDir(), "h"),
		"long path":  filepath.Join(t.TempDir(), strings.Repeat("deep/", 30)),
	}
}

func TestOfStartsAtTheSameTimeOneIsFirst(t *testing.T) {
	for name, path := range homes(t) {
		t.Run(name, func(t *testing.T) {
			dir := mustOpenAt(t, path)
			const starts = 8
			var all []*hometest.Process
			for i := range starts {
				all = append(all, mustStart(t, "start", dir, fmt.Sprintf("/%d.pdf", i)))
			}
			var first *hometest.Process
			want := map[string]bool{}
			for i, p := range all {
				switch said := p.MustReadLine(); {
				case said == "handed over":
					want[received(fmt.Sprintf("/%d.pdf", i))] = true
				case said == "first" && first == nil:
					first = p
				default:
					t.Fatalf("start %d says %q", i, said)
				}
			}
			if first == nil {
				t.Fatal("nobody is first")
			}
			for range starts - 1 {
				got := first.MustReadLine()
				if !want[got] {
					t.Errorf("the first %s, which nobody sent or which came before", got)
				}
				delete(want, got)
			}
		})
	}
}

func TestNoAnswerIsAnError(t *testing.T) {
	dir := mustOpen(t)
	mustStart(t, "hang", dir).MustExpect("hangs")
	first, err := start(t.Context(), dir, Message{}, quiet, 100*time.Millisecond)
	if first != nil || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("%v, %v", first, err)
	}
}

func TestCancelingReturnsOnlyTheErrorOfTheContext(t *testing.T) {
	dir := mustOpen(t)
	mustStart(t, "hang", dir).MustExpect("hangs")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, dir, Message{}, quiet); err != context.Canceled { // this very one
		t.Errorf("error: %v", err)
	}
}

// A closing window accepts no files. The process that sent them becomes the primary one.
func TestTheSenderTakesOverFromAClosingWindow(t *testing.T) {
	dir := mustOpen(t)
	first, err := Start(t.Context(), dir, Message{}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() {
		served <- first.Serve(ctx, func(context.Context, Message) error {
			asked <- struct{}{}
			return errors.New("it closes")
		})
	}()
	second := mustStart(t, "start", dir, "/x.pdf")
	<-asked
	cancel()
	if err := errors.Join(<-served, first.Close()); err != nil {
		t.Fatal(err)
	}
	second.MustExpect("first")
	second.MustStop()
}

func TestAMalformedMessageIsRefused(t *testing.T) {
	dir := mustOpen(t)
	first := mustStart(t, "start", dir)
	first.MustExpect("first")
	for _, sent := range []string{"\n", "x\n", "[]\n", `{"files":["relative.pdf"]}` + "\n", `{"files":["/\u0000"]}` + "\n", `{"files":[{"bytes":"*"}]}` + "\n", `{"files":[{"bytes":"YS5wZGY="}]}` + "\n", `{"files":[7]}` + "\n", strings.Repeat("x", maxMessage+1)} {
		c, err := dial(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, sent)
		got, err := io.ReadAll(c)
		if runtime.GOOS == "windows" && len(sent) > maxMessage && len(got) == 0 {
			continue // the pipe was closed before all was written, and the answer is lost
		}
		if string(got) != answerRefused+"\n" {
			t.Errorf("%.30q is answered %q, %v", sent, got, err)
		}
		c.Close()
	}
	mustStart(t, "start", dir, "/x.pdf").MustExpect("handed over")
	first.MustExpect(received("/x.pdf"))
}

func TestAMessageThatIsTooLargeIsNotSent(t *testing.T) {
	for name, files := range map[string][]string{
		"too many": slices.Repeat([]string{"/a.pdf"}, maxFiles+1),
		"too long": {"/" + strings.Repeat("a", maxPathLen)},
		"together": slices.Repeat([]string{"/" + strings.Repeat("a", 1000)}, maxFiles),
		"no path":  {"/a\x00.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			if first, err := Start(t.Context(), mustOpen(t), Message{Files: files}, quiet); first != nil || err == nil {
				t.Errorf("%v, %v", first, err)
			}
		})
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"files":["/a.pdf"]}`))
	f.Add([]byte(`{"files":["a","/\u0000",null]}`))
	f.Add([]byte(`{"files":[{"bytes":"L2HxLnBkZg=="},{"bytes":null},{}]}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	f.Add([]byte("{\"files\":[\"/\xff\"]}"))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := parse(line)
		if err != nil {
			return
		}
		if len(m.Files) > maxFiles {
			t.Errorf("%d files", len(m.Files))
		}
		for _, path := range m.Files {
			if !filepath.IsAbs(path) || len(path) > maxPathLen || strings.ContainsRune(path, 0) {
				t.Errorf("%q was accepted", path)
			}
		}
		sent, err := m.marshal()
		if err != nil {
			return // escaping made it too long
		}
		again, err := parse(sent)
		if err != nil || !slices.Equal(again.Files, m.Files) {
			t.Errorf("%q became %q, %v", m.Files, again.Files, err)
		}
	})
}

// Whoever may reach the socket can open it and send nothing, or a message that never ends.
func TestSilentSendersKeepNoStartOut(t *testing.T) {
	for name, sent := range map[string]string{"silent": "", "without an end": `{"files":[`} {
		t.Run(name, func(t *testing.T) {
			dir := mustOpen(t)
			first := mustStart(t, "start", dir)
			first.MustExpect("first")
			for range 3 * maxConnections {
				c, err := dial(t.Context(), dir)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				// The connection may have been closed for another one.
				_, _ = io.WriteString(c, sent)
			}
			// No longer than a silent sender may keep its connection.
			ctx, cancel := context.WithTimeout(t.Context(), handleTimeout/2)
			defer cancel()
			m := Message{Files: []string{absolute("/x.pdf")}}
			if second, err := Start(ctx, dir, m, quiet); second != nil || err != nil {
				t.Fatalf("%v, %v", second, err)
			}
			first.MustExpect(received("/x.pdf"))
		})
	}
}
