package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// The variables with which this test program does something else than run tests: for the benchmark it is a process to be
// measured, and a process that measures another one. A process that the benchmark itself starts would count the
// memory of the benchmark as its own.
const (
	examineVariable = "COUNTERSIGN_EXAMINE" // names the file to examine
	measureVariable = "COUNTERSIGN_MEASURE" // is set to run the command in the arguments and print what it used
)

func init() { otherTask = examineOrMeasure }

// examineOrMeasure does what the variables ask for. It is false when they ask for nothing.
func examineOrMeasure() (asked bool, err error) {
	if path := os.Getenv(examineVariable); path != "" && os.Getenv(measureVariable) == "" {
		return true, examineFile(path)
	}
	if os.Getenv(measureVariable) == "" {
		return false, nil
	}
	if err := os.Unsetenv(measureVariable); err != nil {
		return true, err
	}
	command := exec.Command(os.Args[1], os.Args[2:]...)
	if out, err := command.CombinedOutput(); err != nil {
		return true, fmt.Errorf("%w: %s", err, out)
	}
	used, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return true, errors.New("the system does not say what a process used")
	}
	_, err = fmt.Println(int64(command.ProcessState.SystemTime()+command.ProcessState.UserTime()), used.Maxrss)
	return true, err
}

func examineFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	report, err := pdf.Examine(file, info.Size(), pdf.Options{})
	if err != nil {
		return err
	}
	for _, s := range report.Signatures {
		if !s.Intact() {
			return fmt.Errorf("a signature is not intact: %s", s.Problem)
		}
	}
	return nil
}

// BenchmarkExamine compares the time and the memory of a process that examines a file with those of pdfsig on the same file,
// in turn. It reports processor time, since other programs run beside it.
func BenchmarkExamine(b *testing.B) {
	pdfsig, err := exec.LookPath("pdfsig")
	if err != nil {
		b.Skip("install pdfsig (Debian: poppler-utils) to compare with it")
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file func() []byte
	}{
		{"one-page", func() []byte { return signedTimes(b, assemble(onePage(), 0), 1) }},
		{"5000-pages", func() []byte { return signedTimes(b, manyPages(5000, 0), 1) }},
		{"90-megabytes-six-signatures", func() []byte { return signedTimes(b, manyPages(90, 1<<20), 6) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "signed.pdf")
			if err := os.WriteFile(path, c.file(), 0o600); err != nil {
				b.Fatal(err)
			}
			var ours, theirs usage
			for b.Loop() {
				ours.measure(b, examineVariable+"="+path, self)
				theirs.measure(b, "LANG=C", pdfsig, "-nocert", path)
			}
			b.ReportMetric(float64(ours.cpu)/float64(theirs.cpu), "x-time")
			b.ReportMetric(float64(ours.memory)/float64(theirs.memory), "x-memory")
			b.ReportMetric(float64(ours.memory>>10), "MB")
			b.ReportMetric(ours.cpu.Seconds()*1000/float64(b.N), "ms-cpu/op")
		})
	}
}

// usage is what some runs of a program used.
type usage struct {
	cpu    time.Duration // of all runs together
	memory int64         // kilobytes, of the largest run
}

// measure adds what a command uses that runs with a variable.
func (u *usage) measure(b *testing.B, variable string, command ...string) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	run := exec.CommandContext(b.Context(), self, command...)
	run.Env = append(os.Environ(), measureVariable+"=1", variable)
	out, err := run.Output()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	var cpu, memory int64
	if _, err := fmt.Sscan(string(out), &cpu, &memory); err != nil {
		b.Fatal(err)
	}
	u.cpu, u.memory = u.cpu+time.Duration(cpu), max(u.memory, memory)
}

// manyPages returns a document of that many pages, each with that many bytes of content that cannot be compressed.
func manyPages(pages, content int) []byte {
	objects := map[int]string{1: "<<\n/Type /Catalog /Pages 2 0 R\n>>"}
	var kids bytes.Buffer
	random := rand.NewChaCha8([32]byte{})
	for i := range pages {
		page := 3 + 2*i
		fmt.Fprintf(&kids, "%d 0 R ", page)
		data := make([]byte, content)
		random.Read(data)
		objects[page] = fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << >> >>", page+1)
		objects[page+1] = pdftest.Stream("", fmt.Sprintf("BT /F1 12 Tf (%d) Tj ET\n%s", i, data))
	}
	objects[2] = fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids.String(), pages)
	return assemble(objects, 0)
}

func signedTimes(b *testing.B, file []byte, times int) []byte {
	b.Helper()
	by := message{by: rsaIdentity(b), at: time.Now()}
	for i := range times {
		file = pdftest.Embed(b, file, pdftest.SignatureField{SubFilter: detached, Field: fmt.Sprintf("Signer %d", i)}, by.make(b))
	}
	return file
}
