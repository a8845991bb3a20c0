package autostart

import (
	"testing"

	"golang.org/x/sys/windows/registry"
)

// The registry is that of whoever runs the test, so the test leaves it as it was without the program.
func TestTheProgramStartsAtLoginWhenItIsAskedTo(t *testing.T) {
	e := New(`C:\Program Files\Countersign\countersign.exe`, "--background")
	defer func() {
		if err := e.Set(false); err != nil {
			t.Error(err)
		}
	}()
	for _, on := range []bool{false, true, true, false, true} {
		if err := e.Set(on); err != nil {
			t.Fatal(err)
		}
		if is, err := e.IsOn(); is != on || err != nil {
			t.Errorf("on: %t, %v", is, err)
		}
	}
	k, err := registry.OpenKey(registry.CURRENT_USER, run, registry.QUERY_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if command, _, err := k.GetStringValue(name); command != `"C:\Program Files\Countersign\countersign.exe" --background` {
		t.Errorf("%s, %v", command, err)
	}
	// As the Task Manager writes it.
	off, _, err := registry.CreateKey(registry.CURRENT_USER, approved, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer off.Close()
	for first, want := range map[byte]bool{3: false, 2: true} {
		if err := off.SetBinaryValue(name, []byte{first, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
		if is, err := e.IsOn(); is != want || err != nil {
			t.Errorf("after %d, on: %t, %v", first, is, err)
		}
	}
}
